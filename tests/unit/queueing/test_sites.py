"""Queues whose agents work at sites that open and close, and callers whose line dropped."""

from __future__ import annotations

from ivr.core.queueing.facts import OfferAnswered, SitesOpen, TellNoAgent
from ivr.core.queueing.returning import RETURN_SECONDS, Returning
from ivr.core.queueing.rules import QueueRules
from tests.unit.queueing.shop import Shop, agent, offered

BOTH = QueueRules(sites=("hk", "london"), site_seconds=30.0)


def test_a_call_is_kept_for_the_first_open_site_and_then_for_any() -> None:
    shop = Shop(agent("lou", **{"site:london": 1}), agent("hana", **{"site:hk": 1}), rules=BOTH)
    shop.tell(SitesOpen(frozenset({"hk", "london"})))
    assert offered(shop.call("c1")) == [("c1", "hana")]
    assert offered(shop.call("c2")) == []
    assert offered(shop.wait(29.0)) == []
    assert offered(shop.wait(1.5)) == [("c2", "lou")]


def test_when_the_first_site_closes_the_next_one_is_asked_at_once() -> None:
    shop = Shop(agent("lou", **{"site:london": 1}), agent("hana", **{"site:hk": 1}), rules=BOTH)
    shop.tell(SitesOpen(frozenset({"london"})))
    assert offered(shop.call("c1")) == [("c1", "lou")]


def test_a_closed_queue_sends_its_calls_on_or_says_that_nobody_comes_and_who_waits_already_is_served() -> None:
    rules = {"cards": QueueRules(sites=("hk",), closed_to="night"), "loans": QueueRules(sites=("hk",))}
    shop = Shop(agent("ann"), rules=rules)
    shop.tell(SitesOpen(frozenset({"hk"})))
    shop.call("c1", "loans")
    shop.call("c2", "loans")
    shop.tell(SitesOpen(frozenset()))
    refused = [order for order in shop.call("c3", "loans") if isinstance(order, TellNoAgent)]
    assert [order.reason for order in refused] == ["the queue is closed at this hour"]
    shop.call("c4", "cards")
    assert shop.dispatcher.waiting["c4"].queue == "night"
    shop.tell(OfferAnswered(shop.offer_to("ann")))
    assert "c2" in shop.dispatcher.waiting, "a queue that closes throws nobody out"


def test_who_waited_under_an_earlier_hub_waits_on_in_a_queue_that_would_take_nobody_now() -> None:
    rules = {"cards": QueueRules(sites=("hk",), closed_to="night", max_waiting=1), "night": QueueRules()}
    shop = Shop(agent("ann"), rules=rules)
    shop.call("busy", "night")
    shop.tell(SitesOpen(frozenset()))
    for name, waited in (("young", 20.0), ("old", 40.0)):
        assert not [one for one in shop.call(name, "cards", waited=waited) if isinstance(one, TellNoAgent)]
    assert [call.call_id for call in shop.dispatcher.in_line("cards")] == ["old", "young"]


def test_a_credit_counts_for_the_place_and_not_for_the_wait() -> None:
    shop = Shop(agent("ann", "other"), rules=QueueRules())
    shop.tell(SitesOpen(frozenset()))
    for name in ("first", "second"):
        shop.call(name, "other")
        shop.wait(10.0)
    shop.call("back", "other", credit=15.0)
    assert [call.call_id for call in shop.dispatcher.in_line("other")] == ["first", "back", "second"]
    shop.call("older", "other", credit=25.0)
    assert next(call.call_id for call in shop.dispatcher.in_line("other")) == "older"
    assert shop.dispatcher.waiting["older"].since == shop.now


def test_who_is_back_within_ten_minutes_has_the_old_place_once_and_in_their_queue_only() -> None:
    known = Returning()
    known.left(b"a", "cards", waited=120.0, now=0.0)
    assert known.back(b"a", "loans", now=10.0) == 0.0
    assert known.back(b"b", "cards", now=10.0) == 0.0
    assert known.back(b"a", "cards", now=RETURN_SECONDS) == 120.0
    assert known.back(b"a", "cards", now=RETURN_SECONDS) == 0.0, "counted once"
    known.left(b"a", "cards", waited=120.0, now=0.0)
    assert known.back(b"a", "cards", now=RETURN_SECONDS + 0.1) == 0.0
