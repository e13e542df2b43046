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
    DIALLED = "dialled"
    """The engine is calling, or was when it was cut off."""
    UNCLEAR = "unclear"
    """The engine does nothing more with it by itself: a person looks at it."""
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Nobody took it in time."""


PENDING = (CallbackState.OPEN, CallbackState.TAKEN, CallbackState.DIALLED, CallbackState.UNCLEAR)
"""A second request of the same number in the same queue renews one of these."""

FREE = (CallbackState.OPEN, CallbackState.UNCLEAR)
"""A person may take one of these."""
IDLE = (CallbackState.OPEN, CallbackState.DIALLED, CallbackState.UNCLEAR)
"""No person has taken one of these."""


class CallbackResult(StrEnum):
    """What came of the call back."""

    REACHED = "reached"
    BUSY = "busy"
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
    waited: float = 0.0
    """Seconds that they waited in the queue before."""
    priority: int = 0
    """That they had there."""


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
    """What came of it; of an unclear one, why a person is to look at it."""
    counts_from: float = 0.0
    """From when its caller counts as waiting: the place that it keeps."""
    priority: int = 0
    not_before: float = 0.0
    """The engine does not dial before."""
    attempts: int = 0
    """How often it did."""
    dialled_as: str = ""
    """The call by which it did last."""
