"""Recognizer by Vosk: streams, one model directory a language.

With a grammar Vosk hears nothing but its phrases (and noise, where the model knows [unk]), at a fiftieth of the memory
of free decoding; a `free` grammar decodes freely instead and looks for the phrases in the text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ivr.core.commands import Grammar
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.speech.choose import spoken_choice
from ivr.core.speech.words import normalized
from ivr.errors import ModelError
from ivr.ports import Recognized

UNKNOWN = "[unk]"
SILENT = bytes(SAMPLE_RATE)
"""Half a second: Vosk's last word is cut without it."""


class VoskRecognizer:
    """One model. Thread-safe: streams share it read-only."""

    def __init__(self, directory: Path, language: str) -> None:
        """Loads the model: seconds. Raises ModelError."""
        if not (directory / "am" / "final.mdl").is_file():
            raise ModelError(
                f"No Vosk model in {directory} (it has no am/final.mdl): ivr models get NAME, or "
                "ivr models get NAME --from DIRECTORY"
            )
        try:
            import vosk
        except ImportError as error:
            raise ModelError("Vosk is not installed: tools/install extras.") from error
        vosk.SetLogLevel(-1)
        try:
            self._model = vosk.Model(str(directory))
        except Exception as error:  # vosk raises bare Exception
            raise ModelError(f"Vosk cannot load the model in {directory}.") from error
        self._make: Any = vosk.KaldiRecognizer
        self._knows_unknown = self._model.vosk_model_find_word(UNKNOWN) >= 0
        self.languages: Sequence[str] = (language,)

    def open(self, grammar: Grammar) -> VoskStream:
        """Begin an utterance. Raises ModelError for another language, or a phrase of unknown words only."""
        if grammar.language not in self.languages:
            raise ModelError(f"This Vosk model speaks {self.languages[0]}, not {grammar.language}.")
        if not grammar.choices or grammar.free:
            recognizer = self._make(self._model, SAMPLE_RATE)
        else:
            phrases = sorted({" ".join(phrase.lower().split()) for said in grammar.choices.values() for phrase in said})
            heard = [*phrases, UNKNOWN] if self._knows_unknown else phrases
            recognizer = self._make(self._model, SAMPLE_RATE, json.dumps(heard, ensure_ascii=False))
        recognizer.SetWords(True)
        return VoskStream(recognizer, grammar)


class VoskStream:
    """One utterance. Vosk ends segments at pauses by itself; they are joined here."""

    def __init__(self, recognizer: Any, grammar: Grammar) -> None:
        self._recognizer = recognizer
        self._grammar = grammar
        self._words: list[dict[str, Any]] = []
        self._said = ""

    def accept(self, pcm: bytes) -> str | None:
        """More audio; the new hypothesis when it changed."""
        if self._recognizer.AcceptWaveform(pcm):
            self._keep(self._recognizer.Result())
            text = self._text()
        else:
            text = " ".join(filter(None, (self._text(), json.loads(self._recognizer.PartialResult())["partial"])))
        if text == self._said:
            return None
        self._said = text
        return text

    def hypothesis(self) -> str:
        """What it believes so far."""
        return self._said

    def finish(self) -> Recognized:
        """The result; confidence is the mean of Vosk's word confidences, which it does not calibrate."""
        self._recognizer.AcceptWaveform(SILENT)
        self._keep(self._recognizer.FinalResult())
        text = self._text()
        known = [float(word["conf"]) for word in self._words if word["word"] != UNKNOWN]
        if not known:
            return Recognized("", None, 0.0)
        confidence = min(1.0, max(0.0, sum(known) / len(self._words)))
        if not self._grammar.choices:
            return Recognized(text, None, confidence)
        spoken = spoken_choice(normalized(text, self._grammar.language), self._grammar.choices, self._grammar.language)
        heard = spoken is not None or self._grammar.free
        return Recognized(text, spoken[0] if spoken else None, confidence if heard else 0.0)

    def _keep(self, result: str) -> None:
        self._words += json.loads(result).get("result", [])

    def _text(self) -> str:
        return " ".join(str(word["word"]) for word in self._words if word["word"] != UNKNOWN)
