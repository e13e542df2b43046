"""What is due when. A timer that no longer matters is not sought out: whoever takes it asks whether it still does."""

from __future__ import annotations

import heapq
from enum import StrEnum
from typing import NamedTuple


class Timer(StrEnum):
    """What is due."""

    OFFER_LIMIT = "offer_limit"
    """Of an offer."""
    READY = "ready"
    """An agent's wrap-up ends."""
    PAUSE_OVER = "pause_over"
    """An agent's pause ends."""
    NEED_CHANGES = "need_changes"
    """A call asks for less, or others than its preferred agent."""
    RING_MORE = "ring_more"
    """One more phone rings for a call."""
    OVERFLOW = "overflow"
    """A call goes on in another queue."""
    WATCH = "watch"
    """A look at everything: is anyone waiting for somebody who is free?"""


class Due(NamedTuple):
    """One timer. The next one is the least: no two have the same number, so what comes after it is not compared."""

    at: float
    number: int
    kind: Timer
    whose: str
    """Offer, agent or call."""


class Timers:
    """Timers, next first."""

    def __init__(self) -> None:
        self._heap: list[Due] = []
        self._made = 0

    def set(self, at: float, kind: Timer, whose: str) -> None:
        """Add one."""
        self._made += 1
        heapq.heappush(self._heap, Due(at, self._made, kind, whose))

    def next_at(self) -> float | None:
        """When the first one is due."""
        return self._heap[0].at if self._heap else None

    def pop_due(self, now: float) -> Due | None:
        """Take out the first one that is due; None when none is."""
        if self._heap and self._heap[0].at <= now:
            return heapq.heappop(self._heap)
        return None
