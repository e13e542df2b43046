"""Which processes have slept all the time since they showed that they live: those need not be woken to be asked again.

A cell that waits for a call hangs only by what it does when it is woken. One whose main thread did not run since it
answered waits as it did then (ADR 43). The kernel counts each run (/proc/PID/schedstat); where it does not say, all are
asked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ivr.ports.clock import Clock

ASK_AFTER_SECONDS = 60.0
"""However long it slept, it is asked so often: it may have fallen asleep in the wrong place just after its answer."""
_COUNTS_BYTES = 128


def runs(pid: int) -> bytes:
    """Differs whenever the process's main thread has run; empty where the kernel does not tell."""
    try:
        descriptor = os.open(f"/proc/{pid}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, _COUNTS_BYTES)
    except ProcessLookupError:  # it ended just now
        return b""
    finally:
        os.close(descriptor)


class Rest:
    """What each of them had run when it was seen asleep."""

    def __init__(self, *, count: Callable[[int], bytes] = runs, monotonic: Clock = time.monotonic) -> None:
        self._count = count
        self._monotonic = monotonic
        self._seen: dict[int, tuple[int, bytes, float]] = {}

    def sleeps(self, number: int, pid: int) -> bool:
        """Whether this process has not run since `fell_asleep`, and that is not too long ago."""
        seen = self._seen.get(number)
        if seen is None or seen[0] != pid or self._monotonic() >= seen[2] + ASK_AFTER_SECONDS:
            return False
        return seen[1] != b"" and self._count(pid) == seen[1]

    def fell_asleep(self, number: int, pid: int) -> None:
        """It answered, and has had time to go back to sleep."""
        self._seen[number] = pid, self._count(pid), self._monotonic()
