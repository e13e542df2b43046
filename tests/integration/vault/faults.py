"""Every single call to the kernel that touches a file, made to fail in turn.

`failing(nth)` lets the nth such call of the block raise; a scenario is run with nth = 1, 2, 3, … until none is left.
"""

from __future__ import annotations

import errno
import fcntl
import io
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CALLS = (
    "open", "close", "read", "pread", "write", "pwrite", "fsync", "fdatasync", "ftruncate", "posix_fadvise", "replace",
    "rename", "link", "unlink", "mkdir", "stat", "fstat", "statvfs", "scandir",
)  # fmt: skip
CODES = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.EROFS)


class Faults:
    """Counts calls and fails one, or all from one on."""

    def __init__(self, nth: int, *, lasting: bool, code: int) -> None:
        self.calls = 0
        self.failed: str | None = None
        """Which call failed first."""
        self._nth, self._lasting, self._code = nth, lasting, code
        self._lock = threading.Lock()

    def maybe(self, name: str) -> None:
        """Count; raise if it is this one's turn."""
        with self._lock:
            self.calls += 1
            due = self.calls >= self._nth if self._lasting else self.calls == self._nth
            if due:
                self.failed = self.failed or name
        if due:
            raise OSError(self._code, os.strerror(self._code))

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """The call as it is seen by the code under test."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "close":
                real(*args, **kwargs)  # Linux closes it whatever it answers (close(2))
                return self.maybe(name)
            self.maybe(name)
            return real(*args, **kwargs)

        return call

    def open(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """`io.open`, whose file fails too."""

        def call(file: Any, *args: Any, **kwargs: Any) -> Any:
            if not isinstance(file, int):
                self.maybe("open")
            return _File(real(file, *args, **kwargs), self)

        return call


class _File:
    """A file object whose reads, writes and close are counted."""

    def __init__(self, file: Any, faults: Faults) -> None:
        self._file, self._faults = file, faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._file, name)
        return self._faults.wrap(name, found) if name in ("read", "readinto", "write", "flush", "close") else found

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *why: object) -> None:
        self._file.close()
        if why[0] is None:
            self._faults.maybe("close")


@contextmanager
def failing(nth: int, *, lasting: bool = False, code: int | None = None) -> Iterator[Faults]:
    """Within the block the nth call fails (`lasting`: and all after it), by default each with another code."""
    faults = Faults(nth, lasting=lasting, code=code or CODES[nth % len(CODES)])
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, faults.wrap(name, getattr(os, name)))
        real = fcntl.flock
        taken = faults.wrap("flock", real)  # letting go of a lock does not fail (flock(2))
        patch.setattr(fcntl, "flock", lambda file, how: (real if how == fcntl.LOCK_UN else taken)(file, how))
        patch.setattr(io, "open", faults.open(io.open))
        yield faults


def every_fault(scenario: Callable[[int], str | None], *, enough: int = 10) -> set[str]:
    """Run a scenario with nth = 1, 2, … until it answers None (nothing was left to fail); which calls failed."""
    failed: set[str] = set()
    for nth in itertools.count(1):
        name = scenario(nth)
        if name is None:
            assert nth > enough, "too few calls were made to fail: the injection does not reach the code"
            return failed
        failed.add(name)
    raise AssertionError
