"""Threads for what burns processor time: bounded, and nicer than the thread that must answer at once.

The recognizers release the interpreter's lock while they compute; the kernel is told that the detector of onsets and
the event loop come first.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Pool:
    """A bounded number of threads for one kind of work."""

    def __init__(self, name: str, *, threads: int = 1, nice: int = 0) -> None:
        """`nice` is added to the threads' nice value (Linux keeps one for each thread)."""
        self._executor = ThreadPoolExecutor(threads, f"speech-{name}", initializer=be_nice, initargs=(nice,))
        self._threads = threads
        self._running = 0

    @property
    def idle(self) -> bool:
        """Whether work would begin at once."""
        return self._running < self._threads

    @property
    def load(self) -> int:
        """Pieces of work that run or wait."""
        return self._running

    async def run(self, work: Callable[[], T]) -> T:
        """Do it on one of the threads."""
        self._running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._running -= 1

    def close(self) -> None:
        """Drop what was not begun; what runs ends by itself."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def be_nice(by: int) -> None:
    """Lower the calling thread's priority. Threads that it starts inherit it."""
    if by:
        with contextlib.suppress(OSError):
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + by)
