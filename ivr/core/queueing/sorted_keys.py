"""Keys in order: added, removed, counted and looked at in little time, in one list.

`bisect` moves what lies behind; at the sizes of a telephone line (ten thousand) that is a few microseconds.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any, Generic, Protocol, TypeVar


class Comparable(Protocol):
    """What can be put in order."""

    def __lt__(self, other: Any, /) -> bool: ...


Key = TypeVar("Key", bound=Comparable)


class SortedKeys(Generic[Key]):
    """Different keys, least first."""

    __slots__ = ("ordered",)

    def __init__(self) -> None:
        self.ordered: list[Key] = []
        """To be read only."""

    def __len__(self) -> int:
        return len(self.ordered)

    def __getitem__(self, index: int) -> Key:
        return self.ordered[index]

    def add(self, key: Key) -> None:
        """Put a key in its place."""
        insort(self.ordered, key)

    def remove(self, key: Key) -> None:
        """Take out a key that is there."""
        at = bisect_left(self.ordered, key)
        assert self.ordered[at] == key
        del self.ordered[at]

    def before(self, key: Key) -> int:
        """How many keys are less than this one."""
        return bisect_left(self.ordered, key)
