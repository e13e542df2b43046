"""Consent to being recorded: a refusal pauses the recording for good, a call that must be recorded is not led on."""

from __future__ import annotations

import pytest

from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.listening import TranscriptReady
from ivr.core.orders.playing import PromptEnd, PromptEnded
from ivr.core.orders.recording import PauseRecording, ResumeRecording
from tests.unit.dialplan.desk import END, HEAD, Desk, findings, kinds, plan

ASKED = """\
recording: consent
values: {pin: {type: digits, secret: true}}
commands: {leave: {press: 0, go: bye}}
states:
  first: {say: {en: Hello.}, go: may}
  may: {consent: recording, ask: {en: May we record?}, yes: menu, no: menu, silence: {attempts: 1}}
  menu: {ask: {en: What now?}, choices: {pin: {press: 1, go: pin}, again: {press: 2, go: may}}}
  pin: {ask: {en: PIN?}, digits: {into: pin, length: 2}, go: menu}
"""
REQUIRED = ASKED.replace("recording: consent\n", "").replace("no: menu", "no: bye")


@pytest.fixture
def asked() -> Desk:
    desk = Desk(plan(ASKED))
    desk.heard()
    desk.heard()
    assert desk.state == "may"
    return desk


def pauses(desk: Desk) -> list[PauseRecording | ResumeRecording]:
    """What was ordered of the recording."""
    return [order for order in desk.all if isinstance(order, PauseRecording | ResumeRecording)]


def test_who_agrees_is_recorded(asked: Desk) -> None:
    asked.send(DigitPressed("1"))
    assert asked.state == "menu"
    assert pauses(asked) == []
    assert asked.notes("consent") == [{"consent": "granted", "at": pytest.approx(0.3)}]


def test_who_refuses_is_recorded_no_more(asked: Desk) -> None:
    asked.send(DigitPressed("2"))
    assert asked.state == "menu"
    assert pauses(asked) == [PauseRecording("no consent")]
    assert asked.interpreter.consent == "refused"


def test_who_says_nothing_has_refused(asked: Desk) -> None:
    asked.time_out()
    asked.heard()
    assert pauses(asked) == []
    asked.time_out()
    assert asked.state == "menu"
    assert pauses(asked) == [PauseRecording("no consent")]


def test_an_unsure_yes_is_asked_back_and_no_consent(asked: Desk) -> None:
    asked.send(TranscriptReady(asked.listening.listen_id, "yes", "yes", 0.6))
    assert asked.state == "may"
    assert asked.interpreter.consent == "unasked"
    asked.heard()
    asked.send(TranscriptReady(asked.listening.listen_id, "yes", "yes", 0.6))
    assert asked.interpreter.consent == "unasked"


def test_a_secret_that_ends_does_not_bring_the_recording_back(asked: Desk) -> None:
    asked.send(DigitPressed("2"))
    asked.send(DigitPressed("1"))
    assert asked.state == "pin"
    asked.send(DigitPressed("4"))
    asked.send(DigitPressed("7"))
    assert asked.state == "menu"
    assert pauses(asked) == [PauseRecording("no consent"), PauseRecording("secret"), ResumeRecording("secret")]
    assert asked.interpreter.unrecorded


def test_asked_again_a_yes_brings_it_back(asked: Desk) -> None:
    asked.send(DigitPressed("2"))
    asked.send(DigitPressed("2"))
    asked.heard()
    asked.send(DigitPressed("1"))
    assert pauses(asked) == [PauseRecording("no consent"), ResumeRecording("no consent")]
    assert [note["consent"] for note in asked.notes("consent")] == ["refused", "granted"]
    assert not asked.interpreter.unrecorded


def test_the_question_is_heard_to_its_end_and_keys_typed_ahead_answer_nothing() -> None:
    ahead = "first: {say: {en: Hello.}, type_ahead: true, barge_in: never, go"
    desk = Desk(plan(ASKED.replace("first: {say: {en: Hello.}, go", ahead)))
    desk.send(DigitPressed("1"))
    desk.heard()
    assert desk.state == "may"
    desk.send(DigitPressed("1"))
    assert desk.state == "may"
    desk.send(PromptEnded(desk.prompt.prompt_id, PromptEnd.COMPLETED, None))
    assert desk.state == "may"
    desk.send(DigitPressed("1"))
    assert desk.state == "menu"


def test_no_command_leads_away_from_it(asked: Desk) -> None:
    asked.send(DigitPressed("0"))
    assert asked.state == "may"
    assert asked.interpreter.consent == "unasked"


def test_a_call_that_must_be_recorded_goes_on_recorded_or_ends() -> None:
    desk = Desk(plan(REQUIRED))
    desk.heard()
    desk.heard()
    desk.send(DigitPressed("2"))
    assert pauses(desk) == []
    assert desk.interpreter.ended
    assert desk.notes("consent")[0]["consent"] == "refused"
    assert "HangUp" in kinds(desk.all)


def test_a_rule_that_demands_a_recording_is_guarded_while_the_call_runs() -> None:
    text = ASKED.replace("commands:", "protect: {menu: {recorded: true}}\ncommands:")
    desk = Desk(plan(text))
    desk.heard()
    desk.heard()
    desk.send(DigitPressed("2"))
    assert desk.state == "may"
    assert "RaiseAlarm" in kinds(desk.all)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (ASKED.replace("recording: consent\n", ""), "D210", 10),
        (REQUIRED.replace("silence: {attempts: 1}", "silence: {otherwise: menu}"), "D210", 10),
        ("recording: consent\nstates:\n  first: {say: {en: Hello.}, go: bye}\n", "D211", 6),
        (ASKED.replace("recording: consent\n", "recording: maybe\n"), "D106", 6),
        (ASKED.replace("consent: recording, ", "consent: video, "), "D106", 11),
    ],
)
def test_what_cannot_be_served_is_found(text: str, code: str, line: int) -> None:
    assert (code, line) in {(found.code, found.line) for found in findings(HEAD + text + END)}
