"""Keys heard in the audio: every key, at Q.24's limits; never in speech, music or noise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ivr.core.media.frame import FRAME_BYTES, SAMPLE_RATE
from ivr.core.media.g711 import decode_ulaw, encode_ulaw
from ivr.core.media.music import hold_music
from ivr.core.media.tones import HIGH_HZ, KEYS, LOW_HZ, DtmfDetector
from tests.conftest import RealVoice

ALL = "123A456B789C*0#D"


def tone(
    key: str, *, ms: float = 40.0, off: float = 0.0, twist_db: float = 0.0, level: float = 3000.0
) -> NDArray[np.float64]:
    row = next(index for index, keys in enumerate(KEYS) if key in keys)
    low, high = LOW_HZ[row] * (1 + off), HIGH_HZ[KEYS[row].index(key)] * (1 + off)
    time = np.arange(round(ms * SAMPLE_RATE / 1000)) / SAMPLE_RATE
    weaker = level * 10 ** (-twist_db / 20)
    return np.asarray(level * np.sin(2 * np.pi * low * time) + weaker * np.sin(2 * np.pi * high * time + 1.0))


def pause(ms: float) -> NDArray[np.float64]:
    return np.zeros(round(ms * SAMPLE_RATE / 1000))


def pcm(*parts: NDArray[np.float64]) -> bytes:
    level: NDArray[np.int16] = np.clip(np.concatenate(parts), -32768, 32767).astype("<i2")
    return level.tobytes()


def keys_in(audio: bytes, chunk: int = FRAME_BYTES) -> str:
    detector = DtmfDetector()
    return "".join(
        digit for begin in range(0, len(audio), chunk) for digit in detector.push(audio[begin : begin + chunk])
    )


@pytest.mark.parametrize("offset_ms", [0.0, 3.1, 7.7, 12.4, 18.9])
def test_every_key_of_40_ms_is_heard_once_wherever_it_falls(offset_ms: float) -> None:
    parts = [part for key in ALL for part in (tone(key), pause(40))]
    assert keys_in(pcm(pause(offset_ms), *parts, pause(40))) == ALL


@pytest.mark.parametrize("chunk", [2, 160, 322, 4096])
def test_it_does_not_matter_how_the_audio_is_cut(chunk: int) -> None:
    audio = pcm(pause(15), tone("7", ms=60), pause(60), tone("3", ms=60), pause(60))
    assert keys_in(audio, chunk) == "73"


@pytest.mark.parametrize("off", [0.015, -0.015])
def test_tones_a_little_off_are_heard(off: float) -> None:
    assert keys_in(pcm(*(part for key in ALL for part in (tone(key, off=off), pause(40))), pause(40))) == ALL


@pytest.mark.parametrize("off", [0.035, -0.035])
def test_tones_far_off_are_not(off: float) -> None:
    assert keys_in(pcm(*(part for key in ALL for part in (tone(key, ms=100, off=off), pause(40))))) == ""


@pytest.mark.parametrize("twist_db", [8.0, -4.0])
def test_unequal_tones_within_the_standard_are_heard(twist_db: float) -> None:
    assert keys_in(pcm(*(part for key in ALL for part in (tone(key, twist_db=twist_db), pause(40))), pause(40))) == ALL


@pytest.mark.parametrize("twist_db", [14.0, -10.0])
def test_tones_far_apart_in_level_are_not(twist_db: float) -> None:
    assert keys_in(pcm(tone("5", ms=100, twist_db=twist_db), pause(40))) == ""


def test_a_long_press_is_one_key_and_two_presses_are_two() -> None:
    assert keys_in(pcm(tone("9", ms=2000), pause(50))) == "9"
    assert keys_in(pcm(tone("9", ms=60), pause(60), tone("9", ms=60), pause(60))) == "99"


def test_a_drop_out_of_ten_milliseconds_is_no_second_press() -> None:
    for begin in range(400, 480, 7):
        pressed = tone("4", ms=160)
        pressed[begin : begin + 80] = 0.0
        assert keys_in(pcm(pressed, pause(60))) == "4"


@pytest.mark.parametrize("offset_ms", range(0, 20, 2))
def test_a_packet_that_is_missing_or_late_in_a_tone_is_no_second_press(offset_ms: int) -> None:
    """20 ms of nothing where the packet should be, or the tone begun anew behind it, as a jitter buffer stretches."""
    whole = tone("9", ms=160)
    hole = whole.copy()
    hole[480 + offset_ms * 8 :][:160] = 0.0
    assert keys_in(pcm(pause(30), hole, pause(60))) == "9"
    stretched = np.concatenate((whole[: 480 + offset_ms * 8], pause(20), whole[480 + offset_ms * 8 :]))
    assert keys_in(pcm(pause(30), stretched, pause(60))) == "9"


@pytest.mark.parametrize("offset_ms", range(0, 20, 2))
def test_two_presses_with_the_shortest_pause_of_the_standard_are_two(offset_ms: int) -> None:
    assert keys_in(pcm(pause(30 + offset_ms), tone("9"), pause(40), tone("9"), pause(60))) == "99"


def test_a_click_of_a_tone_is_no_key() -> None:
    assert keys_in(pcm(pause(13), tone("6", ms=15), pause(60))) == ""


def test_keys_survive_the_telephone_and_its_noise() -> None:
    noise = np.random.default_rng(1)
    clean = np.concatenate([part for key in ALL for part in (tone(key, ms=60), pause(60))])
    noisy = clean + noise.standard_normal(len(clean)) * 3000 * 10 ** (-15 / 20)
    assert keys_in(decode_ulaw(encode_ulaw(pcm(noisy)))) == ALL


def test_one_tone_alone_is_no_key() -> None:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    assert keys_in(pcm(5000 * np.sin(2 * np.pi * 770 * time))) == ""
    assert keys_in(pcm(5000 * np.sin(2 * np.pi * 1336 * time))) == ""


def test_noise_silence_and_our_music_are_no_keys() -> None:
    assert keys_in(pcm(np.random.default_rng(2).standard_normal(SAMPLE_RATE * 10) * 4000)) == ""
    assert keys_in(bytes(SAMPLE_RATE * 4)) == ""
    assert keys_in(hold_music()) == ""


@pytest.mark.parametrize("name", ["basic-pbx-ivr-main", "demo-congrats", "demo-instruct", "vm-options"])
def test_a_real_person_presses_no_keys_by_talking(voice: RealVoice, name: str) -> None:
    assert keys_in(voice(name)) == ""
