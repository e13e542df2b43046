"""TurnDetector by Smart Turn v3.2 (pipecat-ai's, BSD-2-Clause): an encoder like Whisper's that hears whether a sentence
is over by how it was said, on onnxruntime.

It sees the latest 8 s, normalized, with zeros in front of less. Its output is named "logits" and is a probability.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivr.adapters.onnx import network
from ivr.adapters.pinned import PinnedFile
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.resample import from_pcm, resample
from ivr.core.speech.mel import MEL_RATE, mel_filters, power_spectrogram

WEIGHTS = PinnedFile(
    "ivr_weights", "smart-turn-v3.2-cpu.onnx", "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
)
WINDOW_SAMPLES = 8 * MEL_RATE
BANDS = 80
LEAST_VARIANCE = 1e-7
"""Of silence, which is divided by it."""


class SmartTurnDetector:
    """Trained for a score of languages, used for English. Thread-safe: it keeps nothing between calls."""

    def __init__(self) -> None:
        self._session = network(str(WEIGHTS.verified()), "Smart Turn")
        self._filters = mel_filters(BANDS)

    def is_complete(self, pcm: bytes) -> float:
        """Probability, 0..1, that who speaks in this PCM, which ends with a pause, has finished."""
        (complete,) = self._session.run(None, {"input_features": self._features(pcm)})
        return float(np.clip(np.ravel(complete)[0], 0.0, 1.0))

    def _features(self, pcm: bytes) -> NDArray[np.float32]:
        """(1, BANDS, 800) log mel spectrogram of the window."""
        audio = resample(from_pcm(pcm), SAMPLE_RATE, MEL_RATE)[-WINDOW_SAMPLES:] / np.float32(32768.0)
        audio = np.pad(audio, (WINDOW_SAMPLES - len(audio), 0))
        audio = (audio - audio.mean()) / np.sqrt(audio.var() + LEAST_VARIANCE)
        mel = (power_spectrogram(audio) @ self._filters.T)[:-1]
        log = np.log10(np.maximum(mel, 1e-10))
        log = (np.maximum(log, log.max() - 8.0) + 4.0) / 4.0
        return np.ascontiguousarray(log.T[None], np.float32)
