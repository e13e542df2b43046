"""Several phones ring for one call: at once, or one more after each while. Whoever answers first has it."""

from __future__ import annotations

from dataclasses import replace

from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.facts import (
    CallLeft,
    OfferAnswered,
    OfferEnded,
    OfferFailed,
    OfferFailure,
    OfferPickedUp,
    SoundStall,
)
from ivr.core.queueing.rules import Join, Overflow, QueueRules, Strategy
from tests.unit.queueing.shop import Shop, agent, offered

ALL = QueueRules(Strategy.RING_ALL, set_aside_seconds=30.0)
MORE = QueueRules(Strategy.RING_PROGRESSIVELY, ring_more_seconds=10.0)
FOUR = (agent("ann"), agent("bob"), agent("cat"), agent("dan"))


def ringing(shop: Shop) -> dict[str, str | None]:
    return {name: shop.call_of(name) for name in shop.dispatcher.agents if shop.state(name) is AgentState.OFFERED}


def test_all_phones_that_a_cell_can_ring_do_so_and_one_more_when_one_of_them_is_refused() -> None:
    shop = Shop(*FOUR, rules=ALL)
    assert offered(shop.call("c1")) == [("c1", "ann"), ("c1", "bob"), ("c1", "cat")]
    assert offered(shop.tell(OfferFailed(shop.offer_to("bob"), OfferFailure.BUSY))) == [("c1", "dan")]
    assert set(ringing(shop)) == {"ann", "cat", "dan"}


def test_who_answers_has_the_call_and_the_others_are_free_for_the_next() -> None:
    shop = Shop(*FOUR, rules=ALL)
    shop.call("c1")
    others = [shop.offer_to("ann"), shop.offer_to("cat")]
    shop.tell(OfferAnswered(shop.offer_to("bob")))
    assert shop.state("bob") is AgentState.TALKING
    assert offered(shop.call("c2")) == [("c2", "dan")]
    assert offered(shop.tell(OfferEnded(others[0]))) == [("c2", "ann")]
    assert offered(shop.tell(OfferEnded(others[1]))) == [("c2", "cat")]
    assert shop.dispatcher.agents["ann"].missed == 0


def test_when_one_answers_and_leaves_the_others_ring_again_asterisk_1557() -> None:
    """They stop ringing as the cell ends them; the caller is where they were, and nobody is rung while one is told."""
    shop = Shop(*FOUR, rules=ALL)
    shop.call("c1")
    shop.call("c2")
    offers = {name: shop.offer_to(name) for name in ("ann", "bob", "cat")}
    shop.tell(OfferPickedUp(offers["ann"]))
    freed = offered(shop.tell(OfferEnded(offers["bob"]))) + offered(shop.tell(OfferEnded(offers["cat"])))
    assert freed == [("c2", "bob"), ("c2", "cat")], "they are rung for others, not for one who is being told"
    shop.tell(OfferAnswered(shop.offer_to("dan")))
    for name in ("bob", "cat"):
        shop.tell(OfferEnded(shop.offer_to(name)))
    assert ringing(shop) == {"ann": "c1"}
    assert offered(shop.tell(OfferFailed(offers["ann"], OfferFailure.DECLINED))) == [("c1", "bob"), ("c1", "cat")]
    assert shop.dispatcher.place("c1") == 1


def test_an_agent_who_comes_joins_in_the_ringing() -> None:
    shop = Shop(agent("ann"), rules=ALL)
    shop.call("c1")
    shop.call("c2")
    assert ringing(shop) == {"ann": "c1"}
    shop.tell(OfferAnswered(shop.offer_to("ann")))
    assert offered(shop.tell(OfferEnded(shop.offer_to("ann")))) == [("c2", "ann")]


def test_a_caller_who_leaves_ends_all_the_ringing() -> None:
    shop = Shop(*FOUR, rules=ALL)
    shop.call("c1")
    shop.tell(CallLeft("c1"))
    assert ringing(shop) == {}


def test_one_more_phone_rings_after_each_while_and_those_before_ring_on() -> None:
    shop = Shop(agent("ann", tier=2), agent("bob", tier=1), agent("cat", tier=3), agent("dan", tier=4), rules=MORE)
    assert offered(shop.call("c1")) == [("c1", "bob")]
    assert offered(shop.wait(9.9)) == []
    assert offered(shop.wait(0.1)) == [("c1", "ann")]
    assert offered(shop.wait(10.0)) == [("c1", "cat")]
    assert offered(shop.wait(30.0)) == []
    assert set(ringing(shop)) == {"ann", "bob", "cat"}


def test_whoever_refuses_makes_room_for_the_next_and_the_while_counts_from_the_first_that_rings() -> None:
    shop = Shop(agent("ann"), agent("bob"), agent("cat"), rules=MORE)
    shop.call("c1")
    shop.wait(5.0)
    assert offered(shop.tell(OfferFailed(shop.offer_to("ann"), OfferFailure.BUSY))) == [("c1", "bob")]
    assert offered(shop.wait(5.0)) == []
    assert offered(shop.wait(5.0)) == [("c1", "cat")]


def test_a_call_that_overflows_rings_as_its_new_queue_does() -> None:
    rules = {"sales": replace(MORE, join=Join.ALWAYS, overflow=Overflow(20.0, "desk")), "desk": ALL}
    shop = Shop(agent("ann", "desk"), agent("bob", "desk"), rules=rules)
    shop.call("c1")
    assert offered(shop.wait(20.0)) == [("c1", "ann"), ("c1", "bob")]


def test_one_more_phone_that_is_due_with_the_watch_is_no_alarm() -> None:
    """The watch looks every two seconds, and one more phone rings after ten: they meet."""
    shop = Shop(*FOUR, rules=MORE)
    shop.call("c1")
    orders = shop.wait(10.0)
    assert offered(orders) == [("c1", "bob")]
    assert not [order for order in orders if isinstance(order, SoundStall)]
