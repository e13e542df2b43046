"""A day of a contact centre on a virtual clock: made-up callers and agents, the real dispatcher.

Arrivals are a Poisson process whose rate changes by the half hour; talks, wrap-ups excepted, and patience are
exponential, as in Erlang's formulas, so that the two can be compared. Randomness comes in as an argument: the same
seed is the same day.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.dispatcher import Dispatcher
from ivr.core.queueing.estimate import Estimator, shares_of
from ivr.core.queueing.facts import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentProfile,
    AgentsListed,
    CallLeft,
    CallWaited,
    Fact,
    OfferAgent,
    OfferAnswered,
    OfferEnded,
    Order,
    PhonesSeen,
    SitesOpen,
    TellNoAgent,
)
from ivr.core.queueing.figures import AgentFigures, CentreFigures, QueueFigures
from ivr.core.queueing.rules import QueueRules

HALF_HOUR = 1800.0


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent and when they work, seconds of the day."""

    profile: AgentProfile
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Demand:
    """Calls of one kind."""

    queue: str
    per_half_hour: tuple[float, ...]
    """Mean number of calls in each half hour from `CentreDay.begins` on."""
    talk: float
    """Mean, seconds."""
    patience: float = math.inf
    """Mean, seconds; infinite: they wait for ever."""
    priority: int = 0
    language: str = ""
    skills: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CentreDay:
    """What is simulated."""

    begins: float
    """Seconds of the day."""
    rules: Mapping[str, QueueRules]
    shifts: tuple[Shift, ...]
    demands: tuple[Demand, ...]
    ring_seconds: float = 0.0
    """From offer to answer."""
    target: float = 20.0
    """Seconds within which a call should be answered."""

    @property
    def ends(self) -> float:
        """When the last half hour of calls is over."""
        return self.begins + HALF_HOUR * max(len(demand.per_half_hour) for demand in self.demands)


def simulate(day: CentreDay, chance: Callable[[], float]) -> CentreFigures:
    """One day; `chance` gives numbers in [0, 1). Calls that wait at the end are served or give up; nobody is cut
    off."""
    return _Day(day, chance).run()


