"""Earlier calls: how many there were, asked of the hub for a call's risk."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.identity.risk import Signal


@dataclass(frozen=True, slots=True)
class Count:
    """What is to be counted for one signal."""

    signal: Signal
    seconds: float
    """How far back."""
    most: int
    """Enough: more need not be counted."""


@dataclass(frozen=True, slots=True)
class CountCalls:
    """How many calls there were, this one not among them. Answered by CallsCounted, or never."""

    count_id: int
    counts: tuple[Count, ...]
    value: str
    """The value whose calls are counted; empty: those from the caller's number."""
    text: str = field(repr=False)
    """What the value is, or the number."""


@dataclass(frozen=True, slots=True)
class CallsCounted:
    """The answer."""

    count_id: int
    counts: tuple[tuple[Signal, int], ...] | None
    """None: it could not be told."""
