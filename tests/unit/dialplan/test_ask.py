from __future__ import annotations

import pytest

from ivr.core.dialplan.model import Dialplan
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegResumed, LegRole
from ivr.core.orders.listening import RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.lookup import LookupDone
from ivr.core.orders.playing import PromptEnd, PromptEnded
from tests.unit.dialplan.desk import HEAD, Desk, kinds, plan

MENU = """\
commands:
  repeat: {press: 9, hear: {en: [repeat]}, do: repeat}
  help: {press: "*", hear: {en: [help]}, do: help, say: {en: General help.}}
  back: {press: "#", hear: {en: [go back]}, do: back}
  agent: {press: 0, hear: {en: [agent]}, go: agent}
states:
  first:
    ask: {en: Which one?}
    barge_in: %s
    type_ahead: %s
    choices:
      sales: {press: 1, hear: {en: [sales, buy]}, go: sales}
      service: {press: 2, hear: {en: [customer service]}, go: bye}
    silence: {say: {en: Hello?}, then_say: [{en: Really?}], attempts: 2, otherwise: agent}
    nomatch: {say: {en: Pardon?}, attempts: 1, otherwise: agent}
  sales: {ask: {en: More?}, yes: first, no: bye}
  agent: {hang_up: completed, say: {en: Agent.}}
"""


def menu(barge_in: str = "any", *, type_ahead: bool = False) -> Dialplan:
    return plan(MENU % (barge_in, str(type_ahead).lower()))


def test_it_listens_from_the_first_word_when_speech_may_interrupt() -> None:
    desk = Desk(menu())
    assert kinds(desk.last) == ["PlayPrompt", "Listen"]
    assert desk.listening.grammar.choices["sales"] == ("sales", "buy")
    assert desk.listening.grammar.choices["@agent"] == ("agent",)


@pytest.mark.parametrize("barge_in", ["never", "keys"])
def test_it_listens_after_the_last_word_when_speech_may_not_interrupt(barge_in: str) -> None:
    desk = Desk(menu(barge_in))
    assert kinds(desk.last) == ["PlayPrompt"]
    assert kinds(desk.heard()) == ["Listen"]


def test_speech_silences_the_prompt_at_once() -> None:
    desk = Desk(menu())
    assert kinds(desk.send(SpeechStarted(100))) == ["StopPrompt"]
    desk.send(PromptEnded(desk.prompt.prompt_id, PromptEnd.INTERRUPTED))
    desk.send(SpeechEnded(900))
    desk.send(TranscriptReady(desk.listening.listen_id, "sales", "sales", 0.9))
    assert desk.state == "sales"


def test_a_key_silences_the_prompt_and_answers() -> None:
    desk = Desk(menu())
    assert kinds(desk.send(DigitPressed("1")))[:2] == ["StopPrompt", "StopListening"]
    assert desk.state == "sales"


def test_a_key_during_a_prompt_that_may_not_be_interrupted_is_dropped() -> None:
    desk = Desk(menu("never"))
    assert desk.send(DigitPressed("1")) == []
    desk.heard()
    assert desk.state == "first"


def test_a_key_during_a_prompt_is_kept_where_the_author_says_so() -> None:
    desk = Desk(menu("never", type_ahead=True))
    assert desk.send(DigitPressed("1")) == []
    desk.heard()
    assert desk.state == "sales"


def test_silence_counts_from_the_end_of_the_prompt() -> None:
    desk = Desk(menu())
    desk.now = 100.0
    desk.heard()
    deadline = desk.interpreter.deadline()
    assert deadline == pytest.approx(desk.now + 5.0)


def test_silence_is_asked_about_ever_more_clearly_and_then_left() -> None:
    desk = Desk(menu())
    said = []
    for _ in range(3):
        desk.heard()
        desk.time_out()
        said.append(desk.text())
    assert said == ["Hello? Which one?", "Really? Which one?", "Agent."]


def test_what_is_not_understood_is_counted_apart_from_silence() -> None:
    desk = Desk(menu())
    desk.heard()
    desk.time_out()
    desk.send(DigitPressed("7"))
    assert desk.text() == "Pardon? Which one?"
    desk.send(TranscriptReady(desk.listening.listen_id, "mumble", None, 0.0))
    assert desk.state == "agent"


