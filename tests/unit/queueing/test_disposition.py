"""An agent who must say what came of a call gets the next one when they said it, were released, or time is over."""

from __future__ import annotations

import pytest

from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.facts import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentResumed,
    DispositionGiven,
    OfferAnswered,
    OfferEnded,
    PhonesSeen,
)
from ivr.core.queueing.rules import QueueRules
from tests.unit.queueing.shop import Shop, agent, offered

HELD_SECONDS = 120.0


def after_a_talk(*, wrap_up: float = 10.0, said: bool = False) -> Shop:
    """One agent whose talk in c1 is over, and c2 waits for them."""
    shop = Shop(agent("ann"), rules=QueueRules(wrap_up_seconds=wrap_up, disposition_seconds=HELD_SECONDS))
    shop.call("c1")
    offer = shop.offer_to("ann")
    shop.tell(OfferAnswered(offer))
    if said:
        assert shop.tell(DispositionGiven("ann", "c1")) == []
    shop.tell(OfferEnded(offer))
    shop.call("c2")
    return shop


def test_the_next_call_comes_at_once_when_it_is_said_after_the_wrap_up() -> None:
    shop = after_a_talk()
    assert offered(shop.wait(60.0)) == []
    assert shop.state("ann") is AgentState.WRAP_UP
    assert offered(shop.tell(DispositionGiven("ann", "c1"))) == [("c2", "ann")]


@pytest.mark.parametrize("said", [True, False])
def test_what_is_said_in_time_takes_nothing_from_the_wrap_up(said: bool) -> None:
    shop = after_a_talk(said=said)
    shop.wait(4.0)
    assert offered(shop.tell(DispositionGiven("ann", "c1"))) == []
    assert offered(shop.wait(5.9)) == []
    assert offered(shop.wait(0.2)) == [("c2", "ann")]


def test_without_a_wrap_up_of_its_own_who_said_it_while_they_talked_is_free_at_once() -> None:
    shop = after_a_talk(wrap_up=0.0, said=True)
    assert shop.call_of("ann") == "c2"


def test_nobody_is_held_for_longer_than_the_queue_says() -> None:
    shop = after_a_talk(wrap_up=0.0)
    assert offered(shop.wait(HELD_SECONDS - 0.1)) == []
    assert offered(shop.wait(0.2)) == [("c2", "ann")]


def test_what_is_said_of_another_call_releases_nobody() -> None:
    shop = after_a_talk()
    shop.wait(60.0)
    assert shop.tell(DispositionGiven("ann", "c2")) == []
    assert shop.tell(DispositionGiven("bob", "c1")) == []
    assert shop.state("ann") is AgentState.WRAP_UP


def test_a_supervisor_releases_and_the_agent_alone_does_not() -> None:
    shop = after_a_talk()
    assert offered(shop.tell(AgentResumed("ann"))) == []
    assert shop.state("ann") is AgentState.WRAP_UP
    assert offered(shop.tell(AgentResumed("ann", released=True))) == [("c2", "ann")]


def test_who_said_that_they_are_ready_waits_for_no_wrap_up_once_it_is_said() -> None:
    shop = after_a_talk()
    shop.tell(AgentResumed("ann"))
    assert offered(shop.tell(DispositionGiven("ann", "c1"))) == [("c2", "ann")]


def test_no_pause_logout_or_phone_is_a_way_round_it() -> None:
    shop = after_a_talk()
    for away, again in (
        (AgentPaused("ann", "break", "ann"), AgentResumed("ann")),
        (AgentLoggedOut("ann"), AgentLoggedIn("ann")),
        (PhonesSeen(frozenset()), PhonesSeen(frozenset({"ann"}))),
    ):
        assert offered(shop.tell(away)) == []
        assert offered(shop.wait(1.0)) == []
        assert offered(shop.tell(again)) == []
        assert shop.state("ann") is AgentState.WRAP_UP
    assert offered(shop.wait(HELD_SECONDS)) == [("c2", "ann")]


def test_who_pauses_meanwhile_is_paused_and_free_when_it_is_said() -> None:
    shop = after_a_talk()
    shop.tell(AgentPaused("ann", "break", "ann"))
    assert shop.state("ann") is AgentState.PAUSED
    assert shop.tell(DispositionGiven("ann", "c1")) == []
    assert offered(shop.tell(AgentResumed("ann"))) == [("c2", "ann")]


def test_a_queue_that_asks_for_none_holds_nobody() -> None:
    shop = Shop(agent("ann"), rules=QueueRules())
    shop.call("c1")
    offer = shop.offer_to("ann")
    shop.tell(OfferAnswered(offer))
    shop.tell(OfferEnded(offer))
    assert offered(shop.call("c2")) == [("c2", "ann")]
