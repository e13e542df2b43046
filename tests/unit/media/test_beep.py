from __future__ import annotations

import numpy as np

from ivr.core.media.beep import MESSAGE_HZ, MESSAGE_SECONDS, NOTICE_SECONDS, beep, beeps
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_RATE
from ivr.core.media.tones import DtmfDetector


def test_the_beep_is_one_tone_without_clicks() -> None:
    audio = np.frombuffer(beep(), "<i2").astype(float)
    assert len(audio) == round(MESSAGE_SECONDS * SAMPLE_RATE)
    loudest = np.argmax(np.abs(np.fft.rfft(audio))) * SAMPLE_RATE / len(audio)
    assert abs(loudest - MESSAGE_HZ) < 5
    assert abs(audio[0]) < 100
    assert abs(audio[-1]) < 200


def test_nobody_takes_the_beep_for_a_key() -> None:
    assert DtmfDetector().push(beep()) == []


def test_notices_are_whole_frames_and_can_be_counted() -> None:
    one, two = beeps(1), beeps(2)
    assert len(one) % FRAME_BYTES == 0
    assert two == one + one
    assert len(one) == 2 * round(NOTICE_SECONDS * 8000) * 2
