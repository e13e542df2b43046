"""Callback requests: one open request for a number in a queue, taken by one person, closed with a result.

Rule: the number is not in these; a store shows it to the one who takes the request, and to nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class CallbackState(StrEnum):
    """How far a request has come."""

    OPEN = "open"
    TAKEN = "taken"
    """Someone is calling."""
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Nobody took it in time."""


PENDING = (CallbackState.OPEN, CallbackState.TAKEN)
"""A second request of the same number in the same queue renews one of these."""


class CallbackResult(StrEnum):
    """What came of the call back."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    WRONG_NUMBER = "wrong_number"


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """What a caller left."""

    queue: str
    number: str = field(repr=False)
    """+ and digits, or digits."""
    call_id: str
    language: str
    at: float
    """Wall clock, seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A request as it stands, without its number."""

    callback_id: str
    queue: str
    call_id: str
    """The call in which it was left first."""
    language: str
    requested_at: float
    """When it was left first: who asked first is called first."""
    renewed_at: float
    """When it was left last."""
    state: CallbackState = CallbackState.OPEN
    by: str = ""
    """Who took or closed it."""
    changed_at: float = 0.0
    """When its state changed last."""
    result: str = ""
