"""Recognizer by any Wyoming service. A stock one knows no grammar and gives text only; our own service, which is given
the choices, answers with choice and confidence.
"""

from __future__ import annotations

from collections.abc import Sequence

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.info import Describe, Info

from ivr.adapters.wyoming_client import WyomingConnection
from ivr.core.foreign import share_of, words_of
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.core.media.resample import from_pcm, resample, to_pcm
from ivr.core.orders.listening import Grammar
from ivr.core.speech.recognized import Answered, Written
from ivr.errors import ModelError, PeerError

STOCK_RATE = 16000
"""What stock recognizers expect."""
CHUNK_BYTES = 8192


class WyomingRecognizer:
    """Recognition by the service at an address. Thread-safe: every utterance has a connection of its own."""

    def __init__(self, uri: str) -> None:
        """Asks the service what it speaks. Raises PeerError, ModelError when it recognizes nothing."""
        self._uri = uri
        with WyomingConnection(uri) as connection:
            connection.send(Describe())
            while not Info.is_type((event := connection.receive()).type):
                pass
        models = [model for program in Info.from_event(event).asr for model in program.models]
        if not models:
            raise ModelError(f"The Wyoming service at {uri} offers no recognizer.")
        self.languages: Sequence[str] = tuple(sorted({language for model in models for language in model.languages}))

    def open(self, grammar: Grammar) -> WyomingStream:
        """Begin an utterance. Raises ModelError for a language that the service does not name, PeerError."""
        if grammar.language not in {language.split("-")[0].split("_")[0].lower() for language in self.languages}:
            raise ModelError(f"The Wyoming service at {self._uri} does not speak {grammar.language}.")
        return WyomingStream(self._uri, grammar)


class WyomingStream:
    """One utterance: kept, and sent whole when a result is wanted, since a service answers once a connection."""

    def __init__(self, uri: str, grammar: Grammar) -> None:
        self._uri = uri
        self._grammar = grammar
        self._pcm = bytearray()

    def accept(self, pcm: bytes) -> str | None:
        """More audio."""
        self._pcm += pcm
        return None

    def hypothesis(self) -> str:
        """None before the end."""
        return ""

    def finish(self) -> Written | Answered:
        """The service's answer. Raises PeerError."""
        transcript = self._transcript()
        context = transcript.context or {}
        choice, confidence = context.get("choice"), context.get("confidence")
        text = words_of(transcript.text)
        if confidence is None:
            return Written(text, None)
        return Answered(text, choice if isinstance(choice, str) else None, share_of(confidence) or 0.0)

    def _transcript(self) -> Transcript:
        audio = to_pcm(resample(from_pcm(bytes(self._pcm)), SAMPLE_RATE, STOCK_RATE))
        form = {"rate": STOCK_RATE, "width": SAMPLE_BYTES, "channels": 1}
        choices = {name: list(phrases) for name, phrases in self._grammar.choices.items()}
        context = {"choices": choices, "free": self._grammar.free, "value": self._grammar.value}
        with WyomingConnection(self._uri) as connection:
            connection.send(Transcribe(language=self._grammar.language, context=context), AudioStart(**form))
            for begin in range(0, len(audio), CHUNK_BYTES):
                connection.send(AudioChunk(**form, audio=audio[begin : begin + CHUNK_BYTES]))
            connection.send(AudioStop())
            while not Transcript.is_type((event := connection.receive()).type):
                pass
        try:
            return Transcript.from_event(event)
        except KeyError as error:
            raise PeerError(f"The Wyoming service at {self._uri} sent a transcript without a text.") from error
