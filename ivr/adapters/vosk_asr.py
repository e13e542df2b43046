"""Recognizer by Vosk: streams, one model directory a language.

With a grammar Vosk hears nothing but its phrases (and noise, where the model knows [unk]), at a fiftieth of the memory
of free decoding; a `free` grammar decodes freely instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.orders.listening import Grammar
from ivr.core.signs import simplified
from ivr.core.speech.fillers import base
from ivr.core.speech.recognized import NOTHING, Written
from ivr.core.speech.word_times import HeardWord
from ivr.core.speech.written_out import in_words
from ivr.errors import ModelError

UNKNOWN = "[unk]"
LONGEST_WORD = 8
"""Signs of a Chinese word, at most."""
SILENT = bytes(SAMPLE_RATE)
"""Half a second: Vosk's last word is cut without it."""


def check_model(directory: Path) -> None:
    """Model and package are there; neither is loaded. Raises ModelError."""
    if not (directory / "am" / "final.mdl").is_file():
        raise ModelError(
            f"No Vosk model in {directory} (it has no am/final.mdl): ivr models get NAME, or "
            "ivr models get NAME --from DIRECTORY"
        )
    if find_spec("vosk") is None:
        raise ModelError("Vosk is not installed: tools/install extras.")


class VoskRecognizer:
    """One model. Thread-safe: streams share it read-only."""

    def __init__(self, directory: Path, language: str) -> None:
        """Loads the model: seconds. Raises ModelError."""
        check_model(directory)
        import vosk

        vosk.SetLogLevel(-1)
        try:
            self._model = vosk.Model(str(directory))
        except Exception as error:  # vosk raises bare Exception
            raise ModelError(f"Vosk cannot load the model in {directory}.") from error
        self._make: Any = vosk.KaldiRecognizer
        self._knows_unknown = self._model.vosk_model_find_word(UNKNOWN) >= 0
        self.name = f"Vosk model {directory}"
        self.languages: Sequence[str] = (language,)
        self._directory = directory

    def unknown(self, phrase: str) -> tuple[str, ...]:
        """The words of a phrase that the model does not know: a phrase with any of them is never heard."""
        return tuple(word for word in self._words(phrase) if not self._knows(word))

    def open(self, grammar: Grammar) -> VoskStream:
        """Begin an utterance. Raises ModelError for another language, or a choice of which no phrase can be heard."""
        if grammar.language not in self.languages:
            raise ModelError(f"This Vosk model speaks {self.languages[0]}, not {grammar.language}.")
        if not grammar.choices or grammar.free:
            recognizer = self._make(self._model, SAMPLE_RATE)
        else:
            phrases = sorted({phrase for said in grammar.choices.values() for phrase in self._heard(said)})
            heard = [*phrases, UNKNOWN] if self._knows_unknown else phrases
            recognizer = self._make(self._model, SAMPLE_RATE, json.dumps(heard, ensure_ascii=False))
        recognizer.SetWords(True)
        return VoskStream(recognizer)

    def _heard(self, phrases: Sequence[str]) -> list[str]:
        """Those of a choice's phrases that the model can hear, in its words."""
        found = [" ".join(self._words(phrase)) for phrase in phrases if not self.unknown(phrase)]
        if not found:
            words = ", ".join(dict.fromkeys(word for phrase in phrases for word in self.unknown(phrase)))
            raise ModelError(f"The Vosk model in {self._directory} does not know {words}: write other words for it.")
        return found

    def _knows(self, word: str) -> bool:
        return bool(self._model.vosk_model_find_word(word) >= 0)

    def _words(self, phrase: str) -> list[str]:
        """As the model's lexicon has them: small letters, figures in words, Chinese parted into words that it knows."""
        language = self.languages[0]
        chinese = base(language) == "zh"
        plain = in_words(simplified(phrase) if chinese else phrase, language).lower()
        chunks = re.sub(r"[^\w']+", " ", plain).split()
        return [word for chunk in chunks for word in (self._parted(chunk) if chinese else (chunk,))]

    def _parted(self, chunk: str) -> list[str]:
        """The fewest known words that make it up; the chunk itself when there are none."""
        best: list[list[str] | None] = [[]]
        for end in range(1, len(chunk) + 1):
            ways = (
                [*before, chunk[start:end]]
                for start in range(max(0, end - LONGEST_WORD), end)
                if (before := best[start]) is not None and self._knows(chunk[start:end])
            )
            best.append(min(ways, key=len, default=None))
        return best[-1] or [chunk]


class VoskStream:
    """One utterance. Vosk ends segments at pauses by itself; they are joined here."""

    def __init__(self, recognizer: Any) -> None:
        self._recognizer = recognizer
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

    def finish(self) -> Written:
        """The text; confidence is the mean of Vosk's word confidences, which it does not calibrate."""
        self._recognizer.AcceptWaveform(SILENT)
        self._keep(self._recognizer.FinalResult())
        known = [float(word["conf"]) for word in self._words if word["word"] != UNKNOWN]
        if not known:
            return NOTHING
        confidence = min(1.0, max(0.0, sum(known) / len(self._words)))
        return Written(self._text(), confidence, self._heard_words)

    def _heard_words(self) -> list[HeardWord]:
        known = (word for word in self._words if word["word"] != UNKNOWN)
        return [HeardWord(str(word["word"]), float(word["start"]), float(word["end"])) for word in known]

    def _keep(self, result: str) -> None:
        self._words += json.loads(result).get("result", [])

    def _text(self) -> str:
        return " ".join(str(word["word"]) for word in self._words if word["word"] != UNKNOWN)
