"""Laws of the dispatcher under facts in any order, late and senseless ones too."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field

import pytest

from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.dispatcher import Dispatcher
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
    OfferFailure,
    OfferFound,
    OfferHeld,
    OfferPickedUp,
    OfferRetrieved,
    Order,
    PhonesSeen,
    PhoneWanted,
    SoundStall,
    TellNoAgent,
)
from ivr.core.queueing.rules import PHONES_AT_ONCE, Overflow, QueueRules, Relaxation, Strategy
from ivr.core.queueing.waiting import WaitingCall

AGENTS = tuple(
    AgentProfile(
        name,
        f"sip:{name}@phones",
        queues,
        {"loans": level, "lang:zh": level % 3} if level else {},
        tier=level % 3 + 1,
        weight=level % 4 + 1,
    )
    for name, queues, level in (
        ("ann", (), 9),
        ("bob", ("cards",), 0),
        ("cat", ("cards", "loans"), 4),
        ("dan", ("desk",), 2),
        ("eve", ("loans", "desk"), 7),
        ("fay", (), 0),
    )
)
NAMES = tuple(profile.name for profile in AGENTS)
QUEUES = ("cards", "loans", "desk")
CALLS = tuple(f"c{number}" for number in range(12))


def rules_of(strategy: Strategy) -> dict[str, QueueRules]:
    return {
        "cards": QueueRules(strategy, wrap_up_seconds=5.0, overflow=Overflow(40.0, "desk"), max_waiting=6),
        "loans": QueueRules(
            strategy,
            disposition_seconds=30.0,
            skills={"loans": 5},
            relax=(Relaxation(20.0, "loans", 2), Relaxation(50.0, "loans")),
        ),
        "desk": QueueRules(
            strategy,
            urgent=True,
            set_aside_seconds=0.0,
            by_language=True,
            pause_after=2,
            skill_seconds=7.0,
            overflow=Overflow(70.0, way="callback"),
        ),
    }


@dataclass
class Witness:
    """Plays facts at random and holds the laws after each."""

    seed: int
    strategy: Strategy
    now: float = 1000.0
    offers: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    facts: int = 0
    sent_on: int = 0
    """Calls that overflowed out of the queues."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.rules = rules_of(self.strategy)
        self.line = self.dispatcher()
        self.wanted: dict[str, float] = {}
        """Calls that asked for an agent and neither left nor were answered nor refused, and since when."""
        self.tell(AgentsListed(AGENTS))
        self.tell(PhonesSeen(frozenset(NAMES)))

    def dispatcher(self) -> Dispatcher:
        return Dispatcher(run_id="t", rules=self.rules.__getitem__, chance=self.chance.random)

    def run(self, facts: int) -> None:
        while self.facts < facts:
            self.pass_time(self.chance.expovariate(1.0))
            self.tell(self.any_fact())

    def any_fact(self) -> Fact:
        pick, name, call = self.chance.random(), self.chance.choice(NAMES), self.chance.choice(CALLS)
        offer = self.chance.choice([*list(self.offers)[-8:], "t-0"])
        if pick < 0.30:
            return CallWaited(
                call,
                self.chance.choice(QUEUES),
                self.chance.randrange(3),
                self.chance.choice(("en", "zh", "")),
                {"loans": 3} if self.chance.random() < 0.2 else {},
                self.chance.choice(("", "", "", name, "nobody")),
                self.chance.choice((0.0, 0.0, 15.0)),
                urgent=self.chance.random() < 0.1,
                called_back=self.chance.random() < 0.1,
            )
        if pick < 0.40:
            return CallLeft(call)
        if pick < 0.60:
            return OfferAnswered(offer)
        if pick < 0.68:
            return OfferFailed(offer, self.chance.choice(list(OfferFailure)))
        if pick < 0.83:
            return OfferEnded(offer)
        rare: list[Fact] = [
            OfferPickedUp(offer),
            OfferHeld(offer),
            PhoneWanted(call, name, resting=self.chance.random() < 0.3),
            OfferRetrieved(offer),
            AgentLoggedIn(name),
            AgentLoggedOut(name),
            AgentPaused(name, "tea", name, self.chance.choice((None, self.now + 9.0))),
            AgentResumed(name),
            AgentResumed(name, released=self.chance.random() < 0.5),
            DispositionGiven(name, call),
            AgentLoggedIn(name),
            PhonesSeen(frozenset(self.chance.sample(NAMES, self.chance.randrange(3, 7)))),
            AgentsListed(tuple(self.chance.sample(AGENTS, self.chance.randrange(4, 7)))),
            OfferFound(f"x-{self.facts}", call, name, self.chance.random() < 0.5),
        ]
        return self.chance.choice(rare)

    def tell(self, fact: Fact) -> None:
        self.facts += 1
        known = set(self.line.waiting)
        self.take(self.line.receive(fact, now=self.now))
        match fact:
            case CallWaited(call_id=call) if call not in known and call not in self.refused:
                self.wanted[call] = self.now
            case CallLeft(call_id=call):
                self.wanted.pop(call, None)
            case OfferFound(offer_id=offer, call_id=call, agent=name):
                if self.line.knows_offer(offer):
                    self.offers[offer] = (call, name)
                    if fact.answered:
                        self.wanted.pop(call, None)
        for name, agent in self.line.agents.items():
            if agent.state in (AgentState.TALKING, AgentState.HELD) and agent.engagement is not None:
                self.wanted.pop(agent.engagement.call_id, None)
                assert name in self.line.agents
        self.refused.clear()
        self.laws()

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.line.deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.facts += 1
            self.take(self.line.handle_timer(now=self.now))
            self.laws()
        self.now = end

    def take(self, orders: list[Order]) -> None:
        for order in orders:
            if isinstance(order, OfferAgent):
                self.offers[order.offer_id] = (order.call_id, order.agent)
                self.the_best_call_is_offered(order)
            assert not isinstance(order, SoundStall), "the dispatcher forgot a call beside a free agent"
            if isinstance(order, TellNoAgent) and order.way:
                assert self.wanted.pop(order.call_id, None) is not None, "it was sent on once, and nobody talked to it"
                assert order.call_id not in self.line.waiting
                self.sent_on += 1
            elif isinstance(order, TellNoAgent):
                self.refused.add(order.call_id)

    def laws(self) -> None:
        self.no_agent_is_offered_two_calls_and_for_no_call_more_phones_ring_than_may()
        self.no_agent_is_stuck()
        self.no_call_is_lost()
        self.no_call_waits_beside_an_agent_who_may_take_it()
        self.no_waiting_call_is_without_a_next_moment()
        self.order_is_kept_within_a_priority()

    def no_agent_is_offered_two_calls_and_for_no_call_more_phones_ring_than_may(self) -> None:
        held = [agent.engagement for agent in self.line.agents.values() if agent.engagement is not None]
        assert len({one.offer_id for one in held}) == len(held)
        for call in self.line.waiting.values():
            assert {one.offer_id for one in held if one.call_id == call.call_id and one.queue} == set(call.offers)
            ours = [
                offer for offer in call.offers if not offer.startswith("x-")
            ]  # what a cell says that it holds, it does
            assert len(ours) <= call.phones <= PHONES_AT_ONCE
            if self.strategy not in (Strategy.RING_ALL, Strategy.RING_PROGRESSIVELY):
                assert call.phones == 1

    def the_best_call_is_offered(self, order: OfferAgent) -> None:
        """By the slow way: a look at every call that waited before this moment."""
        agent, chosen = self.line.agents[order.agent], self.line.waiting.get(order.call_id)
        if chosen is None or order.offer_id not in chosen.offers:
            return

        def seconds(call: WaitingCall) -> tuple[bool, float, int, str]:
            calm, counts_from, number, call_id = call.rank
            worth = self.rules[call.queue].skill_seconds * call.need.worth(agent.profile)
            return (calm, counts_from - worth, number, call_id)

        for call in self.line.waiting.values():
            came_now = call.unserved_since == self.now
            if call.is_open and agent.profile.serves(call.queue) and call.need.met_by(agent.profile):
                assert came_now or seconds(chosen) <= seconds(call)

    def no_agent_is_stuck(self) -> None:
        for agent in self.line.agents.values():
            busy = agent.state in (AgentState.OFFERED, AgentState.TALKING, AgentState.HELD)
            assert busy is (agent.engagement is not None)
            if agent.state is AgentState.WRAP_UP:
                assert max(agent.wrap_up_until, agent.owes_until if agent.owes else 0.0) >= self.now
            if agent.state in (AgentState.OFFERED, AgentState.WRAP_UP):
                assert self.line.deadline() is not None

    def no_call_is_lost(self) -> None:
        assert set(self.wanted) == set(self.line.waiting)

    def no_call_waits_beside_an_agent_who_may_take_it(self) -> None:
        free = [agent for agent in self.line.agents.values() if agent.state is AgentState.AVAILABLE]
        for call in self.line.waiting.values():
            if call.is_open:
                assert not any(a.profile.serves(call.queue) and call.need.met_by(a.profile) for a in free)

    def no_waiting_call_is_without_a_next_moment(self) -> None:
        if self.line.waiting:
            due = self.line.deadline()
            assert due is not None
            assert due <= self.now + 2.0

    def order_is_kept_within_a_priority(self) -> None:
        for queue in QUEUES:
            line = self.line.in_line(queue)
            for earlier, later in itertools.pairwise(line):
                if earlier.priority == later.priority and earlier.rank[0] is later.rank[0]:
                    assert earlier.since <= later.since + 1e-6


