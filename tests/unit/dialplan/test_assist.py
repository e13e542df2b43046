"""An agent lets the line take over: where that leads, who has the caller back, and what the proof sees of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.orders.assist import AssistBegun, Rejoin
from ivr.core.orders.desk import BackInQueue
from ivr.core.orders.evidence import DisclosureHeard, ReadByAgent
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHungUp, LegRole
from ivr.core.orders.queue import AgentAnswered, AgentOffered, Enqueue
from ivr.core.orders.reading import AgentSaid, DisclosureRead
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


# --- the agent reads it ----------------------------------------------------------------------------------------------

RISK_TEXT = "You may lose all of it."
READS = (ASSISTS % "warn").replace(
    "  risk:\n    say:", "  risk:\n    agent_may_read: true\n    say:"
)  # what the line plays, an agent may read


def said(text: str, *, at: float = 0.0, loss: float | None = 0.0, **other: object) -> AgentSaid:
    """An agent's utterance of two seconds."""
    first = round(at * 8000)
    return replace(AgentSaid("o1", "en", text, first, first + 16_000, 0.9, 100, 100, loss, agent="anna"), **other)  # type: ignore[arg-type]


def in_a_talk(text: str = READS) -> Desk:
    """Anna talks with the caller."""
    desk = Desk(load_dialplan(text, source="t.yaml"))
    desk.heard()
    for event in (OFFER, AgentAnswered("o1")):
        desk.send(event)
    return desk


def test_what_the_agent_has_read_whole_is_not_played_and_opens_when_the_caller_has_acknowledged_it() -> None:
    desk = in_a_talk()
    (stands,) = desk.interpreter.places.readings
    assert (stands.disclosure, stands.text, stands.found, stands.whole) == ("risk", RISK_TEXT, 0, False)
    desk.send(said("Now listen. You may lose all of it. All right?"))
    assert DisclosureRead("risk", "anna") in desk.last
    assert desk.interpreter.places.readings[0].whole
    assert desk.interpreter.places.missing == ("risk",), "the caller has acknowledged nothing yet"
    desk.send(AssistBegun("1"))
    assert desk.text() == "Press 1."
    assert desk.state == "warn"
    desk.send(DigitPressed("1"))
    assert desk.state == "deal"
    (evidence,) = (order for order in desk.all if isinstance(order, DisclosureHeard))
    assert (evidence.acknowledged_by, evidence.plays, evidence.audio_sha256) == ("key", 0, "")
    assert (evidence.first_sample, evidence.last_sample, evidence.packets_sent) == (0, 16_000, 100)
    digest = hashlib.sha256(RISK_TEXT.encode()).hexdigest()
    assert evidence.read == ReadByAgent(digest, 6, 1.0, 0.9)


def test_a_reading_may_have_pauses_and_belongs_to_one_agent() -> None:
    desk = in_a_talk()
    desk.send(said("You may lose"))
    stands = desk.interpreter.places.readings[0]
    assert (stands.found, stands.rest) == (3, "all of it")
    desk.send(said("all of it", at=3.0))
    assert desk.interpreter.places.readings[0].whole
    desk = in_a_talk()
    desk.send(said("You may lose"))
    desk.send(said("all of it", at=3.0, party="o2"))
    assert not desk.interpreter.places.readings[0].whole


@pytest.mark.parametrize(
    "utterances",
    [
        (said("You may win all of it."),),
        (said("You may not lose all of it."),),
        (said("You may lose it."),),
        (said(RISK_TEXT, loss=0.2),),
        (said(RISK_TEXT, loss=float("nan")),),
        (said(RISK_TEXT, packets_sent=60),),
        (said(RISK_TEXT, silent=True),),
        (said(RISK_TEXT, confidence=0.1),),
        (said(RISK_TEXT, confidence=float("nan")),),
        (said(RISK_TEXT, confidence=7.0),),
        (said(RISK_TEXT, language="zh"),),
        (said(RISK_TEXT, last_sample=8_000),),
        (said(RISK_TEXT, last_sample=0),),
        (said("You may lose"), said("", at=2.0), said("all of it", at=4.0)),
        (said("You may lose"), said("all of it", at=20.0)),
        (said("all of it"), said("You may lose", at=3.0)),
        (said("\x00" * 5000), said("la " * 5000)),
    ],
)
def test_what_is_not_surely_a_whole_reading_opens_nothing_and_the_line_plays_the_warning(
    utterances: tuple[AgentSaid, ...],
) -> None:
    desk = in_a_talk()
    for one in utterances:
        desk.send(one)
    assert not [order for order in desk.all if isinstance(order, DisclosureRead)]
    desk.send(AssistBegun("1"))
    assert desk.prompt.disclosure == "risk"


def test_a_reading_counts_once_in_its_language_for_a_while_and_only_where_the_dialplan_lets_agents_read() -> None:
    desk = in_a_talk()
    desk.send(said(RISK_TEXT))
    desk.send(AssistBegun("1"))
    for _ in range(2):  # not acknowledged: they talk on, and the next time the line plays it
        desk.send(DigitPressed("7"))
    assert desk.state == "wait"
    desk.send(AssistBegun("1"))
    assert desk.prompt.disclosure == "risk"
    late = in_a_talk()
    late.send(said(RISK_TEXT))
    late.send(AssistBegun("1"), after=130.0)
    assert late.prompt.disclosure == "risk"
    never = in_a_talk(ASSISTS % "warn")
    never.send(said(RISK_TEXT))
    assert never.interpreter.places.readings == ()
    never.send(AssistBegun("1"))
    assert never.prompt.disclosure == "risk"


def test_the_proof_goes_through_readings_and_still_demands_the_acknowledgement() -> None:
    proved = prove(load_dialplan(READS, source="t.yaml"))
    assert proved.certificate is not None
    plain = prove(load_dialplan(ASSISTS % "warn", source="t.yaml"))
    assert plain.certificate is not None
    assert proved.certificate.situations > plain.certificate.situations, "what an agent has read is tried, too"
