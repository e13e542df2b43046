"""What the stronger detector must tell apart: a near voice from everything that fools the cheap one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ivr.adapters.silero_onset import SileroOnsetDetector
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_RATE, samples
from ivr.core.media.music import hold_music
from ivr.core.media.resample import from_pcm, to_pcm
from ivr.ports.speech import OnsetDetector
from ivr.testing.fake_speech import FakeOnset
from tests.conftest import RealVoice

HALF = 0.5
"""Probability from which an onset counts."""


@pytest.fixture(scope="module", params=[FakeOnset, SileroOnsetDetector])
def onset(request: pytest.FixtureRequest) -> OnsetDetector:
    detector: OnsetDetector = request.param()
    return detector


@pytest.fixture(scope="module")
def silero() -> SileroOnsetDetector:
    return SileroOnsetDetector()


def stretch(pcm: bytes, begin: float, length: float = 0.3) -> bytes:
    return pcm[2 * samples(begin) : 2 * samples(begin + length)]


def babble(voice: RealVoice, level: float) -> NDArray[np.float32]:
    """Many talkers at once, three seconds."""
    names = ["basic-pbx-ivr-main", "demo-congrats", "demo-instruct", "vm-options", "demo-abouttotry", "demo-moreinfo"]
    talk = [from_pcm(voice(name)) for name in names]
    mixed = np.zeros(24000, np.float32)
    for index in range(6):
        source = talk[index % len(talk)]
        start = 3001 * index % max(1, len(source) - 24000)
        part = source[start : start + 24000]
        mixed[: len(part)] += part
    return np.asarray(mixed * (level / np.sqrt(np.mean(mixed**2))), np.float32)


# --- every detector -------------------------------------------------------------------------------------------------


def test_a_real_voice_is_one(onset: OnsetDetector, voice: RealVoice) -> None:
    assert onset.is_speech(stretch(voice("agent-pass"), 0.2)) > HALF


@pytest.mark.parametrize("length", [0, 100, 320, 3200])
def test_silence_of_any_length_is_none(onset: OnsetDetector, length: int) -> None:
    assert onset.is_speech(bytes(length)) < HALF


def test_the_answer_is_a_probability_and_always_the_same(onset: OnsetDetector, voice: RealVoice) -> None:
    pcm = stretch(voice("agent-pass"), 0.2)
    assert 0.0 <= onset.is_speech(pcm) == onset.is_speech(pcm) <= 1.0


# --- Silero ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["goodbye", "digits/5", "digits/7", "agent-pass", "call-waiting", "phonetic/t_p"])
def test_the_first_300_ms_of_what_a_real_person_says_are_enough(
    silero: SileroOnsetDetector, voice: RealVoice, name: str
) -> None:
    audio = from_pcm(voice(name))
    first = int(np.flatnonzero(np.abs(audio) > 1500)[0])
    assert silero.is_speech(to_pcm(audio[max(0, first - 1600) : first + 1200])) > HALF


def test_our_music_on_hold_never_barges_in(silero: SileroOnsetDetector) -> None:
    music = hold_music()
    assert max(silero.is_speech(stretch(music, begin / 2)) for begin in range(59)) < HALF


def test_a_room_full_of_talkers_seldom_does_where_the_cheap_detector_nearly_always_would(
    silero: SileroOnsetDetector, voice: RealVoice
) -> None:
    pcm = to_pcm(babble(voice, 1000.0))
    cheap = WebrtcFrameVad()
    flags = [cheap.is_speech(pcm[begin : begin + FRAME_BYTES]) for begin in range(0, len(pcm) - 319, FRAME_BYTES)]
    strong = [silero.is_speech(stretch(pcm, begin / 10)) > HALF for begin in range(27)]
    assert np.mean(flags) > 0.8
    assert np.mean(strong) < 0.3


def cadence(on: float, off: float, *hertz: int) -> NDArray[np.float32]:
    """Six seconds of tones, sounding for `on` seconds in every `on` + `off`."""
    time = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE
    sound = sum(np.sin(2 * np.pi * tone * time) for tone in hertz) * (6000 / len(hertz))
    return np.asarray(sound * (time % (on + off) < on), np.float32)


SIGNALS = {
    "ring-back, North America": cadence(2.0, 4.0, 440, 480),
    "ring-back, Hong Kong": cadence(0.4, 0.2, 440, 480),
    "ring-back, United Kingdom": cadence(0.4, 0.2, 400, 450),
    "ring-back, Europe": cadence(1.0, 4.0, 425),
    "busy": cadence(0.5, 0.5, 480, 620),
    "dial tone": cadence(6.0, 0.0, 350, 440),
    "fax": cadence(0.5, 3.0, 1100),
    **{f"{hertz} Hz": cadence(6.0, 0.0, hertz) for hertz in (300, 425, 700, 1000, 1004, 1400, 2100)},
}
"""ITU-T E.180, supplement 2; 1004 Hz is the test tone that the cheap detector takes for speech."""


@pytest.mark.parametrize("name", SIGNALS)
def test_no_signal_of_a_telephone_network_barges_in(silero: SileroOnsetDetector, name: str) -> None:
    pcm = to_pcm(SIGNALS[name])
    assert max(silero.is_speech(stretch(pcm, begin / 4)) for begin in range(22)) < HALF


def test_noise_and_tones_are_no_voice(silero: SileroOnsetDetector) -> None:
    noise = np.random.default_rng(3).standard_normal(2400) * 2000
    tone = 6000 * np.sin(2 * np.pi * 425 * np.arange(2400) / 8000)
    for sound in (noise, tone):
        assert silero.is_speech(to_pcm(sound.astype(np.float32))) < HALF
