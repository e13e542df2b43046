"""What a recording must be to enrol a voice with: enough speech, above the noise, undistorted, of one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.core.identity.calibration import Calibration
from ivr.core.identity.voiceprint import LEAST_RECORDINGS, MIN_ENROL_SECONDS, cosine
from ivr.core.media.frame import FRAME_SAMPLES, SAMPLE_RATE
from ivr.core.media.resample import from_pcm

LEAST_SNR_DB: Final = 12.0
"""Of the speech above the quietest tenth of the recording."""
FULL_SCALE: Final = 32_000
"""Samples as loud as that are clipped: G.711 ends at 32124 (mu-law) and 32256 (A-law)."""
MOST_CLIPPED: Final = 0.005
"""Share of the samples."""
_QUIETEST: Final = 0.1
ANOTHER_VOICE: Final = -2.0
"""Log-likelihood ratio below which a piece of an enrolment is of somebody else than the rest of it."""
OTHER_HALF: Final = -3.0
"""The same, of the two halves of one recording: lower, since two short pieces of one person are seldom much alike."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Of one recording."""

    speech_seconds: float
    """Net speech."""
    snr_db: float
    """Speech above noise."""
    clipped: float
    """Share of the samples."""


def quality(pcm: bytes, speech: bytes) -> Quality:
    """Of a recording, and the speech in it (8 kHz PCM)."""
    whole, said = _frames(pcm), _frames(speech)
    if not len(said):
        return Quality(0.0, 0.0, 0.0)
    energy = np.sort(np.mean(whole**2, axis=1))
    noise = float(np.mean(energy[: max(1, int(len(energy) * _QUIETEST))]))
    snr = 10.0 * np.log10(max(float(np.mean(said**2)), 1.0) / max(noise, 1.0))
    clipped = float(np.mean(np.abs(whole) >= FULL_SCALE))
    return Quality(len(said) * FRAME_SAMPLES / SAMPLE_RATE, float(snr), clipped)


def faults(found: Sequence[Quality]) -> list[str]:
    """What is wrong with the recordings of an enrolment, in words that say what to do; none: nothing."""
    said = []
    if len(found) < LEAST_RECORDINGS:
        said.append(f"{LEAST_RECORDINGS} recordings are the least, of five seconds each; here are {len(found)}.")
    for number, one in enumerate(found, start=1):
        if one.speech_seconds < MIN_ENROL_SECONDS:
            said.append(
                f"Recording {number} holds {one.speech_seconds:.1f} s of speech; "
                f"{MIN_ENROL_SECONDS:.0f} s are the least."
            )
        elif one.snr_db < LEAST_SNR_DB:
            said.append(f"Recording {number} is too noisy ({one.snr_db:.0f} dB): record it in a quiet place.")
        if one.clipped > MOST_CLIPPED:
            said.append(f"Recording {number} is clipped: speak less loudly, or turn the microphone down.")
    return said


@dataclass(frozen=True, slots=True)
class Spoken:
    """Whose voice one recording is: vectors of all of it, and of each half."""

    whole: Sequence[float] = field(repr=False)
    halves: tuple[Sequence[float], Sequence[float]] = field(repr=False)
    seconds: float
    """Net speech of the whole."""


def is_one_voice(recordings: Sequence[Spoken], calibration: Calibration | None) -> bool:
    """Whether all recordings of an enrolment may be of one person; not known without a calibration, and then yes.

    Each recording, and each half of it, is compared with the mean of all the others, and the halves of one with each
    other, in case two people take turns. Not all pieces with all: of a hundred pairs of short ones the least alike
    looks like two people.
    """
    if calibration is None or len(recordings) < 2:
        return True
    if any(calibration.llr(cosine(*one.halves), one.seconds / 2.0) <= OTHER_HALF for one in recordings):
        return False
    for number, one in enumerate(recordings):
        others = [other.whole for at, other in enumerate(recordings) if at != number]
        mean = [sum(column) for column in zip(*others, strict=True)]
        pieces = [(one.whole, one.seconds), *((half, one.seconds / 2.0) for half in one.halves)]
        if any(calibration.llr(cosine(mean, piece), length) <= ANOTHER_VOICE for piece, length in pieces):
            return False
    return True


def _frames(pcm: bytes) -> NDArray[np.float32]:
    samples = from_pcm(pcm)
    return samples[: len(samples) - len(samples) % FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
