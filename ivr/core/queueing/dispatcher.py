"""The dispatcher: calls that wait, agents who serve them, and who is offered to whom.

Rule: between two facts no call waits for an agent who is available and may take it. So a fact touches only what it
changed: an agent who became available looks for the next call, a call that came (or asks for less) looks for an
agent. A failed offer leaves the call at its place. Nobody is offered two calls at once. A watch every two seconds
looks at everything, and says so when the rule did not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from ivr.core.queueing.admission import refusal
from ivr.core.queueing.agent import Agent
from ivr.core.queueing.agent_state import AgentInput, AgentState
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
    OfferAnswered,
    OfferEnded,
    OfferFailed,
    OfferFailure,
    OfferFound,
    OfferHeld,
    OfferPickedUp,
    OfferRetrieved,
    Order,
    PhonesSeen,
    PhoneWanted,
    SitesOpen,
    SoundStall,
    TellNoAgent,
)
from ivr.core.queueing.happening import Happening, Teller, What, unheard
from ivr.core.queueing.lines import Lines
from ivr.core.queueing.offers import Offers
from ivr.core.queueing.roster import Roster
from ivr.core.queueing.rules import Overflow, QueueRules
from ivr.core.queueing.sites import Sites
from ivr.core.queueing.staff import Staff, kept_choice
from ivr.core.queueing.timers import Due, Timer, Timers
from ivr.core.queueing.waiting import WaitingCall

WATCH_SECONDS = 2.0


class Dispatcher:
    """All queues and agents. Pure: facts with their time in, orders out."""

    def __init__(
        self, *, run_id: str, rules: Callable[[str], QueueRules], chance: Callable[[], float], tell: Teller = unheard
    ) -> None:
        """`run_id` makes offer ids unique over restarts; `rules` gives a queue's rules; `chance` a number in [0, 1);
        `tell` is told what becomes of calls and agents."""
        self._told = tell
        self._ask_rules = rules
        self._known_rules: dict[str, QueueRules] = {}
        self._watching = False
        self._sites = Sites(self.rules)
        self._timers = Timers()
        self._lines = Lines(self.rules, self._timers)
        self._roster = Roster(self.rules, chance, tell)
        self._staff = Staff(self._roster.agents, self._timers)
        self._offers = Offers(run_id, self.rules, self._roster, self._timers)
        self._taken: set[str] = set()
        """Calls that an agent took and that are not over: one that waits on, as its agent is gone, comes once more."""

    # --- what is told of it -----------------------------------------------------------------------------------------

    @property
    def agents(self) -> Mapping[str, Agent]:
        """Agents by name."""
        return self._roster.agents

    @property
    def waiting(self) -> Mapping[str, WaitingCall]:
        """Calls that wait, those for whom somebody rings among them."""
        return self._lines.waiting

    def rules(self, queue: str) -> QueueRules:
        """A queue's rules, asked for once. The queue of a call that another hub queued may be unknown: then the
        default ones."""
        if not queue:
            return QueueRules()
        if queue not in self._known_rules:
            self._known_rules[queue] = self._ask_rules(queue)
        return self._known_rules[queue]

    def in_line(self, queue: str) -> list[WaitingCall]:
        """The queue's calls, next first."""
        return [self.waiting[call_id] for call_id in self._lines[queue]]

    def lengths(self) -> dict[str, int]:
        """Queue -> calls that wait in it."""
        return self._lines.lengths()

    def place(self, call_id: str) -> int:
        """The place in its queue of a call that waits, 1: next."""
        return self._lines.place(self.waiting[call_id])

    def knows_offer(self, offer_id: str) -> bool:
        """Whether this offer holds somebody."""
        return self._roster.by_offer(offer_id) is not None

    def count_agents(self, *, now: float) -> None:
        """Tell each agent's time up to now: at the end of an interval, and before this process ends."""
        for agent in self.agents.values():
            agent.count(now=now)

    def receive(self, fact: Fact, *, now: float) -> list[Order]:
        """Take in one fact; returns what is to be done."""
        match fact:
            case CallWaited():
                return self._join(fact, now)
            case CallLeft(call_id=call_id, gave_up=gave_up):
                self._tell_left(call_id, What.GAVE_UP if gave_up else What.WENT, now)
                self._taken.discard(call_id)
                return self._leave(call_id, now)
            case OfferPickedUp(offer_id=offer_id):
                return self._briefed(offer_id)
            case OfferAnswered(offer_id=offer_id):
                return self._answered(offer_id, now)
            case OfferFailed(offer_id=offer_id, failure=failure):
                return self._failed(offer_id, failure, now)
            case OfferHeld(offer_id=offer_id):
                return self._input(offer_id, AgentInput.HOLD, now)
            case OfferRetrieved(offer_id=offer_id):
                return self._input(offer_id, AgentInput.RETRIEVE, now)
            case OfferEnded(offer_id=offer_id):
                return self._ended(offer_id, now)
            case OfferFound():
                return self._found(fact, now)
            case PhoneWanted():
                return self._offers.keep(fact, now=now)
            case AgentsListed(agents=profiles):
                return self._listed(profiles, now)
            case PhonesSeen(reachable=reachable):
                return self._settle(self._roster.see_phones(reachable), now)
            case SitesOpen(sites=sites):
                self._sites.open = sites
                return []
            case AgentLoggedIn() | AgentLoggedOut() | AgentPaused() | AgentResumed():
                return self._choose(fact, now)
            case DispositionGiven():
                return self._write_up_over(self._staff.said(fact, now=now), now)

    def deadline(self) -> float | None:
        """When `handle_timer` is next needed."""
        return self._timers.next_at()

    def handle_timer(self, *, now: float) -> list[Order]:
        """Do what is due. Who became available and who asks for less is known whole before anyone is offered."""
        orders: list[Order] = []
        agents: list[Agent] = []
        calls: list[WaitingCall] = []
        watch = False
        while (due := self._timers.pop_due(now)) is not None:
            if due.kind is Timer.WATCH:
                watch = True
            else:
                orders += self._due(due, agents, calls, now)
        orders += self._settle(agents, now)
        still = [call for call in calls if call.call_id in self.waiting]  # one may have been sent on just now
        for call in sorted(still, key=lambda call: call.rank):
            orders += self._serve(call, now)
        return [*orders, *self._watch(now)] if watch else orders  # last: it looks for what was forgotten

    def _due(self, due: Due, agents: list[Agent], calls: list[WaitingCall], now: float) -> list[Order]:
        agent, call = self.agents.get(due.whose), self.waiting.get(due.whose)
        match due.kind:
            case Timer.OFFER_LIMIT:
                return self._limit(due.whose, now)
            case Timer.READY if agent is not None and agent.state is AgentState.WRAP_UP and agent.wrap_up_until <= now:
                agent.take(AgentInput.READY, now=now)
                agents.append(agent)
            case Timer.PAUSE_OVER if agent is not None and agent.pause is not None and agent.pause.over(now):
                agent.pause = None
                agents.append(agent)
            case Timer.NEED_CHANGES if call is not None and self._lines.soften(call, now=now):
                calls.append(call)
            case Timer.RING_MORE if call is not None and self._lines.ring_more(call, at=due.at):
                self._lines.ring_more_at(call, now=now)
                calls.append(call)
            case Timer.OVERFLOW if call is not None and (overflow := self._lines.overflow(call, now=now)) is not None:
                return self._overflow(call, overflow, calls, now)
        return []

    def _overflow(self, call: WaitingCall, overflow: Overflow, calls: list[WaitingCall], now: float) -> list[Order]:
        left, waited = call.queue, now - call.since
        if overflow.way:
            self._lines.leave(call.call_id)
            self._told(Happening(What.WENT, now, waited, left, call.call_id, reason=overflow.way))
            return [TellNoAgent(call.call_id, "it waited too long", overflow.way)]
        self._lines.move(call, overflow.to, now=now)
        calls.append(call)
        self._told(Happening(What.MOVED, now, waited, left, call.call_id, reason=call.queue))
        self._told(Happening(What.CAME, now, waited, call.queue, call.call_id, reason=left, need=call.need))
        return [self._lines.told(call)]

    # --- calls ------------------------------------------------------------------------------------------------------

    def _join(self, fact: CallWaited, now: float) -> list[Order]:
        if (call := self.waiting.get(fact.call_id)) is not None:
            moved = self._lines.rank_anew(call, fact, now=now)
            return [self._lines.told(call), *self._serve(call, now)] if moved else []
        orders = self._leave(fact.call_id, now)  # a call that asks again is done with the agent it had
        if not fact.waited and (queue := self._sites.takes(fact.queue)) != fact.queue:
            fact = replace(fact, queue=queue)
        rules = self.rules(fact.queue)
        if refused := refusal(fact, rules, sites=self._sites, roster=self._roster, lines=self._lines):
            self._told(Happening(What.REFUSED, now, 0.0, fact.queue, fact.call_id, reason=refused))
            return [*orders, TellNoAgent(fact.call_id, refused)]
        prefers = self._roster.works(fact.preferred) and fact.waited < rules.preferred_seconds
        site = self._sites.asked_first(fact.queue, waited=fact.waited)
        call = self._lines.join(fact, preferred=fact.preferred if prefers else "", site=site, now=now)
        if not fact.waited or fact.call_id in self._taken:  # else another hub told it
            self._taken.discard(fact.call_id)
            self._told(Happening(What.CAME, now, 0.0, call.queue, call.call_id, need=call.need))
        if not self._watching:
            self._watching = True
            self._timers.set(now + WATCH_SECONDS, Timer.WATCH, "")
        return [*orders, self._lines.told(call), *self._serve(call, now)]

    def _tell_left(self, call_id: str, what: What, now: float) -> None:
        call = self.waiting.get(call_id)
        if call is not None:
            self._told(Happening(what, now, now - call.since, call.queue, call_id))

    def _leave(self, call_id: str, now: float) -> list[Order]:
        self._lines.leave(call_id)
        self._roster.not_held(lambda held: held.call_id == call_id)
        orders: list[Order] = []
        for agent in self._roster.of_call(call_id):
            orders += self._release(agent, now)
        return orders

    # --- offers -----------------------------------------------------------------------------------------------------

    def _briefed(self, offer_id: str) -> list[Order]:
        agent = self._roster.by_offer(offer_id)
        call = None if agent is None or agent.engagement is None else self.waiting.get(agent.engagement.call_id)
        if call is not None and offer_id in call.offers:
            self._lines.brief(call, offer_id)
        return []

    def _answered(self, offer_id: str, now: float) -> list[Order]:
        agent = self._roster.by_offer(offer_id)
        if agent is not None and agent.engagement is not None and agent.state is AgentState.OFFERED:
            call = self._lines.leave(agent.engagement.call_id)
            agent.answered(now=now)
            if call is not None:
                self._taken.add(call.call_id)
                name = agent.profile.name
                self._told(Happening(What.TAKEN, now, now - call.since, call.queue, call.call_id, name))
        return []

    def _failed(self, offer_id: str, failure: OfferFailure, now: float) -> list[Order]:
        """Nobody took the call: it keeps its place, and the agent is passed over for a while."""
        agent = self._roster.by_offer(offer_id)
        if agent is None or agent.engagement is None or agent.state is not AgentState.OFFERED:
            return self._ended(offer_id, now)  # it had been answered: then it ended
        held = agent.engagement
        if not held.queue:  # rung by a colleague, or as a supervisor: nothing follows from it
            return self._ended(offer_id, now)
        self._told(Happening(What.MISSED, now, 0.0, held.queue, held.call_id, agent.profile.name, reason=str(failure)))
        paused = self._staff.missed(agent, failure, self.rules(held.queue), now=now)
        return [*([kept_choice(agent)] if paused else []), *self._ended(offer_id, now)]

    def _limit(self, offer_id: str, now: float) -> list[Order]:
        agent = self._roster.by_offer(offer_id)
        rings = agent is not None and agent.state is AgentState.OFFERED
        return self._failed(offer_id, OfferFailure.UNREACHABLE, now) if rings else []

    def _ended(self, offer_id: str, now: float) -> list[Order]:
        self._roster.not_held(lambda held: held.offer_id == offer_id)
        agent = self._roster.by_offer(offer_id)
        if agent is None or agent.engagement is None:
            return []
        call = self.waiting.get(agent.engagement.call_id)
        return [*self._release(agent, now), *([] if call is None else self._serve(call, now))]

    def _input(self, offer_id: str, given: AgentInput, now: float) -> list[Order]:
        agent = self._roster.by_offer(offer_id)
        if agent is not None:
            agent.take(given, now=now)
        return []

    def _listed(self, profiles: Iterable[AgentProfile], now: float) -> list[Order]:
        """Before anyone is offered: who has a call already is known."""
        changed = self._roster.know(profiles, now=now)
        orders = [order for fact in self._roster.listed_at_last() for order in self._found(fact, now)]
        return [*orders, *self._settle(changed, now)]

    def _found(self, fact: OfferFound, now: float) -> list[Order]:
        agent, call = self.agents.get(fact.agent), self.waiting.get(fact.call_id)
        if agent is None:
            self._roster.held_before_listed(fact)
        if agent is None or agent.engagement is not None:
            return []
        self._offers.found(agent, fact, "" if call is None else call.queue, now=now)
        if fact.answered:
            self._lines.leave(fact.call_id)
            self._taken.add(fact.call_id)
        elif call is not None:
            self._lines.rung(call, fact.offer_id)
        return []

    def _release(self, agent: Agent, now: float) -> list[Order]:
        """The agent has no call any more; for the call, if it still waits, one phone less rings."""
        had = self._roster.release(agent, now=now)
        call = self.waiting.get(had.call_id)
        if call is not None and had.offer_id in call.offers:
            self._lines.unrung(call, had.offer_id, now=now)
        if agent.state is AgentState.WRAP_UP:
            self._staff.writes_up(agent, now=now)
        return self._settle([agent], now)

    # --- what agents choose -----------------------------------------------------------------------------------------

    def _choose(self, choice: AgentLoggedIn | AgentLoggedOut | AgentPaused | AgentResumed, now: float) -> list[Order]:
        agent = self._staff.choose(choice, now=now)
        return [] if agent is None else [kept_choice(agent), *self._write_up_over([agent], now)]

    def _write_up_over(self, agents: Iterable[Agent], now: float) -> list[Order]:
        for agent in agents:
            agent.ready(now=now)
        return self._settle(agents, now)

    # --- matching ---------------------------------------------------------------------------------------------------

    def _settle(self, agents: Iterable[Agent], now: float) -> list[Order]:
        """Agents whose availability may have changed: each gets the next call, or stands by."""
        orders: list[Order] = []
        for agent in agents:
            if agent.profile.name not in self.agents or not self._roster.rest(agent, now=now):
                continue
            call = self._lines.best_for(agent)
            if call is None:
                self._roster.stand_by(agent)
            else:
                orders.append(self._offer(call, agent, now))
        return orders

    def _serve(self, call: WaitingCall, now: float) -> list[Order]:
        """A call that came, lost whoever rang for it, or asks for something else."""
        orders: list[Order] = []
        while call.is_open and (agent := self._roster.choose(call.queue, call.need)) is not None:
            orders.append(self._offer(call, agent, now))
        return orders

    def _offer(self, call: WaitingCall, agent: Agent, now: float) -> Order:
        if not call.offers:
            self._lines.ring_more_at(call, now=now)
        self._told(Happening(What.RUNG, now, 0.0, call.queue, call.call_id, agent.profile.name, need=call.need))
        order = self._offers.make(agent, call.call_id, call.queue, now=now)
        self._lines.rung(call, order.offer_id)
        return order

    def _watch(self, now: float) -> list[Order]:
        """Look at everything while a call waits: what the rule above forgot is done now, and said."""
        self._watching = bool(self.waiting)
        if not self._watching:
            return []
        self._timers.set(now + WATCH_SECONDS, Timer.WATCH, "")
        orders: list[Order] = []
        for agent in self._roster.idle():
            call = self._lines.best_for(agent)
            if call is not None:
                if now - max(call.unserved_since, agent.since) >= WATCH_SECONDS:
                    orders.append(SoundStall(call.queue, len(self._lines[call.queue])))
                orders.append(self._offer(call, agent, now))
        return orders
