"""Recordings of a customer played back to the line: none passes. And what the customer says anew is not taken for one.

One real person (Debian's prompts). Each customer here is seven of her recordings: three of the enrolment, four answers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

from ivr.core.media.frame import FRAME_SAMPLES, samples
from ivr.core.media.g711 import decode_alaw, decode_ulaw, encode_alaw, encode_ulaw
from ivr.core.media.resample import from_pcm, to_pcm
from ivr.core.media.wav import read_wav
from ivr.core.speech.heard import Fingerprint, fingerprint, was_heard
from tests.conftest import REAL_VOICE

Sound = NDArray[np.float32]
KNOWN, SECONDS = 7, 5.0
REPLAYS = 10_000
SAMPLE = 20


def recordings() -> list[Sound]:
    """Her longer prompts, in a fixed order; of letters, digits and words none."""
    found = [from_pcm(read_wav(path.read_bytes(), path.name)) for path in sorted(REAL_VOICE.glob("*.wav"))]
    return [sound for sound in found if len(sound) >= samples(3.0)]


def piece(sound: Sound, chance: random.Random, least: float = 2.5) -> Sound:
    """What is played: never less than a voice is judged by."""
    size = chance.randint(samples(least), max(samples(least), min(len(sound), samples(SECONDS))))
    start = chance.randint(0, max(0, len(sound) - size))
    return sound[start : start + size]


def played(sound: Sound, chance: random.Random) -> bytes:
    """Over another line: pace, loudness, loudspeaker, noise, lost packets, codecs."""
    rate = chance.uniform(0.9, 1.1)
    sound = np.interp(np.arange(0.0, len(sound) - 1, rate), np.arange(len(sound)), sound).astype(np.float32)
    if chance.random() < 0.5:
        sound = np.convolve(sound, [chance.uniform(-0.3, 0.3), 1.0, chance.uniform(-0.3, 0.3)], "same").astype(
            np.float32
        )
    power = float(np.sqrt(np.mean(sound**2)))
    noise = np.random.default_rng(chance.randrange(2**32)).normal(
        0.0, power * 10 ** (-chance.uniform(20, 40) / 20), len(sound)
    )
    sound = (sound + noise).astype(np.float32)
    sound *= np.float32(10 ** (chance.uniform(-20, 6) / 20))
    for at in range(0, len(sound), FRAME_SAMPLES):
        if chance.random() < 0.01:
            sound[at : at + FRAME_SAMPLES] = 0.0
    pcm = to_pcm(np.clip(sound, -32000, 32000))
    return decode_alaw(encode_alaw(pcm)) if chance.random() < 0.5 else decode_ulaw(encode_ulaw(pcm))


def attempts(seed: int) -> Iterator[tuple[bytes, bytes, list[Fingerprint]]]:
    """A recording played back, something said anew, and what was heard of the customer."""
    chance = random.Random(seed)
    all_of_hers = recordings()
    while True:
        chosen = chance.sample(range(len(all_of_hers)), KNOWN + 1)
        mine = [all_of_hers[number][: samples(2 * SECONDS)] for number in chosen]
        before = [fingerprint(to_pcm(sound)) for sound in mine[:KNOWN]]
        for _ in range(20):
            yield played(piece(chance.choice(mine[:KNOWN]), chance), chance), to_pcm(piece(mine[KNOWN], chance)), before


def passed(count: int, seed: int) -> int:
    return sum(not was_heard(replayed, before) for replayed, _, before in islice(attempts(seed), count))


def test_no_recording_passes_and_nothing_said_anew_is_taken_for_one() -> None:
    assert passed(SAMPLE, seed=1) == 0
    false_alarms = sum(was_heard(anew, before) for _, anew, before in islice(attempts(2), SAMPLE))
    assert false_alarms == 0


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_none_of_ten_thousand_recordings_passes(part: int) -> None:
    assert passed(REPLAYS // 10, seed=100 + part) == 0


@pytest.mark.soak
def test_false_alarms_on_what_is_said_anew_are_counted() -> None:
    kept = islice(attempts(7), 2000)
    found = sum(was_heard(anew, before) for _, anew, before in kept)
    # A trained reader says some words twice nearly alike: 26 of 1,000 were measured while single stretches decided,
    # none of 1,000 since the mean does.
    assert found <= 100, f"{found} of 2,000 answers said anew were taken for recordings"
