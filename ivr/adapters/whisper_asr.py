"""Recognizer by Whisper: decodes what was said, and scores the grammar's phrases against the sound.

Whisper sees whole utterances: a hypothesis is a decoding of what there is so far. A stream keeps its audio until it is
dropped, in memory only.
"""

from __future__ import annotations

from collections.abc import Sequence

from ivr.adapters.whisper_model import Encoded, WhisperModel
from ivr.core.media.frame import SAMPLE_BYTES, samples
from ivr.core.orders.listening import Grammar
from ivr.core.speech.choose import (
    Chosen,
    Evidence,
    embedded_choice,
    free_confidence,
    scored_choice,
    spoken_choice,
    value_confidence,
)
from ivr.core.speech.spoken_values import is_value
from ivr.core.speech.words import normalized, resemblance
from ivr.errors import ModelError
from ivr.ports.speech import Recognized

MIN_BYTES = samples(0.1) * SAMPLE_BYTES
"""Less is no word."""
NOBODY_SPOKE = 0.85
"""No-speech probability above which the text is made up: silence and noise give 0.93 and more ("you", "thank you"), a
real voice stays below 0.79 in 99 of 100 utterances, babble at 5 dB included (measured)."""
SILENT_SCORE = -8.0
"""Stands for the score of an empty text."""
MAX_SCORED = 24
"""Phrases scored by sound; of a larger grammar, those that look most like the text. 12 ms each."""
REFINED = 4
"""Phrases scored once more as they would be written at the beginning of a sentence."""


class WhisperRecognizer:
    """One model for several languages. Thread-safe."""

    def __init__(self, model: WhisperModel, languages: Sequence[str]) -> None:
        """Raises ModelError for a language that the model does not know."""
        for language in languages:
            if not model.speaks(language):
                raise ModelError(f"This Whisper model does not speak {language}; choose a multilingual one.")
        self._model = model
        self.languages: Sequence[str] = tuple(languages)

    def open(self, grammar: Grammar) -> WhisperStream:
        """Begin an utterance. Raises ModelError for a language that it was not made for."""
        if grammar.language not in self.languages:
            raise ModelError(f"This recognizer was set up for {', '.join(self.languages)}, not {grammar.language}.")
        return WhisperStream(self._model, grammar)


class WhisperStream:
    """One utterance."""

    def __init__(self, model: WhisperModel, grammar: Grammar) -> None:
        self._model = model
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

    def finish(self) -> Recognized:
        """Decode, then find the choice."""
        if len(self._pcm) < MIN_BYTES:
            return Recognized("", None, 0.0)
        language = self._grammar.language
        heard = self._model.hear(bytes(self._pcm))
        decoded = self._model.decode(heard, language)
        if decoded.no_speech >= NOBODY_SPOKE:
            return Recognized("", None, 0.0)
        score = self._model.scores(heard, [decoded.tokens], language)[0] if decoded.tokens else SILENT_SCORE
        evidence = Evidence(decoded.text, score, decoded.no_speech)
        if not self._grammar.choices and not self._grammar.value:
            return Recognized(decoded.text, None, free_confidence(evidence))
        choice = self._choose_freely(heard, evidence) if self._grammar.free else self._choose(heard, evidence)
        return Recognized(decoded.text, choice.name, choice.confidence)

    def _choose_freely(self, heard: Encoded, evidence: Evidence) -> Chosen:
        """A choice only where the text names it; where a value is waited for and none came, also by sound."""
        grammar = self._grammar
        spoken = spoken_choice(evidence.text, grammar.choices, grammar.language)
        if spoken is not None:
            return embedded_choice(evidence, *spoken, grammar.language)
        if grammar.value and is_value(evidence.text, grammar.language, grammar.value):
            return Chosen(None, value_confidence(evidence))
        text_right = free_confidence(evidence)
        choice = scored_choice(evidence, self._scores(heard, evidence.text), grammar.language)
        by_sound = bool(grammar.value) and choice.name is not None and choice.confidence > text_right
        return choice if by_sound else Chosen(None, text_right)

    def _choose(self, heard: Encoded, evidence: Evidence) -> Chosen:
        language = self._grammar.language
        spoken = spoken_choice(evidence.text, self._grammar.choices, language)
        if spoken is not None:
            return embedded_choice(evidence, *spoken, language)
        return scored_choice(evidence, self._scores(heard, evidence.text), language)

    def _scores(self, heard: Encoded, text: str) -> dict[str, dict[str, float]]:
        """Choice -> phrase -> how well it explains the sound."""
        language = self._grammar.language
        said = normalized(text, language)
        pairs = [(name, phrase) for name, phrases in self._grammar.choices.items() for phrase in phrases]
        if len(pairs) > MAX_SCORED:
            pairs.sort(key=lambda pair: resemblance(said, normalized(pair[1], language)), reverse=True)
            del pairs[MAX_SCORED:]
        found = self._model.scores(heard, [self._model.tokens(_said(phrase)) for _, phrase in pairs], language)
        best = sorted(range(len(pairs)), key=found.__getitem__, reverse=True)[:REFINED]
        refined = self._model.scores(heard, [self._model.tokens(_written(pairs[i][1])) for i in best], language)
        for index, score in zip(best, refined, strict=True):
            found[index] = max(found[index], score)
        scores: dict[str, dict[str, float]] = {}
        for (name, phrase), score in zip(pairs, found, strict=True):
            scores.setdefault(name, {})[phrase] = score
        return scores


def _said(phrase: str) -> str:
    """As Whisper writes words; Chinese with its full stop, which keeps the beginning of a longer word from winning."""
    return " " + phrase if phrase.isascii() else phrase + "。"


def _written(phrase: str) -> str:
    """As Whisper writes the beginning of a sentence, or a part of one in Chinese."""
    return " " + phrase.capitalize() if phrase.isascii() else phrase