@pytest.mark.parametrize("strategy", list(Strategy))
def test_the_laws_hold_under_facts_in_any_order(strategy: Strategy) -> None:
    sent_on = 0
    for seed in range(5):
        witness = Witness(seed, strategy)
        witness.run(800)
        sent_on += witness.sent_on
    assert sent_on > 0, "no call overflowed out of the queues: that was not tried"


@pytest.mark.soak
def test_the_laws_hold_under_a_million_facts_in_any_order() -> None:
    for number in range(200):
        Witness(1000 + number, list(Strategy)[number % len(Strategy)]).run(5_000)


def test_nobody_starves_behind_calls_of_higher_priority() -> None:
    """An endless stream of priority 5, one agent: a call without priority waits five minutes longer, not for ever."""
    line = Dispatcher(
        run_id="t", rules=lambda queue: QueueRules(priority_seconds=60.0, max_waiting=1000), chance=lambda: 0.5
    )
    line.receive(AgentsListed((AgentProfile("ann", "sip:ann@x"),)), now=0.0)
    line.receive(PhonesSeen(frozenset({"ann"})), now=0.0)
    orders = line.receive(CallWaited("busy", "q"), now=0.0)
    line.receive(CallWaited("plain", "q"), now=1.0)
    now, number = 1.0, 0
    served = ""
    while served != "plain":
        now, number = now + 30.0, number + 1
        line.receive(CallWaited(f"vip{number}", "q", priority=5), now=now)
        (offer,) = [order for order in orders if isinstance(order, OfferAgent)]
        served = offer.call_id
        line.receive(OfferAnswered(offer.offer_id), now=now)
        orders = line.receive(OfferEnded(offer.offer_id), now=now)
        assert now < 400.0, "it starves"
    assert now > 300.0, "priority is worth something"
