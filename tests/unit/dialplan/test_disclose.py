from __future__ import annotations

import pytest

from ivr.core.dialplan.model import Dialplan
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.listening import SpeechStarted, TranscriptReady
from ivr.core.orders.playing import PlayReport, PromptEnd, PromptEnded
from tests.unit.dialplan.desk import WARNING, Desk, kinds, plan

DEAL = (
    """\
commands:
  repeat: {press: 9, do: repeat}
  agent: {press: 0, go: bye}
protect: {deal: {after: [risk]}}
"""
    + WARNING
    + """\
states:
  first: {disclose: risk, go: deal}
  deal: {say: {en: The deal.}, go: bye}
"""
)


@pytest.fixture
def warned() -> Desk:
    return Desk(plan(DEAL))


def test_it_is_played_as_a_disclosure_and_nothing_listens(warned: Desk) -> None:
    assert kinds(warned.last) == ["PlayPrompt"]
    assert warned.prompt.disclosure == "risk"


def test_heard_in_full_and_acknowledged_by_key_leads_on_with_evidence(warned: Desk) -> None:
    warned.heard(loss=0.01)
    warned.send(DigitPressed("1"), after=2.0)
    assert warned.state == "deal"
    assert warned.notes("disclosure") == [
        {
            "disclosure": "risk",
            "language": "en",
            "audio_sha256": "ab" * 32,
            "first_sample": 800,
            "last_sample": 8800,
            "packets_sent": 50,
            "loss": 0.01,
            "plays": 1,
            "acknowledged_by": "key",
            "answer": "1",
            "confidence": None,
            "at": pytest.approx(2.1),
        }
    ]


def test_acknowledged_by_word_is_evidenced_with_its_confidence(warned: Desk) -> None:
    warned.heard()
    warned.send(TranscriptReady(warned.listening.listen_id, "I understand", "acknowledge", 0.93))
    (note,) = warned.notes("disclosure")
    assert (note["acknowledged_by"], note["answer"], note["confidence"]) == ("speech", "acknowledge", 0.93)


@pytest.mark.parametrize("keys", ["1", "111", "9", "0"])
def test_no_key_does_anything_while_it_plays(warned: Desk, keys: str) -> None:
    for key in keys:
        assert warned.send(DigitPressed(key)) == []
    assert warned.send(SpeechStarted(5)) == []
    warned.heard()
    assert warned.state == "first"
    assert warned.notes("disclosure") == []


def test_a_key_pressed_at_its_last_frame_does_not_acknowledge_it(warned: Desk) -> None:
    warned.send(DigitPressed("1"), after=0.0)
    warned.heard()
    warned.time_out()
    assert warned.state == "first"


@pytest.mark.parametrize(
    ("end", "report"),
    [
        (PromptEnd.INTERRUPTED, PlayReport("ab", 8000, 0, 8000, 50, 0.0)),
        (PromptEnd.FAILED, PlayReport("ab", 8000, 0, 8000, 50, 0.0)),
        (PromptEnd.COMPLETED, None),
        (PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 7999, 50, 0.0)),
        (PromptEnd.COMPLETED, PlayReport("ab", 0, 0, 0, 0, 0.0)),
        (PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 8000, 0, None)),
        (PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 8000, 49, 0.0)),
        (PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 8000, -876, 0.0)),
        (PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 8000, 16, 0.0, packet_samples=480)),
        (PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 8000, 50, 0.0, restarted=True)),
        (PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 8000, 50, None, silent=True)),
        (PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 8000, 50, 0.0501)),
        (PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 8000, 50, float("nan"))),
    ],
)
def test_what_was_not_heard_in_full_is_played_again_three_times_at_most(
    warned: Desk, end: PromptEnd, report: PlayReport | None
) -> None:
    for play in range(3):
        assert warned.prompt.disclosure == "risk"
        assert kinds(warned.all).count("PlayPrompt") == play + 1
        warned.send(PromptEnded(warned.prompt.prompt_id, end, report))
    assert warned.state == "bye"
    assert warned.notes("disclosure") == []


def test_packets_of_sixty_milliseconds_carry_a_warning_too(warned: Desk) -> None:
    report = PlayReport("ab", 8000, 0, 8000, 17, 0.0, packet_samples=480)
    warned.send(PromptEnded(warned.prompt.prompt_id, PromptEnd.COMPLETED, report))
    warned.send(DigitPressed("1"))
    assert warned.notes("disclosure")[0]["packets_sent"] == 17


def test_no_report_of_loss_is_evidenced_as_none(warned: Desk) -> None:
    warned.heard(loss=None)
    warned.send(DigitPressed("1"))
    assert warned.notes("disclosure")[0]["loss"] is None


