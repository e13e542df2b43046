"""Who said what from which sample on; nothing secret, and nothing of who refused to be recorded."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.core.call.transcript import Span, Transcript
from ivr.core.events import Event
from ivr.core.orders.listening import Grammar, Listen, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.playing import Clip, PlayPrompt, PlayReport, PromptEnd, PromptEnded
from ivr.errors import SealError

ASK = PlayPrompt(1, (Clip("en", "What do you"), Clip("en", "want?")))
LISTEN = Listen(7, Grammar("zh"))
SPEECH: tuple[Event, ...] = (SpeechStarted(900), SpeechEnded(1700), TranscriptReady(7, "查余额", "balance", 0.93))


def tell(transcript: Transcript, *events: Event, **how: Any) -> list[Span]:
    how = {"secret": False, "unrecorded": False, **how}
    return [span for event in events for span in transcript.tell(event, [], **how)]


def begun() -> Transcript:
    transcript = Transcript()
    assert transcript.tell(None, [ASK, LISTEN], secret=False, unrecorded=False) == []
    return transcript


def test_what_the_caller_said_has_its_samples_its_language_and_its_confidence() -> None:
    assert tell(begun(), *SPEECH) == [Span("caller", 900, 1700, "zh", "查余额", 0.93, "balance")]


def test_a_prompt_has_its_text_and_the_samples_that_were_sent() -> None:
    report = PlayReport("ab", 800, 160, 640, 3, None)
    (span,) = tell(begun(), PromptEnded(1, PromptEnd.INTERRUPTED, report))
    assert span == Span("engine", 160, 640, "en", "What do you want?", whole=False)


def test_a_prompt_that_never_began_and_words_that_were_none_are_not_there() -> None:
    assert tell(begun(), PromptEnded(1, PromptEnd.FAILED), TranscriptReady(7, "", None, 0.1)) == []


def test_a_recorded_prompt_is_named_by_its_file_and_a_warning_by_its_name() -> None:
    transcript = Transcript()
    played = PlayPrompt(2, (Clip("en", file="risk.wav"),), disclosure="risk")
    transcript.tell(None, [played], secret=False, unrecorded=False)
    (span,) = tell(transcript, PromptEnded(2, PromptEnd.COMPLETED, PlayReport("ab", 800, 0, 800, 5, None)))
    assert (span.text, span.disclosure) == ("[risk.wav]", "risk")


def test_at_a_secret_prompt_and_without_consent_nothing_is_kept() -> None:
    assert tell(begun(), *SPEECH, secret=True) == []
    assert tell(begun(), *SPEECH, unrecorded=True) == []


def test_words_for_a_question_long_past_are_nobodys() -> None:
    transcript = begun()
    transcript.tell(None, [Listen(8, Grammar("en"))], secret=False, unrecorded=False)
    assert tell(transcript, *SPEECH) == []


def test_a_span_survives_its_json_and_a_damaged_one_is_an_error() -> None:
    span = Span("caller", 1, 2, "en", "yes", 0.5)
    assert Span.from_json(span.to_json()) == span
    with pytest.raises(SealError):
        Span.from_json({**span.to_json(), "first_sample": "x"})
    with pytest.raises(SealError):
        Span.from_json("yes")
