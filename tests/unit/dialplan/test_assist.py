"""An agent lets the line take over: where that leads, who has the caller back, and what the proof sees of it."""

from __future__ import annotations

from dataclasses import replace

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.orders.assist import AssistBegun, Rejoin
from ivr.core.orders.desk import BackInQueue
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHungUp, LegRole
from ivr.core.orders.queue import AgentAnswered, AgentOffered, Enqueue
from ivr.core.orders.transfer import DialTarget, TargetFailed
from tests.unit.dialplan.desk import Desk

OFFER = AgentOffered("o1", "anna", "sip:anna@example.org")
ASSISTS = """
name: t
version: "1"
languages: [en]
start: menu
protect: {deal: {after: [risk]}}
disclosures:
  risk:
    say: {en: You may lose all of it.}
    acknowledge: {ask: {en: Press 1.}, press: 1, attempts: 2, otherwise: wait}
states:
  menu: {say: {en: Hello.}, go: wait}
  wait: {enqueue: q, otherwise: bye, assist: {1: %s, 8: office, 9: warn}}
  warn: {disclose_for: deal, go: deal}
  deal: {say: {en: It is done.}, go: wait}
  office: {transfer: office, failed: wait}
  bye: {hang_up: completed}
"""


def test_the_proof_follows_an_agent_who_lets_the_line_take_over() -> None:
    assert prove(load_dialplan(ASSISTS % "warn", source="t.yaml")).certificate is not None
    unwarned = load_dialplan(ASSISTS % "deal", source="t.yaml")
    (story,) = prove(unwarned).counterexamples
    assert "the agent lets the line take over at 1" in str(story)


def test_the_agent_who_stayed_has_the_caller_back_and_is_told_what_was_not_heard() -> None:
    for acknowledges in (False, True):
        desk = Desk(load_dialplan(ASSISTS % "warn", source="t.yaml"))
        desk.heard()
        for event in (OFFER, AgentAnswered("o1"), AssistBegun("1")):
            desk.send(event)
        assert desk.prompt.disclosure == "risk"
        for _ in range(1 if acknowledges else 3):
            desk.heard()
            desk.send(DigitPressed("1" if acknowledges else "7"))
        assert [order for order in desk.all if isinstance(order, Rejoin)] == (
            [] if acknowledges else [Rejoin(("risk",))]
        )
    desk.heard()
    assert [order for order in desk.all if isinstance(order, Rejoin)] == [Rejoin()]
    assert len([order for order in desk.all if isinstance(order, Enqueue)]) == 1, "they never waited again"


def test_an_agent_who_stayed_is_not_taken_for_there_where_they_left_or_were_let_go() -> None:
    gone = LegHungUp(LegRole.AGENT, 200, by_far_end=True)
    for place, left in (("warn", gone), ("warn", BackInQueue()), ("office", TargetFailed(1, 486))):
        desk = Desk(load_dialplan(ASSISTS % place, source="t.yaml"))
        desk.heard()
        for event in (OFFER, AgentAnswered("o1"), AssistBegun("1")):
            desk.send(event)
        number = next((order.transfer_id for order in desk.last if isinstance(order, DialTarget)), 0)
        desk.send(replace(left, transfer_id=number) if isinstance(left, TargetFailed) else left)
        while desk.state not in ("wait", "bye"):
            desk.heard()
            desk.send(DigitPressed("1"))
        assert not [order for order in desk.all if isinstance(order, Rejoin)]
        assert len([order for order in desk.all if isinstance(order, Enqueue)]) == 2, "they wait for another agent"
