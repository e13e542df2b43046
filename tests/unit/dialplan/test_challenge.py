"""A voice that has to say digits drawn by chance: right digits by the right voice, in one utterance, or nothing."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.dialplan.concerns import concerns
from ivr.core.dialplan.messages import BUILT_IN
from ivr.core.events import Event
from ivr.core.identity.challenge import LEAST, MOST, drawn, is_sound, rehearsed
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegResumed, LegRole
from ivr.core.orders.listening import Listen, RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.lookup import LookupDone
from ivr.core.orders.voice import DigitsDrawn, DrawDigits, VoiceScored, VoiceUnscored
from ivr.core.speech.spoken_digits import only_digits_said
from tests.unit.dialplan.desk import HEAD, Desk, findings, kinds, plan

VOICE = """\
values: {account: digits, customer: text}
protect: {deal: {identity: basic}}
states:
  first: {ask: {en: Account?}, digits: {into: account, length: 1}, go: who}
  who: {lookup: bank.customer, given: {account: account}, keep: {customer: customer}, go: voice, failed: bye}
  voice:
    identify: basic
    by: voice
    customer: customer
    challenge: 6
    ask: {en: "Say these digits: {challenge}."}
    retry: {en: "Other ones now. {challenge}"}
    accept: 0.9
    reject: 0.7
    attempts: 2
    go: deal
    unscored: no_score
    otherwise: not_you
  deal: {say: {en: The deal.}, go: bye}
  not_you: {say: {en: Not you.}, go: bye}
  no_score: {say: {en: No score.}, go: bye}
