"""What hears whether a turn is over: the fake, and Smart Turn on a real person's recordings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ivr.adapters.smart_turn import SmartTurnDetector
from ivr.core.media.frame import SAMPLE_BYTES, samples
from ivr.ports.speech import TurnDetector
from ivr.testing.fake_speech import FakeTurns, speak
from tests.conftest import RealVoice

HALF = 0.5
CUT = ("vm-options", 2.0)
"""A recording, and seconds after which it stops in the middle of a sentence."""
PAUSE = bytes(samples(0.24) * SAMPLE_BYTES)


@pytest.fixture(scope="module", params=["fake", "smart-turn"])
def turns(request: pytest.FixtureRequest) -> tuple[TurnDetector, str]:
    kind = str(request.param)
    return (FakeTurns() if kind == "fake" else SmartTurnDetector()), kind


@pytest.fixture
def whole(turns: tuple[TurnDetector, str], voice: RealVoice) -> bytes:
    """A sentence to its end."""
    return speak("call me tomorrow") if turns[1] == "fake" else voice("please-try-call-later")


@pytest.fixture
def broken_off(turns: tuple[TurnDetector, str], voice: RealVoice) -> bytes:
    """The same voice in the middle of one."""
    if turns[1] == "fake":
        return speak("call me tomorrow and")
    return voice(CUT[0])[: samples(CUT[1]) * SAMPLE_BYTES]


def test_a_sentence_to_its_end_is_complete(turns: tuple[TurnDetector, str], whole: bytes) -> None:
    assert turns[0].is_complete(whole + PAUSE) >= HALF


def test_a_sentence_that_is_broken_off_is_not(turns: tuple[TurnDetector, str], broken_off: bytes) -> None:
    assert turns[0].is_complete(broken_off + PAUSE) < HALF


@pytest.mark.parametrize("length", [0, 1, 80, samples(12.0)])
def test_any_length_is_judged(turns: tuple[TurnDetector, str], length: int) -> None:
    assert 0.0 <= turns[0].is_complete(bytes(length * SAMPLE_BYTES)) <= 1.0


def test_the_answer_is_always_the_same(turns: tuple[TurnDetector, str], broken_off: bytes) -> None:
    assert turns[0].is_complete(broken_off) == turns[0].is_complete(broken_off)


def test_only_the_latest_8_seconds_count(voice: RealVoice) -> None:
    detector: Callable[[bytes], float] = SmartTurnDetector().is_complete
    latest = voice("please-try-call-later") + PAUSE
    silence = bytes(samples(8.0) * SAMPLE_BYTES - len(latest))
    assert detector(voice("vm-options") + silence + latest) == pytest.approx(detector(silence + latest), abs=0.02)
