"""Digits, amounts, dates and phrases: said or keyed in, read back when unsure, asked back when they may be two."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from ivr.core.call.journal import from_json, order_line, to_json
from ivr.core.dialplan.messages import BUILT_IN
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.dialplan.workbench.difference import differences
from ivr.core.dialplan.workbench.picture import mermaid
from ivr.core.dialplan.workbench.scenario import load_scenarios, run_scenario
from ivr.core.events import Event
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.listening import RecognizerFailed, TranscriptReady
from tests.unit.dialplan.desk import HEAD, INTENTS, Desk, codes, keys, kinds, plan, say

MONDAY = 1795392000.0
"""2026-11-23 00:00 UTC, seconds since the epoch."""
VALUES = """\
values:
  account: digits
  pin: {type: digits, secret: true}
  sum: {type: amount, currency: EUR}
  foreign: {type: amount, currency: money}
  money: text
  due: date
  reason: text
commands:
  agent: {press: "*", hear: {en: [agent], zh: [人工]}, go: agent}
states:
  first:
    ask: {en: "Well?", zh: 请说。}
    %s
    go: told
    nomatch: {attempts: 1, otherwise: agent}
  told: {say: {en: "It is {%s}.", zh: "是{%s}。"}, go: bye}
  agent: {hang_up: completed, say: {en: Agent., zh: 人工。}}
