"""A talk that goes on, recognized: what nobody can have said is lost alone, and told to nobody as words."""

from __future__ import annotations

import pytest

from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES
from ivr.core.speech.facts import Hypothesis, Recognition
from ivr.engine.cell.live_ear import LiveEar
from ivr.ports.telephony import LegStats
from ivr.testing.fake_speech import FakeSpeechLink

QUIET, VOICE = bytes(FRAME_BYTES), b"\x01" * FRAME_BYTES
SAID = 60
"""Frames of an utterance: 1.2 s."""


class Voiced:
    """Every sound is a voice."""

    def is_speech(self, frame: bytes) -> bool:
        return True


class Talk:
    """An agent whose words the test makes up."""

    def __init__(self) -> None:
        self.speech, self.sample = FakeSpeechLink(), 0
        self.ear = LiveEar(self.speech, Voiced, lambda: LegStats(0, 0, 0, 0, 0))
        self.ear.arrange({"agent.in": "agent"})

    def goes_on(self, frames: int = SAID) -> int:
        """They speak; the number of their utterance."""
        self._hear(VOICE, frames)
        return max(self.speech._streams)

    def ends(self) -> None:
        self._hear(QUIET, SAID)

    def told(self, fact: Hypothesis | Recognition) -> list[tuple[str, bool]]:
        assert self.ear.take(fact)
        return [(one.text, one.final) for one in self.ear.overheard()]

    def _hear(self, frame: bytes, frames: int) -> None:
        for _ in range(frames):
            self.ear.hear({"agent.in": frame}, self.sample, "en")
            self.sample += FRAME_SAMPLES


RUBBISH = ["risk free " * 50, "\x00\x01\x02", "ha " * 40]


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_what_nobody_can_have_said_is_lost_alone_and_counted(rubbish: str) -> None:
    talk = Talk()
    number = talk.goes_on()
    talk.ends()
    assert talk.told(Recognition(number, rubbish, None, 0.9)) == [("", True)]
    assert talk.ear.lost == 1
    number = talk.goes_on()
    talk.ends()
    assert talk.told(Recognition(number, "how may I help you", None, 0.9)) == [("how may I help you", True)]
    assert talk.ear.lost == 1


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_nor_is_it_believed_while_it_goes_on(rubbish: str) -> None:
    talk = Talk()
    number = talk.goes_on()
    assert talk.told(Hypothesis(number, rubbish)) == []
    assert talk.told(Hypothesis(number, "how may I")) == [("how may I", False)]


def test_a_certainty_that_is_none_is_rubbish() -> None:
    talk = Talk()
    number = talk.goes_on()
    talk.ends()
    assert talk.told(Recognition(number, "risk free", None, float("nan"))) == [("", True)]
