"""Our music on hold."""

from __future__ import annotations

import numpy as np

from ivr.core.media.frame import FRAME_BYTES, SAMPLE_RATE
from ivr.core.media.music import PEAK, hold_music


def test_it_is_thirty_seconds_in_whole_frames_and_always_the_same() -> None:
    music = hold_music()
    assert len(music) == 30 * SAMPLE_RATE * 2
    assert len(music) % FRAME_BYTES == 0
    assert music == hold_music()


def test_it_is_never_silent_for_long_and_never_too_loud() -> None:
    audio = np.frombuffer(hold_music(), "<i2").astype(float)
    assert np.abs(audio).max() <= PEAK
    loudness = np.sqrt((audio.reshape(-1, SAMPLE_RATE // 2) ** 2).mean(axis=1))
    assert loudness.min() > 100


def test_it_loops_without_a_click() -> None:
    audio = np.frombuffer(hold_music(), "<i2").astype(int)
    steps = np.abs(np.diff(audio))
    assert abs(audio[0] - audio[-1]) <= steps.max()


def test_it_stays_within_the_telephone_band() -> None:
    spectrum = np.abs(np.fft.rfft(np.frombuffer(hold_music(), "<i2").astype(float))) ** 2
    hertz = np.fft.rfftfreq(30 * SAMPLE_RATE, 1 / SAMPLE_RATE)
    assert spectrum[hertz > 3500].sum() < 1e-4 * spectrum.sum()