"""
DIGITS, AMOUNT = "digits: {into: account, length: 4, hear: true}", "amount: {into: sum, least: 10, most: 50000}"
DATE = 'date: {into: due, from: today, until: "2027-12-31"}'
PHRASE = "phrase: {into: reason, most: 60}"


def asks(question: str, *, language: str = "en") -> Dialplan:
    value = question.partition("into: ")[2].split(",")[0].split("}")[0]
    others = "[en, zh]" if language == "en" else "[zh, en]"
    return plan(VALUES % (question, value, value), head=HEAD.replace("[en]", others))


def desk_for(question: str, *, language: str = "en") -> Desk:
    dialplan = asks(question, language=language)
    desk = Desk(dialplan)
    desk.interpreter = Interpreter(dialplan, arrival=CallArrived("c", "sip:x@example.org", "100", MONDAY))
    desk.all.clear()
    desk.last = desk._keep(desk.interpreter.start(0.0))
    return desk


@pytest.mark.parametrize(
    ("question", "language", "words", "told"),
    [
        (DIGITS, "en", "double four oh one", "It is 4 4 0 1."),
        (DIGITS, "zh", "幺二三四", "是一 二 三 四。"),
        (AMOUNT, "en", "two thousand five hundred euros and twenty cents", "It is 2500.20 euros."),
        (AMOUNT, "zh", "两千五百欧元", "是2500欧元。"),
        (DATE, "en", "the third of March", "It is March 3, 2027."),
        (DATE, "zh", "下周五", "是2026年12月4日。"),
        (PHRASE, "en", "My  card does not work abroad", "It is My card does not work abroad."),
    ],
)
def test_what_is_said_surely_is_taken(question: str, language: str, words: str, told: str) -> None:
    desk = desk_for(question, language=language)
    assert desk.listening.grammar.free
    assert "@agent" in desk.listening.grammar.choices
    say(desk, words)
    assert desk.text() == told


@pytest.mark.parametrize(
    ("question", "words", "heard"),
    [
        (DIGITS, "one two three four", "I heard: 1 2 3 4."),
        (AMOUNT, "two hundred euros", "I heard: 200 euros."),
        (DATE, "tomorrow", "I heard: November 24, 2026."),
        (PHRASE, "the weather", "I heard: the weather."),
    ],
)
def test_what_is_said_unsurely_is_read_back_and_taken_after_a_yes(question: str, words: str, heard: str) -> None:
    for answer in ("yes", "no"):
        desk = desk_for(question)
        say(desk, words, 0.6)
        assert heard in desk.text()
        say(desk, answer, 0.9, answer)
        assert desk.state == ("told" if answer == "yes" else "first")
    desk = desk_for(question)
    say(desk, words, 0.6)
    keys(desk, "1")
    assert desk.state == "told"


@pytest.mark.parametrize("confidence", [0.49, 0.0, float("nan")])
@pytest.mark.parametrize("question", [DIGITS, AMOUNT, DATE, PHRASE])
def test_what_is_hardly_understood_is_asked_again(question: str, confidence: float) -> None:
    desk = desk_for(question)
    say(desk, "2027-03-04" if question is DATE else "1000", confidence)
    assert desk.text().startswith("Sorry, I did not understand")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (DIGITS, "one two three"),
        (DIGITS, "one two three four five"),
        (DIGITS, "none of your business"),
        (AMOUNT, "nine euros"),
        (AMOUNT, "fifty thousand and one euros"),
        (AMOUNT, "two hundred dollars"),
        (AMOUNT, "two euros five"),
        (DATE, "yesterday"),
        (DATE, "the first of January 2028"),
        (DATE, "some day"),
        (PHRASE, "  "),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(question: str, words: str) -> None:
    desk = desk_for(question)
    say(desk, words)
    assert desk.text().startswith("Sorry, I did not understand")
    assert desk.state == "first"


@pytest.mark.parametrize(("question", "words", "days"), [(DATE, "3/4", ("March 4, 2027", "April 3, 2027"))])
def test_a_day_that_may_be_two_is_asked_back_however_sure_the_words_are(
    question: str, words: str, days: tuple[str, str]
) -> None:
    for press, day in zip("12", days, strict=True):
        desk = desk_for(question)
        say(desk, words, 1.0)
        assert all(each in desk.text() for each in days)
        keys(desk, press)
        assert desk.text() == f"It is {day}."
    desk = desk_for(question)
    say(desk, words, 1.0)
    say(desk, "the second", 0.7, "no")
    assert desk.state == "first"


@pytest.mark.parametrize(
    ("question", "pressed", "told"),
    [
        (DIGITS, "1234", "It is 1 2 3 4."),
        (AMOUNT, "2500*20#", "It is 2500.20 euros."),
        (AMOUNT, "2500#", "It is 2500 euros."),
        (DATE, "20270304", "It is March 4, 2027."),
        (DIGITS, "0000", "It is 0 0 0 0."),
    ],
)
def test_keys_always_work_and_are_not_read_back(question: str, pressed: str, told: str) -> None:
    desk = desk_for(question)
    desk.send(RecognizerFailed(desk.listening.listen_id, "down"))
    keys(desk, pressed)
    assert desk.text() == told


@pytest.mark.parametrize(
    ("question", "pressed"),
    [(AMOUNT, "9#"), (AMOUNT, "25*5*"), (AMOUNT, "50001#"), (DATE, "20270230"), (DATE, "20200101"), (PHRASE, "5")],
)
def test_keys_that_make_no_answer_are_asked_again(question: str, pressed: str) -> None:
    desk = desk_for(question)
    keys(desk, pressed)
    assert "did not understand" in desk.text()


def test_a_sum_below_zero_is_understood_and_never_an_answer() -> None:
    for question in (AMOUNT, "amount: {into: sum}"):
        desk = desk_for(question)
        say(desk, "minus twenty euros")
        assert desk.interpreter.state == "first"


def test_a_pause_ends_an_amount_that_is_keyed_in() -> None:
    desk = desk_for(AMOUNT)
    desk.heard()
    keys(desk, "25")
    desk.time_out()
    assert desk.text() == "It is 25 euros."


def test_commands_are_heard_at_a_question_for_a_value() -> None:
    for question in (DIGITS, AMOUNT, DATE, PHRASE):
        desk = desk_for(question)
        say(desk, "an agent", 0.95, "@agent")
        assert desk.state == "agent"


def test_a_command_that_a_phrase_only_mentions_is_not_given() -> None:
    desk = desk_for(PHRASE)
    say(desk, "your agent was very rude to me yesterday", 0.9, "@agent")
    assert desk.text() == "It is your agent was very rude to me yesterday."


def test_digits_may_be_said_in_groups() -> None:
    assert desk_for(DIGITS).listening.end_silence > desk_for(AMOUNT).listening.end_silence


def test_a_sum_is_of_the_currency_that_a_value_holds() -> None:
    desk = desk_for("amount: {into: foreign}")
    say(desk, "twenty pounds")
    assert "did not understand" in desk.text()
    desk.interpreter._s.known.values["money"] = "GBP"
    say(desk, "twenty pounds")
    assert desk.interpreter._s.known.value("foreign") == Decimal("20.00")


def test_what_was_said_shows_nowhere() -> None:
    for question, words in ((DIGITS, "4711"), (AMOUNT, "4711 euros"), (PHRASE, "code 4711")):
        desk = desk_for(question)
        say(desk, words, 0.6)
        assert "4711" not in repr(desk.interpreter._s.step)
        say(desk, "yes", 0.9, "yes")
        assert "4711" not in repr(desk.interpreter._s)
        assert "4711" not in repr([order for order in desk.all if "Prompt" not in kinds([order])])


@pytest.mark.parametrize("question", [DIGITS, AMOUNT, DATE, PHRASE, DATE.replace("until", "hear: false, until")])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_questions_for_values_are_proved(question: str, language: str) -> None:
    dialplan = asks(question, language=language)
    proof = prove(dialplan)
    assert proof.certificate is not None


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("digits: {into: pin, length: 4, hear: true}", "D180"),
        ("digits: {into: sum, length: 4}", "D150"),
        ("amount: {into: due}", "D150"),
        ("date: {into: account}", "D150"),
        ("phrase: {into: sum}", "D150"),
        ("phrase: {into: nobody}", "D144"),
        ("date: {into: due, from: reason}", "D182"),
        ("date: {into: due, until: soon}", "D182"),
        ("amount: {into: sum, least: 10, most: 5}", "D133"),
        ("amount: {into: sum, least: -1}", "D106"),
        ("amount: {into: sum}\n    phrase: {into: reason}", "D130"),
    ],
)
def test_questions_that_cannot_work_are_refused(question: str, code: str) -> None:
    assert code in codes(HEAD.replace("[en]", "[en, zh]") + VALUES % (question, "account", "account"))


def test_a_value_that_no_parser_understands_in_a_language_must_be_keyed_in() -> None:
    messages = "".join(f"  {name}: {{fr: Bon.}}\n" for name in BUILT_IN if name != "which")
    head = HEAD.replace("[en]", "[fr]") + "words: {yes: {fr: [oui]}, no: {fr: [non]}}\nmessages:\n" + messages
    ask = "{ask: {fr: Alors.}, digits: {into: account, length: 4%s}, go: bye}"
    text = f"values: {{account: digits}}\nstates:\n  first: {ask}\n"
    assert codes(head + text % ", hear: true") == {"D181"}
    assert codes(head + text % "") == set()


@pytest.mark.parametrize("words", ["4401", "double four oh one", "nothing of it"])
@pytest.mark.parametrize("confidence", [0.9, 0.6])
def test_a_journal_replays_what_was_said(words: str, confidence: float) -> None:
    real, again = desk_for(DIGITS), desk_for(DIGITS)
    events: list[Event] = [
        TranscriptReady(real.listening.listen_id, words, None, confidence),
        DigitPressed("1"),
        DigitPressed("4"),
    ]
    for event in events:
        real.send(event)
        again.send(from_json(json.loads(json.dumps(to_json(event)))))
        assert [order_line(order) for order in real.last] == [order_line(order) for order in again.last]
    assert words not in " ".join(order_line(order) for order in real.all)


SPOKEN_SCENARIO = """\
dialplan: desk.yaml
scenarios:
  A sum by voice:
    - say: {words: two hundred euros and fifty cents, confidence: 0.6}
    - expect: {prompt: "I heard: 200.50 euros."}
    - say: "yes"
    - expect: {prompt: "It is 200.50 euros."}
  A sum by keys:
    - press: 200*50#
    - expect: {prompt: "It is 200.50 euros."}
  A sum that is too large:
    - say: a million euros
    - expect: {prompt: Sorry, state: first}
"""


def test_scenarios_say_values() -> None:
    file = load_scenarios(SPOKEN_SCENARIO, file="desk.test.yaml")
    for scenario in file.scenarios:
        assert run_scenario(asks(AMOUNT), scenario).failures == []


def test_the_difference_of_two_versions_names_what_is_understood() -> None:
    old, new = asks(AMOUNT), asks(AMOUNT.replace("50000", "60000"))
    assert differences(old, new) == ["state first: entry changed"]
    old, new = plan(INTENTS), plan(INTENTS.replace("lost card", "gone card"))
    assert len(differences(old, new)) == 1
    assert differences(old, new)[0].startswith("state first, choice card, hear: ")
    command = "commands: {agent: {press: 0, hear: {en: [agent]}, go: bye}}\n"
    assert differences(plan(INTENTS), plan(command + INTENTS))[-1] == "command agent: new"
    changed = plan(command.replace("[agent]", "[operator]") + INTENTS)
    assert differences(plan(command + INTENTS), changed)[0].startswith("command agent, hear: ")


def test_the_picture_says_what_is_asked_for() -> None:
    assert "asks for sum (amount)" in mermaid(asks(AMOUNT))
