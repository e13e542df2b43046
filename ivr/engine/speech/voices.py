"""Voices in the speech service: templates are opened, compared and forgotten within one call."""

from __future__ import annotations

import numpy as np

from ivr.core.identity.voiceprint import similarity
from ivr.errors import DeniedError, IvrError
from ivr.ports import Embedder, Voiceprints


class VoiceScorer:
    """Scores speech against one customer's voiceprint."""

    def __init__(self, embedder: Embedder, voiceprints: Voiceprints) -> None:
        self._embedder = embedder
        self._voiceprints = voiceprints

    def score(self, customer: str, pcm: bytes) -> float:
        """Cosine similarity. Raises DeniedError (the reason is safe to log) when there is nothing to score."""
        voiceprint = self._voiceprints.get(customer)
        if voiceprint is None:
            raise DeniedError("not enrolled")
        if voiceprint.model != self._embedder.name:
            raise DeniedError("enrolled with another model")
        try:
            vector = self._embedder.embed(pcm)
        except IvrError as error:
            raise DeniedError("too little speech, or the embedder failed") from error
        return similarity(voiceprint, np.asarray(vector, float).tolist())
