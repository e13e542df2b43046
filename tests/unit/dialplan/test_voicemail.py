"""Voicemail: what ends a message, what is kept of it, and that nothing that was said is lost."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.workbench.difference import differences
from ivr.core.dialplan.workbench.picture import mermaid
from ivr.core.events import Event
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.listening import Listen, RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.playing import PromptEnd, PromptEnded
from tests.unit.dialplan.desk import HEAD, Desk, findings, kinds, plan

BOX = """\
states:
  first:
    voicemail: complaints
    say: {en: Speak after the tone.}
    silence: 4
    most: 60
    end: "#*"
    go: thanks
    empty: nothing
  thanks: {say: {en: Thank you.}, go: bye}
  nothing: {say: {en: Nothing.}, go: bye}
"""
TONE_ENDS = 8800
"""Sample that `Desk.heard` reports as the prompt's end."""
GONE = LegHungUp(LegRole.CALLER, 200, by_far_end=True)


def after_the_tone() -> Desk:
    desk = Desk(plan(BOX))
    desk.heard()
    return desk


def speaks(desk: Desk, seconds: float, *, text: str = "hello") -> None:
    desk.send(SpeechStarted(TONE_ENDS + 1000), after=0.5)
    desk.send(SpeechEnded(TONE_ENDS + 9000), after=seconds)
    desk.send(TranscriptReady(desk.listening.listen_id, text, None, 0.5), after=1.0)


def message(desk: Desk) -> tuple[object, object, object]:
    (note,) = desk.notes("voicemail")
    return note["mailbox"], note["first_sample"], note["last_sample"]


def test_it_greets_and_sounds_the_tone_as_one_prompt() -> None:
    desk = Desk(plan(BOX))
    assert [clip.shown for clip in desk.prompt.clips] == ["Speak after the tone.", "[beep]"]
    assert "Listen" not in kinds(desk.last)


def test_a_key_ends_the_message() -> None:
    desk = after_the_tone()
    speaks(desk, 3.0)
    desk.send(DigitPressed("5"))
    desk.send(DigitPressed("#"), after=1.0)
    assert desk.state == "thanks"
    mailbox, first, last = message(desk)
    assert (mailbox, first) == ("complaints", TONE_ENDS)
    assert last == TONE_ENDS + round((0.5 + 3.0 + 1.0 + 0.1 + 1.0) * 8000)


def test_quiet_ends_the_message_and_is_not_kept_with_it() -> None:
    desk = after_the_tone()
    speaks(desk, 3.0)
    desk.time_out()
    assert desk.state == "thanks"
    assert message(desk)[2] == TONE_ENDS + round((0.5 + 3.0 + 1.0 + 0.5) * 8000)


def test_a_message_of_many_sentences_goes_on_between_them() -> None:
    desk = after_the_tone()
    for _ in range(5):
        speaks(desk, 3.0)
    assert desk.state == "first"
    assert len({order.listen_id for order in desk.all if isinstance(order, Listen)}) == 6


def test_a_message_has_its_longest() -> None:
    desk = after_the_tone()
    desk.send(SpeechStarted(9000))
    desk.time_out()
    assert desk.state == "thanks"
    assert message(desk)[2] == TONE_ENDS + 60 * 8000


def test_who_hangs_up_in_the_middle_has_left_a_message_and_was_served() -> None:
    desk = after_the_tone()
    desk.send(SpeechStarted(9000))
    desk.send(GONE, after=2.0)
    assert message(desk)[2] == TONE_ENDS + round(2.1 * 8000)
    assert desk.notes("outcome") == [{"outcome": "completed"}]


def test_who_says_nothing_has_left_none() -> None:
    desk = after_the_tone()
    desk.time_out()
    assert desk.state == "nothing"
    assert desk.notes("voicemail") == []