def test_loss_plays_it_again_and_the_evidence_counts_the_plays(warned: Desk) -> None:
    warned.heard(loss=0.2)
    warned.heard(loss=0.05)
    warned.send(DigitPressed("1"))
    assert warned.notes("disclosure")[0]["plays"] == 2


def test_a_hold_while_it_plays_plays_it_again(warned: Desk) -> None:
    first = warned.prompt.prompt_id
    assert kinds(warned.send(LegHeld(LegRole.CALLER))) == ["StopPrompt"]
    warned.send(PromptEnded(first, PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 8000, 50, 0.0)))
    assert warned.send(DigitPressed("1")) == []
    warned.send(LegResumed(LegRole.CALLER))
    assert warned.prompt.prompt_id != first
    assert warned.prompt.disclosure == "risk"


def test_a_hold_after_it_was_heard_only_asks_again(warned: Desk) -> None:
    warned.heard()
    warned.send(LegHeld(LegRole.CALLER))
    warned.send(LegResumed(LegRole.CALLER))
    assert warned.prompt.disclosure is None
    warned.send(DigitPressed("1"))
    assert warned.state == "deal"


def test_an_unsure_word_is_not_enough_and_a_key_is_asked_for(warned: Desk) -> None:
    warned.heard()
    warned.send(TranscriptReady(warned.listening.listen_id, "I understand", "acknowledge", 0.7))
    assert "please press 1" in warned.text()
    assert "Listen" not in kinds(warned.last)
    warned.send(DigitPressed("1"))
    assert warned.state == "deal"


def test_two_misses_lead_out_and_the_evidence_says_not_acknowledged(warned: Desk) -> None:
    warned.heard()
    warned.heard()
    warned.time_out()
    warned.send(DigitPressed("7"))
    assert warned.state == "bye"
    (note,) = warned.notes("disclosure")
    assert note["acknowledged_by"] == ""


def test_hanging_up_before_acknowledging_is_evidenced(warned: Desk) -> None:
    warned.heard()
    warned.send(LegHungUp(LegRole.CALLER, 200, by_far_end=True))
    assert warned.notes("disclosure")[0]["acknowledged_by"] == ""
    assert warned.notes("outcome") == [{"outcome": "abandoned"}]


def test_repeat_plays_all_of_it_again(warned: Desk) -> None:
    warned.heard()
    warned.send(DigitPressed("9"))
    assert warned.prompt.disclosure == "risk"
    warned.send(DigitPressed("1"))
    assert warned.state == "first"


def test_a_language_switched_to_later_makes_it_unheard() -> None:
    text = DEAL.replace("first: {disclose: risk, go: deal}", "first: {disclose: risk, go: switch}").replace(
        "  deal:", "  switch: {set: {}, language: zh, go: deal}\n  deal:"
    )
    text = text.replace("{en: You may lose money.}", "{en: You may lose money., zh: 您可能亏损。}")
    text = text.replace("{en: Press one.}", "{en: Press one., zh: 请按1。}").replace(
        "{en: [I understand]}", "{en: [I understand], zh: [我明白]}"
    )
    text = text.replace("{en: The deal.}", "{en: The deal., zh: 成交。}")
    head = 'name: desk\nversion: "1"\nlanguages: [en, zh]\nstart: first\ndefaults: {otherwise: bye}\n'
    desk = Desk(plan(text, head=head))
    desk.heard()
    desk.send(DigitPressed("1"))
    assert desk.state != "deal"
    assert "RaiseAlarm" in kinds(desk.last)
    desk.heard()
    assert desk.notes("outcome") == [{"outcome": "failed"}]


def unguarded() -> Dialplan:
    """A dialplan with a path past its warning."""
    return plan(
        DEAL.replace("first: {disclose: risk, go: deal}", "first: {ask: {en: Sure?}, yes: deal, no: warn}").replace(
            "  deal:", "  warn: {disclose: risk, go: deal}\n  deal:"
        )
    )


def test_the_guard_denies_what_the_author_forgot_raises_an_alarm_and_ends_the_call() -> None:
    desk = Desk(unguarded())
    desk.send(DigitPressed("1"))
    assert kinds(desk.last)[-2:] == ["RaiseAlarm", "PlayPrompt"]
    assert "sorry" in desk.text().lower()
    assert "deal" not in [note["name"] for note in desk.notes("state")]
    desk.heard()
    assert desk.interpreter.ended


def test_playing_it_anew_forgets_that_it_was_heard_before() -> None:
    text = DEAL.replace("first: {disclose: risk, go: deal}", "first: {disclose: risk, go: again}").replace(
        "  deal:", "  again: {ask: {en: Again?}, yes: first, no: deal}\n  deal:"
    )
    desk = Desk(plan(text))
    desk.heard()
    desk.send(DigitPressed("1"))
    desk.send(DigitPressed("1"))
    assert desk.state == "first"
    assert not list(desk.interpreter._s.heard)
