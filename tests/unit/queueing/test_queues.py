"""Calls that wait and agents who serve them."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ivr.core.queueing.agent import RESERVED_MAX_SECONDS, AgentState
from ivr.core.queueing.facts import (
    AgentProfile,
    AgentsListed,
    CallLeft,
    CallWaited,
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
from ivr.core.queueing.queues import CallQueues, QueueRules

RULES = QueueRules(set_aside_seconds=30.0, wrap_up_seconds=0.0, max_waiting=3)


def queues(*agents: str, rules: QueueRules = RULES, reachable: bool = True) -> CallQueues:
    made = CallQueues(run_id="t", rules=lambda queue: rules)
    profiles = tuple(AgentProfile(name, f"sip:{name}@phones") for name in agents)
    made.receive(AgentsListed(profiles), now=0.0)
    made.receive(PhonesSeen(frozenset(agents) if reachable else frozenset()), now=0.0)
    return made


def offers(orders: list[Order]) -> list[tuple[str, str]]:
    return [(order.call_id, order.agent) for order in orders if isinstance(order, OfferAgent)]


def offer_of(orders: list[Order]) -> str:
    return next(order.offer_id for order in orders if isinstance(order, OfferAgent))


def test_a_call_is_told_its_place_and_offered_the_free_agent() -> None:
    orders = queues("ann").receive(CallWaited("c1", "sales"), now=1.0)
    assert orders == [TellPlace("c1", "sales", 1), OfferAgent("c1", "t-1", "ann", "sip:ann@phones")]


def test_first_come_first_served_and_each_is_told_how_many_are_before_it() -> None:
    line = queues("ann")
    offer = offer_of(line.receive(CallWaited("c1", "sales"), now=1.0))
    assert line.receive(CallWaited("c2", "sales"), now=2.0) == [TellPlace("c2", "sales", 2)]
    assert line.receive(CallWaited("c3", "sales"), now=3.0) == [TellPlace("c3", "sales", 3)]
    line.receive(OfferAnswered(offer), now=4.0)
    assert offers(line.receive(OfferEnded(offer), now=60.0)) == [("c2", "ann")]


def test_a_call_of_higher_priority_goes_first() -> None:
    line = queues("ann")
    offer = offer_of(line.receive(CallWaited("c1", "sales"), now=1.0))
    line.receive(OfferAnswered(offer), now=1.0)
    line.receive(CallWaited("c2", "sales"), now=2.0)
    assert line.receive(CallWaited("vip", "sales", priority=5), now=3.0) == [TellPlace("vip", "sales", 1)]
    assert offers(line.receive(OfferEnded(offer), now=9.0)) == [("vip", "ann")]


def test_the_agent_who_was_free_longest_is_offered() -> None:
    line = queues("ann", "bob")
    first = line.receive(CallWaited("c1", "sales"), now=1.0)
    assert offers(first) == [("c1", "ann")]
    line.receive(OfferAnswered(offer_of(first)), now=1.0)
    line.receive(OfferEnded(offer_of(first)), now=50.0)
    assert offers(line.receive(CallWaited("c2", "sales"), now=60.0)) == [("c2", "bob")]


def test_an_agent_who_does_not_answer_is_set_aside_and_the_next_one_is_offered_at_once() -> None:
    line = queues("ann", "bob")
    first = line.receive(CallWaited("c1", "sales"), now=1.0)
    second = line.receive(OfferFailed(offer_of(first)), now=20.0)
    assert offers(second) == [("c1", "bob")]
    assert line.agents["ann"].state is AgentState.SET_ASIDE
    assert line.receive(OfferFailed(offer_of(second)), now=40.0) == []
    assert line.deadline() == 50.0
    assert offers(line.handle_timer(now=50.0)) == [("c1", "ann")], "the call kept its place"


def test_a_caller_who_leaves_frees_the_agent_at_once_for_the_next_caller() -> None:
    line = queues("ann")
    line.receive(CallWaited("c1", "sales"), now=1.0)
    line.receive(CallWaited("c2", "sales"), now=2.0)
    assert offers(line.receive(CallLeft("c1"), now=3.0)) == [("c2", "ann")]


def test_the_answer_to_an_offer_that_was_taken_back_changes_nothing() -> None:
    line = queues("ann")
    old = offer_of(line.receive(CallWaited("c1", "sales"), now=1.0))
    line.receive(CallLeft("c1"), now=2.0)
    new = offer_of(line.receive(CallWaited("c2", "sales"), now=3.0))
    for late in (OfferFailed(old), OfferAnswered(old), OfferEnded(old)):
        assert line.receive(late, now=4.0) == []
    assert line.agents["ann"].offer_id == new
    assert line.agents["ann"].state is AgentState.RESERVED


def test_an_agent_is_never_reserved_for_ever() -> None:
    line = queues("ann")
    line.receive(CallWaited("c1", "sales"), now=1.0)
    due = line.deadline()
    assert due == 1.0 + RESERVED_MAX_SECONDS
    line.handle_timer(now=due)
    assert line.agents["ann"].state is AgentState.SET_ASIDE


def test_wrap_up_gives_the_agent_a_pause_after_a_call_and_not_after_a_ring() -> None:
    line = queues("ann", rules=QueueRules(wrap_up_seconds=10.0))
    line.receive(CallWaited("c1", "sales"), now=1.0)
    line.receive(CallLeft("c1"), now=2.0)
    states = [line.agents["ann"].state]
    offer = offer_of(line.receive(CallWaited("c2", "sales"), now=3.0))
    line.receive(OfferAnswered(offer), now=4.0)
    line.receive(OfferEnded(offer), now=20.0)
    states.append(line.agents["ann"].state)
    line.handle_timer(now=30.0)
    states.append(line.agents["ann"].state)
    assert states == [AgentState.FREE, AgentState.WRAPPING_UP, AgentState.FREE]


def test_a_queue_that_no_agent_serves_or_that_is_full_says_so() -> None:
    assert queues().receive(CallWaited("c1", "sales"), now=1.0) == [TellNoAgent("c1", "no agent serves this queue")]
    line = queues("ann", reachable=False)
    for number in range(3):
        line.receive(CallWaited(f"c{number}", "sales"), now=1.0)
    assert line.receive(CallWaited("c9", "sales"), now=2.0) == [TellNoAgent("c9", "the queue is full")]


def test_calls_wait_for_an_agent_whose_phone_is_not_there_yet() -> None:
    line = queues("ann", reachable=False)
    assert line.receive(CallWaited("c1", "sales"), now=1.0) == [TellPlace("c1", "sales", 1)]
    assert offers(line.receive(PhonesSeen(frozenset({"ann"})), now=5.0)) == [("c1", "ann")]


def test_an_agent_serves_only_the_queues_that_are_named() -> None:
    line = CallQueues(run_id="t", rules=lambda queue: RULES)
    line.receive(AgentsListed((AgentProfile("ann", "sip:ann@x", ("loans",)),)), now=0.0)
    line.receive(PhonesSeen(frozenset({"ann"})), now=0.0)
    assert line.receive(CallWaited("c1", "cards"), now=1.0) == [TellNoAgent("c1", "no agent serves this queue")]
    assert offers(line.receive(CallWaited("c2", "loans"), now=1.0)) == [("c2", "ann")]


def test_a_removed_agent_finishes_the_call_and_gets_no_other() -> None:
    line = queues("ann")
    offer = offer_of(line.receive(CallWaited("c1", "sales"), now=1.0))
    line.receive(OfferAnswered(offer), now=2.0)
    line.receive(AgentsListed(()), now=3.0)
    assert line.agents["ann"].state is AgentState.TALKING
    line.receive(OfferEnded(offer), now=4.0)
    line.receive(AgentsListed(()), now=5.0)
    assert "ann" not in line.agents


def test_a_hub_that_came_back_does_not_offer_an_agent_who_is_talking() -> None:
    line = queues("ann")
    line.receive(OfferFound("old-1", "c1", "ann", answered=True), now=1.0)
    assert offers(line.receive(CallWaited("c2", "sales"), now=2.0)) == []
    assert offers(line.receive(OfferEnded("old-1"), now=3.0)) == [("c2", "ann")]


NAMES = ("ann", "bob", "cat")
CALLS = tuple(f"c{number}" for number in range(6))


class AnyOrder(RuleBasedStateMachine):
    """Facts in any order, late and senseless ones too."""

    def __init__(self) -> None:
        super().__init__()
        self.line = queues(*NAMES)
        self.now = 1.0
        self.open_offers: dict[str, tuple[str, str]] = {}

    def take(self, orders: list[Order]) -> None:
        for order in orders:
            if isinstance(order, OfferAgent):
                assert order.call_id in self.line.waiting, "only a waiting call is offered an agent"
                self.open_offers[order.offer_id] = (order.call_id, order.agent)

    @rule(seconds=st.floats(0, 200))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.take(self.line.handle_timer(now=self.now))

    @rule(call=st.sampled_from(CALLS), priority=st.integers(0, 2))
    def call_waits(self, call: str, priority: int) -> None:
        self.take(self.line.receive(CallWaited(call, "sales", priority), now=self.now))

    @rule(call=st.sampled_from(CALLS))
    def call_leaves(self, call: str) -> None:
        self.take(self.line.receive(CallLeft(call), now=self.now))

    @rule(kind=st.sampled_from([OfferAnswered, OfferFailed, OfferEnded]), pick=st.integers(0, 50))
    def offer_ends_somehow(self, kind: type[OfferAnswered | OfferFailed | OfferEnded], pick: int) -> None:
        if self.open_offers:
            offer_id = list(self.open_offers)[pick % len(self.open_offers)]
            self.take(self.line.receive(kind(offer_id), now=self.now))

    @rule(names=st.frozensets(st.sampled_from(NAMES)))
    def phones_come_and_go(self, names: frozenset[str]) -> None:
        self.take(self.line.receive(PhonesSeen(names), now=self.now))

    @rule(names=st.frozensets(st.sampled_from(NAMES)))
    def the_directory_changes(self, names: frozenset[str]) -> None:
        profiles = tuple(AgentProfile(name, f"sip:{name}@x") for name in sorted(names))
        self.take(self.line.receive(AgentsListed(profiles), now=self.now))

    @invariant()
    def an_agent_serves_one_call_and_a_call_has_one_agent(self) -> None:
        held = [agent.call_id for agent in self.line.agents.values() if agent.offer_id is not None]
        assert len(held) == len(set(held))
        assert None not in held

    @invariant()
    def a_waiting_calls_offer_is_held_by_an_agent(self) -> None:
        for call in self.line.waiting.values():
            if call.offer_id is not None:
                holder = [agent for agent in self.line.agents.values() if agent.offer_id == call.offer_id]
                assert len(holder) == 1
                assert holder[0].state is AgentState.RESERVED

    @invariant()
    def no_call_waits_beside_a_free_agent(self) -> None:
        free = [agent for agent in self.line.agents.values() if agent.state is AgentState.FREE]
        unserved = [call for call in self.line.waiting.values() if call.offer_id is None]
        assert not (free and unserved)

    @invariant()
    def who_is_reserved_or_pauses_has_an_end_to_it(self) -> None:
        for agent in self.line.agents.values():
            if agent.state in (AgentState.RESERVED, AgentState.SET_ASIDE, AgentState.WRAPPING_UP):
                assert agent.deadline() is not None


AnyOrder.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
