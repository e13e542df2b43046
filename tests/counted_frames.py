"""Packets of 20 ms of which each has one level, and the next one another: what is missing of them shows."""

from __future__ import annotations

import itertools

import numpy as np

from ivr.core.media.frame import FRAME_SAMPLES, SAMPLE_RATE
from ivr.core.media.g711 import decode_ulaw

LEVELS = np.frombuffer(decode_ulaw(bytes(range(0x80, 0xD0))), "<i2")
"""Each one is what PCMU makes of itself, and none is another."""


def counted_frames(count: int) -> bytes:
    """Packets of one level each, in turn."""
    return np.repeat(LEVELS[np.arange(count) % len(LEVELS)], FRAME_SAMPLES).astype("<i2").tobytes()


def missing(pcm: bytes) -> tuple[int, float]:
    """Milliseconds that are missing between the first and the last of such packets, and how many seconds there are.

    What is there twice, or was smoothed at its edges since a packet came late, is not missing: half of one tells which.
    """
    sound = np.frombuffer(pcm, "<i2")
    places = np.flatnonzero(np.diff(sound, prepend=sound[0] + 1))
    lengths = np.diff(places, append=len(sound))
    number = {int(level): place for place, level in enumerate(LEVELS)}
    seen = [
        number[int(sound[place])]
        for place, length in zip(places, lengths, strict=True)
        if int(sound[place]) in number and length >= FRAME_SAMPLES // 2
    ]
    assert seen, "nothing of it was recorded"
    lost = sum((after - before - 1) % len(LEVELS) for before, after in itertools.pairwise(seen) if after != before)
    return lost * FRAME_SAMPLES * 1000 // SAMPLE_RATE, len(seen) * FRAME_SAMPLES / SAMPLE_RATE
