"""The right agent for a call and the right call for an agent: strategies, skills, priority, preference, overflow."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from ivr.core.queueing.facts import (
    AgentLoggedOut,
    AgentPaused,
    AgentResumed,
    CallLeft,
    OfferAnswered,
    OfferEnded,
    TellNoAgent,
    TellPlace,
)
from ivr.core.queueing.happening import Happening, What
from ivr.core.queueing.rules import Join, Overflow, QueueRules, Relaxation, Strategy, overflow_circles
from tests.unit.queueing.shop import Shop, agent, offered


def serve(shop: Shop, name: str, *, talk: float = 10.0) -> str:
    """A call comes, is answered and ends; returns who took it."""
    ((_, who),) = offered(shop.call(name))
    offer = shop.offer_to(who)
    shop.tell(OfferAnswered(offer))
    shop.wait(talk)
    shop.tell(OfferEnded(offer))
    return who


def test_round_robin_remembers_whose_turn_it_was_also_when_talks_have_different_lengths() -> None:
    shop = Shop(agent("ann"), agent("bob"), agent("cat"), rules=QueueRules(strategy=Strategy.ROUND_ROBIN))
    assert [serve(shop, f"c{n}", talk=n) for n in range(6)] == ["ann", "bob", "cat", "ann", "bob", "cat"]


def test_top_down_asks_the_second_tier_only_when_nobody_of_the_first_is_available() -> None:
    shop = Shop(agent("ann", tier=2), agent("bob", tier=1), rules=QueueRules(strategy=Strategy.TOP_DOWN))
    assert offered(shop.call("c1")) == [("c1", "bob")]
    assert offered(shop.call("c2")) == [("c2", "ann")]


def test_fewest_calls_and_least_talk_count_different_things() -> None:
    for strategy, expected in ((Strategy.FEWEST_CALLS, "bob"), (Strategy.LEAST_TALK, "ann")):
        shop = Shop(agent("ann"), agent("bob"), rules=QueueRules(strategy=strategy))
        serve(shop, "c1", talk=1)
        shop.tell(AgentPaused("ann", "tea", by="ann"))
        serve(shop, "c2", talk=600)
        shop.tell(AgentPaused("bob", "tea", by="bob"))
        shop.tell(AgentResumed("ann"))
        serve(shop, "c3", talk=1)  # ann: two calls, two seconds; bob: one call, ten minutes
        shop.tell(AgentResumed("bob"))
        assert serve(shop, "c4") == expected


@pytest.mark.parametrize(("strategy", "share"), [(Strategy.WEIGHTED_RANDOM, 0.75), (Strategy.RANDOM, 0.5)])
def test_random_draws_among_all_who_fit_and_weights_count_where_they_should(strategy: Strategy, share: float) -> None:
    shop = Shop(
        agent("ann", weight=3), agent("bob"), rules=QueueRules(strategy=strategy), chance=random.Random(7).random
    )
    taken = Counter(serve(shop, f"c{n}") for n in range(2000))
    assert taken["ann"] / 2000 == pytest.approx(share, abs=0.03)


def test_a_call_waits_for_a_skill_and_asks_for_less_as_time_passes() -> None:
    rules = QueueRules(skills={"loans": 5}, relax=(Relaxation(30.0, "loans", 2), Relaxation(60.0, "loans")))
    shop = Shop(agent("ann", loans=2), rules=rules)
    assert offered(shop.call("c1")) == []
    assert offered(shop.wait(29.9)) == []
    assert offered(shop.wait(0.2)) == [("c1", "ann")]
    unskilled = Shop(agent("bob"), rules=rules)
    unskilled.call("c1")
    assert offered(unskilled.wait(59.0)) == []
    assert offered(unskilled.wait(1.0)) == [("c1", "bob")]


def test_a_language_is_a_skill_that_the_queue_may_ask_for() -> None:
    shop = Shop(agent("ann", lang_en=9), agent("wei", lang_zh=9), rules=QueueRules(by_language=True))
    assert offered(shop.call("c1", language="zh")) == [("c1", "wei")]
    assert offered(shop.call("c2", language="zh")) == []
    assert offered(shop.call("c3", language="en")) == [("c3", "ann")]


def test_the_preferred_agent_is_waited_for_and_then_anyone_is_asked() -> None:
    shop = Shop(agent("ann"), agent("bob"), rules=QueueRules(preferred_seconds=20.0))
    shop.call("busy", preferred="bob")
    assert offered(shop.call("c1", preferred="bob")) == [], "ann is free, and the call waits for bob"
    assert offered(shop.wait(19.9)) == []
    assert offered(shop.wait(0.2)) == [("c1", "ann")]
    assert offered(shop.tell(CallLeft("busy"))) == []
    assert offered(shop.call("c2", preferred="bob")) == [("c2", "bob")]


def test_nobody_waits_for_a_preferred_agent_who_takes_no_calls() -> None:
    shop = Shop(agent("ann"), agent("bob"), rules=QueueRules(preferred_seconds=20.0))
    shop.tell(AgentPaused("bob", "tea", by="bob"))
    assert offered(shop.call("c1", preferred="bob")) == [("c1", "ann")]


def test_priority_is_worth_waiting_time_so_that_nobody_starves() -> None:
    shop = Shop(agent("ann"), rules=QueueRules(priority_seconds=60.0))
    shop.call("first")
    shop.tell(OfferAnswered(shop.offer_to("ann")))
    shop.call("plain")
    shop.wait(59.0)
    shop.call("soon", priority=1)
    shop.wait(2.0)
    shop.call("late", priority=1)
    order = [call.call_id for call in shop.dispatcher.in_line("sales")]
    assert order == ["soon", "plain", "late"], "a call is overtaken for a minute a point, and no longer"


def test_the_calls_of_an_urgent_queue_go_before_all_others() -> None:
    shop = Shop(agent("ann"), rules={"stolen": QueueRules(urgent=True), "sales": QueueRules()})
    shop.call("first")
    shop.tell(OfferAnswered(shop.offer_to("ann")))
    shop.call("vip", priority=99)
    shop.wait(600.0)
    shop.call("card", "stolen")
    assert offered(shop.tell(CallLeft("first"))) == [("card", "ann")]


def test_an_urgent_call_goes_before_all_others_and_stays_urgent_when_it_overflows() -> None:
    rules = {"sales": QueueRules(overflow=Overflow(30.0, "desk")), "desk": QueueRules()}
    shop = Shop(agent("ann", "desk"), agent("bob", "sales"), rules=rules)
    shop.call("first", "desk")
    shop.call("other")
    for name in ("ann", "bob"):
        shop.tell(OfferAnswered(shop.offer_to(name)))
    shop.call("vip", "desk", priority=9)
    shop.wait(600.0)
    shop.call("card", urgent=True)
    assert shop.dispatcher.in_line("sales")[0].call_id == "card"
    shop.wait(31.0)
    assert offered(shop.tell(CallLeft("first"))) == [("card", "ann")]


def test_one_comparison_for_all_queues_of_an_agent_asterisk_1637() -> None:
    """There the longest wait in one queue overtook a priority in another."""
    shop = Shop(agent("ann"), rules=QueueRules(priority_seconds=60.0))
    shop.call("busy", "cards")
    shop.wait(5.0)
    shop.call("old", "cards")
    shop.wait(30.0)
    shop.call("vip", "loans", priority=1)
    assert offered(shop.tell(CallLeft("busy"))) == [("vip", "ann")]


def test_a_queue_with_a_head_start_goes_before_the_others_for_so_long() -> None:
    shop = Shop(agent("ann"), rules={"fraud": QueueRules(head_start=120.0), "cards": QueueRules()})
    shop.call("busy", "cards")
    shop.call("card", "cards")
    shop.wait(100.0)
    shop.call("fraud", "fraud")
    assert offered(shop.tell(CallLeft("busy"))) == [("fraud", "ann")]


def test_an_agent_takes_the_call_that_their_skill_is_worth_more_to() -> None:
    rules = {
        "cards": QueueRules(skills={"cards": 1}, skill_seconds=10.0),
        "loans": QueueRules(skills={"loans": 1}, skill_seconds=10.0),
    }
    shop = Shop(agent("ann", cards=1, loans=9), rules=rules)
    shop.call("busy", "cards")
    shop.call("card", "cards")
    shop.wait(60.0)
    shop.call("loan", "loans")
    assert offered(shop.tell(CallLeft("busy"))) == [("loan", "ann")], "60 s of waiting against 80 s of skill"


def test_overflow_keeps_the_time_that_the_call_waited() -> None:
    rules = {"cards": QueueRules(overflow=Overflow(30.0, "desk")), "desk": QueueRules()}
    shop = Shop(agent("ann", "cards"), agent("dan", "desk"), rules=rules)
    shop.call("a", "cards")
    shop.call("b", "desk")
    shop.call("old", "cards")
    shop.wait(20.0)
    shop.call("young", "desk")
    moved = shop.wait(10.0)
    assert TellPlace("old", "desk", 2) in moved, "behind b, who is being rung, and before young"
    assert [call.call_id for call in shop.dispatcher.in_line("desk")] == ["b", "old", "young"]


def test_overflow_out_of_the_queues_tells_the_call_its_way_and_takes_no_agent() -> None:
    told: list[Happening] = []
    rules = {
        "cards": QueueRules(overflow=Overflow(30.0, "desk")),
        "desk": QueueRules(join=Join.ALWAYS, overflow=Overflow(50.0, way="callback")),
    }
    shop = Shop(agent("ann", "cards"), rules=rules, tell=told.append)
    shop.call("a", "cards")
    shop.call("old", "cards")
    assert shop.wait(30.0) == [TellPlace("old", "desk", 1)]
    assert [one for one in shop.wait(20.0) if isinstance(one, TellNoAgent)] == [
        TellNoAgent("old", "it waited too long", "callback")
    ]
    assert [(one.seconds, one.queue, one.reason) for one in told if one.what is What.WENT] == [
        (50.0, "desk", "callback")
    ]
    assert "old" not in shop.dispatcher.waiting
    assert shop.call_of("ann") == "a"


def test_who_is_called_back_is_not_sent_on_to_be_called_back_again() -> None:
    shop = Shop(agent("ann"), rules=QueueRules(overflow=Overflow(30.0, way="callback")))
    shop.call("a")
    shop.call("back", called_back=True)
    shop.call("new")
    shop.wait(60.0)
    assert set(shop.dispatcher.waiting) == {"a", "back"}


def test_a_phone_rings_for_as_long_as_its_agent_says_or_else_the_queue() -> None:
    radio = replace(agent("ann", "cards"), ring_seconds=40.0)
    shop = Shop(radio, agent("ben", "cards"), rules=QueueRules(ring_seconds=12.0))
    shop.call("a", "cards")
    shop.call("b", "cards")
    assert {one.agent: one.ring_seconds for one in shop.offers.values()} == {"ann": 40.0, "ben": 12.0}


def test_a_call_that_somebody_rings_for_overflows_only_when_that_came_to_nothing() -> None:
    rules = {"cards": QueueRules(overflow=Overflow(5.0, "desk")), "desk": QueueRules(join=Join.ALWAYS)}
    shop = Shop(agent("ann", "cards"), rules=rules)
    shop.call("a", "cards")
    shop.wait(10.0)
    assert shop.dispatcher.waiting["a"].queue == "cards"
    shop.tell(OfferAnswered(shop.offer_to("ann")))
    assert shop.dispatcher.waiting == {}


def test_overflow_in_a_circle_is_found() -> None:
    rules = {
        "a": QueueRules(overflow=Overflow(1, "b")),
        "b": QueueRules(overflow=Overflow(1, "c")),
        "c": QueueRules(overflow=Overflow(1, "b")),
        "d": QueueRules(overflow=Overflow(1, "a")),
    }
    assert overflow_circles(rules) == [("b", "c")]
    assert overflow_circles({"a": QueueRules(overflow=Overflow(1, "b"))}) == []


@pytest.mark.parametrize(
    ("join", "refusal"),
    [
        (Join.ALWAYS, None),
        (Join.SERVED, None),
        (Join.LOGGED_IN, "no agent of this queue is logged in"),
        (Join.WORKING, "no agent of this queue is at work"),
    ],
)
def test_who_may_join_when_nobody_is_there(join: Join, refusal: str | None) -> None:
    shop = Shop(agent("ann"), rules=QueueRules(join=join))
    shop.tell(AgentLoggedOut("ann"))
    orders = shop.call("c1")
    assert orders == [TellPlace("c1", "sales", 1) if refusal is None else TellNoAgent("c1", refusal)]


def test_a_call_that_waited_before_the_hub_was_started_anew_has_its_old_place() -> None:
    shop = Shop(agent("ann"))
    shop.tell(AgentPaused("ann", "tea", by="ann"))
    shop.wait(100.0)
    shop.call("new")
    assert shop.call("old", waited=50.0) == [TellPlace("old", "sales", 1)]
