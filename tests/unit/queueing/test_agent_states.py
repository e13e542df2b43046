"""Every transition of the agents' state table, played on the dispatcher by the facts that bring it about."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from ivr.core.queueing.agent_state import TRANSITIONS, AgentInput, AgentState
from ivr.core.queueing.facts import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentResumed,
    CallLeft,
    OfferAnswered,
    OfferEnded,
    OfferHeld,
    OfferRetrieved,
    PhonesSeen,
    PhoneWanted,
)
from ivr.core.queueing.rules import QueueRules
from tests.unit.queueing.shop import Shop, agent

S, I = AgentState, AgentInput  # noqa: E741 - the table reads as it stands


def offer(shop: Shop) -> str:
    """Ann's."""
    return shop.offer_to("ann")


def rung(shop: Shop) -> None:
    shop.call("c1")


def talks(shop: Shop) -> None:
    rung(shop)
    shop.tell(OfferAnswered(offer(shop)))


def holds(shop: Shop) -> None:
    talks(shop)
    shop.tell(OfferHeld(offer(shop)))


def writes_up(shop: Shop) -> None:
    talks(shop)
    shop.tell(OfferEnded(offer(shop)))


INTO: Mapping[AgentState, Callable[[Shop], object]] = {
    S.LOGGED_OUT: lambda shop: shop.tell(AgentLoggedOut("ann")),
    S.PAUSED: lambda shop: shop.tell(AgentPaused("ann", "lunch", by="ann")),
    S.UNREACHABLE: lambda shop: shop.tell(PhonesSeen(frozenset())),
    S.AVAILABLE: lambda shop: None,
    S.OFFERED: rung,
    S.TALKING: talks,
    S.HELD: holds,
    S.WRAP_UP: writes_up,
}
RUNG_AS_SUPERVISOR = PhoneWanted("c1", "ann", resting=True)
PLAYED: Mapping[tuple[AgentState, AgentInput], tuple[Callable[[Shop], object], AgentState]] = {
    (S.LOGGED_OUT, I.PRESENCE): (lambda shop: shop.tell(AgentLoggedIn("ann")), S.AVAILABLE),
    (S.LOGGED_OUT, I.OFFER): (lambda shop: shop.tell(RUNG_AS_SUPERVISOR), S.OFFERED),
    (S.PAUSED, I.PRESENCE): (lambda shop: shop.tell(AgentResumed("ann")), S.AVAILABLE),
    (S.PAUSED, I.OFFER): (lambda shop: shop.tell(RUNG_AS_SUPERVISOR), S.OFFERED),
    (S.UNREACHABLE, I.PRESENCE): (lambda shop: shop.tell(PhonesSeen(frozenset({"ann"}))), S.AVAILABLE),
    (S.AVAILABLE, I.PRESENCE): (lambda shop: shop.tell(PhonesSeen(frozenset())), S.UNREACHABLE),
    (S.AVAILABLE, I.OFFER): (rung, S.OFFERED),
    (S.OFFERED, I.ANSWER): (lambda shop: shop.tell(OfferAnswered(offer(shop))), S.TALKING),
    (S.OFFERED, I.OFFER_OVER): (lambda shop: shop.tell(CallLeft("c1")), S.AVAILABLE),
    (S.TALKING, I.HOLD): (lambda shop: shop.tell(OfferHeld(offer(shop))), S.HELD),
    (S.TALKING, I.TALK_OVER): (lambda shop: shop.tell(OfferEnded(offer(shop))), S.AVAILABLE),
    (S.TALKING, I.WRITE_UP): (lambda shop: shop.tell(OfferEnded(offer(shop))), S.WRAP_UP),
    (S.HELD, I.RETRIEVE): (lambda shop: shop.tell(OfferRetrieved(offer(shop))), S.TALKING),
    (S.HELD, I.TALK_OVER): (lambda shop: shop.tell(OfferEnded(offer(shop))), S.AVAILABLE),
    (S.HELD, I.WRITE_UP): (lambda shop: shop.tell(OfferEnded(offer(shop))), S.WRAP_UP),
    (S.WRAP_UP, I.READY): (lambda shop: shop.wait(30.0), S.AVAILABLE),
}


@pytest.mark.parametrize("state", AgentState)
@pytest.mark.parametrize("given", AgentInput)
def test_each_transition_of_the_table(state: AgentState, given: AgentInput) -> None:
    assert ((state, given) in PLAYED) == (given in TRANSITIONS[state]), (
        "what is in the table is played, and nothing else"
    )
    if (state, given) not in PLAYED:
        return
    wrap_up = 0.0 if given is I.TALK_OVER else 30.0
    shop = Shop(agent("ann"), rules=QueueRules(wrap_up_seconds=wrap_up))
    INTO[state](shop)
    assert shop.state("ann") is state
    happens, after = PLAYED[state, given]
    happens(shop)
    assert shop.state("ann") is after
    assert TRANSITIONS[state][given] in (after, None)


@pytest.mark.parametrize("state", [S.OFFERED, S.TALKING, S.HELD])
def test_a_pause_changes_nothing_of_what_they_do_now_and_counts_afterwards(state: AgentState) -> None:
    shop = Shop(agent("ann"), rules=QueueRules(wrap_up_seconds=30.0))
    INTO[state](shop)
    shop.tell(AgentPaused("ann", "lunch", by="ann"))
    assert shop.state("ann") is state
    shop.tell(OfferEnded(offer(shop)))
    shop.wait(30.0)
    assert shop.state("ann") is S.PAUSED