@pytest.mark.parametrize("event", [GONE, DigitPressed("#")])
def test_nor_has_who_ends_it_at_once(event: Event) -> None:
    desk = after_the_tone()
    desk.send(event)
    assert desk.notes("voicemail") == []


def test_keys_before_the_tone_mean_nothing() -> None:
    desk = Desk(plan(BOX))
    desk.send(DigitPressed("#"))
    assert desk.state == "first"
    assert "Listen" in kinds(desk.heard())


def test_while_speech_cannot_be_told_from_quiet_all_is_kept() -> None:
    desk = after_the_tone()
    for _ in range(3):
        desk.send(RecognizerFailed(desk.listening.listen_id, "the speech service is down"), after=0.0)
    assert desk.send(DigitPressed("1")) == []
    desk.time_out()
    assert desk.state == "thanks"
    assert message(desk)[2] == TONE_ENDS + 60 * 8000


def test_one_failure_of_the_recognizer_is_not_taken_for_that() -> None:
    desk = after_the_tone()
    desk.send(RecognizerFailed(desk.listening.listen_id, "busy"))
    desk.time_out()
    assert desk.state == "nothing"


def test_words_that_never_come_do_not_end_the_listening() -> None:
    desk = after_the_tone()
    desk.send(SpeechStarted(9000))
    desk.send(SpeechEnded(20000), after=3.0)
    first = desk.listening.listen_id
    desk.time_out()
    assert desk.state == "first"
    assert desk.listening.listen_id != first
    desk.time_out()
    assert desk.state == "thanks"


def test_who_holds_the_line_has_left_what_was_said_until_then() -> None:
    desk = after_the_tone()
    speaks(desk, 3.0)
    desk.send(LegHeld(LegRole.CALLER), after=1.0)
    assert message(desk)[2] == TONE_ENDS + round(5.5 * 8000)
    desk.send(LegResumed(LegRole.CALLER), after=9.0)
    assert desk.state == "thanks"


def test_who_holds_the_line_in_the_greeting_is_greeted_again() -> None:
    desk = Desk(plan(BOX))
    desk.send(LegHeld(LegRole.CALLER))
    desk.send(LegResumed(LegRole.CALLER))
    assert kinds(desk.last) == ["PlayPrompt"]


def test_a_tone_that_could_not_be_played_takes_the_message_all_the_same() -> None:
    desk = Desk(plan(BOX))
    desk.send(PromptEnded(desk.prompt.prompt_id, PromptEnd.FAILED))
    desk.send(SpeechStarted(7777))
    desk.send(GONE)
    assert message(desk)[1] == 7777


def test_where_nothing_may_be_recorded_no_message_is_taken() -> None:
    before = "states:\n  first: {consent: recording, ask: {en: May we?}, yes: box, no: box}\n"
    text = BOX.replace("first:", "box:").replace("states:\n", before)
    desk = Desk(plan(text, head=HEAD + "recording: consent\n"))
    desk.heard()
    desk.send(DigitPressed("2"))
    assert desk.state == "nothing"
    assert desk.text() == "Nothing."


def test_an_empty_message_has_its_own_way_on() -> None:
    head = 'name: a\nversion: "1"\nlanguages: [en]\nstart: first\n'
    wrong = head + "states: {first: {voicemail: box, go: bye}, bye: {hang_up: completed}}\n"
    assert [(finding.code, "empty" in finding.message) for finding in findings(wrong)] == [("D102", True)]
    letters = head + 'states: {first: {voicemail: box, end: "x", go: bye, empty: bye}, bye: {hang_up: completed}}\n'
    assert [finding.code for finding in findings(letters)] == ["D105"]


def test_pictures_and_differences_name_the_mailbox() -> None:
    old, new = plan(BOX), plan(BOX.replace("complaints", "praise").replace("most: 60", "most: 90"))
    assert "voicemail complaints" in mermaid(old)
    assert differences(old, new) == [
        "state first, mailbox: complaints becomes praise",
        "state first, most: 60.0 becomes 90.0",
    ]
