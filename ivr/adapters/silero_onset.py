"""OnsetDetector by Silero VAD's network on onnxruntime: the second opinion on a suspected onset.

The network sees 256 samples at a time with 32 of context and carries its state on. It is fed the whole suspicion from
the beginning; the mean over its loudest stretch is the answer, because one window proves nothing in babble.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivr.adapters.onnx import network
from ivr.adapters.pinned import PinnedFile
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.resample import from_pcm

WEIGHTS = PinnedFile(
    "silero_vad", "data/silero_vad.onnx", "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
)
WINDOW = 256
"""Samples a step at 8 kHz."""
CONTEXT = 32
"""Samples of the step before that the network wants in front."""
JUDGED_WINDOWS = 3
"""Consecutive windows (96 ms) whose mean counts."""


class SileroOnsetDetector:
    """The stronger voice detector. Thread-safe: it keeps nothing between calls."""

    def __init__(self) -> None:
        self._session = network(str(WEIGHTS.verified()), "Silero VAD")

    def is_speech(self, pcm: bytes) -> float:
        """Probability, 0..1, that these 100 ms or more hold one near voice."""
        scores = self.scores(pcm)
        if not len(scores):
            return 0.0
        width = min(JUDGED_WINDOWS, len(scores))
        return float(np.convolve(scores, np.full(width, 1.0 / width), "valid").max())

    def scores(self, pcm: bytes) -> NDArray[np.float32]:
        """The network's probability for each 32 ms window."""
        audio = from_pcm(pcm) / 32768.0
        state = np.zeros((2, 1, 128), np.float32)
        context = np.zeros(CONTEXT, np.float32)
        scores = np.zeros(len(audio) // WINDOW, np.float32)
        rate = np.array(SAMPLE_RATE, np.int64)
        for index in range(len(scores)):
            window = audio[index * WINDOW : (index + 1) * WINDOW]
            fed = np.concatenate((context, window))[None, :]
            probability, state = self._session.run(None, {"input": fed, "state": state, "sr": rate})
            scores[index] = probability[0, 0]
            context = window[-CONTEXT:]
        return scores
