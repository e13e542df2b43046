"""Music on hold, ours: four slow chords with a plucked arpeggio, computed, so nobody's rights are in it.

The piece loops without a seam: notes that ring past its end come back in at its beginning. Partials stay within the
telephone's 300-3400 Hz, where G.711 carries them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivr.core.media.frame import SAMPLE_RATE

BEAT = 0.46875
"""Seconds of one eighth note; 64 of them are 30 s exactly."""
CHORDS: tuple[tuple[int, ...], ...] = (
    (48, 64, 67, 71, 74),
    (45, 60, 64, 67, 71),
    (41, 57, 60, 64, 67),
    (43, 59, 62, 65, 69),
    (48, 64, 67, 71, 76),
    (40, 59, 62, 67, 71),
    (41, 57, 60, 65, 69),
    (43, 55, 59, 65, 69),
)
"""MIDI note numbers: bass, then four chord tones. Cmaj9 Am9 Fmaj9 G9 Cmaj7 Em7 F6 G7."""
PATTERN = (1, 2, 3, 4, 3, 2, 4, 2)
"""Which chord tone each of a chord's eighths plucks."""
PARTIALS = (1.0, 0.5, 0.28, 0.14, 0.08)
"""Amplitude of each harmonic of a plucked note."""
PEAK = 6000
"""Loudest sample: about -15 dBm0, under the level of speech."""
TOP_HZ = 3300.0
"""Nothing above is written: it would only alias."""


def hold_music() -> bytes:
    """30 s of 8 kHz 16-bit PCM, loopable. Takes about 0.1 s to compute: keep it."""
    step = round(BEAT * SAMPLE_RATE)
    track = np.zeros(step * len(PATTERN) * len(CHORDS))
    for bar, chord in enumerate(CHORDS):
        start = bar * step * len(PATTERN)
        _add(track, start, _note(chord[0] + 12, seconds=4.2, decay=1.3), 0.55)
        for tone in chord[1:]:
            _add(track, start, _pad(tone, seconds=len(PATTERN) * BEAT), 0.11)
        for beat, tone_index in enumerate(PATTERN):
            accent = 0.5 if beat % 4 == 0 else 0.36
            _add(track, start + beat * step, _note(chord[tone_index] + 12, seconds=2.5, decay=2.2), accent)
    level: NDArray[np.int16] = (track * (PEAK / np.abs(track).max())).astype("<i2")
    return level.tobytes()


def _add(track: NDArray[np.float64], start: int, sound: NDArray[np.float64], gain: float) -> None:
    """Mix in, wrapping round the end."""
    np.add.at(track, (start + np.arange(len(sound))) % len(track), sound * gain)


def _hertz(note: int) -> float:
    return float(440.0 * 2.0 ** ((note - 69) / 12))


def _note(note: int, *, seconds: float, decay: float) -> NDArray[np.float64]:
    """A pluck: higher partials die sooner."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = np.zeros_like(time)
    for index, amplitude in enumerate(PARTIALS, start=1):
        hertz = _hertz(note) * index
        if hertz < TOP_HZ:
            sound += amplitude * np.sin(2 * np.pi * hertz * time) * np.exp(-decay * index**0.7 * time)
    attack = np.minimum(1.0, time / 0.008)
    release = np.minimum(1.0, (seconds - time) / 0.2)
    return np.asarray(sound * attack * release)


def _pad(note: int, *, seconds: float) -> NDArray[np.float64]:
    """A soft sustained tone that swells and fades over the chord, slightly chorused."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    swell = np.sin(np.pi * time / seconds) ** 0.8
    hertz = _hertz(note)
    return np.asarray(swell * (np.sin(2 * np.pi * hertz * time) + np.sin(2 * np.pi * (hertz + 0.7) * time)))
