"""Synthesizer by Kokoro 82M: what people like to hear, at half the speed of speech; so for prompts, ahead of calls."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping

import numpy as np

from ivr.adapters.espeak_phonemes import EspeakPhonemes
from ivr.adapters.kokoro import english, mandarin
from ivr.adapters.kokoro.network import MOST_SIGNS, RATE, KokoroNetwork
from ivr.adapters.kokoro.signs import NUMBERS
from ivr.adapters.kokoro.voices import VOICES
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.levelled import levelled
from ivr.core.media.resample import resample, to_pcm
from ivr.errors import ModelError

VERSION = "kokoro-82m-int8/2"
"""Of what is heard: the network, and how we say words to it."""
PART_SIGNS = 300
"""Of a text that is spoken at once: the network takes 510, but hurries through texts of 400 and more."""
PAUSE_SECONDS = 0.3
"""Between the parts of a longer text."""
SILENCE = 200.0
"""Kokoro breathes: below this (of 32768) its sound is trimmed at both ends."""
_LATIN = re.compile("[A-Za-z][A-Za-z' -]*")
_ACRONYM = re.compile("(?<![A-Za-z])[A-Z]{2,5}(?![A-Za-z])")
_READ_AS_WORDS = frozenset(("PIN", "SIM"))
_BEFORE_PAUSE = re.compile(r" +(?=[,.!?;:)])")
_SENTENCES = re.compile(r"(?<=[.!?;])\s+")
_CLAUSES = re.compile(r"(?<=[,:])\s+")


class KokoroSynthesizer:
    """Speaks English and Mandarin, and either inside the other. Thread-safe; several texts at once."""

    def __init__(self, defaults: Mapping[str, str] | None = None) -> None:
        """`defaults`: language -> voice. The network is loaded with the first text."""
        self._defaults = {language: name for name, voice in reversed(VOICES.items()) for language in [voice.language]}
        self._defaults |= defaults or {}
        chosen = "".join(f" {language}={voice}" for language, voice in sorted((defaults or {}).items()))
        self.name = f"{VERSION}{chosen}"
        self._network: KokoroNetwork | None = None
        self._loading = threading.Lock()
        self._espeak = EspeakPhonemes()

    def voices(self) -> dict[str, str]:
        """Voice name -> language tag."""
        return {name: voice.language for name, voice in VOICES.items()}

    def speaker(self, *, language: str, voice: str | None = None) -> str:
        """The network's version and the voice. Raises ModelError for an unknown voice."""
        return f"{VERSION}/{self._voice(language, voice)}"

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        """8 kHz PCM of the text. Raises ModelError for an unknown voice or missing weights,
        EnvironmentFault without phonemes."""
        name = self._voice(language, voice)
        return _PAUSE.join(self._part(part, name) for part in in_parts(self.phonemes(text, name)))

    def phonemes(self, text: str, voice: str) -> str:
        """Kokoro's signs of a text."""
        in_chinese = VOICES[voice].language == "zh"
        written = _ACRONYM.sub(lambda found: _spelt(found[0], in_chinese=in_chinese), text.replace("’", "'"))
        written = _LATIN.sub(lambda found: f" {self._english(found[0], voice)} ", written)
        return _BEFORE_PAUSE.sub("", mandarin.kokoro_signs(written))

    def close(self) -> None:
        """End the process that knows English."""
        self._espeak.close()

    def _voice(self, language: str, voice: str | None) -> str:
        name = voice or self._defaults.get(language.split("-")[0].lower(), language)
        if name not in VOICES:
            raise ModelError(f"Kokoro has no voice {name} here; there are {', '.join(VOICES)}.")
        return name

    def _english(self, words: str, voice: str) -> str:
        british = VOICES[voice].british
        return english.kokoro_signs(self._espeak.ipa(words, british=british), british=british)

    def _loaded(self) -> KokoroNetwork:
        with self._loading:
            self._network = self._network or KokoroNetwork()
            return self._network

    def _part(self, signs: str, voice: str) -> bytes:
        numbers = [NUMBERS[sign] for sign in signs if sign in NUMBERS][:MOST_SIGNS]
        audio = self._loaded().sound(numbers, voice, VOICES[voice].speed)
        return to_pcm(levelled(resample(audio * np.float32(32768), RATE), SILENCE))


_PAUSE = bytes(2 * round(PAUSE_SECONDS * SAMPLE_RATE))


def _spelt(capitals: str, *, in_chinese: bool) -> str:
    """ETF letter by letter: within Chinese always, in English where no vowel makes a word of it (NOT is one)."""
    if capitals in _READ_AS_WORDS or not (in_chinese or set(capitals).isdisjoint("AEIOUY")):
        return capitals
    return " ".join(capitals)


def in_parts(signs: str, most: int = PART_SIGNS) -> list[str]:
    """Signs in as few parts as `most` allows, parted at the ends of sentences; a longer sentence at its commas, or
    anywhere."""
    parts = [""]
    for piece in (
        part for one in _SENTENCES.split(signs) for part in (_CLAUSES.split(one) if len(one) > most else [one])
    ):
        while len(piece) > most:
            parts.append(piece[:most])
            piece = piece[most:]
        if len(parts[-1]) + 1 + len(piece) > most:
            parts.append("")
        parts[-1] = f"{parts[-1]} {piece}".strip()
    return [part for part in parts if part]
