"""Pauses that the speech service judges while the silence that may end an utterance still runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.core.media.frame import FRAME_BYTES, SILENT_FRAME
from ivr.core.orders.listening import Grammar
from ivr.core.speech.facts import Hypothesis, Recognition, SpeechFact, TurnJudged
from ivr.engine.speech.link import SpeechLink
from ivr.testing.fake_speech import FakeTurns, speak
from tests.contract.speech_service import fake_parts, speech_service

FREELY = Grammar("en", free=True)
PAUSE = SILENT_FRAME * 25


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "speech.sock"


@pytest.fixture
def link(path: Path) -> Iterator[SpeechLink]:
    made = SpeechLink(str(path))
    yield made
    made.close()


def next_fact(link: SpeechLink) -> SpeechFact:
    """The next that is no hypothesis."""
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        for fact in link.pump(time.monotonic()):
            if not isinstance(fact, Hypothesis):
                return fact
        time.sleep(0.005)
    raise AssertionError("nothing was told")


def say(link: SpeechLink, text: str) -> None:
    pcm = speak(text) + PAUSE
    for begin in range(0, len(pcm), FRAME_BYTES):
        link.audio(1, pcm[begin : begin + FRAME_BYTES])


@pytest.mark.parametrize(("said", "complete"), [("I want to and", 0.0), ("my balance", 1.0)])
def test_a_pause_is_judged_while_nobody_knows_yet_whether_it_is_the_end(
    path: Path, link: SpeechLink, said: str, complete: float
) -> None:
    with speech_service(path, fake_parts(turns=FakeTurns())):
        link.recognize(1, FREELY)
        say(link, said)
        assert next_fact(link) == TurnJudged(1, complete)
        link.finish(1)
        assert isinstance(next_fact(link), Recognition)


def test_each_pause_is_judged_anew_with_all_that_was_said(path: Path, link: SpeechLink) -> None:
    with speech_service(path, fake_parts(turns=FakeTurns())):
        link.recognize(1, FREELY)
        say(link, "I want to and")
        assert next_fact(link) == TurnJudged(1, 0.0)
        say(link, "then know my balance")
        assert next_fact(link) == TurnJudged(1, 1.0)


@pytest.mark.parametrize("grammar", [Grammar("zh", free=True), Grammar("en", free=True, value="digits")])
def test_where_it_would_change_nothing_no_pause_is_judged(path: Path, link: SpeechLink, grammar: Grammar) -> None:
    with speech_service(path, fake_parts(turns=FakeTurns())):
        link.recognize(1, grammar)
        say(link, "and")
        link.finish(1)
        assert isinstance(next_fact(link), Recognition)


def test_without_a_detector_of_turns_silence_decides(path: Path, link: SpeechLink) -> None:
    with speech_service(path):
        link.recognize(1, FREELY)
        say(link, "I want to and")
        link.finish(1)
        assert isinstance(next_fact(link), Recognition)
