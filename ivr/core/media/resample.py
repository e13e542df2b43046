"""Any sample rate to the engine's 8 kHz, through a windowed-sinc low-pass that leaves nothing to alias."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ivr.core.media.frame import SAMPLE_RATE

HALF_WIDTH = 24
"""Zero crossings of the sinc on either side: about 70 dB of stop band with the Kaiser window below."""
KAISER_BETA = 7.0
CUTOFF = 0.94
"""Of the lower Nyquist frequency: 3.76 kHz at 8 kHz, above the telephone band's 3.4 kHz."""


def resample(audio: NDArray[np.float32], rate: int, to: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """Mono samples of any scale at `rate` Hz, as samples at `to` Hz. The duration stays."""
    if rate == to or not len(audio):
        return audio.astype(np.float32)
    common = math.gcd(rate, to)
    up, down = to // common, rate // common
    # One polyphase branch per output phase: the filter is only ever evaluated where it is used.
    width = HALF_WIDTH * max(up, down) / up
    reach = math.ceil(width)
    padded = np.concatenate((np.zeros(reach), audio, np.zeros(reach + 1)))
    count = math.ceil(len(audio) * up / down)
    result = np.zeros(count, np.float32)
    taps = np.arange(-reach + 1, reach + 1)
    for phase in range(min(up, count)):
        index = np.arange(phase, count, up)
        position = index * down
        whole, fraction = position // up, (phase * down % up) / up
        kernel = _kernel((taps - fraction).astype(np.float64), up, down, width)
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(taps))[whole + 1]
        result[index] = windows @ kernel
    return result


def _kernel(offset: NDArray[np.float64], up: int, down: int, width: float) -> NDArray[np.float64]:
    """Low-pass at the lower of both Nyquist frequencies, unit gain at zero."""
    cutoff = CUTOFF * min(1.0, up / down)
    inside = np.clip(1.0 - (offset / width) ** 2, 0.0, None)
    window = np.i0(KAISER_BETA * np.sqrt(inside)) / np.i0(KAISER_BETA)
    kernel = cutoff * np.sinc(cutoff * offset) * window * (np.abs(offset) <= width)
    return np.asarray(kernel / kernel.sum())


def to_pcm(audio: NDArray[np.float32]) -> bytes:
    """Samples in -32768..32767 as 16-bit little-endian PCM."""
    rounded: NDArray[np.int16] = np.clip(np.rint(audio), -32768, 32767).astype("<i2")
    return rounded.tobytes()


def from_pcm(pcm: bytes) -> NDArray[np.float32]:
    """16-bit little-endian PCM as samples in -32768..32767."""
    return np.frombuffer(pcm, "<i2").astype(np.float32)
