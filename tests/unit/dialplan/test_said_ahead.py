"""What is said while a prompt may not be interrupted: kept for the next question where the author says so, never for a
warning's acknowledgement. And the command that changes the language."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.listening import RecognizerFailed, SpeechEnded, SpeechStarted
from ivr.core.orders.listening import TranscriptReady as Transcript
from ivr.core.orders.playing import PromptEnd, PromptEnded
from tests.unit.dialplan.desk import END, HEAD, WARNING, Desk, findings, kinds, plan

NEWS = """\
states:
  first: {say: {en: The news.}, barge_in: %s, type_ahead: %s, go: menu}
  menu:
    ask: {en: Which?}
    choices:
      sales: {press: 1, hear: {en: [sales]}, go: sales}
      service: {press: 2, hear: {en: [customer service]}, go: bye}
  sales: {ask: {en: More?}, yes: first, no: bye}
"""


def news(barge_in: str = "never", *, type_ahead: bool = True) -> Desk:
    return Desk(plan(NEWS % (barge_in, str(type_ahead).lower())))


def say(desk: Desk, words: str, confidence: float = 0.95, choice: str | None = None) -> None:
    desk.send(SpeechStarted(1))
    desk.send(SpeechEnded(2))
    desk.send(Transcript(desk.listening.listen_id, words, choice, confidence))


@pytest.mark.parametrize("barge_in", ["never", "keys"])
def test_words_said_ahead_answer_the_next_question(barge_in: str) -> None:
    desk = news(barge_in)
    assert desk.listening.grammar.free
    say(desk, "sales please")
    assert desk.text() == "The news."
    desk.heard()
    assert desk.state == "sales"


def test_nothing_is_listened_to_where_the_author_does_not_say_so() -> None:
    assert kinds(news(type_ahead=False).last) == ["PlayPrompt"]


def test_words_said_ahead_unsurely_are_asked_back() -> None:
    desk = news()
    say(desk, "sales", 0.6)
    desk.heard()
    assert "I heard: sales" in desk.text()


def test_words_said_ahead_that_fit_nothing_are_forgotten() -> None:
    desk = news()
    say(desk, "the weather")
    desk.heard()
    assert desk.text() == "Which?"
    assert desk.interpreter._s.ahead.said is None


def test_the_last_words_said_ahead_count() -> None:
    desk = news()
    say(desk, "customer service")
    say(desk, "no sales")
    desk.heard()
    assert desk.state == "sales"


def test_who_still_speaks_when_the_prompt_is_over_is_heard_out() -> None:
    desk = news()
    desk.send(SpeechStarted(1))
    desk.heard()
    assert desk.state == "first"
    desk.send(Transcript(desk.listening.listen_id, "sales", None, 0.9))
    assert desk.state == "sales"


def test_a_recognizer_that_fails_or_never_answers_does_not_keep_the_caller() -> None:
    for failure in (True, False):
        desk = news()
        desk.send(SpeechStarted(1))
        desk.heard()
        if failure:
            desk.send(RecognizerFailed(desk.listening.listen_id, "down"))
        else:
            desk.time_out()
        assert desk.state == "menu"


def test_speech_may_skip_what_is_said_where_the_author_says_so() -> None:
    desk = news("speech", type_ahead=False)
    assert "StopPrompt" in kinds(desk.send(SpeechStarted(1)))
    assert desk.state == "menu"
    desk = news("any")
    assert kinds(desk.send(SpeechStarted(1))) == ["StopPrompt"]
    desk.send(Transcript(desk.listening.listen_id, "sales", None, 0.9))
    assert desk.state == "sales"


ASKED = """\
states:
  first:
    ask: {en: A long question that must be heard.}
    barge_in: never
    type_ahead: true
    choices:
      sales: {press: 1, hear: {en: [sales]}, go: sales}
      service: {press: 2, hear: {en: [customer service]}, go: bye}
  sales: {say: {en: Sales.}, go: bye}
"""


def test_an_answer_during_its_own_question_waits_for_the_question_s_end() -> None:
    desk = Desk(plan(ASKED))
    assert kinds(desk.last) == ["PlayPrompt", "Listen"]
    assert kinds(desk.send(SpeechStarted(1))) == []
    desk.send(Transcript(desk.listening.listen_id, "sales", "sales", 0.9))
    assert desk.state == "first"
    desk.heard()
    assert desk.state == "sales"


def test_an_answer_begun_during_its_own_question_is_heard_out() -> None:
    desk = Desk(plan(ASKED))
    desk.send(SpeechStarted(1))
    assert kinds(desk.heard()) == []
    desk.send(Transcript(desk.listening.listen_id, "sales", "sales", 0.9))
    assert desk.state == "sales"


WARNED = (
    WARNING
    + """\
