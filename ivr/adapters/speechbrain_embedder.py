"""Embedder by SpeechBrain's ECAPA-TDNN on weights that the operator supplies; an extra, in the speech process only.

Nothing is fetched: the directory holds hyperparams.yaml and the checkpoints, as SpeechBrain publishes them.
"""

from __future__ import annotations

import hashlib
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivr.core.media.frame import SAMPLE_RATE, seconds
from ivr.core.media.resample import from_pcm, resample
from ivr.errors import ModelError, OperatorError

MODEL_RATE = 16000
MIN_SECONDS = 1.0
SETTINGS_FILE = "hyperparams.yaml"
WEIGHTS_FILE = "embedding_model.ckpt"


class SpeechbrainEmbedder:
    """A voice as ECAPA sees it. Takes seconds to load and about 800 MB."""

    def __init__(self, directory: Path) -> None:
        """Raises ModelError."""
        self.name = name_of(directory)
        _without_torchaudio_extension()
        try:
            import torch
            from speechbrain.inference.speaker import EncoderClassifier
        except ImportError as error:
            raise ModelError("SpeechBrain is not installed: see the extra in docs/speech.md.") from error
        self._torch: Any = torch
        try:
            self._model: Any = EncoderClassifier.from_hparams(
                source=str(directory), savedir=str(directory), overrides={"pretrained_path": str(directory)}
            )
        except Exception as error:  # SpeechBrain raises what its many parts raise
            raise ModelError(f"SpeechBrain cannot load {directory}: {type(error).__name__}: {error}") from error

    def embed(self, pcm: bytes) -> NDArray[np.float32]:
        """Unit vector of the speaker (speech only, at least a second). Raises OperatorError for less."""
        if seconds(len(pcm) // 2) < MIN_SECONDS:
            raise OperatorError("Too little speech to compare: a second is needed.")
        audio = resample(from_pcm(pcm), SAMPLE_RATE, MODEL_RATE) / np.float32(32768.0)
        with self._torch.no_grad():
            vector = self._model.encode_batch(self._torch.from_numpy(audio)[None]).squeeze().numpy()
        norm = float(np.linalg.norm(vector))
        if norm == 0.0:
            raise OperatorError("Nothing but silence: there is no voice to compare.")
        return np.asarray(vector / norm, np.float32)


def name_of(directory: Path) -> str:
    """What the embedder of this directory is called: by its weights. Raises ModelError when they are not there."""
    for name in (SETTINGS_FILE, WEIGHTS_FILE):
        if not (directory / name).is_file():
            raise ModelError(f"No {name} in {directory}: ivr models get ecapa --from DIRECTORY")
    with (directory / WEIGHTS_FILE).open("rb") as file:
        return f"ecapa/{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"


def _without_torchaudio_extension() -> None:
    """SpeechBrain imports torchaudio, whose compiled part pip installs for CUDA: keep it from being loaded."""
    name = "torchaudio._extension"
    if name in sys.modules:
        return
    extension = types.ModuleType(name)

    def without(function: object) -> Callable[..., None]:
        """A decorator of torchaudio's, for what needs the compiled part."""

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("torchaudio's compiled extension is not loaded")

        return fail

    vars(extension).update(_IS_TORCHAUDIO_EXT_AVAILABLE=False, _IS_ALIGN_AVAILABLE=False, fail_if_no_align=without)
    sys.modules[name] = extension
