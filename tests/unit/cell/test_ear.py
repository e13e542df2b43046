"""What the ear makes of speech for the voice: a whole sentence, no more and no less."""

from __future__ import annotations

import pytest

from ivr.core.events import Event
from ivr.core.media.frame import FRAME_SAMPLES, SILENT_FRAME
from ivr.core.orders.voice import CollectVoice, VoiceScored, VoiceUnscored
from ivr.engine.cell.ear import SENTENCE_PAUSE_FRAMES, Ear
from ivr.testing.fake_speech import FakeFrameVad, FakeSpeechLink, speak

VOICE = speak("a voice that goes on and on")[640:960]
ORDER = CollectVoice(1, "c1", min_speech=2.0, max_wait=8.0)


class Caller:
    """Speaks frame by frame into an ear."""

    def __init__(self) -> None:
        self.speech = FakeSpeechLink(voice_scores={"c1": 0.9})
        self.ear = Ear(self.speech, FakeFrameVad(), onset_probability=0.7)
        self.ear.gather(ORDER)
        self.sample = 0

    def sounds(self, frame: bytes, seconds: float) -> list[Event]:
        events: list[Event] = []
        for _ in range(round(seconds * 50)):
            self.ear.hear(self.sample, frame)
            self.sample += FRAME_SAMPLES
            for fact in self.speech.pump(0.0):
                self.ear.take(fact)
            events += self.ear.events()
        return events


def test_a_sentence_is_scored_when_it_is_over_not_when_it_is_long_enough() -> None:
    caller = Caller()
    assert caller.sounds(VOICE, 4.0) == []
    (scored,) = caller.sounds(SILENT_FRAME, SENTENCE_PAUSE_FRAMES / 50 + 0.1)
    assert isinstance(scored, VoiceScored)
    assert scored.speech_seconds == pytest.approx(4.0, abs=0.1)


def test_a_pause_between_words_does_not_end_the_sentence() -> None:
    caller = Caller()
    assert caller.sounds(VOICE, 2.5) == []
    assert caller.sounds(SILENT_FRAME, 0.3) == []
    assert caller.sounds(VOICE, 1.0) == []
    assert len(caller.sounds(SILENT_FRAME, 0.8)) == 1


def test_a_caller_who_never_stops_is_scored_in_the_end() -> None:
    caller = Caller()
    (scored,) = caller.sounds(VOICE, 9.0)
    assert isinstance(scored, VoiceScored)


def test_too_little_speech_is_never_scored() -> None:
    caller = Caller()
    caller.sounds(VOICE, 0.4)
    (unscored,) = caller.sounds(SILENT_FRAME, 9.0)
    assert isinstance(unscored, VoiceUnscored)
