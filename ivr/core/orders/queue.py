"""Waiting for an agent, and ringing the one whom the hub reserved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.core.orders.legs import LegRole


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Ask the hub for an agent. Answered by QueueJoined, AgentOffered (any number), QueueFailed.

    Given again while the call waits: it waits otherwise from now on, in the same queue and since the same moment.
    """

    queue: str
    priority: int = 0
    waited: float = 0.0
    """Seconds that the call waited for it already: whom an agent lost does not begin anew."""
    skills: Mapping[str, int] = field(default_factory=dict)
    """Skill -> lowest level, beside what the queue asks for."""
    preferred: str = ""
    """Name of the agent to be asked first; empty: nobody."""
    prefer_last: bool = False
    """Ask the agent with whom this caller talked last first."""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class QueueJoined:
    """The hub holds the call in a queue."""

    queue: str
    position: int


@dataclass(frozen=True, slots=True)
class PlaceTold:
    """Where the call stands now, and for how long yet. Told when that changes."""

    place: int
    """1: next."""
    minutes: int | None
    """None: that cannot be told."""


@dataclass(frozen=True, slots=True)
class QueueFailed:
    """No agent will come: closed, full, no such queue, it waited too long, or the hub is down."""

    reason: str
    way: str = ""
    """By which the queue's settings send the call on, where the dialplan knows that way: callback, voicemail."""


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """The call no longer wants an agent. Not answered."""

    gave_up: bool = False
    """Its caller hung up; if not, it went elsewhere by its dialplan or by a key."""


@dataclass(frozen=True, slots=True)
class AgentOffered:
    """The hub reserved an agent for this call; the cell is to ring that phone."""

    offer_id: str
    agent: str
    """Agent's name in the directory."""
    uri: str
    """Where to ring: a SIP URI."""
    ring_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class DialAgent:
    """Ring the agent's phone. Answered by AgentRinging, AgentAnswered, AgentFailed."""

    offer_id: str
    agent: str
    uri: str
    timeout: float = 20.0
    """Seconds of ringing."""
    role: LegRole = LegRole.AGENT
    """As what they are rung: the caller's agent, a colleague whom that one asks, or a supervisor."""


@dataclass(frozen=True, slots=True)
class AgentRinging:
    """The agent's phone rings (180)."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class AgentAnswered:
    """The agent's leg is up."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class AgentFailed:
    """The agent's phone did not answer, refused or cannot be reached."""

    offer_id: str
    code: int
    """SIP status code of the failure (RFC 3261 21)."""


@dataclass(frozen=True, slots=True)
class CancelAgent:
    """Stop ringing, or hang up the agent's leg."""

    offer_id: str
