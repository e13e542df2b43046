"""One agent: what they do, since when, and what of their work has been counted."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.queueing.agent_state import TRANSITIONS, AgentInput, AgentState, resting
from ivr.core.queueing.facts import AgentProfile
from ivr.core.queueing.happening import Happening, Teller, What, unheard
from ivr.core.queueing.waiting import Need


@dataclass(frozen=True, slots=True)
class Pause:
    """Why an agent takes no calls."""

    reason: str
    by: str
    """Who said so: the agent, a supervisor, or `engine`."""
    until: float | None = None
    """When it ends by itself."""

    def over(self, now: float) -> bool:
        """Whether it ended by itself."""
        return self.until is not None and self.until <= now


@dataclass(frozen=True, slots=True)
class Engagement:
    """The call that an agent is offered or talks on."""

    offer_id: str
    call_id: str
    queue: str
    """The queue that the call came through."""


@dataclass(slots=True)
class Agent:
    """An agent, and the only owner of what they do."""

    profile: AgentProfile
    since: float
    """Time of the last change of state."""
    idle_since: float
    """End of their last talk, or when they came: who has been idle longest is asked first."""
    logged_in: bool = True
    reachable: bool = False
    pause: Pause | None = None
    engagement: Engagement | None = None
    state: AgentState = AgentState.UNREACHABLE
    missed: int = 0
    """Offers in a row that they did not answer."""
    calls: int = 0
    """Talks so far."""
    talk_seconds: float = 0.0
    turns: dict[str, int] = field(default_factory=dict)
    """Queue -> number of the last offer that it made them."""
    talk_began: float = 0.0
    wrap_up_until: float = 0.0
    queue: str = ""
    """The queue of their call, or of the one that they write up."""
    owes: str = ""
    """The call of which they have not said yet what came of it; empty: they owe nothing."""
    owes_until: float = 0.0
    """Then it is waited for no longer."""
    said: str = ""
    """The last call of which they said it: they may while they still talk."""
    tell: Teller = field(default=unheard, repr=False)
    counted_from: float = 0.0
    """Their time is told up to here."""
    why: str = ""
    """Reason of the pause that they are in."""
    known_needs: dict[Need, bool] = field(default_factory=dict, repr=False)
    """What was asked of them before, and whether they meet it: the same few needs come again and again."""

    def take(self, given: AgentInput, *, now: float) -> bool:
        """What happened to them; returns whether that changed their state. What is not in the table changes nothing."""
        row = TRANSITIONS[self.state]
        if given not in row:
            return False
        target = row[given]
        if target is None:
            target = self._rest(now)
        if target is self.state:
            return False
        self._turn(target, now)
        return True

    def _rest(self, now: float) -> AgentState:
        """Whoever still owes a disposition would rest as others do, but for new calls."""
        rests = resting(logged_in=self.logged_in, paused=self.pause is not None, reachable=self.reachable)
        return AgentState.WRAP_UP if rests is AgentState.AVAILABLE and self.owing(now) else rests

    def owing(self, now: float) -> bool:
        """Whether they get no call because they have not said yet what came of their last one."""
        return bool(self.owes) and now < self.owes_until

    def ready(self, *, now: float) -> None:
        """They wrote up what they wanted to."""
        self.wrap_up_until = min(self.wrap_up_until, now)
        self.take(AgentInput.READY, now=now)

    def count(self, *, now: float) -> None:
        """Tell their time up to now; what they do goes on."""
        if now > self.counted_from:
            called = "" if self.engagement is None else self.engagement.call_id
            self.tell(
                Happening(
                    What.WAS, now, now - self.counted_from, self.queue, called, self.profile.name, self.why, self.state
                )
            )
            self.counted_from = now

    def _turn(self, state: AgentState, now: float) -> None:
        self.count(now=now)
        self.state, self.since = state, now
        self.why = self.pause.reason if state is AgentState.PAUSED and self.pause is not None else ""

    def rest_for(self, pause: Pause, *, now: float) -> None:
        """They are to take no calls, for another reason than before if they took none already."""
        if self.state is AgentState.PAUSED:
            self.count(now=now)
            self.why = pause.reason
        self.pause = pause

    def become(self, profile: AgentProfile) -> None:
        """The directory says something else of them."""
        self.profile = profile
        self.known_needs.clear()

    def meets(self, need: Need) -> bool:
        """Whether they may take a call that asks for this."""
        met = self.known_needs.get(need)
        if met is None:
            met = self.known_needs[need] = need.met_by(self.profile)
        return met

    def offered(self, engagement: Engagement, turn: int, *, now: float) -> None:
        """Keep them for one call."""
        assert self.engagement is None
        self.turns[engagement.queue] = turn
        self.take(AgentInput.OFFER, now=now)
        self.engagement, self.queue = engagement, engagement.queue

    def answered(self, *, now: float) -> None:
        """They took the call."""
        if self.take(AgentInput.ANSWER, now=now):
            self.talk_began, self.missed, self.calls = now, 0, self.calls + 1

    def let_go(self, *, wrap_up: float, disposition: float, now: float) -> None:
        """The call is no longer theirs. `disposition`: for so long at most it is waited for what came of it; 0: not."""
        if self.state in (AgentState.TALKING, AgentState.HELD):
            self.talk_seconds += now - self.talk_began
            self.idle_since = now
            self.wrap_up_until = now + wrap_up
            called = "" if self.engagement is None else self.engagement.call_id
            owes = disposition > 0 and called != self.said
            if owes:
                self.owes, self.owes_until = called, now + disposition
            self.take(AgentInput.WRITE_UP if wrap_up > 0 or owes else AgentInput.TALK_OVER, now=now)
        else:
            self.take(AgentInput.OFFER_OVER, now=now)
        self.engagement = None

    def found(self, engagement: Engagement, *, answered: bool, now: float) -> None:
        """A cell holds them already: what a hub that was started anew did not know."""
        self._turn(AgentState.TALKING if answered else AgentState.OFFERED, now)
        self.engagement, self.queue = engagement, engagement.queue
        if answered:
            self.talk_began, self.calls = now, self.calls + 1
