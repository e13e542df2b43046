"""What users of other telephone queues complain of, each as it would happen here."""

from __future__ import annotations

import re

import pytest

from ivr.core.queueing.agent_state import TRANSITIONS, AgentInput, AgentState, diagram, resting
from ivr.core.queueing.dispatcher import WATCH_SECONDS, Dispatcher
from ivr.core.queueing.facts import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentResumed,
    CallLeft,
    OfferAnswered,
    OfferEnded,
    OfferFailed,
    OfferFailure,
    OfferHeld,
    OfferRetrieved,
    SoundStall,
    TellAgentState,
    offer_failure,
)
from ivr.core.queueing.rules import QueueRules
from tests.unit.queueing.shop import Shop, agent, offered


def test_an_agent_is_not_in_a_call_for_ever_opensips_3123() -> None:
    """Whatever they were doing, the end of the leg or of the call frees them."""
    for end in (OfferEnded, OfferFailed):
        shop = Shop(agent("ann"))
        shop.call("c1")
        offer = shop.offer_to("ann")
        shop.tell(OfferAnswered(offer))
        shop.tell(OfferHeld(offer))
        assert shop.state("ann") is AgentState.HELD
        shop.tell(end(offer))
        assert shop.state("ann") is AgentState.AVAILABLE
    shop = Shop(agent("ann"))
    shop.call("c1")
    shop.tell(OfferAnswered(shop.offer_to("ann")))
    shop.tell(CallLeft("c1"))
    assert shop.state("ann") is AgentState.AVAILABLE


def test_distribution_goes_on_when_the_last_of_the_list_is_away_freeswitch_1216() -> None:
    shop = Shop(agent("ann"), agent("bob"), agent("zoe"))
    shop.tell(AgentPaused("zoe", "tea", by="zoe"))
    taken = [offered(shop.call(f"c{n}")) for n in range(2)]
    assert taken == [[("c0", "ann")], [("c1", "bob")]]
    shop.tell(OfferFailed(shop.offer_to("ann"), OfferFailure.DECLINED))
    assert shop.dispatcher.deadline() is not None, "a call that waits has a next moment"
    assert ("c0", "ann") in offered(shop.wait(60.0))