@pytest.mark.parametrize(
    ("confidence", "what"),
    [
        (1.0, "sales"),
        (0.8, "sales"),
        (0.79, "asked back"),
        (0.5, "asked back"),
        (0.49, "pardon"),
        (float("nan"), "pardon"),
    ],
)
def test_confidence_decides_between_taking_asking_back_and_not_understanding(confidence: float, what: str) -> None:
    desk = Desk(menu())
    desk.heard()
    desk.send(TranscriptReady(desk.listening.listen_id, "sales", "sales", confidence))
    if what == "sales":
        assert desk.state == "sales"
    else:
        assert desk.state == "first"
        assert ("I heard: sales" if what == "asked back" else "Pardon?") in desk.text()


def test_a_choice_asked_back_is_taken_after_a_sure_yes_only() -> None:
    for answer, confidence, state in (("yes", 0.9, "sales"), ("yes", 0.7, "first"), ("no", 0.9, "first")):
        desk = Desk(menu())
        desk.heard()
        desk.send(TranscriptReady(desk.listening.listen_id, "sales", "sales", 0.6))
        desk.heard()
        desk.send(TranscriptReady(desk.listening.listen_id, answer, answer, confidence))
        assert desk.state == state


def test_an_answer_to_an_earlier_question_is_dropped() -> None:
    desk = Desk(menu())
    old = desk.listening.listen_id
    desk.send(DigitPressed("7"))
    assert desk.send(TranscriptReady(old, "sales", "sales", 1.0)) == []
    assert desk.send(RecognizerFailed(old, "down")) == []
    assert desk.state == "first"


def test_the_end_of_an_earlier_prompt_is_dropped() -> None:
    desk = Desk(menu())
    old = desk.prompt.prompt_id
    desk.send(DigitPressed("7"))
    before = desk.interpreter.deadline()
    assert desk.send(PromptEnded(old, PromptEnd.INTERRUPTED)) == []
    assert desk.interpreter.deadline() == before


def test_a_choice_that_the_grammar_does_not_hold_is_not_understood() -> None:
    desk = Desk(menu())
    desk.heard()
    desk.send(TranscriptReady(desk.listening.listen_id, "x", "made up", 1.0))
    assert desk.text().startswith("Pardon?")


def test_keys_go_on_when_speech_is_not_recognized() -> None:
    desk = Desk(menu())
    desk.send(RecognizerFailed(desk.listening.listen_id, "down"))
    assert "Listen" not in kinds(desk.heard())
    desk.send(DigitPressed("1"))
    assert desk.state == "sales"


def test_a_recognizer_that_never_answers_does_not_hang_the_call() -> None:
    desk = Desk(menu())
    desk.heard()
    desk.send(SpeechStarted(100))
    desk.time_out()
    assert desk.text().startswith("Pardon?")


def test_a_prompt_whose_end_is_never_reported_does_not_hang_the_call() -> None:
    desk = Desk(menu())
    for _ in range(20):
        if desk.interpreter.ended:
            break
        desk.time_out()
    assert desk.interpreter.ended


def test_commands_are_heard_and_do_not_count_as_attempts() -> None:
    desk = Desk(menu())
    for _ in range(5):
        desk.send(DigitPressed("9"))
        assert desk.text() == "Which one?"
        desk.send(DigitPressed("*"))
        assert desk.text() == "General help. Which one?"
    desk.send(DigitPressed("1"))
    desk.send(DigitPressed("#"))
    assert desk.state == "first"
    desk.send(DigitPressed("0"))
    assert desk.state == "agent"


def test_a_question_is_asked_anew_after_a_hold() -> None:
    desk = Desk(menu())
    desk.send(LegHeld(LegRole.CALLER))
    assert kinds(desk.last) == ["StopPrompt", "StopListening"]
    assert desk.send(DigitPressed("1")) == []
    desk.send(LegResumed(LegRole.CALLER))
    assert desk.text() == "Which one?"


def test_a_caller_who_holds_us_for_ever_is_let_go() -> None:
    desk = Desk(menu())
    desk.send(LegHeld(LegRole.CALLER))
    assert "HangUp" in kinds(desk.time_out())
    assert desk.notes("outcome") == [{"outcome": "abandoned"}]


DIGITS = """\
values: {account: digits}
states:
  first: {ask: {en: Number?}, digits: {into: account, %s}, go: told}
  told: {say: {en: "It is {account}."}, go: bye}
"""


