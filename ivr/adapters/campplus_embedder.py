"""Embedder by CAM++, with weights that 3D-Speaker trained on Chinese and English (Apache-2.0)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivr.adapters.campplus_network import BANDS, CamPlusPlus
from ivr.adapters.pinned import PinnedFile
from ivr.adapters.torch_pickle import read_tensors
from ivr.core.identity.verifier import CAMPPLUS
from ivr.core.media.frame import SAMPLE_RATE, seconds
from ivr.core.media.resample import from_pcm, resample
from ivr.core.speech.fbank import FBANK_RATE, fbank
from ivr.errors import ModelError, OperatorError

WEIGHTS = PinnedFile(
    "ivr_weights", "campplus_cn_en_common.pt", "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199"
)
CARRIED = 61
"""Bands that begin below 4 kHz. Above, a telephone carries nothing, and what is there is left by resampling: it moves
with the loud lows of anybody's speech. Without it 0.1 % of other voices are taken at a lower cosine."""
MIN_SECONDS = 1.0
LOUDNESS = 10.0 ** (-24.0 / 20.0)
"""RMS that all speech is brought to, of full scale: how loud a line is tells nothing of a person."""


class CampplusEmbedder:
    """192 numbers for a voice. Thread-safe."""

    name = CAMPPLUS

    def __init__(self) -> None:
        """Raises ModelError."""
        try:
            self._network = CamPlusPlus(read_tensors(WEIGHTS.verified()))
        except KeyError as error:
            raise ModelError("The weights of CAM++ lack a layer; run tools/install again.") from error

    def embed(self, pcm: bytes) -> NDArray[np.float32]:
        """Unit vector of the speaker (speech only, at least a second). Raises OperatorError for less."""
        if seconds(len(pcm) // 2) < MIN_SECONDS:
            raise OperatorError("Too little speech to compare: a second is needed.")
        audio = resample(from_pcm(pcm), SAMPLE_RATE, FBANK_RATE) / np.float32(32768.0)
        level = float(np.sqrt(np.mean(audio**2)))
        if level == 0.0:
            raise OperatorError("Nothing but silence: there is no voice to compare.")
        bands = fbank(audio * np.float32(LOUDNESS / level), BANDS)
        bands -= bands.mean(axis=0)
        bands[:, CARRIED:] = 0.0
        vector = self._network(bands)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)
