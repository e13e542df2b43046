"""What reaches the queues (past tense) and what they order (imperative)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ivr.core.queueing.rules import RING_SECONDS


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """An agent as the directory knows them. Always a human."""

    name: str
    uri: str
    """Where their phone rings: a SIP URI."""
    queues: tuple[str, ...] = ()
    """Queues they serve; none named: all."""
    skills: Mapping[str, int] = field(default_factory=dict)
    """Skill -> level, 1 to 9. A language is a skill like any other, named `lang:zh`."""
    tier: int = 1
    """For the strategy top_down: tier 1 is asked before tier 2."""
    weight: int = 1
    """For the strategy weighted_random: who has 2 is asked twice as often as who has 1."""
    extension: str = ""
    """Digits by which colleagues call them; empty: they cannot."""
    ring_seconds: float | None = None
    """Their phone rings for so long, whatever the queue says; None: as the queue says."""

    def serves(self, queue: str) -> bool:
        """Whether calls of this queue may ring here."""
        return not self.queues or queue in self.queues


class OfferFailure(StrEnum):
    """Why an offer came to nothing, as far as the agent's phone told."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    DECLINED = "declined"
    MEDIA_REFUSED = "media_refused"
    """No codec in common, or one side would have it encrypted and the other could not."""
    UNREACHABLE = "unreachable"


def offer_failure(code: int) -> OfferFailure:
    """What a final SIP status of the agent's leg means (RFC 3261 21)."""
    if code in (408, 480, 487):  # 487: the cell gave up after the ringing time
        return OfferFailure.NO_ANSWER
    if code in (486, 600):
        return OfferFailure.BUSY
    if 300 <= code < 400 or code == 603:  # a phone that points elsewhere does not take the call itself
        return OfferFailure.DECLINED
    if code in (415, 488, 606):
        return OfferFailure.MEDIA_REFUSED
    return OfferFailure.UNREACHABLE


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
class SitesOpen:
    """Sites that are open now; all others are closed."""

    sites: frozenset[str]


@dataclass(frozen=True, slots=True)
class AgentLoggedIn:
    """An agent begins to work."""

    agent: str


@dataclass(frozen=True, slots=True)
class AgentLoggedOut:
    """An agent stops; a call they are in goes on."""

    agent: str


@dataclass(frozen=True, slots=True)
class AgentPaused:
    """An agent takes no calls for a reason; a call they are in goes on."""

    agent: str
    reason: str
    by: str = ""
    """Who said so: the agent, a supervisor, or `engine`."""
    until: float | None = None
    """When it ends by itself; None: when somebody ends it."""


@dataclass(frozen=True, slots=True)
class AgentResumed:
    """An agent takes calls again: their pause or their wrap-up is over."""

    agent: str
    released: bool = False
    """Somebody else says so: then they owe no disposition any more."""


@dataclass(frozen=True, slots=True)
class DispositionGiven:
    """An agent said what came of a call that they took."""

    agent: str
    call_id: str


@dataclass(frozen=True, slots=True)
class CallWaited:
    """A call wants an agent. Of one that waits: it waits by this priority, urgency and these skills from now on."""

    call_id: str
    queue: str
    priority: int = 0
    """Each point is worth the queue's `priority_seconds` of waiting."""
    language: str = ""
    skills: Mapping[str, int] = field(default_factory=dict)
    """Skill -> lowest level, beside what the queue asks for."""
    preferred: str = ""
    """The agent to be asked first, for the queue's `preferred_seconds`, if they work."""
    waited: float = 0.0
    """Seconds that the call waited already, before the hub was started anew."""
    credit: float = 0.0
    """Seconds that count for its place as if it had waited them: those of a line that dropped."""
    urgent: bool = False
    """It goes before all that are not, as the calls of an urgent queue do."""
    called_back: bool = False
    """Its caller left and is called back: it does not overflow out of the queues once more."""


@dataclass(frozen=True, slots=True)
class CallLeft:
    """A call no longer wants an agent: it gave up, went elsewhere, ended, or its cell died."""

    call_id: str
    gave_up: bool = True
    """Its caller hung up, or its cell died; if not, it went elsewhere by its dialplan or by a key."""


@dataclass(frozen=True, slots=True)
class OfferPickedUp:
    """The agent answered and hears what the call is about; they take it when they and the caller are connected."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    """The agent took the call."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """The agent's phone did not answer, refused, or cannot be reached."""

    offer_id: str
    failure: OfferFailure = OfferFailure.NO_ANSWER


@dataclass(frozen=True, slots=True)
class OfferHeld:
    """The agent put the caller on hold."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class OfferRetrieved:
    """The agent took the caller off hold."""

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


@dataclass(frozen=True, slots=True)
class PhoneWanted:
    """Somebody of the house is wanted in a call, not by its queue: a colleague, or a supervisor."""

    call_id: str
    agent: str
    resting: bool = False
    """Also one who takes no calls now: a supervisor."""


Fact = (
    AgentsListed
    | PhonesSeen
    | SitesOpen
    | AgentLoggedIn
    | AgentLoggedOut
    | AgentPaused
    | AgentResumed
    | DispositionGiven
    | CallWaited
    | CallLeft
    | OfferPickedUp
    | OfferAnswered
    | OfferFailed
    | OfferHeld
    | OfferRetrieved
    | OfferEnded
    | OfferFound
    | PhoneWanted
)

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
    ring_seconds: float = RING_SECONDS


@dataclass(frozen=True, slots=True)
class TellNoAgent:
    """Tell the call that no agent will come."""

    call_id: str
    reason: str
    way: str = ""
    """By which its dialplan goes on, where it knows that way."""


@dataclass(frozen=True, slots=True)
class TellAgentState:
    """Keep what an agent's own choice is now, so that it outlives this process."""

    agent: str
    logged_in: bool
    reason: str
    """Of the pause; empty: not paused."""
    by: str


@dataclass(frozen=True, slots=True)
class SoundStall:
    """Raise an alarm: calls wait, an agent who may take one is free, and nothing was offered."""

    queue: str
    waiting: int


Order = TellPlace | OfferAgent | TellNoAgent | TellAgentState | SoundStall
