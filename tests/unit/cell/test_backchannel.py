"""A prompt is held when somebody speaks; after a nod it goes on where it stopped, after more it is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.core.call.replay import read_entry
from ivr.core.events import Event
from ivr.core.orders.listening import RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.playing import PromptEnd, PromptEnded
from ivr.core.speech.facts import RecognitionFailed
from ivr.testing.fake_speech import speak
from tests.unit.cell.rehearsal import Rehearsal

ASKED = "Say what you want, and take your time, because this question is a very long one and ends here."
DIALPLAN = f"""
name: test
version: "1"
languages: [en]
start: menu
states:
  menu:
    ask: {{en: "{ASKED}"}}
    choices:
      fund: {{press: 2, hear: {{en: [I want to buy a fund please]}}, go: bye}}
    silence: {{attempts: 1, otherwise: bye}}
    nomatch: {{attempts: 1, otherwise: bye}}
  bye: {{say: {{en: Goodbye.}}, hang_up: completed}}
"""
NOD = "Okay, okay, okay."
OF_SPEECH = (SpeechStarted, SpeechEnded, TranscriptReady)
FRAMES = -(-len(speak(ASKED)) // 320)


@pytest.fixture
def call(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path, dialplan=DIALPLAN)


def events(call: Rehearsal) -> list[Event]:
    found = [read_entry(entry)[1] for entry in call.recording().timeline.entries if "orders" in entry]
    return [event for event in found if event is not None]


def question(call: Rehearsal) -> PromptEnded:
    """The question's end: the first prompt's."""
    call.until(lambda: call.conversation.over, seconds=25.0)
    return next(event for event in events(call) if isinstance(event, PromptEnded))


def prompt_frames(call: Rehearsal) -> list[bytes]:
    """What the caller heard, without silence."""
    heard = bytes(call.leg.heard)
    frames = [heard[at : at + 320] for at in range(0, len(heard), 320)]
    return [frame for frame in frames if any(frame)]


def test_a_nod_interrupts_nothing_and_the_prompt_is_heard_whole(call: Rehearsal) -> None:
    call.passes(0.2)
    call.says(NOD)
    call.passes(1.5)
    end = question(call)
    assert end.end is PromptEnd.COMPLETED
    report = end.report
    assert report is not None
    assert report.held > 0
    assert report.last_sample - report.first_sample == FRAMES * 160 + report.held
    assert b"".join(prompt_frames(call)).startswith(speak(ASKED)[: 320 * (FRAMES - 1)])
    assert not any(isinstance(event, OF_SPEECH) for event in events(call))


def test_it_is_silent_while_it_is_not_known_what_was_said(call: Rehearsal) -> None:
    call.passes(0.2)
    call.says(NOD)
    call.passes(0.4)
    before = len(prompt_frames(call))
    call.passes(0.2)
    assert len(prompt_frames(call)) == before


def test_words_stop_it_where_it_was_held(call: Rehearsal) -> None:
    call.passes(0.2)
    call.says("I want to buy a fund please")
    call.hears("Goodbye.")
    end = question(call)
    assert end.end is PromptEnd.INTERRUPTED
    report = end.report
    assert report is not None
    assert (report.held, report.last_sample - report.first_sample) == (0, report.packets_sent * 160)
    told = [type(event) for event in events(call)]
    assert [kind for kind in told if kind in OF_SPEECH] == list(OF_SPEECH)


def test_a_nod_and_then_an_answer_is_answered(call: Rehearsal) -> None:
    call.passes(0.2)
    call.says(NOD)
    call.passes(1.2)
    call.says("I want to buy a fund please")
    call.hears("Goodbye.")
    report = question(call).report
    assert report is not None
    assert report.held > 0


def test_who_goes_on_speaking_is_listened_to(call: Rehearsal) -> None:
    call.passes(0.2)
    call.says("okay " * 60)  # 2.4 s
    call.passes(1.5)
    call.until(lambda: call.conversation.over, seconds=25.0)
    started = [event for event in events(call) if isinstance(event, SpeechStarted)]
    assert len(started) == 1
    assert question(call).end is PromptEnd.INTERRUPTED


def test_a_key_ends_a_prompt_that_is_held(call: Rehearsal) -> None:
    call.passes(0.2)
    call.says(NOD)
    call.passes(0.2)
    call.presses("2")
    call.hears("Goodbye.")
    report = question(call).report
    assert report is not None
    assert report.last_sample - report.first_sample == report.packets_sent * 160


def test_where_nothing_can_be_recognized_the_prompt_goes_on_as_it_names_the_keys(call: Rehearsal) -> None:
    call.passes(0.2)
    call.says(NOD)
    call.passes(0.3)
    listen = next(iter(call.speech._streams))
    call.conversation.take_speech(RecognitionFailed(listen, "gone"))
    end = question(call)
    assert end.end is PromptEnd.COMPLETED
    assert any(isinstance(event, RecognizerFailed) for event in events(call))


def test_who_says_nothing_that_is_recognized_in_time_has_interrupted(call: Rehearsal) -> None:
    call.speech.finish = lambda listen_id: None  # type: ignore[method-assign]
    call.passes(0.2)
    call.says(NOD)
    call.passes(3.0)
    assert question(call).end is PromptEnd.INTERRUPTED
