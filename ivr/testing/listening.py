"""What was heard, exactly: where a known sound occurs in received audio, and how well it matches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROW_GAP_BYTES = 2 * 4800
"""Between two sounds of a row: 0.6 s at most, some of it before the first one."""
_ROW_MATCH = 0.8
"""Correlation above which it was that sound: with one packet of a short word lost it stays above 0.9."""
Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """Best place of a sound in what was heard."""

    sample: int
    """Where it begins; negative when its beginning was cut off."""
    score: float
    """Normalized correlation over the overlap, 1.0 for the same audio."""


def samples_of(pcm: bytes) -> Samples:
    """16-bit little-endian PCM as numbers."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64)


def loudness(pcm: bytes) -> float:
    """Root mean square of 16-bit samples; 0 for nothing."""
    values = samples_of(pcm)
    return float(np.sqrt(np.mean(values * values))) if len(values) else 0.0


def peak(pcm: bytes) -> float:
    """Largest magnitude of 16-bit samples; 0 for nothing."""
    return float(np.abs(samples_of(pcm)).max(initial=0.0))


def find(sound: bytes, heard: bytes) -> Found:
    """Where `sound` occurs whole in `heard`; score 0 when it is longer than what was heard, or silent."""
    needle, hay = samples_of(sound), samples_of(heard)
    if not len(needle) or len(needle) > len(hay) or not np.any(needle):
        return Found(0, 0.0)
    size = 1 << (len(hay) + len(needle)).bit_length()
    product = np.fft.irfft(np.fft.rfft(hay, size) * np.conj(np.fft.rfft(needle, size)), size)
    product = product[: len(hay) - len(needle) + 1]
    squares = np.concatenate(([0.0], np.cumsum(hay * hay)))
    energy = squares[len(needle) :] - squares[: len(squares) - len(needle)]
    # Below one step of noise a window is silence: it matches nothing, and must not divide by nearly zero.
    floor = max(float(len(needle)), 1e-6 * float(squares[-1]))
    scores = product / np.sqrt(np.maximum(energy, floor) * float(needle @ needle))
    best = int(np.argmax(scores))
    return Found(best, float(scores[best]))


def row_heard(sounds: Mapping[str, bytes], heard: bytes) -> str:
    """Names of the sounds that follow one another in what was heard, joined: digits that were read out, say."""
    found, at = "", 0
    while True:
        here = {name: find(sound, heard[at : at + len(sound) + _ROW_GAP_BYTES]) for name, sound in sounds.items()}
        there = [(place.sample, name) for name, place in here.items() if place.score > _ROW_MATCH]
        if not there:
            return found
        # The next one, not the best one: the one after it may lie within the gap, too.
        sample, name = min(there)
        found, at = found + name, at + 2 * sample + len(sounds[name])


def part_heard(sound: bytes, heard: bytes, *, piece: int = 1600) -> float:
    """Seconds-weighted share of a sound's audible pieces (200 ms each by default) that occur in `heard`, 0..1."""
    whole = present = 0
    for start in range(0, len(sound) - 2 * piece + 1, 2 * piece):
        chunk = sound[start : start + 2 * piece]
        if loudness(chunk) < 100:
            continue
        whole += 1
        present += find(chunk, heard).score > 0.8
    return present / whole if whole else 0.0


def tone_level(pcm: bytes, hertz: float, *, rate: int = 8000) -> float:
    """Share of the energy that is in one tone, 0..1 (Goertzel's sum)."""
    values = samples_of(pcm)
    total = float(values @ values)
    if total == 0.0:
        return 0.0
    wave = np.exp(-2j * np.pi * hertz / rate * np.arange(len(values)))
    return float(abs(values @ wave) ** 2 * 2 / len(values) / total)
