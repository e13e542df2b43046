"""A call that waits for an agent, and what became of each offer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class AgentWanted:
    """The call waits for an agent; said again, it waits otherwise: by priority, skills and urgency of now."""

    call_id: str
    queue: str
    priority: int = 0
    language: str = ""
    waited: float = 0.0
    """Seconds that it waited already, when it is said again to a hub that was started anew."""
    skills: dict[str, int] = field(default_factory=dict)
    """Skill -> lowest level, beside what the queue asks for."""
    preferred: str = ""
    """Name of the agent to be asked first; empty: nobody."""
    prefer_last: bool = False
    """Ask the agent with whom this caller talked last first."""
    urgent: bool = False
    since: float | None = None
    """As an earlier hub said in `Queued`: the order of all who wait is exactly as it was."""
    credit: float = 0.0
    """Likewise."""
    stands_in: str = ""
    """Likewise: the queue, where it is another one by now."""


@dataclass(frozen=True, slots=True)
class AgentNotWanted:
    """The call left the queue, or ended."""

    call_id: str
    gave_up: bool = False
    """Its caller hung up; if not, it went elsewhere by its dialplan or by a key."""


@dataclass(frozen=True, slots=True)
class Queued:
    """The call is in the queue."""

    call_id: str
    queue: str
    position: int
    since: float | None = None
    """When it began to wait, by the hub's wall clock, to be told to a hub that is started anew."""
    credit: float = 0.0
    """Seconds that count for its place besides, likewise."""


@dataclass(frozen=True, slots=True)
class PlaceTold:
    """Where a waiting call stands now."""

    call_id: str
    place: int
    """1: next."""
    minutes: int | None
    """For how long yet, as far as can be told."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An agent is reserved: ring this phone."""

    call_id: str
    offer_id: str
    agent: str
    uri: str
    ring_seconds: float = 20.0


class OfferStatus(StrEnum):
    """What became of an offer, as far as its cell knows."""

    RINGING = "ringing"
    PICKED_UP = "picked_up"
    """The agent hears what the call is about; the caller does not hear them yet."""
    ANSWERED = "answered"
    HELD = "held"
    RETRIEVED = "retrieved"
    FAILED = "failed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class OfferResult:
    """What became of an offer."""

    call_id: str
    offer_id: str
    result: OfferStatus
    code: int = 0
    """SIP status code of a failure."""
    agent: str = ""
    """Whom the offer holds: a hub that was started again does not know."""


@dataclass(frozen=True, slots=True)
class NoAgent:
    """No agent will come."""

    call_id: str
    reason: str
    way: str = ""
    """By which its dialplan goes on, where it knows that way."""
