"""Keys in order: added, removed, counted and looked at in little time, in one list.

`bisect` moves what lies behind; at the sizes of a telephone line (ten thousand) that is a few microseconds. The first
key is found without it: a line is served from its front.
"""

from __future__ import annotations

from bisect import bisect_left
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

    def add(self, key: Key) -> int:
        """Put a key in its place; returns how many are less than it."""
        at = bisect_left(self.ordered, key)
        self.ordered.insert(at, key)
        return at

    def remove(self, key: Key) -> int:
        """Take out a key that is there; returns how many are less than it."""
        ordered = self.ordered
        at = 0 if ordered[0] == key else bisect_left(ordered, key)
        assert ordered[at] == key
        del ordered[at]
        return at

    def before(self, key: Key) -> int:
        """How many keys are less than this one."""
        return bisect_left(self.ordered, key)