class _Day:
    def __init__(self, day: CentreDay, chance: Callable[[], float]) -> None:
        self._day, self._chance = day, chance
        rules = day.rules
        self._estimator = Estimator()
        self._line = Dispatcher(
            run_id="day",
            rules=lambda queue: rules.get(queue, QueueRules()),
            chance=chance,
            tell=self._estimator.add,
        )
        self._told: dict[str, tuple[float | None, float | None]] = {}
        """Calls that wait: what the estimator and the usual guess said when they came."""
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._made = 0
        self._now = day.begins
        self._calls: dict[str, tuple[Demand, float]] = {}
        """Calls that wait: kind and since when."""
        self._talks: dict[str, float] = {}
        self._figures = CentreFigures(
            {demand.queue: QueueFigures(day.target) for demand in day.demands},
            {shift.profile.name: AgentFigures() for shift in day.shifts},
        )
        self._since: dict[str, tuple[float, AgentState]] = {}

    def run(self) -> CentreFigures:
        """Play every event in turn."""
        profiles = tuple(shift.profile for shift in self._day.shifts)
        self._tell(AgentsListed(profiles))
        for shift in self._day.shifts:
            self._tell(AgentLoggedOut(shift.profile.name))
            self._at(shift.begins, self._logs_in(shift.profile.name))
            self._at(shift.ends, self._logs_out(shift.profile.name))
        sites = frozenset(site for rules in self._day.rules.values() for site in rules.sites)
        self._tell(SitesOpen(sites))  # who works when, the shifts say
        self._tell(PhonesSeen(frozenset(profile.name for profile in profiles)))
        for demand in self._day.demands:
            self._next_arrival(demand, self._day.begins)
        while self._events:
            due, timer = self._events[0][0], self._line.deadline()
            if timer is not None and timer < due:
                self._now = timer
                self._carry_out(self._line.handle_timer(now=timer))
                continue
            self._now, _, happen = heapq.heappop(self._events)
            happen()
        self._count_agents()
        return self._figures

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        self._made += 1
        heapq.heappush(self._events, (when, self._made, happen))

    def _exponential(self, mean: float) -> float:
        return math.inf if math.isinf(mean) else -mean * math.log(1.0 - self._chance())

    def _next_arrival(self, demand: Demand, after: float) -> None:
        """By thinning: at the highest rate of the day, and each kept by its own half hour's share of it."""
        highest = max(demand.per_half_hour)
        if highest <= 0:
            return
        when = after
        while True:
            when += self._exponential(HALF_HOUR / highest)
            at = int((when - self._day.begins) / HALF_HOUR)
            if at >= len(demand.per_half_hour):
                return
            if self._chance() < demand.per_half_hour[at] / highest:
                break
        self._at(when, lambda: self._arrive(demand))

    def _arrive(self, demand: Demand) -> None:
        self._next_arrival(demand, self._now)
        call_id = f"c{self._made}"
        self._figures.queues[demand.queue].come()
        self._calls[call_id] = (demand, self._now)
        patience = self._exponential(demand.patience)
        if not math.isinf(patience):
            self._at(self._now + patience, lambda: self._give_up(call_id))
        self._tell(CallWaited(call_id, demand.queue, demand.priority, demand.language, demand.skills))
        self._estimate(call_id)

    def _estimate(self, call_id: str) -> None:
        """What a caller who has to wait would be told now."""
        call = self._line.waiting.get(call_id)
        if call is None or call.offers:
            return
        shares = shares_of(self._line.agents.values(), self._line.lengths())
        waits = self._estimator.waits(call.queue, self._line.place(call_id), shares)
        self._told[call_id] = (waits[-1] if waits else None, self._estimator.usual_guess(call.queue))

    def _give_up(self, call_id: str) -> None:
        if call_id in self._calls:
            demand, since = self._calls.pop(call_id)
            self._figures.queues[demand.queue].abandon(self._now - since)
            self._told.pop(call_id, None)
            self._tell(CallLeft(call_id))

    def _answer(self, order: OfferAgent) -> None:
        if order.call_id not in self._calls or not self._line.knows_offer(order.offer_id):
            return
        demand, since = self._calls.pop(order.call_id)
        figures = self._figures.queues[demand.queue]
        figures.answer(self._now - since)
        estimate, usual = self._told.pop(order.call_id, (None, None))
        if estimate is not None and usual is not None:  # both were said of the same calls
            self._figures.estimates.append((self._now - since, estimate, usual))
        talk = self._exponential(demand.talk)
        wrap_up = self._day.rules.get(demand.queue, QueueRules()).wrap_up_seconds
        figures.handle(talk + wrap_up)
        others = self._line.waiting[order.call_id].offers
        self._tell(OfferAnswered(order.offer_id))
        for other in others:
            if other != order.offer_id:
                self._tell(OfferEnded(other))
        self._at(self._now + talk, lambda: self._tell(OfferEnded(order.offer_id)))

    def _logs_in(self, name: str) -> Callable[[], None]:
        return lambda: self._tell(AgentLoggedIn(name))

    def _logs_out(self, name: str) -> Callable[[], None]:
        return lambda: self._tell(AgentLoggedOut(name))

    def _tell(self, fact: Fact) -> None:
        self._carry_out(self._line.receive(fact, now=self._now))

    def _carry_out(self, orders: list[Order]) -> None:
        for order in orders:
            if isinstance(order, OfferAgent):
                if self._day.ring_seconds > 0:
                    self._at(self._now + self._day.ring_seconds, lambda order=order: self._answer(order))  # type: ignore[misc]
                else:
                    self._at(self._now, lambda order=order: self._answer(order))  # type: ignore[misc]
            elif isinstance(order, TellNoAgent):
                demand, came = self._calls.pop(order.call_id)
                if order.way:
                    self._figures.queues[demand.queue].go_on(self._now - came)
                else:
                    self._figures.queues[demand.queue].refuse()
        self._count_agents()

    def _count_agents(self) -> None:
        """Time in each state up to now."""
        for name, agent in self._line.agents.items():
            before, state = self._since.get(name, (self._now, AgentState.LOGGED_OUT))
            if state is agent.state and self._events:
                continue
            figures, passed = self._figures.agents[name], self._now - before
            if state is not AgentState.LOGGED_OUT:
                figures.logged_in_seconds += passed
            if state in (AgentState.OFFERED, AgentState.TALKING, AgentState.HELD, AgentState.WRAP_UP):
                figures.busy_seconds += passed
            if agent.state is AgentState.TALKING and state is not AgentState.TALKING:
                figures.calls += 1
            self._since[name] = (self._now, agent.state)
