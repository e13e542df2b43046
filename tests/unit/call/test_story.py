"""Steps that an auditor reads: they follow from facts and orders, and tell nothing that a caller said or typed."""

from __future__ import annotations

import dataclasses

import pytest

from ivr.core.alarms import AlarmKind
from ivr.core.audit.step import CallStep, is_entry_of, step_entry, step_salt
from ivr.core.call.story import Story
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.orders.calls import CallArrived, RejectCall
from ivr.core.orders.evidence import Consent, ConsentAnswered, DisclosureHeard, RaiseAlarm, StateEntered
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHungUp, LegRole
from ivr.core.orders.listening import TranscriptReady
from ivr.core.orders.playing import Clip, PlayPrompt, PlayReport, PromptEnd, PromptEnded
from ivr.core.orders.queue import AgentAnswered, DialAgent
from ivr.core.orders.recording import PauseRecording
from ivr.core.orders.talk import Bridge
from ivr.errors import SealError

PLAN = load_dialplan(
    'name: p\nversion: "1"\nlanguages: [en]\nstart: bye\nstates: {bye: {hang_up: completed, say: {en: Bye.}}}\n',
    source="p.yaml",
)
SALT = step_salt(bytes(32))


def test_the_arrival_names_the_dialplan_and_not_the_caller() -> None:
    ((action, details),) = Story(PLAN).tell(CallArrived("c", "sip:+49301234567@x", "2000", 1.0), [])
    assert action == "call.arrived"
    assert details == {"called": "2000", "dialplan": "p@1", "dialplan_sha256": PLAN.sha256, "certificate": ""}


def test_keys_and_words_are_no_steps() -> None:
    story = Story(PLAN)
    assert story.tell(DigitPressed("7"), []) == []
    assert story.tell(TranscriptReady(1, "my number is seven", None, 0.9), []) == []


def test_a_warning_is_told_when_it_ended_with_what_was_sent() -> None:
    story = Story(PLAN)
    assert story.tell(None, [PlayPrompt(4, (Clip("en", "Risk."),), "risk"), PlayPrompt(5, (Clip("en", "Ask."),))]) == []
    report = PlayReport("ab", 800, 0, 800, 5, 0.0)
    assert story.tell(PromptEnded(5, PromptEnd.COMPLETED, report), []) == []
    ((action, details),) = story.tell(PromptEnded(4, PromptEnd.COMPLETED, report), [])
    assert action == "disclosure.played"
    assert (details["disclosure"], details["end"], details["last_sample"]) == ("risk", "completed", 800)


def test_an_agent_is_named_when_connected_and_when_gone() -> None:
    story = Story(PLAN)
    story.tell(None, [DialAgent("o1", "ann", "sip:ann@x")])
    assert story.tell(AgentAnswered("o1"), []) == [("agent.answered", {"agent": "ann"})]
    assert story.tell(None, [Bridge("o1")]) == [("agent.connected", {"agent": "ann"})]
    assert story.tell(LegHungUp(LegRole.AGENT, 200, True), []) == [("agent.left", {"agent": "ann"})]


@pytest.mark.parametrize(
    ("order", "action", "outcome"),
    [
        (PauseRecording("secret"), "recording.paused", "done"),
        (RaiseAlarm(AlarmKind.OBLIGATION, "denied"), "guard.denied", "denied"),
        (RejectCall(503, "refused"), "call.refused", "denied"),
        (StateEntered("menu"), "state.entered", "done"),
        (
            DisclosureHeard("risk", "en", "ab", 0, 160, 1, None, 1, "", "", None, 1.0),
            "disclosure.unacknowledged",
            "done",
        ),
        (ConsentAnswered(Consent.REFUSED, 1.0), "consent.noted", "done"),
    ],
)
def test_orders_that_are_steps(order: PauseRecording, action: str, outcome: str) -> None:
    ((told, details),) = Story(PLAN).tell(None, [order])
    assert told == action
    assert step_entry("c", 1.0, "cell 0", told, CallStep(1, 1.0, told, details).public(SALT)).outcome == outcome


def test_the_log_holds_a_hash_of_what_a_step_was_about_and_staff_by_name() -> None:
    step = CallStep(3, 9.5, "state.entered", {"state": "lost_card"})
    assert "lost_card" not in str(step.public(SALT))
    assert CallStep(4, 9.5, "agent.connected", {"agent": "ann"}).public(SALT)["agent"] == "ann"
    assert step.public(None) == {"step": 3}, "without a key nothing can be proved of it, and nothing is told"


def test_the_recordings_step_is_the_one_that_the_log_names_and_no_other() -> None:
    step = CallStep(3, 9.5, "state.entered", {"state": "menu"})
    entry = step_entry("c", step.at, "cell 0", step.action, step.public(SALT))
    assert is_entry_of(entry, CallStep.from_json(step.to_json()), SALT)
    for other in (
        dataclasses.replace(step, details={"state": "deal"}),
        dataclasses.replace(step, at=9.6),
        dataclasses.replace(step, number=4),
        dataclasses.replace(step, action="state.left"),
    ):
        assert not is_entry_of(entry, other, SALT)
    assert not is_entry_of(entry, step, step_salt(bytes(31) + b"1"))


def test_a_damaged_step_is_an_error() -> None:
    for data in ({"step": "1", "at": 1.0, "action": "x", "details": {}}, {"step": 1, "at": 1.0, "action": "x"}):
        with pytest.raises(SealError):
            CallStep.from_json(data)
