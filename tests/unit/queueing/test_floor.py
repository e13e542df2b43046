"""Agents who are wanted in calls that do not wait for them: colleagues and supervisors are kept for one call, too."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ivr.core.orders.desk import DeskAct
from ivr.core.orders.supervisor import SupervisorMode
from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.choice import ChoiceKind
from ivr.core.queueing.facts import AgentProfile
from ivr.core.queueing.rules import QueueRules
from ivr.engine.bus.desk import (
    ColleagueOffered,
    ColleagueRefused,
    ColleagueWanted,
    DeskAsked,
    DeskOrdered,
    DeskTold,
    SupervisorAsked,
    SupervisorOffered,
)
from ivr.engine.bus.queue import AgentWanted, Offered, OfferResult, OfferStatus
from ivr.engine.bus.staff import AgentTold
from ivr.engine.hub.floor import Floor
from ivr.engine.hub.switchboard import Switchboard

NAMES = ("anna", "ben", "kim")


class House:
    """A hub's switchboard and floor with three agents, of whom anna talks on call-1 and kim is logged out."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sent: list[Any] = []
        self.entered: list[tuple[str, str, dict[str, object]]] = []
        self.board = Switchboard(
            run_id="r", rules=lambda queue: QueueRules(wrap_up_seconds=5.0), chance=lambda: 0.0,
            monotonic=lambda: self.now, tell=lambda call_id, message: self.sent.append(message),
        )  # fmt: skip
        self.floor = Floor(
            self.board, tell=lambda call_id, message: self.sent.append(message),
            enter=lambda action, subject, **more: self.entered.append((action, subject, more)),
            choose=self.board.told, reasons={"2": "training"},
        )  # fmt: skip
        profiles = tuple(AgentProfile(name, f"sip:{name}@x", extension=str(204 + at)) for at, name in enumerate(NAMES))
        self.board.agents(profiles, frozenset(NAMES))
        self.board.told(AgentTold("kim", ChoiceKind.LOG_OUT))
        self.board.told(AgentTold("ben", ChoiceKind.PAUSE, "lunch"))
        self.board.hear(AgentWanted("call-1", "cards"))
        offer = next(message for message in self.sent if isinstance(message, Offered))
        assert offer.agent == "anna"
        self.board.hear(OfferResult("call-1", offer.offer_id, OfferStatus.ANSWERED, agent="anna"))
        self.board.told(AgentTold("ben", ChoiceKind.RESUME))
        self.offer_id = offer.offer_id

    def state(self, name: str) -> AgentState:
        return self.board.queues.agents[name].state


@pytest.fixture
async def house() -> House:
    return House()


async def test_a_colleague_is_kept_for_the_call_and_free_again_when_they_did_not_answer(house: House) -> None:
    house.floor.hear(ColleagueWanted("call-1", 1, "205"))
    offered = house.sent[-1]
    assert isinstance(offered, ColleagueOffered)
    assert (offered.agent, offered.uri) == ("ben", "sip:ben@x")
    assert house.state("ben") is AgentState.OFFERED
    house.board.hear(AgentWanted("call-2", "cards"))
    assert not [m for m in house.sent if isinstance(m, Offered) and m.call_id == "call-2"], "not two calls at once"
    house.board.hear(OfferResult("call-1", offered.offer_id, OfferStatus.FAILED, 486, "ben"))
    assert [m.agent for m in house.sent if isinstance(m, Offered) and m.call_id == "call-2"] == ["ben"], "no blame"


async def test_a_colleague_who_is_not_free_or_not_there_is_refused(house: House) -> None:
    for digits in ("206", "204", "999", ""):
        house.floor.hear(ColleagueWanted("call-1", 1, digits))
        assert house.sent[-1] == ColleagueRefused("call-1", 1), digits


async def test_whoever_takes_the_call_over_stays_kept_and_the_first_agent_writes_up(house: House) -> None:
    house.floor.hear(ColleagueWanted("call-1", 1, "205"))
    second = house.sent[-1].offer_id
    house.board.hear(OfferResult("call-1", second, OfferStatus.ANSWERED, agent="ben"))
    house.board.hear(OfferResult("call-1", house.offer_id, OfferStatus.ENDED, agent="anna"))
    assert house.state("anna") is AgentState.WRAP_UP
    assert house.state("ben") is AgentState.TALKING
    house.board.call_over("call-1")
    assert house.state("ben") is AgentState.AVAILABLE


async def test_a_supervisor_is_rung_though_they_take_no_calls_and_it_is_entered(house: House) -> None:
    answer = house.floor.supervise(SupervisorAsked("anna", "kim", SupervisorMode.LISTEN, "os:kim"))
    assert answer.call_id == "call-1"
    sent = house.sent[-1]
    assert isinstance(sent, SupervisorOffered)
    assert (sent.agent, sent.uri, sent.mode) == ("kim", "sip:kim@x", "listen")
    assert house.entered[-1][:2] == ("supervisor.listen", "anna")
    house.board.hear(OfferResult("call-1", sent.offer_id, OfferStatus.ANSWERED, agent="kim"))
    house.floor.supervise(SupervisorAsked("anna", "kim", SupervisorMode.JOIN, "os:kim"))
    turned = house.sent[-1]
    assert (turned.offer_id, turned.uri, turned.mode) == (sent.offer_id, "", "join")
    house.board.call_over("call-1")
    assert house.state("kim") is AgentState.LOGGED_OUT


@pytest.mark.parametrize(
    ("agent", "phone"),
    [("ben", "kim"), ("anna", "nobody"), ("anna", "anna")],
)
async def test_what_cannot_be_supervised_is_not(house: House, agent: str, phone: str) -> None:
    before = len(house.sent)
    assert house.floor.supervise(SupervisorAsked(agent, phone, SupervisorMode.LISTEN)).call_id == ""
    assert len(house.sent) == before
    assert not house.entered


async def test_an_agent_chooses_by_their_phone_in_their_own_call_only(house: House) -> None:
    house.floor.hear(DeskTold("call-9", "anna", DeskAct.AWAY, "2"))
    house.floor.hear(DeskTold("call-1", "ben", DeskAct.AWAY, "2"))
    assert all(house.board.queues.agents[name].pause is None for name in NAMES)
    house.floor.hear(DeskTold("call-1", "anna", DeskAct.AWAY, "2"))
    pause = house.board.queues.agents["anna"].pause
    assert pause is not None
    assert (pause.reason, pause.by) == ("training", "anna")
    assert house.state("anna") is AgentState.TALKING, "their call goes on"
    house.board.hear(OfferResult("call-1", house.offer_id, OfferStatus.ENDED, agent="anna"))
    house.now += 6
    await asyncio.sleep(0)
    house.board._tick()
    assert house.state("anna") is AgentState.PAUSED


async def test_a_console_orders_in_an_agents_own_call(house: House) -> None:
    assert house.floor.asked(DeskAsked("ben", DeskAct.HOLD)).call_id == ""
    assert house.floor.asked(DeskAsked("anna", DeskAct.HOLD, by="os:eve")).call_id == "call-1"
    assert house.sent[-1] == DeskOrdered("call-1", house.offer_id, DeskAct.HOLD)
