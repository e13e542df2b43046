"""Log mel bands as Kaldi computes them, which is what networks that know speakers were trained on.

Frames lie wholly within the sound; each loses its mean, its lows are weakened (pre-emphasis), and the triangles stand
on Kaldi's mel scale from 20 Hz on. No dither: the same sound gives the same bands.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

FBANK_RATE = 16000
FRAME = 400
"""25 ms."""
HOP = 160
"""10 ms."""
N_FFT = 512
PREEMPHASIS = 0.97
LOWEST_HZ = 20.0
FLOOR = np.float32(np.finfo(np.float32).eps)
"""Least energy of a band. Sound in -1..1 leaves what a telephone does not carry (above 4 kHz) at it, in every frame."""


def fbank(audio: NDArray[np.float32], bands: int) -> NDArray[np.float32]:
    """(frames, bands) of 16 kHz sound in -1..1; no frames where it is shorter than one."""
    if len(audio) < FRAME:
        return np.zeros((0, bands), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(audio, FRAME)[::HOP].astype(np.float32)
    frames -= frames.mean(axis=1, keepdims=True)
    before = np.concatenate((frames[:, :1], frames[:, :-1]), axis=1)
    spectrum = np.fft.rfft((frames - np.float32(PREEMPHASIS) * before) * _window(), N_FFT, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return np.asarray(np.log(np.maximum(power @ _triangles(bands).T, FLOOR)), np.float32)


@cache
def _window() -> NDArray[np.float32]:
    """Povey's: a Hann window to the power of 0.85, which does not reach zero."""
    hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(FRAME) / (FRAME - 1))
    return np.asarray(hann**0.85, np.float32)


@cache
def _triangles(bands: int) -> NDArray[np.float32]:
    """(bands, N_FFT // 2 + 1): of height 1, straight on the mel scale."""
    edges = np.linspace(float(_mel(LOWEST_HZ)), float(_mel(FBANK_RATE / 2)), bands + 2)
    bins = _mel(np.arange(N_FFT // 2 + 1) * (FBANK_RATE / N_FFT))
    rising = (bins[None, :] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins[None, :]) / np.diff(edges)[1:, None]
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)


def _mel(hertz: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0))
