"""Terms and beats in a directory that both machines reach, on one file system: the same disk, or NFS from version 4.

A file is opened anew each time it is read, since NFS promises only then what another machine has closed (nfs(5),
close-to-open). The lock is the audit log's, so no entry of an older term is written once a new one stands there.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from ivr.core.leading import Beat, Pulse, Seen, Term
from ivr.durable import translated, write_durably
from ivr.errors import EnvironmentFault, SealError

_BEAT_BYTES = 96
"""Longer than any beat: it is written over the one before, with spaces behind it."""
_WAITS = "waits."
_DOING = "the directory of both machines cannot be {}"


class TermFiles:
    """`Terms`, in files."""

    def __init__(self, directory: Path, log_lock: Path) -> None:
        """`log_lock`: the audit log's lock file, which is made when it is missing."""
        self._directory, self._log_lock = directory, log_lock

    def seen(self) -> Seen:
        """The term, and the beat of its machine."""
        found = _read(self._directory / "term")
        if found is None:
            return Seen(None, None)
        try:
            term = Term(int(found["number"]), str(found["machine"]))  # type: ignore[call-overload]
        except (KeyError, TypeError, ValueError) as error:
            file = self._directory / "term"
            raise SealError(f"{file} is damaged: stop the engine on both machines, and remove it") from error
        beat = self.beat_of(term.machine)
        return Seen(term, beat if beat is not None and beat.number == term.number else None)

    def beat_of(self, machine: str) -> Beat | None:
        """One that is half written is none yet."""
        told = _read(self._directory / f"beat.{machine}")
        with suppress(TypeError):
            return Beat(**told) if told else None  # type: ignore[arg-type]
        return None

    def tell(self, machine: str, beat: Beat) -> None:
        """Over the beat before."""
        self._write_over(f"beat.{machine}", beat)

    def wait(self, machine: str, pulse: Pulse) -> None:
        """Over the one before."""
        self._write_over(_WAITS + machine, pulse)

    def waiting(self) -> Mapping[str, Pulse]:
        """One that is half written is none yet."""
        with translated(_DOING.format("read")):
            names = [file.name for file in self._directory.glob(_WAITS + "*")]
        found: dict[str, Pulse] = {}
        for name in names:
            with suppress(TypeError):
                if told := _read(self._directory / name):
                    found[name.removeprefix(_WAITS)] = Pulse(**told)  # type: ignore[arg-type]
        return found

    def _write_over(self, name: str, sign: Beat | Pulse) -> None:
        with translated(_DOING.format("written")):
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._directory / name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(descriptor, json.dumps(asdict(sign)).encode().ljust(_BEAT_BYTES), 0)
            finally:
                os.close(descriptor)

    def take(self, term: Term, before: Seen) -> bool:
        """By the audit log's lock."""
        with self._log_alone() as alone:
            if not alone or self.seen() != before:
                return False
            write_durably(self._directory / "term", json.dumps(asdict(term)).encode())
        return True

    @contextmanager
    def _log_alone(self) -> Iterator[bool]:
        """Within the block nobody appends to the log, if that is so at once."""
        with translated(_DOING.format("locked")):
            self._log_lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._log_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                alone = True
            except BlockingIOError:
                alone = False
            try:
                yield alone
            finally:
                os.close(descriptor)


def _read(path: Path) -> dict[str, object] | None:
    """What stands in a file; None when there is none, or when it is half written."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EnvironmentFault(f"{_DOING.format('read')}: {error.strerror}") from error
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
