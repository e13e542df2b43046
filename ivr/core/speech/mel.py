"""Mel spectrograms as Whisper was trained on: Slaney's scale and area normalization, periodic Hann."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MEL_RATE = 16000
"""Samples a second that it wants."""
N_FFT = 400
"""25 ms."""
HOP = 160
"""10 ms."""
_BREAK_HZ = 1000.0
_BREAK_MEL = 15.0
_LINEAR_HZ = 200.0 / 3.0
_LOG_STEP = np.log(6.4) / 27.0


def mel_filters(bands: int) -> NDArray[np.float32]:
    """(bands, N_FFT // 2 + 1): triangles on Slaney's mel scale from 0 to 8 kHz, each of unit area."""
    edges = _to_hertz(np.linspace(0.0, float(_to_mel(MEL_RATE / 2)), bands + 2))
    bins = np.linspace(0.0, MEL_RATE / 2, N_FFT // 2 + 1)
    rising = (bins[None, :] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins[None, :]) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None], np.float32)


def power_spectrogram(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """(frames, N_FFT // 2 + 1) of 16 kHz audio, centred frames, edges reflected."""
    half = N_FFT // 2
    padded = np.pad(audio, half, mode="reflect" if len(audio) > half else "constant")
    windows = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    hann = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)
    spectrum = np.fft.rfft(windows * hann, axis=1)
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


def _to_mel(hertz: float) -> float:
    if hertz < _BREAK_HZ:
        return hertz / _LINEAR_HZ
    return _BREAK_MEL + float(np.log(hertz / _BREAK_HZ) / _LOG_STEP)


def _to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ, _BREAK_HZ * np.exp((mel - _BREAK_MEL) * _LOG_STEP))
