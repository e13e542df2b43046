"""Recognizer by Whisper: decodes what was said, and scores phrases against the sound when it is asked.

Whisper sees whole utterances: a hypothesis is a decoding of what there is so far. A stream keeps its audio until it is
dropped, in memory only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ivr.adapters.whisper_model import Encoded, WhisperModel
from ivr.core.media.frame import SAMPLE_BYTES, samples
from ivr.core.orders.listening import Grammar
from ivr.core.speech.choose import DigitsRead, Measured
from ivr.core.speech.recognized import NOBODY_SPOKE, NOTHING, Finding
from ivr.errors import ModelError

MIN_BYTES = samples(0.1) * SAMPLE_BYTES
"""Less is no word."""
SILENT_SCORE = -8.0
"""Stands for the score of an empty text."""
REFINED = 4
"""Phrases scored once more as they would be written at the beginning of a sentence."""


class WhisperRecognizer:
    """One model for several languages. Thread-safe."""

    def __init__(self, model: WhisperModel, languages: Sequence[str], digits: WhisperModel | None = None) -> None:
        """`digits`: the model that reads fields of digits. Raises ModelError for a language that one does not know."""
        for language in languages:
            if not (model.speaks(language) and (digits is None or digits.speaks(language))):
                raise ModelError(f"This Whisper model does not speak {language}; choose a multilingual one.")
        self._model = model
        self._digits = digits
        self.languages: Sequence[str] = tuple(languages)

    def open(self, grammar: Grammar) -> WhisperStream:
        """Begin an utterance. Raises ModelError for a language that it was not made for."""
        if grammar.language not in self.languages:
            raise ModelError(f"This recognizer was set up for {', '.join(self.languages)}, not {grammar.language}.")
        return WhisperStream(self._model, grammar, self._digits)


class WhisperStream:
    """One utterance."""

    def __init__(self, model: WhisperModel, grammar: Grammar, digits: WhisperModel | None) -> None:
        self._model = model
        self._digits = digits
        self._grammar = grammar
        self._pcm = bytearray()

    def accept(self, pcm: bytes) -> str | None:
        """More audio. Nothing is decoded yet."""
        self._pcm += pcm
        return None

    def hypothesis(self) -> str:
        """Decode what there is: 0.15 s of processor time with tiny.en, 0.35 s with base."""
        if len(self._pcm) < MIN_BYTES:
            return ""
        decoded = self._model.decode(self._model.hear(bytes(self._pcm)), self._grammar.language)
        return decoded.text if decoded.no_speech < NOBODY_SPOKE else ""

    def finish(self) -> Finding:
        """Decode. The text is not scored where nobody spoke: it is made up."""
        if len(self._pcm) < MIN_BYTES:
            return NOTHING
        language = self._grammar.language
        heard = self._model.hear(bytes(self._pcm))
        decoded = self._model.decode(heard, language)
        score = SILENT_SCORE
        if decoded.tokens and decoded.no_speech < NOBODY_SPOKE:
            score = self._model.scores(heard, [decoded.tokens], language)[0]
        digits = None if self._digits is None else partial(self._as_digits, self._digits, bytes(self._pcm))
        return Measured(
            decoded.text,
            score,
            decoded.no_speech,
            lambda phrases: self._scores(heard, phrases),
            lambda: self._model.words(heard, decoded.tokens, language),
            digits,
        )

    def _as_digits(self, model: WhisperModel, pcm: bytes) -> DigitsRead:
        language = self._grammar.language
        heard = model.hear(pcm)
        decoded = model.decode_digits(heard, language)
        if not decoded.tokens:
            return DigitsRead("", SILENT_SCORE)
        digits = "".join(decoded.text.split())
        return DigitsRead(digits, model.scores(heard, [decoded.tokens], language)[0])

    def _scores(self, heard: Encoded, phrases: Sequence[str]) -> Sequence[float]:
        language = self._grammar.language
        found = self._model.scores(heard, [self._model.tokens(_said(phrase)) for phrase in phrases], language)
        best = sorted(range(len(phrases)), key=found.__getitem__, reverse=True)[:REFINED]
        refined = self._model.scores(heard, [self._model.tokens(_written(phrases[i])) for i in best], language)
        for index, score in zip(best, refined, strict=True):
            found[index] = max(found[index], score)
        return found


def _said(phrase: str) -> str:
    """As Whisper writes words; Chinese with its full stop, which keeps the beginning of a longer word from winning."""
    return " " + phrase if phrase.isascii() else phrase + "。"


def _written(phrase: str) -> str:
    """As Whisper writes the beginning of a sentence, or a part of one in Chinese."""
    return " " + phrase.capitalize() if phrase.isascii() else phrase
