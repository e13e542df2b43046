"""Voices in the speech service: templates are opened, compared and forgotten within one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from ivr.core.identity.voiceprint import MIN_ENROL_SECONDS, Template, Voiceprint, similarity
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_BYTES, seconds
from ivr.errors import DeniedError, IvrError, OperatorError
from ivr.ports.speech import Embedder, FrameVad
from ivr.ports.voiceprints import Voiceprints

KEEP_FRAMES = 10
"""Silence after speech that stays: 200 ms, the pauses inside a sentence."""


class VoiceScorer:
    """Scores speech against one customer's voiceprint."""

    def __init__(self, embedder: Embedder, voiceprints: Voiceprints, frame_vad: Callable[[], FrameVad]) -> None:
        self._embedder = embedder
        self._voiceprints = voiceprints
        self._frame_vad = frame_vad

    def score(self, customer: str, pcm: bytes) -> float:
        """Cosine similarity. Raises DeniedError (the reason is safe to log) when there is nothing to score."""
        voiceprint = self._voiceprints.get(customer)
        if voiceprint is None:
            raise DeniedError("not enrolled")
        if voiceprint.model != self._embedder.name:
            raise DeniedError("enrolled with another model: enrol the customer again")
        try:
            vector = self._embedder.embed(speech_only(pcm, self._frame_vad()))
        except IvrError as error:
            raise DeniedError("too little speech, or the embedder failed") from error
        return similarity(voiceprint, np.asarray(vector, float).tolist())


def enrolled(
    customer: str,
    recordings: Iterable[bytes],
    embedder: Embedder,
    frame_vad: Callable[[], FrameVad],
    *,
    at: float,
) -> Voiceprint:
    """A voiceprint of 8 kHz recordings, one template each. Raises OperatorError for one with too little speech."""
    voiceprint = Voiceprint(customer, embedder.name, ())
    for number, pcm in enumerate(recordings, start=1):
        speech = speech_only(pcm, frame_vad())
        length = seconds(len(speech) // SAMPLE_BYTES)
        if length < MIN_ENROL_SECONDS:
            raise OperatorError(
                f"Recording {number} holds {length:.1f} s of speech; {MIN_ENROL_SECONDS:.0f} s are the least. "
                "Three recordings of five seconds serve best."
            )
        vector = tuple(float(value) for value in embedder.embed(speech))
        voiceprint = voiceprint.with_template(Template(vector, length, at))
    return voiceprint


def speech_only(pcm: bytes, vad: FrameVad) -> bytes:
    """The speech in this PCM, with the short pauses within it: embedders hear silence as a voice."""
    kept = bytearray()
    since_speech = KEEP_FRAMES
    for begin in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
        frame = pcm[begin : begin + FRAME_BYTES]
        since_speech = 0 if vad.is_speech(frame) else since_speech + 1
        if since_speech < KEEP_FRAMES:
            kept += frame
    return bytes(kept)
