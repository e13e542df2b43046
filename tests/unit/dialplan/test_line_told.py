"""What callers are told of the line: heard in full before anything is asked of them, and proved to be."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.line_law import LAWS, LineFact
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.orders.evidence import RaiseAlarm
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegResumed, LegRole
from ivr.core.orders.listening import SpeechEnded, SpeechStarted
from ivr.core.orders.playing import PlayReport, PromptEnd, PromptEnded
from tests.unit.dialplan.desk import HEAD, Desk, codes, findings, kinds, plan, say

BOTH = HEAD.replace("[en]", "[en, zh]")
EU = "jurisdiction: EU\n"
LINE = """\
disclosures:
  line:
    tells: [machine, recorded]
    say: [{en: A machine. It records.}, {zh: 机器，录音。}]
    plays: 2
    otherwise: bye
"""
ASKED = """\
  asked:
    ask: {en: Which language?, zh: 哪种语言？}
    choices:
      english: {press: 1, hear: {en: [English], zh: [英文]}, language: en, go: bye}
      chinese: {press: 2, hear: {en: [Chinese], zh: [中文]}, language: zh, go: again}
  again: {ask: {en: Sure?, zh: 确定吗？}, yes: bye, no: bye}
"""
TOLD = LINE + "states:\n  first: {disclose: line, type_ahead: true, go: asked}\n" + ASKED
UNTOLD = (
    LINE
    + "states:\n  first: {ask: {en: Told?, zh: 听过吗？}, yes: asked, no: told}\n"
    + ("  told: {disclose: line, go: asked}\n" + ASKED)
)


def line(text: str = TOLD) -> Dialplan:
    return plan(EU + text, head=BOTH)


def test_heard_to_its_end_it_leads_on_with_evidence_and_asks_for_no_answer() -> None:
    desk = Desk(line())
    assert desk.prompt.disclosure == "line"
    desk.heard(loss=0.01)
    assert desk.state == "asked"
    (heard,) = desk.notes("disclosure")
    assert (heard["acknowledged_by"], heard["answer"], heard["loss"], heard["plays"]) == ("not asked", "", 0.01, 1)


@pytest.mark.parametrize("how", [{"loss": 0.2}, {"sent": 7840}], ids=str)
def test_what_did_not_reach_them_whole_is_played_again_and_then_leads_out(how: dict[str, float]) -> None:
    desk = Desk(line())
    assert "PlayPrompt" in kinds(desk.heard(**how))  # type: ignore[arg-type]
    desk.heard(**how)  # type: ignore[arg-type]
    assert desk.state == "bye"
    assert desk.notes("disclosure") == []


def test_a_far_end_of_which_nothing_is_heard_is_told_nothing() -> None:
    desk = Desk(line())
    report = PlayReport("ab" * 32, 8000, 0, 8000, 50, None, silent=True)
    desk.send(PromptEnded(desk.prompt.prompt_id, PromptEnd.COMPLETED, report))
    assert (desk.state, desk.prompt.disclosure) == ("first", "line")


def test_what_is_pressed_or_said_meanwhile_answers_the_next_question() -> None:
    pressed = Desk(line())
    pressed.send(DigitPressed("2"))
    pressed.heard()
    assert pressed.state == "again"
    spoken = Desk(line())
    spoken.send(SpeechStarted(0))
    spoken.heard()
    assert spoken.state == "first"  # they still speak
    spoken.send(SpeechEnded(0))
    say(spoken, "Chinese")
    assert spoken.state == "again"


def test_told_in_every_language_it_stays_heard_in_each() -> None:
    desk = Desk(line())
    desk.heard()
    desk.send(DigitPressed("2"))
    assert (desk.state, desk.interpreter.language) == ("again", "zh")
    assert not any(isinstance(order, RaiseAlarm) for order in desk.all)


def test_told_in_one_language_it_is_unheard_in_another_and_the_proof_says_so() -> None:
    text = TOLD.replace(
        "[{en: A machine. It records.}, {zh: 机器，录音。}]", "{en: A machine. It records., zh: 机器，录音。}"
    )
    found = {(story.target, story.lacking) for story in prove(line(text)).counterexamples}
    assert found == {("again", "line")}


def test_who_holds_the_line_is_told_again() -> None:
    desk = Desk(line())
    desk.send(LegHeld(LegRole.CALLER))
    assert "PlayPrompt" in kinds(desk.send(LegResumed(LegRole.CALLER)))
    desk.heard()
    assert desk.state == "asked"


def test_the_proof_holds_for_every_question_and_names_each() -> None:
    proof = prove(line())
    assert proof.certificate is not None
    assert {"asked after line", "again after line"} <= set(proof.certificate.rules)


def test_a_question_before_it_is_refused_by_the_proof_line_by_line() -> None:
    stories = {story.target: str(story) for story in prove(line(UNTOLD)).counterexamples}
    assert set(stories) == {"first", "asked", "again"}
    assert "'first' can be reached without line" in stories["first"]


def test_the_guard_ends_a_call_that_would_be_asked_untold() -> None:
    desk = Desk(line(UNTOLD))
    alarms = [order for order in desk.all if isinstance(order, RaiseAlarm)]
    assert [alarm.kind for alarm in alarms] == ["obligation"]
    assert "'first' was about to happen without line" in alarms[0].text
    assert desk.state == ""


@pytest.mark.parametrize(
    "talk", ["enqueue: q, otherwise: t", "transfer: office, failed: t", "voicemail: box, go: bye, empty: t"]
)
def test_an_agent_or_a_message_too_comes_after_it(talk: str) -> None:
    (story,) = prove(line(LINE + f"states:\n  first: {{{talk}}}\n  t: {{disclose: line, go: bye}}\n")).counterexamples
    assert (story.target, story.lacking) == ("first", "line")


def test_what_the_law_of_the_line_asks_for_and_nobody_tells_is_an_error_with_its_source() -> None:
    text = (
        BOTH + EU + "states:\n  first: {ask: {en: Well?, zh: 嗯？}, yes: bye, no: bye}\n  bye: {hang_up: completed}\n"
    )
    found = [finding for finding in findings(text) if finding.code == "D240"]
    assert len(found) == 2
    assert all("check with counsel" in finding.message and finding.line == 6 for finding in found)
    assert "2024/1689 Art. 50" in found[0].message
    assert "tells: [machine]" in found[0].hint


def test_a_line_that_asks_nothing_owes_nothing() -> None:
    assert codes(HEAD + EU + "states:\n  first: {say: {en: We are closed.}, go: bye}\n") == set()


def test_a_line_that_asks_whether_it_may_record_tells_it_by_that() -> None:
    states = "states:\n  first: {consent: recording, ask: {en: Record?}, yes: bye, no: bye}\n"
    assert codes(HEAD + "recording: consent\njurisdiction: UK\n" + states) == set()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("line: {say: {en: A machine.}, otherwise: bye}", "D241"),
        ("line: {tells: [machine], say: {en: A machine.}}", "D241"),
        (
            "line: {tells: [machine], say: {en: A.}, otherwise: bye, "
            "acknowledge: {ask: {en: B.}, press: 1, otherwise: bye}}",
            "D241",
        ),
        ("line: {tells: [mood], say: {en: A machine.}, otherwise: bye}", "D106"),
    ],
)
def test_a_disclosure_asks_for_an_answer_or_tells_of_the_line(written: str, code: str) -> None:
    text = f"{HEAD}disclosures:\n  {written}\nstates:\n  first: {{disclose: line, go: bye}}\n"
    assert code in codes(text)


def test_one_disclosure_tells_each_fact() -> None:
    two = LINE + LINE.removeprefix("disclosures:\n").replace("line:", "other:")
    text = BOTH + two + "states:\n  first: {disclose: line, go: b}\n  b: {disclose: other, go: bye}\n"
    assert codes(text) == {"D242"}


def test_keys_are_kept_ahead_of_no_warning_that_asks_for_an_answer_and_of_no_secret() -> None:
    secret = "values: {pin: {type: digits, secret: true}}\n" + TOLD.replace("go: asked", "go: pin")
    pin = "  pin: {ask: {en: PIN?, zh: 密码？}, digits: {into: pin, length: 4}, go: asked}\n"
    assert "D151" in codes(BOTH + secret + pin)


def test_every_law_has_its_source_and_its_jurisdiction() -> None:
    assert all(law.source and law.before for law in LAWS)
    assert {(law.jurisdiction, law.fact) for law in LAWS} >= {("EU", fact) for fact in LineFact}
    assert {law.jurisdiction for law in LAWS} == {"EU", "UK", "CN", "HK"}
