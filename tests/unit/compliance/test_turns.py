"""Who takes whose turn: interruptions, questions that nobody answers, and time on hold. By words and times alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.core.compliance.questions import is_question
from ivr.core.compliance.talk import BankSaid, CallerSaid, Place
from tests.unit.compliance.talks import SECOND, agent, caller, found, machine, rules

HEAD = "languages: [en]"
TALK = ((0, 600 * SECOND),)


def spoken(said: BankSaid | CallerSaid, first: float, last: float) -> BankSaid | CallerSaid:
    """The same, of which a recognizer told that its words were said in these seconds."""
    place = Place(0, len(said.text), int(first * SECOND), int(last * SECOND))
    return replace(said, places=(place,))


CUT_OFF = rules("cut_off:\n  interruption: 0.5", head=HEAD)
BY_CALLER = rules("cut_off:\n  interruption: 0.5\n  by: [caller]", head=HEAD)
BOTH = rules("cut_off:\n  interruption: 0.5\n  by: [agent, caller]", head=HEAD)


def test_who_cuts_in_and_goes_on_while_the_other_falls_silent_interrupts() -> None:
    said = caller("I wanted to ask", at=0, length=4), agent("let me stop you there", at=3, length=5)
    (one,) = found(CUT_OFF, *said)
    assert (one.rule, one.speaker, one.words) == ("made/cut_off", "agent", "let me stop you there")
    assert (one.first_sample, one.last_sample) == (0, 8 * SECOND), "one hears who was cut off"
    assert found(BY_CALLER, *said) == []
    turned = agent("I wanted to ask", at=0, length=4), caller("let me stop you there", at=3, length=5)
    assert found(CUT_OFF, *turned) == []
    assert [one.speaker for one in found(BY_CALLER, *turned)] == ["caller"]
    assert len(found(BOTH, *said)) == len(found(BOTH, *turned)) == 1


@pytest.mark.parametrize(
    ("what", "first", "cuts_in"),
    [
        ("they stop just as the other begins: turns change", (0.0, 4.0), (3.6, 8.0)),
        ("a short word behind which the other goes on", (0.0, 6.0), (3.0, 4.0)),
        ("a short word at the end", (0.0, 4.0), (3.2, 4.5)),
        ("both begin at once", (0.0, 4.0), (0.3, 8.0)),
        ("one after the other", (0.0, 4.0), (5.0, 8.0)),
    ],
)
def test_what_is_no_interruption(what: str, first: tuple[float, float], cuts_in: tuple[float, float]) -> None:
    one = caller("I wanted to ask", at=first[0], length=first[1] - first[0])
    other = agent("let me stop you there", at=cuts_in[0], length=cuts_in[1] - cuts_in[0])
    assert found(CUT_OFF, one, other) == [], what


def test_a_machine_is_spoken_into_by_whoever_wants_to() -> None:
    assert found(BOTH, machine("Welcome to the bank", at=0, length=5), caller("an agent please", at=2, length=5)) == []


def test_when_somebody_fell_silent_the_times_of_their_words_tell() -> None:
    other = agent("let me stop you there", at=3.0, length=5)
    one = caller("I wanted to ask", at=0, length=4)
    assert len(found(CUT_OFF, one, other)) == 1
    assert found(CUT_OFF, spoken(one, 0.2, 3.1), other) == [], "their last word was over by then"


UNANSWERED = rules("unanswered:\n  unanswered: 5", head="languages: [en, zh]")


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "what does it cost"), ("en", "so, can you tell me the rate"), ("zh", "手续费是多少"), ("zh", "可以退吗")],
)
def test_a_question_to_an_agent_who_says_nothing_is_found_and_one_that_is_answered_is_not(
    language: str, text: str
) -> None:
    asked = caller(text, at=10, length=2, language=language)
    (one,) = found(UNANSWERED, asked, agent("mm", at=18, length=1), talks=TALK)
    assert (one.speaker, one.words, one.first_sample, one.last_sample) == ("caller", text, 10 * SECOND, 17 * SECOND)
    for answer in (
        agent("five euros", at=16, length=2),
        machine("Five euros", at=12.5),
        agent("well", at=11, length=2),
    ):
        assert found(UNANSWERED, asked, answer, talks=TALK) == []


def test_nobody_owes_an_answer_in_a_queue_on_hold_to_what_is_no_question_or_when_the_talk_ends() -> None:
    asked = caller("is anybody there", at=10, length=2)
    assert len(found(UNANSWERED, asked, talks=TALK)) == 1
    assert found(UNANSWERED, asked) == []
    assert found(UNANSWERED, asked, talks=TALK, holds=((8 * SECOND, 40 * SECOND),)) == []
    assert found(UNANSWERED, caller("I see", at=10, length=2), talks=TALK) == []
    assert found(UNANSWERED, asked, talks=((0, 15 * SECOND),)) == []


def test_who_must_ask_the_same_again_was_not_answered_unless_they_were_asked_back() -> None:
    first, again = caller("what does it cost me", at=10, length=2), caller("what does it cost me then", at=20, length=2)
    (one,) = found(
        UNANSWERED, first, agent("Our funds are great.", at=13), again, agent("Five euros.", at=23), talks=TALK
    )
    assert (one.what, one.first_sample, one.last_sample) == ("must ask the same again", 10 * SECOND, 22 * SECOND)
    asked_back = agent("Sorry, what was that?", at=13)
    assert found(UNANSWERED, first, asked_back, again, agent("Five euros.", at=23), talks=TALK) == []
    other = caller("when is it paid out", at=20, length=2)
    assert found(UNANSWERED, first, agent("Five euros.", at=13), other, agent("In May.", at=23), talks=TALK) == []


def test_what_is_a_question() -> None:
    for text in ("What does it cost", "so how does that work", "Is it safe", "do you see my order", "No, who are you"):
        assert is_question(text, "en"), text
    for text in ("I wonder", "that is what I said", "is that so is it then", "have a nice day", "can do"):
        assert is_question(text, "en") == text.startswith("is that"), text
    assert is_question("C'est combien ?", "fr")
    assert not is_question("我明白了", "zh")


def test_time_on_hold_is_counted_from_the_hold_to_its_end() -> None:
    hold = rules("hold:\n  hold: 60", head=HEAD)
    assert found(hold, agent("one moment"), holds=((5 * SECOND, 65 * SECOND),)) == []
    said = agent("one moment"), agent("here I am", at=70)
    (one,) = found(hold, *said, holds=((5 * SECOND, 66 * SECOND),))
    assert (one.first_sample, one.last_sample, one.what) == (5 * SECOND, 66 * SECOND, "the caller waits on hold")
