"""How loud a channel is along a call: what a waveform is drawn from without its sound being read.

Rule: one byte for each tenth of a second, the loudest sample in it. They are sealed with the recording (formats.md).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ivr.core.media.frame import SAMPLE_RATE

PEAKS_PER_SECOND: Final = 10
PEAK_SAMPLES: Final = SAMPLE_RATE // PEAKS_PER_SECOND
LOUDEST: Final = 255
"""Of a sample at the 16 bits' end."""


def peaks_of(pcm: bytes) -> bytes:
    """One byte for each tenth of a second of 16-bit PCM, 0 (silent) to LOUDEST; the last may be of a shorter rest."""
    sound = np.abs(np.frombuffer(pcm, "<i2").astype(np.int32))
    whole = np.zeros(-(-len(sound) // PEAK_SAMPLES) * PEAK_SAMPLES, np.int32)
    whole[: len(sound)] = sound
    loudest = whole.reshape(-1, PEAK_SAMPLES).max(axis=1, initial=0)
    return bytes(np.minimum(LOUDEST, -(-loudest * LOUDEST // 32767)).astype(np.uint8))


def coarser(peaks: bytes, columns: int) -> bytes:
    """The same in so many columns at most, each as loud as the loudest that it stands for."""
    each = max(1, -(-len(peaks) // columns))
    return bytes(max(peaks[at : at + each]) for at in range(0, len(peaks), each))
