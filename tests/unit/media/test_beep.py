from __future__ import annotations

import numpy as np

from ivr.core.media.beep import HZ, SECONDS, beep
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.tones import DtmfDetector


def test_the_beep_is_one_tone_without_clicks() -> None:
    audio = np.frombuffer(beep(), "<i2").astype(float)
    assert len(audio) == round(SECONDS * SAMPLE_RATE)
    loudest = np.argmax(np.abs(np.fft.rfft(audio))) * SAMPLE_RATE / len(audio)
    assert abs(loudest - HZ) < 5
    assert abs(audio[0]) < 100
    assert abs(audio[-1]) < 200


def test_nobody_takes_the_beep_for_a_key() -> None:
    assert DtmfDetector().push(beep()) == []
