"""Between the bus and the pure dispatcher: cells' messages become facts, orders become messages to cells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import assert_never

from ivr.core.queueing.choice import AgentChoice, ChoiceKind
from ivr.core.queueing.dispatcher import Dispatcher
from ivr.core.queueing.estimate import Estimator
from ivr.core.queueing.explain import explain
from ivr.core.queueing.facts import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentProfile,
    AgentResumed,
    AgentsListed,
    CallLeft,
    CallWaited,
    DispositionGiven,
    Fact,
    OfferAgent,
    OfferAnswered,
    OfferEnded,
    OfferFailed,
    OfferFound,
    OfferHeld,
    OfferPickedUp,
    OfferRetrieved,
    Order,
    PhonesSeen,
    PhoneWanted,
    SitesOpen,
    SoundStall,
    TellAgentState,
    TellNoAgent,
    TellPlace,
    offer_failure,
)
from ivr.core.queueing.happening import Happening, Teller, unheard
from ivr.core.queueing.last_talks import LastTalks
from ivr.core.queueing.returning import Returning
from ivr.core.queueing.rules import QueueRules
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, NoAgent, Offered, OfferResult, OfferStatus, Queued
from ivr.engine.bus.staff import AgentTold, DispositionTold
from ivr.engine.hub.places import Places
from ivr.ports.clock import Clock


class Switchboard:
    """Drives the dispatcher in an asyncio loop."""

    def __init__(
        self,
        *,
        run_id: str,
        rules: Callable[[str], QueueRules],
        chance: Callable[[], float],
        monotonic: Clock,
        tell: Callable[[str, Message], None],
        keep: Callable[[AgentChoice], None] = lambda choice: None,
        stalled: Callable[[str, int], None] = lambda queue, waiting: None,
        told: Teller = unheard,
        open_sites: Callable[[], frozenset[str]] = frozenset,
        mark: Callable[[str], bytes] = lambda call_id: b"",
        credit: Callable[[str], float] = lambda call_id: 0.0,
        wall: Clock | None = None,
    ) -> None:
        """`tell(call_id, message)` sends to the cell that carries the call; `keep` makes an agent's choice outlive this
        process; `stalled(queue, waiting)` is told when calls waited beside an agent who was available; `told`
        what becomes of calls and agents; `open_sites` says which are open now; `mark` stands for a call's caller, empty
        where they are not known; `credit`: seconds that a call has waited in an earlier one, as a callback has; by
        `wall` cells remember since when their calls wait."""
        estimator = Estimator()

        def heard(one: Happening) -> None:
            estimator.add(one)
            told(one)

        self.queues = Dispatcher(run_id=run_id, rules=rules, chance=chance, tell=heard)
        self.places = Places(self.queues, estimator, tell)
        self._monotonic = monotonic
        self._wall_ahead = (wall or monotonic)() - monotonic()
        """Read once: two callers who came shortly after each other must not be turned round by reading two clocks."""
        self._tell = tell
        self._keep = keep
        self._stalled = stalled
        self._open_sites = open_sites
        self._mark = mark
        self._credit = credit
        self._returning = Returning()
        self._last_talks = LastTalks()
        self._asked: dict[str, _Asked] = {}
        """Calls that wait, or that an agent took."""
        self._choices: dict[str, AgentChoice] = {}
        """Of an earlier hub, for agents who are not listed yet."""
        self._timer: asyncio.TimerHandle | None = None

    def remember(self, choices: tuple[AgentChoice, ...]) -> None:
        """What agents had chosen before this hub was started."""
        self._choices = {choice.agent: choice for choice in choices}

    def talked_before(self, call_id: str, agent: str) -> None:
        """With whom the caller of a call that runs talked last, before this hub was started."""
        mark = self._mark(call_id)
        if mark and not self._last_talks.of(mark):
            self._last_talks.talked(mark, agent)

    def last_agent(self, call_id: str) -> str:
        """With whom the caller of this call talked last; empty: nobody, as far as is known."""
        return self._last_talks.of(self._mark(call_id) or call_id.encode())

    def hear(self, message: AgentWanted | AgentNotWanted | OfferResult) -> None:
        """What a cell said."""
        match message:
            case AgentWanted():
                self._wanted(message)
            case AgentNotWanted():
                self._left(message.call_id, gave_up=message.gave_up)
            case OfferResult() if message.agent and message.result in _TAKEN and not self._knows(message):
                self._found(message)
            case OfferResult():
                self._became(message)

    def _found(self, message: OfferResult) -> None:
        """An offer of an earlier hub's."""
        answered = message.result is OfferStatus.ANSWERED
        self._receive(OfferFound(message.offer_id, message.call_id, message.agent, answered))
        if message.result is OfferStatus.PICKED_UP:
            self._receive(OfferPickedUp(message.offer_id))

    def _became(self, message: OfferResult) -> None:
        match message.result:
            case OfferStatus.RINGING:
                pass  # an offer counts as rung from the moment it is made
            case OfferStatus.PICKED_UP:
                self._receive(OfferPickedUp(message.offer_id))
            case OfferStatus.ANSWERED:
                self._receive(OfferAnswered(message.offer_id))
                self._talked(message)
            case OfferStatus.HELD:
                self._receive(OfferHeld(message.offer_id))
            case OfferStatus.RETRIEVED:
                self._receive(OfferRetrieved(message.offer_id))
            case OfferStatus.FAILED:
                self._receive(OfferFailed(message.offer_id, offer_failure(message.code)))
            case OfferStatus.ENDED:
                self._receive(OfferEnded(message.offer_id))
            case _:
                assert_never(message.result)

    def told(self, message: AgentTold) -> str:
        """What a person says of an agent; returns what the agent does then, empty when there is no such agent."""
        if message.agent not in self.queues.agents:
            return ""
        match message.choice:
            case ChoiceKind.LOG_IN:
                self._receive(AgentLoggedIn(message.agent))
            case ChoiceKind.LOG_OUT:
                self._receive(AgentLoggedOut(message.agent))
            case ChoiceKind.PAUSE:
                self._receive(AgentPaused(message.agent, message.reason, message.by))
            case ChoiceKind.RESUME:
                self._receive(AgentResumed(message.agent, released=not message.own))
            case _:
                assert_never(message.choice)
        return str(self.queues.agents[message.agent].state)

    def said(self, message: DispositionTold) -> None:
        """What came of a call is known: its agent need not say it any more."""
        self._receive(DispositionGiven(message.agent, message.call_id))

    def keep(self, call_id: str, agent: str, *, resting: bool = False) -> OfferAgent | None:
        """Reserve somebody of the house for a call that they are wanted in; None when they are not free."""
        orders = self.queues.receive(PhoneWanted(call_id, agent, resting), now=self._monotonic())
        found = next((order for order in orders if isinstance(order, OfferAgent)), None)
        self._carry_out([order for order in orders if order is not found])
        return found

    def call_over(self, call_id: str) -> None:
        """The call ended or its cell died: whoever served it is free."""
        self._left(call_id, gave_up=True)

    def _wanted(self, wanted: AgentWanted) -> None:
        self._receive(SitesOpen(self._open_sites()))
        now, mark, credit = self._monotonic(), self._mark(wanted.call_id), self._credit(wanted.call_id)
        called_back, waited = credit > 0.0, wanted.waited
        if wanted.since is not None:
            waited, credit = max(0.0, now + self._wall_ahead - wanted.since), wanted.credit
        elif mark and not waited and not credit:
            credit = self._returning.back(mark, wanted.queue, now=now)
        if wanted.call_id not in self.queues.waiting:  # else it only waits otherwise from now on
            self._asked[wanted.call_id] = _Asked(wanted.queue, mark, credit)
        last = self.last_agent(wanted.call_id) if wanted.prefer_last else ""
        fact = CallWaited(
            wanted.call_id,
            wanted.stands_in or wanted.queue,
            wanted.priority,
            wanted.language,
            wanted.skills,
            wanted.preferred or last,
            waited=waited,
            credit=credit,
            urgent=wanted.urgent,
            called_back=called_back,
        )
        self._carry_out(self.queues.receive(fact, now=now))
        self.places.came(wanted.call_id)

    def _talked(self, answer: OfferResult) -> None:
        """An agent of the queue took the call: neither a colleague nor a supervisor is whom they talked with."""
        asked, agent = self._asked.get(answer.call_id), self.queues.agents.get(answer.agent)
        if asked is not None and agent is not None and agent.engagement is not None and agent.engagement.queue:
            self._last_talks.talked(asked.caller(answer.call_id), answer.agent)

    def _left(self, call_id: str, *, gave_up: bool) -> None:
        asked, call = self._asked.pop(call_id, None), self.queues.waiting.get(call_id)
        if gave_up and asked is not None and asked.mark and call is not None:
            now = self._monotonic()
            self._returning.left(asked.mark, asked.queue, waited=now - call.since + asked.credit, now=now)
        self._receive(CallLeft(call_id, gave_up))

    def agents(self, profiles: tuple[AgentProfile, ...], reachable: frozenset[str]) -> None:
        """The directory and whose phone can be reached."""
        self._receive(AgentsListed(profiles))
        for profile in profiles:  # before their phones: who was paused is offered nothing in between
            choice = self._choices.pop(profile.name, None)
            if choice is not None and not choice.logged_in:
                self._receive(AgentLoggedOut(profile.name))
            elif choice is not None and choice.reason:
                self._receive(AgentPaused(profile.name, choice.reason, choice.by))
        self._receive(PhonesSeen(reachable))

    def why(self, call_id: str) -> dict[str, object]:
        """Why this call waits, as plain data; empty when it does not."""
        told = explain(self.queues, call_id, now=self._monotonic())
        return {} if told is None else asdict(told)

    def report(self) -> dict[str, object]:
        """Queues and agents as plain data; no caller's data."""
        now = self._monotonic()
        agents = [
            {
                "name": name,
                "state": str(agent.state),
                "seconds": round(now - agent.since, 1),
                "call_id": None if agent.engagement is None else agent.engagement.call_id,
                "queue": "" if agent.engagement is None else agent.engagement.queue,
                "owes": agent.owes if agent.owing(now) else "",
                "owes_in": agent.queue if agent.owing(now) else "",
                "reason": "" if agent.pause is None else agent.pause.reason,
                "by": "" if agent.pause is None else agent.pause.by,
                "calls": agent.calls,
                "talk_seconds": round(agent.talk_seconds, 1),
            }
            for name, agent in sorted(self.queues.agents.items())
        ]
        waiting: dict[str, list[float]] = {}
        for call in self.queues.waiting.values():
            waiting.setdefault(call.queue, []).append(now - call.since)
        queues = [
            {"queue": queue, "waiting": len(ages), "longest_seconds": round(max(ages), 1)}
            for queue, ages in sorted(waiting.items())
        ]
        calls = [
            {
                "call_id": call.call_id,
                "queue": queue,
                "place": place,
                "seconds": round(now - call.since, 1),
                "priority": call.priority,
                "ringing": bool(call.offers),
            }
            for queue in sorted(waiting)
            for place, call in enumerate(self.queues.in_line(queue), start=1)
        ]
        return {"agents": agents, "queues": queues, "waiting_calls": calls[:WAITING_SHOWN]}

    def close(self) -> None:
        """No more timers."""
        if self._timer is not None:
            self._timer.cancel()

    def _queued(self, order: TellPlace) -> Queued:
        asked, call = self._asked.get(order.call_id), self.queues.waiting.get(order.call_id)
        since = None if call is None else call.since + self._wall_ahead
        return Queued(order.call_id, order.queue, order.position, since, 0.0 if asked is None else asked.credit)

    def _knows(self, message: OfferResult) -> bool:
        return self.queues.knows_offer(message.offer_id)

    def _receive(self, fact: Fact) -> None:
        self._carry_out(self.queues.receive(fact, now=self._monotonic()))

    def _tick(self) -> None:
        self._carry_out(self.queues.handle_timer(now=self._monotonic()))

    def _carry_out(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case TellPlace():
                    self._tell(order.call_id, self._queued(order))
                case OfferAgent():
                    offered = Offered(order.call_id, order.offer_id, order.agent, order.uri, order.ring_seconds)
                    self._tell(order.call_id, offered)
                case TellNoAgent():
                    self._tell(order.call_id, NoAgent(order.call_id, order.reason, order.way))
                case TellAgentState():
                    self._keep(AgentChoice(order.agent, order.logged_in, order.reason, order.by))
                case SoundStall():
                    self._stalled(order.queue, order.waiting)
        self.close()
        due = self.queues.deadline()
        if due is not None:
            delay = max(0.0, due - self._monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)


@dataclass(frozen=True, slots=True)
class _Asked:
    queue: str
    mark: bytes
    credit: float

    def caller(self, call_id: str) -> bytes:
        """What stands for them: a withheld number is known for as long as its call."""
        return self.mark or call_id.encode()


_TAKEN = (OfferStatus.RINGING, OfferStatus.PICKED_UP, OfferStatus.ANSWERED)
"""The agent is held by the offer."""
WAITING_SHOWN = 200
"""Waiting calls that a report names; it counts them all."""
