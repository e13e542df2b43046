"""Embedder by Resemblyzer's network (GE2E, three LSTM layers), computed with numpy: its package would pull torch.

The same embedding as torch gives (cosine 1.0000, measured), in 0.1 s for 5 s of speech.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivr.adapters.pinned import PinnedFile
from ivr.adapters.torch_pickle import read_tensors
from ivr.core.media.frame import SAMPLE_RATE, seconds
from ivr.core.media.resample import from_pcm, resample
from ivr.core.speech.mel import MEL_RATE, mel_filters, power_spectrogram
from ivr.errors import ModelError, OperatorError

WEIGHTS = PinnedFile("resemblyzer", "pretrained.pt", "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e")
LAYERS = 3
BANDS = 40
WINDOW_FRAMES = 160
"""1.6 s: what the network was trained on."""
STEP_FRAMES = 77
"""1.3 windows a second, as its authors average them."""
MIN_COVERAGE = 0.75
"""A last window filled less than this is left out."""
LOUDNESS = 10.0 ** (-30.0 / 20.0)
"""RMS that all speech is brought to: -30 dB of full scale. Resemblyzer itself only raises quiet speech; but its network
hears loudness (12 dB less: cosine 0.90 with itself), and on a telephone that tells the line, not the person."""
MIN_SECONDS = 1.0


class ResemblyzerEmbedder:
    """256 numbers for a voice. Thread-safe."""

    name = "resemblyzer-0.1.4"

    def __init__(self) -> None:
        """Raises ModelError."""
        tensors = read_tensors(WEIGHTS.verified(), "model_state")
        try:
            self._layers = [
                (
                    tensors[f"lstm.weight_ih_l{index}"].T.copy(),
                    tensors[f"lstm.weight_hh_l{index}"].T.copy(),
                    tensors[f"lstm.bias_ih_l{index}"] + tensors[f"lstm.bias_hh_l{index}"],
                )
                for index in range(LAYERS)
            ]
            self._linear = (tensors["linear.weight"].T.copy(), tensors["linear.bias"])
        except KeyError as error:
            raise ModelError("Resemblyzer's weights lack a layer; install weights.txt again.") from error
        self._filters = mel_filters(BANDS)

    def embed(self, pcm: bytes) -> NDArray[np.float32]:
        """Unit vector of the speaker (speech only, at least a second). Raises OperatorError for less."""
        if seconds(len(pcm) // 2) < MIN_SECONDS:
            raise OperatorError("Too little speech to compare: a second is needed.")
        audio = resample(from_pcm(pcm), SAMPLE_RATE, MEL_RATE) / np.float32(32768.0)
        level = float(np.sqrt(np.mean(audio**2)))
        if level == 0.0:
            raise OperatorError("Nothing but silence: there is no voice to compare.")
        mel = power_spectrogram(audio * np.float32(LOUDNESS / level), mirrored=False) @ self._filters.T
        vectors = self._forward(_windows(mel))
        mean = vectors.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    def _forward(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """(windows, frames, bands) -> (windows, 256), unit rows."""
        signal = batch
        for into, back, bias in self._layers:
            signal = _lstm(signal, into, back, bias)
        weight, bias = self._linear
        raw = np.maximum(0.0, signal[:, -1] @ weight + bias)
        return np.asarray(raw / np.maximum(1e-9, np.linalg.norm(raw, axis=1, keepdims=True)), np.float32)


def _windows(mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Overlapping windows of the spectrogram; the last one padded with zeros if it covers enough."""
    starts = list(range(0, max(1, len(mel) - WINDOW_FRAMES + STEP_FRAMES), STEP_FRAMES))
    if len(starts) > 1 and len(mel) - starts[-1] < MIN_COVERAGE * WINDOW_FRAMES:
        starts.pop()
    padded = np.pad(mel, ((0, max(0, starts[-1] + WINDOW_FRAMES - len(mel))), (0, 0)))
    return np.stack([padded[start : start + WINDOW_FRAMES] for start in starts]).astype(np.float32)


def _lstm(
    signal: NDArray[np.float32], into: NDArray[np.float32], back: NDArray[np.float32], bias: NDArray[np.float32]
) -> NDArray[np.float32]:
    """One layer over (batch, time, features); torch's order of gates: input, forget, cell, output."""
    batch, steps, _ = signal.shape
    width = back.shape[0]
    driven = signal @ into + bias
    hidden = np.zeros((batch, width), np.float32)
    cell = np.zeros((batch, width), np.float32)
    outputs = np.empty((batch, steps, width), np.float32)
    for step in range(steps):
        gates = driven[:, step] + hidden @ back
        squashed = 0.5 * (np.tanh(0.5 * gates) + 1.0)  # the logistic function, without overflow
        candidate = np.tanh(gates[:, 2 * width : 3 * width])
        cell[:] = squashed[:, width : 2 * width] * cell + squashed[:, :width] * candidate
        hidden[:] = squashed[:, 3 * width :] * np.tanh(cell)
        outputs[:, step] = hidden
    return outputs