def test_calls_that_nobody_matches_any_more_are_found_by_the_watch_freeswitch_1641(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There the thread that matches them had died, and nobody knew. Here whatever should have matched them did not."""
    shop = Shop(agent("ann"))
    with monkeypatch.context() as dead:
        dead.setattr(Dispatcher, "_serve", lambda dispatcher, call, now: [])
        assert offered(shop.call("c1")) == []
    orders = shop.wait(2 * WATCH_SECONDS)
    assert offered(orders) == [("c1", "ann")]
    assert SoundStall("sales", 1) in orders, "and it is an alarm"


def test_one_wrap_up_clock_for_an_agent_of_several_queues_asterisk_1006() -> None:
    rules = {"slow": QueueRules(wrap_up_seconds=30.0), "fast": QueueRules(wrap_up_seconds=1.0)}
    shop = Shop(agent("ann"), rules=rules)
    shop.call("c1", "slow")
    offer = shop.offer_to("ann")
    shop.tell(OfferAnswered(offer))
    shop.tell(OfferEnded(offer))
    assert offered(shop.call("c2", "fast")) == []
    assert offered(shop.wait(29.9)) == []
    assert offered(shop.wait(0.1)) == [("c2", "ann")]


def test_the_right_agent_is_rung_and_once_freeswitch_2901() -> None:
    shop = Shop(agent("ann"), agent("bob"))
    shop.call("c1")
    assert (shop.call_of("ann"), shop.call_of("bob")) == ("c1", None)
    shop.call("c2")
    assert (shop.call_of("ann"), shop.call_of("bob")) == ("c1", "c2")


def test_a_pause_keeps_its_reason_over_a_restart_asterisk_66() -> None:
    shop = Shop(agent("ann"))
    orders = shop.tell(AgentPaused("ann", "training", by="sue"))
    assert orders == [TellAgentState("ann", True, "training", "sue")], "what is to be kept"
    again = Shop(agent("ann"))
    again.tell(AgentPaused("ann", "training", by="sue"))
    pause = again.dispatcher.agents["ann"].pause
    assert pause is not None
    assert (pause.reason, pause.by) == ("training", "sue")


def test_who_does_not_answer_three_times_is_paused_by_the_engine_with_the_reason() -> None:
    shop = Shop(agent("ann"), rules=QueueRules(set_aside_seconds=1.0, pause_after=3))
    shop.call("c1")
    for _ in range(2):
        shop.tell(OfferFailed(shop.offer_to("ann"), OfferFailure.NO_ANSWER))
        shop.wait(1.0)
    orders = shop.tell(OfferFailed(shop.offer_to("ann"), OfferFailure.NO_ANSWER))
    assert TellAgentState("ann", True, "no answer", "engine") in orders
    assert offered(shop.wait(3600.0)) == [], "until somebody says otherwise"
    assert offered(shop.tell(AgentResumed("ann"))) == [("c1", "ann")]


def test_a_pause_while_they_talk_takes_effect_afterwards_and_ends_no_call() -> None:
    shop = Shop(agent("ann"))
    shop.call("c1")
    offer = shop.offer_to("ann")
    shop.tell(OfferAnswered(offer))
    shop.tell(AgentPaused("ann", "lunch", by="ann"))
    shop.call("c2")
    assert shop.state("ann") is AgentState.TALKING
    assert offered(shop.tell(OfferEnded(offer))) == []
    assert shop.state("ann") is AgentState.PAUSED


def test_who_logs_out_while_their_phone_rings_takes_that_call_and_no_other() -> None:
    shop = Shop(agent("ann"))
    shop.call("c1")
    offer = shop.offer_to("ann")
    shop.tell(AgentLoggedOut("ann"))
    shop.tell(OfferAnswered(offer))
    shop.call("c2")
    assert offered(shop.tell(OfferEnded(offer))) == []
    assert shop.state("ann") is AgentState.LOGGED_OUT
    assert offered(shop.tell(AgentLoggedIn("ann"))) == [("c2", "ann")]


def test_who_says_ready_ends_their_wrap_up() -> None:
    shop = Shop(agent("ann"), rules=QueueRules(wrap_up_seconds=60.0))
    shop.call("c1")
    offer = shop.offer_to("ann")
    shop.tell(OfferAnswered(offer))
    shop.tell(OfferHeld(offer))
    shop.tell(OfferRetrieved(offer))
    shop.tell(OfferEnded(offer))
    assert shop.state("ann") is AgentState.WRAP_UP
    shop.call("c2")
    assert offered(shop.tell(AgentResumed("ann"))) == [("c2", "ann")]


def test_every_state_can_be_left_and_every_state_can_be_reached() -> None:
    targets = {target for row in TRANSITIONS.values() for target in row.values() if target is not None}
    rests = {
        resting(logged_in=logged_in, paused=paused, reachable=reachable)
        for logged_in in (True, False)
        for paused in (True, False)
        for reachable in (True, False)
    }
    assert targets | rests == set(AgentState)
    assert set(TRANSITIONS) == set(AgentState)
    assert all(TRANSITIONS.values())
    assert {given for row in TRANSITIONS.values() for given in row} == set(AgentInput)


def test_the_diagram_in_the_documentation_is_the_table() -> None:
    from pathlib import Path

    page = Path(__file__).parents[3] / "docs" / "queues.md"
    assert diagram() in page.read_text(encoding="utf-8")


def test_each_test_that_the_documentation_names_is_there() -> None:
    from pathlib import Path

    root = Path(__file__).parents[3]
    named = set(re.findall(r"`(test_\w+)`", (root / "docs" / "queues.md").read_text(encoding="utf-8")))
    written = {
        name
        for file in (root / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) > 10
    assert named - written == set()


def test_a_phones_answer_says_why_nobody_took_the_call() -> None:
    codes = {
        480: "no_answer",
        408: "no_answer",
        486: "busy",
        600: "busy",
        603: "declined",
        302: "declined",
        488: "media_refused",
        503: "unreachable",
    }
    assert {code: str(offer_failure(code)) for code in codes} == codes
