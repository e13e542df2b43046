"""How many calls there were before, for the risk of one that goes on."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.identity.risk import Signal
from ivr.core.orders.risk import Count


@dataclass(frozen=True, slots=True)
class CountWanted:
    """A cell asks. Answered by CountTold; lost with its connection."""

    call_id: str
    count_id: int
    counts: tuple[Count, ...]
    value: str
    """The value whose calls are counted; empty: those from the caller's number."""
    text: str = field(repr=False)
    """What the value is, or the number."""


@dataclass(frozen=True, slots=True)
class CountTold:
    """This call is not among them."""

    call_id: str
    count_id: int
    counts: tuple[tuple[Signal, int], ...] | None
    """None: it could not be told."""