protect: {deal: {after: [risk]}}
states:
  first: {say: {en: News.}, barge_in: never, type_ahead: true, go: warn}
  warn: {disclose: risk, go: deal}
  deal: {say: {en: Deal.}, go: bye}
"""
)


def test_words_said_ahead_of_a_warning_do_not_acknowledge_it() -> None:
    desk = Desk(plan(WARNED))
    say(desk, "I understand")
    desk.heard()
    assert desk.state == "warn"
    assert desk.text() == "You may lose money."
    desk.heard()
    assert desk.state == "warn"
    assert prove(desk.interpreter.dialplan).certificate is not None


def test_words_said_ahead_in_another_language_are_forgotten() -> None:
    desk = news()
    desk.interpreter._s.ahead.keep_words("sales", 0.9)
    desk.interpreter._s.speak("zh")
    assert desk.interpreter._s.ahead.said is None


# --- the command that changes the language --------------------------------------------------------------------------

BOTH = """\
commands:
  chinese: {press: 8, hear: {en: [Chinese], zh: [中文]}, language: zh}
  english: {press: 9, hear: {en: [English], zh: [英文]}, language: en}
disclosures:
  risk:
    say: {en: You may lose money., zh: 投资有风险。}
    acknowledge:
      ask: {en: Press one., zh: 请按1。}
      press: 1
      hear: {en: [I understand], zh: [我明白]}
      attempts: 2
      otherwise: bye
protect: {%s: {after: [risk]}}
states:
  first: {disclose: risk, go: menu}
  menu: {ask: {en: Deal?, zh: 成交吗？}, yes: deal, no: bye}
  deal: {%s}
"""
ORDER = "say: {en: Done., zh: 好。}, go: bye"
OFFER = "ask: {en: 'Now?', zh: 现在？}, yes: bye, no: bye"


def both(protected: str = "deal", deal: str = ORDER) -> Dialplan:
    return plan(BOTH % (protected, deal), head=HEAD.replace("[en]", "[en, zh]"))


def test_the_question_is_asked_again_in_the_language_that_is_asked_for() -> None:
    desk = Desk(both())
    desk.heard()
    desk.send(DigitPressed("1"))
    say(desk, "Chinese", 0.9, "@chinese")
    assert desk.text() == "成交吗？"
    assert desk.interpreter.language == "zh"


def test_a_language_asked_for_in_a_warning_plays_it_again_in_that_language() -> None:
    desk = Desk(both("menu"))
    desk.heard()
    desk.send(DigitPressed("8"))
    assert desk.text() == "投资有风险。"
    desk.heard()
    desk.send(DigitPressed("1"))
    assert desk.state == "menu"
    assert desk.interpreter._s.heard.counts("risk", "zh")


def test_a_warning_heard_in_one_language_does_not_count_after_a_change_or_two() -> None:
    for pressed in ("8", "89"):
        desk = Desk(both())
        desk.heard()
        desk.send(DigitPressed("1"))
        for key in pressed:
            desk.send(DigitPressed(key))
        assert not list(desk.interpreter._s.heard)


def test_the_proof_sees_a_language_command_between_a_warning_and_the_deal() -> None:
    proof = prove(both())
    assert proof.certificate is None
    assert "presses 8" in str(proof.counterexamples[0])


def test_a_warning_acknowledged_in_the_language_it_was_changed_to_counts() -> None:
    assert prove(both("menu", OFFER)).certificate is not None


def test_the_language_is_kept_at_a_protected_question() -> None:
    desk = Desk(both("menu", OFFER))
    desk.heard()
    desk.send(DigitPressed("1"))
    assert desk.state == "menu"
    assert "@chinese" not in desk.listening.grammar.choices
    desk.send(DigitPressed("8"))
    assert desk.interpreter.language == "en"


def test_a_language_command_names_one_of_the_languages_and_does_nothing_else() -> None:
    text = HEAD + "commands: {x: {press: 9, %s}}\nstates:\n  first: {say: {en: Hi.}, go: bye}\n" + END
    assert [finding.code for finding in findings(text % "language: zh")] == ["D113"]
    assert [finding.code for finding in findings(text % "language: en, do: back")] == ["D119"]


def test_a_prompt_that_ends_late_finds_the_words_kept() -> None:
    desk = Desk(plan(ASKED))
    desk.send(Transcript(desk.listening.listen_id, "sales", "sales", 0.9))
    desk.send(PromptEnded(desk.prompt.prompt_id, PromptEnd.FAILED))
    assert desk.state == "sales"


def test_words_said_ahead_of_a_question_for_consent_do_not_consent() -> None:
    text = """\
recording: consent
states:
  first: {say: {en: News.}, barge_in: never, type_ahead: true, go: may}
  may: {consent: recording, ask: {en: May we record?}, yes: bye, no: bye}
"""
    desk = Desk(plan(text))
    say(desk, "yes")
    desk.heard()
    assert desk.text() == "May we record?"
    assert desk.notes("consent") == []
