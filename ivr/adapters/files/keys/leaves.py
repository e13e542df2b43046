"""The counter of erasure leaves beside a key store's file, shared by processes. Its lock guards the store's file too.

No leaf is handed out twice, also when the counter's file is lost or was restored from a backup.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.core.vault.erasure import DEPTH
from ivr.durable import locked, translated, write_durably
from ivr.errors import SealError

LEAVES_RESERVED = 256
"""Erasure leaves a process takes at once; what it does not use is never used."""
LOST_COUNTER_SKIP = 1 << 32
"""Leaves left out when the counter's file is missing: more than were handed out since the ring was last saved."""


class LeafCounter:
    """One process's share of a store's leaves."""

    def __init__(self, store: Path) -> None:
        """`store`: the key store's file."""
        self._path = store.with_name(store.name + ".leaves")
        self._leaves: Iterator[int] = iter(())

    def begin(self, first: int) -> None:
        """Make the counter of a new store."""
        write_durably(self._path, f"{first}\n".encode())

    def next(self, saved: int, alive: Callable[[int], bool]) -> int:
        """A leaf that nobody was given. `saved`: what the store's file says is unused. Raises SealError."""
        leaf = next(self._leaves, None)
        while leaf is None or not alive(leaf):
            with self._locked() as descriptor:
                first = _count(descriptor, saved)
                if first + LEAVES_RESERVED > 1 << DEPTH:
                    raise SealError("the key store has issued all keys that it can; make a new one")
                _set_count(descriptor, first + LEAVES_RESERVED)
            self._leaves = iter(range(first, first + LEAVES_RESERVED))
            leaf = next(self._leaves)
        return leaf

    @contextmanager
    def alone(self) -> Iterator[Callable[[int], int]]:
        """No other process issues or changes meanwhile. Yields what tells the next unused leaf, given the saved one."""
        with self._locked() as descriptor:
            yield lambda saved: _count(descriptor, saved)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        with locked(self._path, f"the key store's counter {self._path} cannot be opened") as descriptor:
            yield descriptor


def _count(descriptor: int, saved: int) -> int:
    """The next unused leaf. A counter that is lost or behind is set ahead of all that can have been used."""
    with translated("the key store's counter cannot be read"):
        text = os.pread(descriptor, 32, 0).strip()
    if text.isdigit() and int(text) >= saved:
        return int(text)
    return saved + LOST_COUNTER_SKIP


def _set_count(descriptor: int, value: int) -> None:
    with translated("the key store's counter cannot be written"):
        os.pwrite(descriptor, f"{value:020d}\n".encode(), 0)
        os.fsync(descriptor)
