"""Calls that wait and agents who serve them."""

from __future__ import annotations

import pytest

from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.dispatcher import Dispatcher
from ivr.core.queueing.facts import (
    AgentProfile,
    AgentsListed,
    CallLeft,
    CallWaited,
    Fact,
    OfferAgent,
    OfferAnswered,
    OfferEnded,
    OfferFailed,
    OfferFailure,
    OfferFound,
    Order,
    PhonesSeen,
    TellNoAgent,
    TellPlace,
)
from ivr.core.queueing.happening import Happening, Teller, What, unheard
from ivr.core.queueing.offers import OFFER_LIMIT_SECONDS
from ivr.core.queueing.rules import QueueRules

RULES = QueueRules(set_aside_seconds=30.0, wrap_up_seconds=0.0, max_waiting=3)


def queues(*agents: str, rules: QueueRules = RULES, reachable: bool = True, tell: Teller = unheard) -> Dispatcher:
    made = Dispatcher(run_id="t", rules=lambda queue: rules, chance=lambda: 0.5, tell=tell)
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
    assert line.agents["ann"].state is AgentState.PAUSED
    assert line.receive(OfferFailed(offer_of(second)), now=40.0) == []
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
    engagement = line.agents["ann"].engagement
    assert engagement is not None
    assert engagement.offer_id == new
    assert line.agents["ann"].state is AgentState.OFFERED


def test_an_offer_without_any_answer_ends_by_its_limit() -> None:
    line = queues("ann")
    offer = offer_of(line.receive(CallWaited("c1", "sales"), now=1.0))
    assert line.handle_timer(now=OFFER_LIMIT_SECONDS) == []
    assert line.handle_timer(now=1.0 + OFFER_LIMIT_SECONDS) == []
    assert not line.knows_offer(offer)
    assert line.agents["ann"].state is AgentState.PAUSED
    assert "c1" in line.waiting, "the call kept its place"


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
    assert states == [AgentState.AVAILABLE, AgentState.WRAP_UP, AgentState.AVAILABLE]


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
    line = Dispatcher(run_id="t", rules=lambda queue: RULES, chance=lambda: 0.5)
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


def test_a_hub_that_hears_of_a_talk_before_it_has_read_the_directory_does_not_offer_that_agent() -> None:
    line = queues()
    line.receive(OfferFound("old-1", "c1", "ann", answered=True), now=1.0)
    line.receive(AgentsListed((AgentProfile("ann", "sip:ann"),)), now=2.0)
    line.receive(PhonesSeen(frozenset({"ann"})), now=2.0)
    assert line.agents["ann"].state is AgentState.TALKING
    assert offers(line.receive(CallWaited("c2", "sales"), now=3.0)) == []
    assert offers(line.receive(OfferEnded("old-1"), now=4.0)) == [("c2", "ann")]


@pytest.mark.parametrize(
    "over", [OfferEnded("old-1"), OfferFailed("old-1", OfferFailure.BUSY), CallLeft("c1", gave_up=False)]
)
def test_a_talk_that_ended_before_the_directory_was_read_keeps_nobody(over: Fact) -> None:
    line = queues()
    line.receive(OfferFound("old-1", "c1", "ann", answered=True), now=1.0)
    line.receive(over, now=2.0)
    line.receive(AgentsListed((AgentProfile("ann", "sip:ann"),)), now=3.0)
    line.receive(PhonesSeen(frozenset({"ann"})), now=3.0)
    assert line.agents["ann"].state is AgentState.AVAILABLE


# --- a call that waits otherwise than it did ------------------------------------------------------------------------


def test_a_call_whose_priority_rises_while_it_waits_goes_before_those_that_it_overtakes_and_keeps_its_moment() -> None:
    line = queues("ann")
    offer = offer_of(line.receive(CallWaited("c1", "sales"), now=1.0))
    line.receive(OfferAnswered(offer), now=1.0)
    line.receive(CallWaited("c2", "sales"), now=2.0)
    line.receive(CallWaited("c3", "sales"), now=3.0)
    since = line.waiting["c3"].since
    assert line.receive(CallWaited("c3", "sales", priority=5), now=4.0) == [TellPlace("c3", "sales", 1)]
    assert line.receive(CallWaited("c3", "sales", priority=5), now=5.0) == [], "it is said once"
    assert line.waiting["c3"].since == since
    assert line.receive(CallWaited("c3", "sales"), now=6.0) == [TellPlace("c3", "sales", 2)], "and as before again"
    line.receive(CallWaited("c3", "sales", urgent=True), now=7.0)
    assert offers(line.receive(OfferEnded(offer), now=9.0)) == [("c3", "ann")]


def test_a_call_that_asks_for_another_skill_while_it_waits_is_offered_to_who_has_it_at_once() -> None:
    line = queues("ann")
    watch = AgentProfile("watch", "sip:watch@phones", skills={"fraud": 1})
    offer = offer_of(line.receive(CallWaited("c1", "sales"), now=1.0))
    line.receive(OfferAnswered(offer), now=1.0)
    line.receive(AgentsListed((AgentProfile("ann", "sip:ann@phones"), watch)), now=1.0)
    line.receive(PhonesSeen(frozenset({"ann"})), now=1.0)
    line.receive(CallWaited("c2", "sales"), now=2.0)
    line.receive(PhonesSeen(frozenset({"ann", "watch"})), now=2.0)
    assert line.agents["watch"].state is AgentState.OFFERED, "who has more than is asked for is rung as well"
    line.receive(CallWaited("c2", "sales", skills={"fraud": 1}), now=3.0)
    assert line.waiting["c2"].offers, "a phone that rings rings on"
    line.receive(CallWaited("c3", "sales"), now=3.0)
    line.receive(CallWaited("c3", "sales", skills={"fraud": 1}), now=4.0)
    assert offers(line.receive(OfferEnded(offer), now=9.0)) == [], "ann has not what it asks for now"


def lines_of(heard: list[Happening], call_id: str) -> list[tuple[What, float]]:
    kept = (What.CAME, What.TAKEN, What.GAVE_UP)
    return [(one.what, one.seconds) for one in heard if one.call_id == call_id and one.what in kept]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_call_whose_agent_vanished_comes_once_more_and_each_coming_has_one_end(restarted: bool) -> None:
    heard: list[Happening] = []
    line = queues("ann", "bea", tell=heard.append)
    offer = offer_of(line.receive(CallWaited("c1", "sales"), now=1.0))
    line.receive(OfferAnswered(offer), now=4.0)
    if restarted:  # another hub hears of the talk from the cell
        line = queues("ann", "bea", tell=heard.append)
        line.receive(OfferFound(offer, "c1", "ann", answered=True), now=5.0)
    line.receive(OfferEnded(offer), now=30.0)
    line.receive(CallWaited("c1", "sales", waited=3.0), now=30.0)
    line.receive(CallLeft("c1", gave_up=True), now=32.0)
    came_and_went = [(What.CAME, 0.0), (What.TAKEN, 3.0), (What.CAME, 0.0), (What.GAVE_UP, 5.0)]
    assert lines_of(heard, "c1") == came_and_went


def test_a_call_that_waits_on_under_another_hub_does_not_come_again() -> None:
    heard: list[Happening] = []
    line = queues(tell=heard.append)
    line.receive(CallWaited("c1", "sales", waited=3.0), now=30.0)
    assert lines_of(heard, "c1") == []
