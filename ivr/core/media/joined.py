"""Pieces of speech put together as one: close, without clicks, with the pauses that are asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.resample import from_pcm, to_pcm

QUIET = 0.03
"""Of a piece's peak: below this its edges are not speech."""
EDGE_SECONDS = 0.02
"""Kept of that at either edge: the breath of a word's last sound."""
FADE_SECONDS = 0.008
GAP_SECONDS = 0.03
"""Between two pieces without a pause: as between words in a breath."""


def joined(parts: Sequence[bytes | float]) -> bytes:
    """8 kHz PCM of pieces (bytes) and pauses (seconds) in their order."""
    found: list[NDArray[np.float32]] = []
    gap = 0.0
    for part in parts:
        if isinstance(part, float):
            gap = max(gap, part)
            continue
        if found:
            found.append(np.zeros(round((gap or GAP_SECONDS) * SAMPLE_RATE), np.float32))
        found.append(trimmed(from_pcm(part)))
        gap = 0.0
    return to_pcm(np.concatenate(found)) if found else b""


def trimmed(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """A piece without the quiet at its edges, faded in and out."""
    size = np.abs(audio)
    loud = np.flatnonzero(size > QUIET * size.max(initial=0.0))
    if not len(loud):
        return audio[:0]
    edge, fade = round(EDGE_SECONDS * SAMPLE_RATE), round(FADE_SECONDS * SAMPLE_RATE)
    piece = audio[max(0, int(loud[0]) - edge) : int(loud[-1]) + edge].copy()
    ramp = np.linspace(0.0, 1.0, min(fade, len(piece)), dtype=np.float32)
    piece[: len(ramp)] *= ramp
    piece[len(piece) - len(ramp) :] *= ramp[::-1]
    return piece
