"""Sample rates: what is in the band stays, what would alias goes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ivr.core.media.resample import from_pcm, resample, to_pcm


def sine(hertz: float, rate: int, seconds: float = 1.0) -> NDArray[np.float32]:
    return np.asarray(10000 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate), np.float32)


@pytest.mark.parametrize("rate", [11025, 16000, 22050, 24000, 44100, 48000])
@pytest.mark.parametrize("hertz", [300.0, 1000.0, 3400.0])
def test_the_telephone_band_comes_through_unchanged(rate: int, hertz: float) -> None:
    found = resample(sine(hertz, rate), rate)
    expected = sine(hertz, 8000)
    assert len(found) == len(expected)
    assert np.abs(found - expected)[200:-200].max() < 25


@pytest.mark.parametrize("rate", [16000, 22050, 44100])
def test_what_would_alias_is_gone(rate: int) -> None:
    assert np.abs(resample(sine(5000, rate), rate)[200:-200]).max() < 10


def test_upwards_it_invents_nothing() -> None:
    found = resample(sine(1000, 8000), 8000, 16000)
    assert np.abs(found - sine(1000, 16000))[400:-400].max() < 25


@pytest.mark.parametrize("count", [0, 1, 5])
def test_next_to_nothing_stays_next_to_nothing(count: int) -> None:
    assert len(resample(np.ones(count, np.float32), 16000)) == (count + 1) // 2


def test_pcm_is_rounded_and_clipped() -> None:
    assert from_pcm(to_pcm(np.array([0.6, -40000.0, 40000.0], np.float32))).tolist() == [1.0, -32768.0, 32767.0]
