"""`ivr` commands that need not import all they use: each is a process of its own, forked from one that has done so.

A command computes for two seconds before it does anything, and tests ask the same few again and again while they wait:
on two cores that was most of what they computed. What runs is the command's own entry, with the words, environment,
directory and files that it is given; only its imports are shared.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

from ivr.errors import EnvironmentFault

ENTRY = "ivr.apps.cli.main"
BESIDE = (
    "ivr.adapters.sql.call_search",
    "ivr.apps.wiring.door",
    "ivr.apps.wiring.hub_client",
    "ivr.apps.wiring.office",
    "ivr.apps.wiring.served",
)
"""What commands import when they run. None of it starts a thread: a fork keeps only the one that forks."""
END_SECONDS = 10.0
REQUEST_MAX = 1 << 17
"""Bytes of a request: its words and the environment."""


class ForkedCommands:
    """The process that has imported everything, and asks it for commands. It ends with the one that made this."""

    def __init__(self) -> None:
        self._here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "ivr.testing.forked_commands", str(there.fileno())],
                pass_fds=(there.fileno(),),
                stdin=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if not name.startswith("IVR_")},
            )
        atexit.register(self.close)

    def close(self) -> None:
        """End it."""
        atexit.unregister(self.close)
        self._here.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:  # a fork of this process may hold the other end of what it listens to
            self._process.kill()
            self._process.wait()

    def run(
        self, words: Sequence[str], *, environment: Mapping[str, str], directory: Path, timeout_seconds: float,
        given: bytes = b"",
    ) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
        """Run `ivr WORDS…`. Raises subprocess.TimeoutExpired, as `subprocess.run` does, and EnvironmentFault."""
        files = [os.fdopen(os.memfd_create(name), "w+b") for name in ("stdin", "stdout", "stderr")]
        told, tells = os.pipe()
        try:
            files[0].write(given)
            files[0].seek(0)
            try:
                request = json.dumps([list(words), str(directory), dict(environment)]).encode()
                socket.send_fds(self._here, [request], [*(file.fileno() for file in files), tells])
            except OSError as error:
                raise EnvironmentFault(f"the process that commands are forked from is gone: {error}") from error
            finally:
                os.close(tells)
            code = _awaited(told, words, timeout_seconds)
            return subprocess.CompletedProcess(["ivr", *words], code, *(_read(file) for file in files[1:]))
        finally:
            os.close(told)
            for file in files:
                file.close()


@functools.cache
def forked_commands() -> ForkedCommands:
    """This process's one."""
    return ForkedCommands()


def _read(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _awaited(told: int, words: Sequence[str], timeout_seconds: float) -> int:
    """The exit code, which follows the process id."""
    deadline, said = time.monotonic() + timeout_seconds, b""
    poll = select.poll()
    poll.register(told, select.POLLIN)
    while said.count(b"\n") < 2:
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            if b"\n" in said:
                os.kill(int(said), signal.SIGKILL)
            raise subprocess.TimeoutExpired(["ivr", *words], timeout_seconds)
        part = os.read(told, 64)
        if not part:
            raise EnvironmentFault("the process that watched a command is gone")
        said += part
    return int(said.split()[1])


def _serve(asked: socket.socket) -> list[str] | None:
    """Fork for each request, until nobody can ask any more. In a command's own process: its words."""
    main = importlib.import_module(ENTRY)
    for name in BESIDE:
        importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who watch
    while True:
        request, files, *_ = socket.recv_fds(asked, REQUEST_MAX, 4)
        if not request:
            return None
        words, directory, environment = json.loads(request)
        if words and words[0] in main.COMMANDS:
            main.cli.get_command(None, words[0])  # imported once for all who ask for it after this
        gc.freeze()  # or each would take half a second, when it ends, to look for rubbish in all that was imported
        if os.fork() == 0:
            asked.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if (child := os.fork()) == 0:
                _become(files, directory, environment)
                return [str(main.__file__), *words]
            _watch(child, tells=files[3])
        for file in files:
            os.close(file)


def _watch(child: int, *, tells: int) -> NoReturn:
    try:
        try:
            os.write(tells, b"%d\n" % child)
        except BrokenPipeError:  # its time was up before it began, and nobody else knows of it
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        with suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(tells, b"%d\n" % os.waitstatus_to_exitcode(status))
    finally:
        os._exit(0)


def _become(files: Sequence[int], directory: str, environment: dict[str, str]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        command = _serve(requests)
    if command is not None:
        sys.argv, sys.modules["__main__"] = command, sys.modules[ENTRY]
        sys.modules[ENTRY].main()