"""
FIRST, SECOND = "471903", "820561"


class Speaker(Desk):
    """A caller who is asked for digits."""

    def __init__(self, text: str = VOICE) -> None:

        super().__init__(plan(text))
        self.send(DigitPressed("7"))
        self.send(LookupDone(self.lookup.lookup_id, {"customer": "c-7"}))

    def draws(self, digits: str) -> None:
        self.send(DigitsDrawn([order for order in self.all if isinstance(order, DrawDigits)][-1].draw_id, digits))

    def is_asked(self, digits: str = FIRST) -> None:
        self.draws(digits)
        self.heard()

    @property
    def verify_id(self) -> int:
        assert self.listening.voice is not None
        return self.listening.voice.verify_id

    def says(self, text: str, score: float | None, *, voice_first: bool = False) -> None:
        answers: list[Event] = [
            TranscriptReady(self.listening.listen_id, text, None, 0.9),
            VoiceScored(self.verify_id, score, 4.0) if score is not None else VoiceUnscored(self.verify_id, "none"),
        ]
        self.send(SpeechStarted(0))
        self.send(SpeechEnded(8000))
        for answer in reversed(answers) if voice_first else answers:
            self.send(answer)

    @property
    def identity(self) -> str:
        return self.interpreter.identity


# --- the draw -------------------------------------------------------------------------------------------------------


@given(st.integers(LEAST, MOST), st.randoms(use_true_random=False))
def test_so_many_digits_are_drawn_and_none_twice_in_a_row(count: int, chance: Random) -> None:
    digits = drawn(count, lambda below: chance.randrange(below))
    assert is_sound(digits, count)
    assert len(digits) == count
    assert all(before != after for before, after in pairwise(digits))


def test_every_row_without_a_digit_twice_in_a_row_is_as_likely() -> None:
    counts: dict[str, int] = {}
    for first in range(10):
        for step in range(9):
            answers = iter((first, step))
            row = drawn(2, lambda below, answers=answers: next(answers))  # type: ignore[misc]
            counts[row] = counts.get(row, 0) + 1
    assert set(counts.values()) == {1}
    assert len(counts) == 90


def test_what_is_rehearsed_is_sound_and_each_time_another() -> None:
    rows = [rehearsed(number, count) for number in range(90) for count in (LEAST,)]
    assert len(set(rows)) == 90
    assert all(is_sound(row, LEAST) for row in rows)


@pytest.mark.parametrize("digits", ["", "47190", "4719033", "47 190", "47190a", "٤٧١٩٠٣", "447190"])
def test_a_draw_that_is_not_in_its_form_is_made_again_and_then_given_up(digits: str) -> None:
    caller = Speaker()
    for _ in range(2):
        caller.draws(digits)
        assert kinds(caller.last) == ["DrawDigits"]
    caller.draws(digits)
    assert caller.state == "no_score"
    assert caller.identity == "none"


def test_the_same_digits_are_never_asked_for_twice_in_a_call() -> None:
    caller = Speaker()
    caller.is_asked(FIRST)
    caller.says("something else", 0.95)
    caller.draws(FIRST)
    assert kinds(caller.last) == ["DrawDigits"]
    caller.draws(SECOND)
    assert caller.text() == "Other ones now. 8 2 0 5 6 1"


def test_a_draw_that_never_comes_is_no_acceptance() -> None:
    caller = Speaker()
    caller.time_out()
    assert caller.state == "no_score"


# --- the answer -----------------------------------------------------------------------------------------------------


def test_the_digits_are_said_in_the_prompt_and_are_in_no_log() -> None:
    caller = Speaker()
    assert caller.send(SpeechEnded(1)) == []
    caller.draws(FIRST)
    assert caller.text() == "Say these digits: 4 7 1 9 0 3"
    assert not any(clip.dynamic for clip in caller.prompt.clips)
    caller.heard()
    assert isinstance(caller.last[0], Listen)
    caller.says(FIRST, 0.95)
    told = repr(caller.all) + repr(DigitsDrawn(1, FIRST))
    assert not any(form in told for form in (FIRST, "'4'", "4 7 1", "c-7"))


@pytest.mark.parametrize("said", [FIRST, "4 7 1 9 0 3", "four seven one, nine oh three.", "4-7-1-9-0-3", "471 903"])
@pytest.mark.parametrize("voice_first", [False, True])
def test_the_right_digits_by_the_right_voice_reach_the_level_whichever_is_judged_first(
    said: str, voice_first: bool
) -> None:
    caller = Speaker()
    caller.is_asked()
    caller.says(said, 0.95, voice_first=voice_first)
    assert (caller.state, caller.identity) == ("deal", "basic")
    assert caller.notes("challenge") == [{"right": True, "voice": "accept"}]


AROUND = ("my account number is {}", "{} please", "um {}", "yes, it's {}, thank you", "hello {}", "{} {}")


@pytest.mark.parametrize(
    "said",
    ["", SECOND, FIRST[:-1], FIRST + "4", FIRST[::-1], "my voice is my password"]
    + [words.format(FIRST, FIRST) for words in AROUND],
)
def test_other_words_by_the_right_voice_reach_nothing_and_other_digits_are_asked_for(said: str) -> None:
    caller = Speaker()
    caller.is_asked()
    caller.says(said, 0.99)
    assert (caller.state, caller.identity) == ("voice", "none")
    caller.is_asked(SECOND)
    caller.says(said if said != SECOND else FIRST, 0.99)
    assert (caller.state, caller.identity) == ("not_you", "none")


@pytest.mark.parametrize("heard", ["4719 9 03", "44719033", "double four 71903"])
def test_a_digit_that_the_recognizer_stutters_is_the_digit(heard: str) -> None:
    caller = Speaker()
    caller.is_asked()
    caller.says(heard, 0.95)
    assert caller.state == "deal"


def test_the_digits_of_the_attempt_before_count_no_longer() -> None:
    caller = Speaker()
    caller.is_asked(FIRST)
    caller.says("pardon", 0.99)
    caller.is_asked(SECOND)
    caller.says(FIRST, 0.99)
    assert (caller.state, caller.identity) == ("not_you", "none")


@pytest.mark.parametrize("said", [FIRST, SECOND])
def test_another_voice_reaches_nothing_at_once_whatever_it_says(said: str) -> None:
    caller = Speaker()
    caller.is_asked()
    caller.says(said, 0.3)
    assert (caller.state, caller.identity) == ("not_you", "none")


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("四七一九零三", FIRST),
        ("四 七 幺，九 零 三。", FIRST),
        ("471903。", FIRST),
        ("是四七一九零三", None),
        ("我的账号是四七一九零三", None),
        ("四七一九零三谢谢", None),
        ("嗯四七一九零三", None),
    ],
)
def test_in_chinese_too_not_one_word_more_is_taken(text: str, digits: str | None) -> None:
    assert only_digits_said(text, "zh") == digits


def test_an_unsure_voice_is_asked_for_other_digits() -> None:
    caller = Speaker()
    caller.is_asked()
    caller.says(FIRST, 0.8)
    assert (caller.state, caller.identity) == ("voice", "none")
    caller.is_asked(SECOND)
    caller.says(SECOND, 0.95)
    assert caller.identity == "basic"


def test_what_cannot_be_judged_is_no_acceptance() -> None:
    caller = Speaker()
    caller.is_asked()
    caller.says(FIRST, None)
    assert (caller.state, caller.identity) == ("no_score", "none")
    caller = Speaker()
    caller.is_asked()
    caller.send(RecognizerFailed(caller.listening.listen_id, "down"))
    assert caller.state == "no_score"
    caller = Speaker()
    caller.is_asked()
    caller.says(FIRST, float("nan"))
    assert (caller.state, caller.identity) == ("voice", "none")


def test_a_score_without_words_and_words_without_a_score_end_in_time() -> None:
    for answered in ("words", "voice"):
        caller = Speaker()
        caller.is_asked()
        caller.send(SpeechEnded(1))
        if answered == "words":
            caller.send(TranscriptReady(caller.listening.listen_id, FIRST, None, 1.0))
        else:
            caller.send(VoiceScored(caller.verify_id, 0.99, 4.0))
        assert caller.state == "voice"
        caller.time_out()
        assert (caller.state, caller.identity) == ("no_score", "none")


def test_silence_uses_an_attempt_up_and_other_digits_are_asked_for() -> None:
    caller = Speaker()
    caller.is_asked()
    began = caller.now
    caller.time_out()
    assert caller.now - began <= 15
    caller.is_asked(SECOND)
    assert caller.text() == "Other ones now. 8 2 0 5 6 1"
    caller.time_out()
    assert (caller.state, caller.identity) == ("not_you", "none")


def test_who_has_begun_in_time_may_end_and_who_never_ends_uses_an_attempt_up() -> None:
    caller = Speaker()
    caller.is_asked()
    caller.send(SpeechStarted(0), after=11.0)
    caller.send(SpeechEnded(1), after=8.0)
    caller.send(TranscriptReady(caller.listening.listen_id, FIRST, None, 1.0))
    caller.send(VoiceScored(caller.verify_id, 0.95, 4.0))
    assert caller.identity == "basic"
    caller = Speaker()
    caller.is_asked()
    caller.send(SpeechStarted(0))
    for _ in range(5):
        caller.send(SpeechStarted(0), after=1.0)
    began = caller.now
    caller.time_out()
    assert caller.now - began <= 25
    assert [order.count for order in caller.last if isinstance(order, DrawDigits)] == [6]


def test_answers_about_an_earlier_utterance_are_dropped() -> None:
    caller = Speaker()
    caller.is_asked()
    old_listen, old_verify = caller.listening.listen_id, caller.verify_id
    caller.says("pardon", 0.99)
    caller.is_asked(SECOND)
    assert caller.send(VoiceScored(old_verify, 0.99, 4.0)) == []
    assert caller.send(TranscriptReady(old_listen, SECOND, None, 1.0)) == []
    caller.send(TranscriptReady(caller.listening.listen_id, SECOND, None, 1.0))
    assert caller.identity == "none"


def test_a_hold_draws_anew_and_what_was_said_before_counts_no_longer() -> None:
    caller = Speaker()
    caller.is_asked()
    caller.send(TranscriptReady(caller.listening.listen_id, FIRST, None, 1.0))
    verify = caller.verify_id
    caller.send(LegHeld(LegRole.CALLER))
    caller.send(VoiceScored(verify, 0.99, 4.0))
    caller.send(LegResumed(LegRole.CALLER))
    assert kinds(caller.last) == ["DrawDigits"]
    assert caller.identity == "none"


def test_a_hold_uses_up_an_attempt_once_digits_were_named_and_before_that_none() -> None:
    caller = Speaker()
    for _ in range(5):
        caller.send(LegHeld(LegRole.CALLER))
        caller.send(LegResumed(LegRole.CALLER))
        assert kinds(caller.last) == ["DrawDigits"]
    caller.draws(FIRST)
    caller.send(LegHeld(LegRole.CALLER))
    caller.send(LegResumed(LegRole.CALLER))
    caller.is_asked(SECOND)
    assert caller.text() == "Other ones now. 8 2 0 5 6 1"
    caller.send(LegHeld(LegRole.CALLER))
    caller.send(LegResumed(LegRole.CALLER))
    assert (caller.state, caller.identity) == ("not_you", "none")


_SAID = st.sampled_from([FIRST, SECOND, "", "hello", "906174"])
_SCORE = st.sampled_from([0.99, 0.9, 0.89, 0.5, -1.0, float("nan"), None])


@given(st.lists(st.tuples(_SAID, _SCORE, st.booleans()), max_size=5))
def test_the_level_is_reached_by_exactly_the_first_attempt_in_which_both_are_right(
    tries: list[tuple[str, float | None, bool]],
) -> None:
    caller = Speaker()
    expected = "none"
    for asked, (said, score, voice_first) in zip((FIRST, SECOND), tries, strict=False):
        if caller.state != "voice":
            break
        caller.is_asked(asked)
        caller.says(said, score, voice_first=voice_first)
        if said == asked and score is not None and score >= 0.9:
            expected = "basic"
    assert caller.identity == expected


# --- the check ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{challenge}.", "them.", "D185"),
        ("Other ones now. {challenge}", "Once more.", "D185"),
        ("    challenge: 6\n", "", "D144"),
        ("challenge: 6", "challenge: 3", "D106"),
        ("customer: text}", "customer: text, challenge: text}", "D140"),
    ],
)
def test_digits_that_would_not_be_told_or_not_be_drawn_are_an_error(old: str, new: str, code: str) -> None:
    assert old in VOICE
    found = findings(HEAD + VOICE.replace(old, new) + "  bye: {hang_up: completed}\n")
    assert code in [finding.code for finding in found], found


def test_a_language_in_which_digits_are_not_understood_is_an_error() -> None:
    foreign = HEAD.replace("[en]", "[fr]") + "words: {yes: {fr: [oui]}, no: {fr: [non]}}\nmessages:\n"
    foreign += "".join(f"  {name}: {{fr: Bien.}}\n" for name in BUILT_IN if name != "which")
    found = findings(foreign + VOICE.replace("{en:", "{fr:") + "  bye: {hang_up: completed}\n")
    assert [finding.code for finding in found] == ["D181"], found


def test_a_sentence_that_is_always_the_same_is_warned_of_where_it_makes_somebody_strong() -> None:
    second = VOICE.replace("identify: basic", "identify: strong").replace("{deal:", "{voice: {identity: basic}, deal:")
    fixed = second.replace("    challenge: 6\n", "").replace("{challenge}", "now")
    for text, warned in ((VOICE, []), (second, []), (fixed, ["D303"])):
        assert [found.code for found in concerns(plan(text)) if found.code != "D302"] == warned


def test_the_ten_digits_are_rendered_when_the_dialplan_is_published() -> None:
    assert {clip.text for clip in plan(VOICE).static_clips()} >= set("0123456789")
