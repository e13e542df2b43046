"""Calls that wait and agents who serve them: higher priority first, then first come first served.

The agent who has been free longest is offered. A failed offer sets the agent aside and leaves the call at its place,
so the next agent is offered at once. A call that leaves frees its agent in the same step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ivr.core.queueing.agent import RESERVED_MAX_SECONDS, Agent, AgentState
from ivr.core.queueing.facts import (
    AgentsListed,
    CallLeft,
    CallWaited,
    Fact,
    OfferAgent,
    OfferAnswered,
    OfferEnded,
    OfferFailed,
    OfferFound,
    Order,
    PhonesSeen,
    TellNoAgent,
    TellPlace,
)


@dataclass(frozen=True, slots=True)
class QueueRules:
    """How one queue treats its calls and agents."""

    set_aside_seconds: float = 30.0
    """An agent whose phone failed is passed over for so long."""
    wrap_up_seconds: float = 0.0
    max_waiting: int = 100


@dataclass(slots=True)
class WaitingCall:
    """A call in a queue."""

    call_id: str
    queue: str
    priority: int
    arrived: int
    """Order of arrival."""
    since: float
    offer_id: str | None = None
    """The offer that rings for it now."""


class CallQueues:
    """All queues and agents. Pure: facts with their time in, orders out."""

    def __init__(self, *, run_id: str, rules: Callable[[str], QueueRules]) -> None:
        """`run_id` makes offer ids unique over restarts; `rules` gives a queue's rules by its name."""
        self._run_id = run_id
        self._rules = rules
        self._offers_made = 0
        self._arrivals = 0
        self.agents: dict[str, Agent] = {}
        self.waiting: dict[str, WaitingCall] = {}

    def receive(self, fact: Fact, *, now: float) -> list[Order]:
        """Take in one fact; returns what is to be done."""
        orders: list[Order] = []
        match fact:
            case AgentsListed():
                self._list(fact, now)
            case PhonesSeen(reachable=reachable):
                for name, agent in self.agents.items():
                    agent.reachable = name in reachable
            case CallWaited():
                orders += self._join(fact, now)
            case CallLeft(call_id=call_id):
                self._leave(call_id, now)
            case OfferAnswered(offer_id=offer_id):
                self._answered(offer_id, now)
            case OfferFailed(offer_id=offer_id):
                self._failed(offer_id, now)
            case OfferEnded(offer_id=offer_id):
                self._ended(offer_id, now)
            case OfferFound():
                self._found(fact, now)
        return orders + self._match(now)

    def deadline(self) -> float | None:
        """When `handle_timer` is next needed."""
        return min((due for agent in self.agents.values() if (due := agent.deadline()) is not None), default=None)

    def handle_timer(self, *, now: float) -> list[Order]:
        """End pauses, and give up offers that no cell ever answered."""
        for agent in self.agents.values():
            if agent.state is AgentState.RESERVED and now >= agent.since + RESERVED_MAX_SECONDS:
                assert agent.offer_id is not None
                self._failed(agent.offer_id, now)
            elif agent.back_at is not None and now >= agent.back_at:
                agent.back_at, agent.failed = None, False
        return self._match(now)

    def in_line(self, queue: str) -> list[WaitingCall]:
        """The queue's calls, next first."""
        calls = (call for call in self.waiting.values() if call.queue == queue)
        return sorted(calls, key=lambda call: (-call.priority, call.arrived))

    # --- facts ------------------------------------------------------------------------------------------------------

    def _list(self, fact: AgentsListed, now: float) -> None:
        known = {profile.name: profile for profile in fact.agents}
        # One who was removed in a call stays until it ends, or the call could not be told of its end.
        for name in [n for n, agent in self.agents.items() if n not in known and agent.offer_id is None]:
            del self.agents[name]
        for name, profile in known.items():
            if name in self.agents:
                self.agents[name].profile = profile
            else:
                self.agents[name] = Agent(profile, since=now)

    def _join(self, fact: CallWaited, now: float) -> list[Order]:
        if fact.call_id in self.waiting:
            return []
        self._leave(fact.call_id, now)  # a call that asks again is done with the agent it had
        line = self.in_line(fact.queue)
        if not any(agent.profile.serves(fact.queue) for agent in self.agents.values()):
            return [TellNoAgent(fact.call_id, "no agent serves this queue")]
        if len(line) >= self._rules(fact.queue).max_waiting:
            return [TellNoAgent(fact.call_id, "the queue is full")]
        self._arrivals += 1
        self.waiting[fact.call_id] = WaitingCall(fact.call_id, fact.queue, fact.priority, self._arrivals, now)
        position = 1 + [call.call_id for call in self.in_line(fact.queue)].index(fact.call_id)
        return [TellPlace(fact.call_id, fact.queue, position)]

    def _leave(self, call_id: str, now: float) -> None:
        self.waiting.pop(call_id, None)
        for agent in self.agents.values():
            if agent.call_id == call_id:
                # The reserved one was only rung: they keep their turn. The one who talked has talked.
                agent.release(now=now, pause=self._pause_after_talk(agent) if agent.answered else 0.0)

    def _answered(self, offer_id: str, now: float) -> None:
        agent = self._by_offer(offer_id)
        if agent is not None and not agent.answered:
            assert agent.call_id is not None
            self.waiting.pop(agent.call_id, None)
            agent.answer(now=now)

    def _failed(self, offer_id: str, now: float) -> None:
        agent = self._by_offer(offer_id)
        if agent is None:
            return
        if agent.call_id in self.waiting:
            self.waiting[agent.call_id].offer_id = None
        agent.release(now=now, pause=self._rules(agent.queue).set_aside_seconds, failed=True)

    def _ended(self, offer_id: str, now: float) -> None:
        agent = self._by_offer(offer_id)
        if agent is not None:
            if agent.call_id in self.waiting:
                self.waiting[agent.call_id].offer_id = None
            agent.release(now=now, pause=self._pause_after_talk(agent))

    def _found(self, fact: OfferFound, now: float) -> None:
        agent = self.agents.get(fact.agent)
        if agent is None or agent.offer_id is not None:
            return
        agent.back_at = None
        agent.offer_id, agent.call_id, agent.since, agent.answered = fact.offer_id, fact.call_id, now, fact.answered
        if fact.answered:
            self.waiting.pop(fact.call_id, None)
        elif fact.call_id in self.waiting:
            self.waiting[fact.call_id].offer_id = fact.offer_id

    # --- matching ---------------------------------------------------------------------------------------------------

    def _match(self, now: float) -> list[Order]:
        orders: list[Order] = []
        calls = sorted(self.waiting.values(), key=lambda call: (-call.priority, call.arrived))
        for call in calls:
            if call.offer_id is not None:
                continue
            agent = self._free_agent(call.queue)
            if agent is None:
                continue
            self._offers_made += 1
            call.offer_id = f"{self._run_id}-{self._offers_made}"
            agent.reserve(call.offer_id, call.call_id, call.queue, now=now)
            orders.append(OfferAgent(call.call_id, call.offer_id, agent.profile.name, agent.profile.uri))
        return orders

    def _free_agent(self, queue: str) -> Agent | None:
        free = (a for a in self.agents.values() if a.state is AgentState.FREE and a.profile.serves(queue))
        return min(free, key=lambda agent: (agent.since, agent.profile.name), default=None)

    def _by_offer(self, offer_id: str) -> Agent | None:
        return next((agent for agent in self.agents.values() if agent.offer_id == offer_id), None)

    def _pause_after_talk(self, agent: Agent) -> float:
        return self._rules(agent.queue).wrap_up_seconds
