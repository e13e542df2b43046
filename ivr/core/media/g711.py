"""ITU-T G.711 in tables: mu-law (PCMU) and A-law (PCMA) to 16-bit linear PCM and back, a whole buffer at once.

Decoding is the standard's expansion; encoding takes the nearest code at or below the magnitude, as the standard's
segment search does. Both directions are one table look-up, so a 20 ms frame costs microseconds.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

ULAW_BIAS = 33 << 2
"""Added to the 16-bit magnitude before the segment search: G.711's 33, on the 14-bit scale."""
ULAW_CLIP = 32635
"""Largest 16-bit magnitude that mu-law can carry."""
ULAW_SILENCE = 0xFF
"""Code of a zero sample in mu-law."""
ALAW_SILENCE = 0xD5
"""Code of a zero sample in A-law."""
ALAW_TOGGLE = 0x55
"""A-law inverts every other bit on the line (G.711 table 1)."""


@cache
def _ulaw_expansion() -> NDArray[np.int16]:
    codes = ~np.arange(256, dtype=np.int32) & 0xFF
    segment, step = (codes >> 4) & 7, codes & 0xF
    magnitude = (((step << 3) + ULAW_BIAS) << segment) - ULAW_BIAS
    return np.where(codes & 0x80, -magnitude, magnitude).astype(np.int16)


@cache
def _alaw_expansion() -> NDArray[np.int16]:
    codes = np.arange(256, dtype=np.int32) ^ ALAW_TOGGLE
    segment, step = (codes >> 4) & 7, codes & 0xF
    magnitude = np.where(segment == 0, (step << 4) + 8, ((step << 4) + 0x108) << np.maximum(segment - 1, 0))
    return np.where(codes & 0x80, magnitude, -magnitude).astype(np.int16)


def _segment(magnitude: NDArray[np.int32], lowest: int) -> NDArray[np.int32]:
    """Index 0..7 of the segment; segment 1 begins at magnitude `lowest`."""
    starts = lowest << np.arange(7)
    return np.searchsorted(starts, magnitude, side="right").astype(np.int32)


@cache
def _ulaw_compression() -> NDArray[np.uint8]:
    linear = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    magnitude = np.minimum(np.abs(linear), ULAW_CLIP) + ULAW_BIAS
    segment = _segment(magnitude, 0x100)
    code = (segment << 4) | ((magnitude >> (segment + 3)) & 0xF)
    return (~np.where(linear < 0, code | 0x80, code) & 0xFF).astype(np.uint8)


@cache
def _alaw_compression() -> NDArray[np.uint8]:
    linear = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    # Negative values are counted from -1 down, so that no code stands for both signs of zero.
    magnitude = np.minimum(np.where(linear < 0, ~linear, linear), 0x7FFF)
    segment = _segment(magnitude, 0x100)
    code = (segment << 4) | ((magnitude >> np.maximum(segment + 3, 4)) & 0xF)
    return (np.where(linear < 0, code, code | 0x80) ^ ALAW_TOGGLE).astype(np.uint8)


def _compress(pcm: bytes, table: NDArray[np.uint8]) -> bytes:
    codes: NDArray[np.uint8] = table[np.frombuffer(pcm, dtype="<u2")]
    return codes.tobytes()


def _expand(codes: bytes, table: NDArray[np.int16]) -> bytes:
    linear: NDArray[np.int16] = table[np.frombuffer(codes, dtype=np.uint8)]
    return linear.astype("<i2").tobytes()


def encode_ulaw(pcm: bytes) -> bytes:
    """16-bit little-endian PCM -> one mu-law byte a sample. Raises ValueError for half a sample."""
    return _compress(pcm, _ulaw_compression())


def decode_ulaw(codes: bytes) -> bytes:
    """Mu-law bytes -> 16-bit little-endian PCM, two bytes a sample."""
    return _expand(codes, _ulaw_expansion())


def encode_alaw(pcm: bytes) -> bytes:
    """16-bit little-endian PCM -> one A-law byte a sample. Raises ValueError for half a sample."""
    return _compress(pcm, _alaw_compression())


def decode_alaw(codes: bytes) -> bytes:
    """A-law bytes -> 16-bit little-endian PCM, two bytes a sample."""
    return _expand(codes, _alaw_expansion())
