"""Recordings of what was heard are found, however they are played; what is said anew is not."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.core.media.g711 import decode_alaw, decode_ulaw, encode_alaw, encode_ulaw
from ivr.core.media.resample import from_pcm, to_pcm
from ivr.core.speech.heard import (
    LIMITS,
    MOST_SECONDS,
    Alike,
    Fingerprint,
    Heard,
    Limits,
    alike,
    fingerprint,
    was_heard,
)
from ivr.testing.fake_speech import speak
from tests.conftest import RealVoice

SECOND = 16000


@pytest.fixture(scope="module")
def sound(voice: RealVoice) -> bytes:
    return voice("demo-instruct")


def played(pcm: bytes, how: str) -> bytes:
    sound = from_pcm(pcm)
    chance = np.random.default_rng(3)
    match how:
        case "as it was":
            return pcm
        case "from its middle":
            return pcm[SECOND + 1234 :]
        case "softly, over another codec":
            return decode_alaw(encode_alaw(to_pcm(sound * np.float32(0.15))))
        case "loudly":
            return decode_ulaw(encode_ulaw(to_pcm(np.clip(sound * np.float32(3.0), -32000, 32000))))
        case "noisily":
            noise = chance.normal(0.0, float(np.sqrt(np.mean(sound**2))) * 10 ** (-15 / 20), len(sound))
            return to_pcm((sound + noise).astype(np.float32))
        case "through another loudspeaker":
            return to_pcm(np.convolve(sound, [0.2, 0.7, 0.4, -0.2], "same").astype(np.float32))
        case _:
            rate = float(how.split()[0])
            at = np.arange(0.0, len(sound) - 1, rate)
            return to_pcm(np.interp(at, np.arange(len(sound)), sound).astype(np.float32))


@pytest.mark.parametrize(
    "how",
    [
        "as it was",
        "from its middle",
        "softly, over another codec",
        "loudly",
        "noisily",
        "through another loudspeaker",
        "0.9 times as fast",
        "1.02 times as fast",
        "1.1 times as fast",
    ],
)
def test_a_recording_is_found_however_it_is_played(sound: bytes, how: str) -> None:
    before = [fingerprint(sound[: 10 * SECOND])]
    assert was_heard(played(sound[3 * SECOND : 8 * SECOND], how), before)


def test_other_words_of_the_same_person_are_not_a_recording(sound: bytes, voice: RealVoice) -> None:
    before = [fingerprint(sound[: 10 * SECOND]), fingerprint(voice("demo-congrats")[: 10 * SECOND])]
    for name in ("demo-abouttotry", "demo-echotest", "agent-pass", "vm-instructions"):
        anew = voice(name)
        for at in range(0, min(len(anew), 10 * SECOND) - 4 * SECOND, 3 * SECOND):
            assert not was_heard(anew[at : at + 5 * SECOND], before), name


def test_a_word_cut_out_and_put_elsewhere_is_found(sound: bytes, voice: RealVoice) -> None:
    cut = sound[4 * SECOND : 4 * SECOND + SECOND * 8 // 10]
    other = voice("demo-congrats")[2 * SECOND : 4 * SECOND]
    assert was_heard(other + cut + other, [fingerprint(sound)])


def test_silence_hum_and_nothing_match_nothing() -> None:
    hum = to_pcm((3000 * np.sin(np.arange(40000) * 2 * np.pi * 50 / 8000)).astype(np.float32))
    for same in (bytes(80000), hum, b"", bytes(100)):
        assert not was_heard(same, [fingerprint(same)])
    assert not was_heard(speak("abc"), [])


def test_the_oldest_answers_go_where_there_would_be_too_many() -> None:
    minute = Fingerprint(bytes(16 * 50 * 60))
    heard = Heard((minute,))
    for at in range(15):
        heard = heard.answered(float(at), minute)
    assert [at for at, _ in heard.answers] == [float(at) for at in range(5, 15)]
    assert sum(one.seconds for _, one in heard.answers) <= MOST_SECONDS
    assert len(heard.since(12.0).answers) == 3
    assert heard.since(12.0).enrolment == (minute,)


def test_recordings_of_an_earlier_enrolment_stay_known() -> None:
    old, new = Fingerprint(bytes(16)), Fingerprint(bytes(32))
    heard = Heard().enrolled(1.0, (old,)).enrolled(2.0, (new,))
    assert heard.enrolment == (new,)
    assert heard.answers == ((2.0, old),)


def test_a_phrase_that_is_said_again_among_other_words_is_no_recording(voice: RealVoice) -> None:
    before = [fingerprint(voice("agent-incorrect"))]
    anew = voice("agent-newlocation")  # "followed by the pound key", as she says it there
    of_a_word, around = LIMITS[1], alike(anew, before, LIMITS[1].size)
    assert of_a_word.most <= around.most < of_a_word.surely
    assert not was_heard(anew, before)


@pytest.mark.parametrize("how", ["as it was", "noisily", "0.9 times as fast"])
def test_a_recording_among_other_talk_is_found(sound: bytes, voice: RealVoice, how: str) -> None:
    before, other = [fingerprint(sound[: 10 * SECOND])], voice("demo-congrats")[: 4 * SECOND]
    assert was_heard(other + played(sound, how)[3 * SECOND : 6 * SECOND] + other, before)


@pytest.mark.parametrize("limits", LIMITS, ids=["a second", "a word"])
def test_one_stretch_that_is_rather_alike_is_a_recording_only_where_its_surroundings_are_too(limits: Limits) -> None:
    assert not limits.exceeded(Alike(limits.surely - 0.01, limits.mean - 0.01))
    assert limits.exceeded(Alike(max(limits.most, limits.mean), limits.mean))
    assert limits.exceeded(Alike(limits.surely, -1.0))
    assert limits.most < 0.0 or not limits.exceeded(Alike(limits.most - 0.01, limits.mean + 0.1))
