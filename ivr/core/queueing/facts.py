"""What reaches the queues (past tense) and what they order (imperative)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """An agent as the directory knows them. Always a human."""

    name: str
    uri: str
    """Where their phone rings: a SIP URI."""
    queues: tuple[str, ...] = ()
    """Queues they serve; none named: all."""

    def serves(self, queue: str) -> bool:
        """Whether calls of this queue may ring here."""
        return not self.queues or queue in self.queues


# --- facts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgentsListed:
    """The directory, whole: agents it does not name are gone."""

    agents: tuple[AgentProfile, ...]


@dataclass(frozen=True, slots=True)
class PhonesSeen:
    """Agents whose phone can be reached now; the others' cannot."""

    reachable: frozenset[str]


@dataclass(frozen=True, slots=True)
class CallWaited:
    """A call wants an agent."""

    call_id: str
    queue: str
    priority: int = 0
    """Higher goes first; within one priority, first come first served."""


@dataclass(frozen=True, slots=True)
class CallLeft:
    """A call no longer wants an agent: it gave up, ended, or its cell died."""

    call_id: str


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    """The agent took the call."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """The agent's phone did not answer, refused, or cannot be reached."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """The agent's leg of an answered offer is over."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class OfferFound:
    """A cell said, after the hub came back, that it holds this agent."""

    offer_id: str
    call_id: str
    agent: str
    answered: bool


Fact = AgentsListed | PhonesSeen | CallWaited | CallLeft | OfferAnswered | OfferFailed | OfferEnded | OfferFound

# --- orders ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TellPlace:
    """Tell the call that it waits, and where."""

    call_id: str
    queue: str
    position: int
    """1: next."""


@dataclass(frozen=True, slots=True)
class OfferAgent:
    """Tell the call to ring this agent, who is reserved for it."""

    call_id: str
    offer_id: str
    agent: str
    uri: str


@dataclass(frozen=True, slots=True)
class TellNoAgent:
    """Tell the call that no agent will come."""

    call_id: str
    reason: str


Order = TellPlace | OfferAgent | TellNoAgent