def test_a_fixed_number_of_digits_is_taken_at_the_last_one() -> None:
    desk = Desk(plan(DIGITS % "length: 3"))
    for digit in "12":
        desk.send(DigitPressed(digit))
    assert desk.state == "first"
    desk.send(DigitPressed("3"))
    assert desk.text() == "It is 1 2 3."


def test_digits_end_with_the_closing_key_or_with_a_pause() -> None:
    for close in (True, False):
        desk = Desk(plan(DIGITS % 'min: 2, max: 6, end: "#"'))
        desk.send(DigitPressed("1"))
        desk.send(DigitPressed("2"))
        if close:
            desk.send(DigitPressed("#"))
        else:
            assert desk.interpreter.deadline() == pytest.approx(desk.now + 4.0)
            desk.time_out()
        assert desk.state == "told"


@pytest.mark.parametrize("keys", ["1#", "1*", "1234567", "1D"])
def test_too_few_too_many_and_foreign_keys_are_not_understood(keys: str) -> None:
    desk = Desk(plan(DIGITS % 'min: 2, max: 6, end: "#"'))
    for key in keys:
        desk.send(DigitPressed(key))
    assert desk.state == "first"
    assert "did not understand" in desk.text()


PIN = """\
values: {pin: {type: digits, secret: true}}
commands:
  agent: {press: 0, hear: {en: [agent]}, go: bye}
states:
  first: {ask: {en: PIN?}, digits: {into: pin, length: 4}, go: check}
  check: {lookup: bank.check, given: {pin: pin}, go: after, failed: bye}
  after: {ask: {en: Now?}, yes: bye, no: bye}
"""


def test_a_secret_is_not_recorded_not_heard_and_not_shown() -> None:
    desk = Desk(plan(PIN))
    assert kinds(desk.last) == ["PauseRecording", "PlayPrompt"]
    assert desk.interpreter.secret
    for digit in "0471":
        desk.send(DigitPressed(digit))
    assert kinds(desk.last) == ["ResumeRecording", "StartLookup"]
    assert desk.lookup.params == {"pin": "0471"}
    assert desk.lookup.secret == ("pin",)
    assert "0471" not in repr(desk.all)
    assert "0471" not in repr(desk.interpreter._s)


def test_a_secret_s_late_digits_are_secret_until_keys_are_wanted_again() -> None:
    desk = Desk(plan(PIN))
    for digit in "0471":
        desk.send(DigitPressed(digit))
    assert desk.interpreter.masked("5") == "?"
    desk.send(LookupDone(desk.lookup.lookup_id, {}))
    assert desk.state == "after"
    assert desk.interpreter.masked("5") == "5"
    assert not desk.interpreter.secret


@pytest.mark.parametrize("keys", ["0471", "04#71", "04*0471", "0A71", "D", "04", "#0471"])
def test_a_journal_with_masked_digits_takes_the_same_path(keys: str) -> None:
    real, replay = Desk(plan(PIN)), Desk(plan(PIN))
    for key in keys:
        kept = real.interpreter.masked(key)
        assert not kept.isdigit()
        real.send(DigitPressed(key))
        replay.send(DigitPressed(kept))
        assert repr(real.last) == repr(replay.last)
        assert real.interpreter.deadline() == replay.interpreter.deadline()


def test_a_secret_is_forgotten_after_the_lookup_that_it_was_for() -> None:
    desk = Desk(plan(PIN))
    for digit in "0471":
        desk.send(DigitPressed(digit))
    desk.send(LookupDone(desk.lookup.lookup_id, {}))
    assert desk.interpreter._s.known.value("pin") is None


def test_recording_goes_on_when_a_secret_question_is_left_for_any_reason() -> None:
    desk = Desk(plan(PIN))
    for _ in range(3):
        desk.heard()
        desk.time_out()
    assert kinds(desk.all).count("PauseRecording") == 1
    assert kinds(desk.all).count("ResumeRecording") == 1


def test_the_first_language_is_spoken_until_another_is_chosen() -> None:
    text = """\
states:
  first:
    ask: [{en: English one.}, {zh: 中文按二。}]
    choices:
      english: {press: 1, go: next, language: en}
      chinese: {press: 2, go: next, language: zh}
  next: {say: {en: Hello., zh: 你好。}, go: bye}
"""
    desk = Desk(plan(text, head=HEAD.replace("[en]", "[en, zh]")))
    assert desk.interpreter.language == "en"
    desk.send(DigitPressed("2"))
    assert desk.interpreter.language == "zh"
    assert desk.text() == "你好。"
