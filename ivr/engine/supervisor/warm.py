"""Processes that have loaded their program and wait for a word to begin: who takes over a line does not wait for that.

Rule: one that is not there when it is wanted is started as ever. Each begins once; its next life is an ordinary one.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from ivr.engine.supervisor.kin import tell_group

ONCE_TOLD = "once-told"
"""Last word of the command line of one that waits."""
BEGIN = b"begin\n"


def open_process(
    command: Sequence[str],
    *,
    stdin: int = subprocess.DEVNULL,
    pass_fds: tuple[int, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start it in a session of its own: Ctrl-C reaches the supervisor alone, which ends things in order."""
    return subprocess.Popen(  # noqa: S603 - the command is built by our own wiring
        command,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=pass_fds,
        env={**os.environ, **(environment or {})},
    )


class WarmProcesses:
    """Started when made; those that nobody took end with `close`, or with this process."""

    def __init__(self, commands: Iterable[Sequence[str]] = (), settings: bytes = b"") -> None:
        """`settings`: a line by which each may load what it needs."""
        self._waiting = {
            tuple(command): open_process([*command, ONCE_TOLD], stdin=subprocess.PIPE) for command in commands
        }
        for process in self._waiting.values():
            _write(process, settings + b"\n")

    def begin(self, command: Sequence[str]) -> None:
        """Tell the one that waits to be this command to begin, if there is one; who takes it has it at work."""
        process = self._waiting.get(tuple(command))
        if process is not None:
            _told(process)

    def take(self, command: Sequence[str]) -> subprocess.Popen[bytes] | None:
        """The one that waits to be this command, told to begin; None: there is none."""
        process = self._waiting.pop(tuple(command), None)
        if process is None:
            return None
        if process.poll() is not None or not _told(process):
            _end(process)
            return None
        return process

    def close(self) -> None:
        """End what waits still."""
        while self._waiting:
            _end(self._waiting.popitem()[1])


def _told(process: subprocess.Popen[bytes]) -> bool:
    """Whether it was told to begin, now or before."""
    assert process.stdin is not None
    if process.stdin.closed:
        return True
    told = _write(process, BEGIN)
    if told:
        process.stdin.close()
    return told


def _write(process: subprocess.Popen[bytes], line: bytes) -> bool:
    """Whether it could take it."""
    assert process.stdin is not None
    try:
        process.stdin.write(line)
        process.stdin.flush()
    except OSError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    tell_group(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
