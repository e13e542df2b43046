"""Whisper on CTranslate2, as cheaply as a telephone utterance allows.

The encoder sees max(audio + 0.5 s, 10 s) instead of 30 s; time-stamp tokens stay on, and decoding is cut at the first
one near the end of the audio: without them short windows loop. Closed sets are scored by forced decoding of each
phrase (`scores`), sharing one run of the encoder. Measured per utterance on one core, tiny.en int8: 0.15 s to decode,
12 ms a phrase.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ivr.core.media.frame import SAMPLE_RATE, seconds
from ivr.core.media.resample import from_pcm, resample
from ivr.core.speech.mel import HOP, MEL_RATE, mel_filters, power_spectrogram
from ivr.core.speech.word_times import HeardWord
from ivr.errors import ModelError

MIN_WINDOW_SECONDS = 10.0
"""Shorter windows are decoded worse: the model was trained on 30 s."""
MAX_WINDOW_SECONDS = 30.0
"""What the encoder can see; longer utterances lose their beginning."""
SLACK_SECONDS = 0.5
TIMESTAMP_SECONDS = 0.02
"""One step of a time-stamp token."""
TOKENS_PER_SECOND = 12
"""A fast talker makes about 5; twice that is a loop."""
SCORE_BATCH = 16
"""Phrases scored at once: bounds the memory of copies of the encoder's output."""
DIGITS_PER_SECOND = 7
"""Nobody says more digits in a second, each of which is a token; more are a loop."""
NO_PROBABILITY = 1e-9
"""Floor of a token's probability."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An utterance after the encoder."""

    states: NDArray[np.float32] = field(repr=False)
    """(1, frames / 2, width)"""
    frames: int
    """Mel frames of 10 ms, padding included."""
    seconds: float
    """Of audio."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Free decoding of an utterance."""

    text: str = field(repr=False)
    tokens: tuple[int, ...] = field(repr=False)
    no_speech: float
    """Probability that nobody spoke, by the model."""


class WhisperModel:
    """One loaded model. Thread-safe: CTranslate2 queues what its workers cannot take at once."""

    def __init__(self, directory: Path, *, workers: int = 1, threads: int = 1) -> None:
        """A CTranslate2 conversion with its tokenizer.json. Takes about a second. Raises ModelError.

        `workers` utterances at once, each on `threads` threads.
        """
        try:
            self._model: Any = ctranslate2.models.Whisper(
                str(directory), compute_type="int8", inter_threads=workers, intra_threads=threads
            )
            self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        except Exception as error:  # ctranslate2 and tokenizers raise bare RuntimeError and Exception
            raise ModelError(f"CTranslate2 cannot load the Whisper model in {directory}: {error}") from error
        self.multilingual = bool(self._model.is_multilingual)
        self._filters = mel_filters(self._model.n_mels)
        self._end = self._token("<|endoftext|>")
        self._first_timestamp = self._token("<|notimestamps|>") + 1
        digits = {token for sign in "0123456789" for text in (sign, f" {sign}") for token in self.tokens(text)}
        self._no_digits = [token for token in range(self._end) if token not in digits]

    def _token(self, name: str) -> int:
        token = self._tokenizer.token_to_id(name)
        if token is None:
            raise ModelError(f"This Whisper model has no token {name}; it cannot be used.")
        return int(token)

    def _start(self, language: str) -> list[int]:
        start = [self._token("<|startoftranscript|>")]
        if self.multilingual:
            start += [self._token(f"<|{language}|>"), self._token("<|transcribe|>")]
        return start

    def speaks(self, language: str) -> bool:
        """Whether the model knows a language (BCP 47, only its first part counts)."""
        if not self.multilingual:
            return language == "en"
        return self._tokenizer.token_to_id(f"<|{language}|>") is not None

    def hear(self, pcm: bytes) -> Encoded:
        """Run the encoder over 8 kHz PCM."""
        pcm = pcm[-2 * int((MAX_WINDOW_SECONDS - SLACK_SECONDS) * SAMPLE_RATE) :]
        duration = seconds(len(pcm) // 2)
        features = self._features(pcm, max(duration + SLACK_SECONDS, MIN_WINDOW_SECONDS))
        states = self._model.encode(ctranslate2.StorageView.from_array(features))
        return Encoded(np.array(states), features.shape[2], duration)

    def decode(self, heard: Encoded, language: str) -> Decoded:
        """What was said, in free decoding."""
        start = self._start(language)
        result = self._model.generate(
            ctranslate2.StorageView.from_array(heard.states),
            [start],
            beam_size=1,
            max_length=len(start) + 10 + math.ceil(TOKENS_PER_SECOND * heard.seconds),
            return_no_speech_prob=True,
        )[0]
        tokens = self._spoken(result.sequences_ids[0], heard.seconds)
        return Decoded(self._tokenizer.decode(tokens).strip(), tuple(tokens), float(result.no_speech_prob))

    def decode_digits(self, heard: Encoded, language: str) -> Decoded:
        """What was said, were it digits only; no tokens where the decoder loops."""
        start = self._start(language)
        most = math.ceil(DIGITS_PER_SECOND * heard.seconds)
        result = self._model.generate(
            ctranslate2.StorageView.from_array(heard.states),
            [start],
            beam_size=1,
            max_length=len(start) + 2 * most,
            suppress_tokens=self._no_digits,
            return_no_speech_prob=True,
        )[0]
        tokens = self._spoken(result.sequences_ids[0], heard.seconds)
        if len(tokens) > most:
            tokens = []
        return Decoded(self._tokenizer.decode(tokens).strip(), tuple(tokens), float(result.no_speech_prob))

    def scores(self, heard: Encoded, phrases: Sequence[Sequence[int]], language: str) -> list[float]:
        """Mean log probability of each phrase's tokens, were it what was said."""
        scores: list[float] = []
        for begin in range(0, len(phrases), SCORE_BATCH):
            batch = [list(phrase) for phrase in phrases[begin : begin + SCORE_BATCH]]
            states = ctranslate2.StorageView.from_array(np.repeat(heard.states, len(batch), axis=0))
            aligned = self._model.align(states, self._start(language), batch, [heard.frames] * len(batch))
            scores += [_mean_log(result.text_token_probs) for result in aligned]
        return scores

    def words(self, heard: Encoded, tokens: Sequence[int], language: str) -> list[HeardWord]:
        """When each word of a decoding was said: what the decoder looked at, aligned with its tokens."""
        if not tokens:
            return []
        frames = min(heard.frames, math.ceil(heard.seconds * MEL_RATE / HOP))
        states = ctranslate2.StorageView.from_array(heard.states)
        (aligned,) = self._model.align(states, self._start(language), [list(tokens)], [frames])
        begins = _begins(aligned.alignments, len(tokens), heard.seconds)
        words: list[HeardWord] = []
        first = 0
        for at in range(1, len(tokens) + 1):
            text = self._tokenizer.decode(tokens[first:at])
            if "\ufffd" in text:  # a sign is more than one token, and not whole yet
                continue
            joins = bool(words) and not text.startswith(" ") and (language != "zh" or not text.strip()[:1].isalnum())
            if joins:  # the rest of a word, or a stop behind it
                text, begin = words[-1].text + text, words.pop().first
            else:
                begin = begins[first]
            words.append(HeardWord(text.strip(), begin, max(begin, begins[at])))
            first = at
        return [word for word in words if word.text]

    def tokens(self, phrase: str) -> tuple[int, ...]:
        """A phrase's text tokens."""
        return tuple(self._tokenizer.encode(phrase, add_special_tokens=False).ids)

    def _spoken(self, tokens: Sequence[int], duration: float) -> list[int]:
        """Text tokens up to the first time-stamp at the audio's end."""
        spoken: list[int] = []
        for token in tokens:
            if token == self._end:
                break
            if token < self._end:
                spoken.append(token)
            elif (token - self._first_timestamp) * TIMESTAMP_SECONDS >= duration - SLACK_SECONDS and spoken:
                break
        return spoken

    def _features(self, pcm: bytes, window_seconds: float) -> NDArray[np.float32]:
        """Log mel spectrogram (1, bands, frames), as Whisper was trained on."""
        frames = 2 * math.ceil(window_seconds * MEL_RATE / HOP / 2)
        audio = resample(from_pcm(pcm), SAMPLE_RATE, MEL_RATE) / np.float32(32768.0)
        audio = np.pad(audio, (0, max(0, frames * HOP - len(audio))))
        mel = power_spectrogram(audio)[:frames] @ self._filters.T
        log = np.log10(np.maximum(mel, 1e-10))
        log = (np.maximum(log, log.max() - 8.0) + 4.0) / 4.0
        return np.ascontiguousarray(log.T[None], np.float32)


def _begins(pairs: Sequence[tuple[int, int]], tokens: int, end: float) -> list[float]:
    """When each token begins, seconds, and behind the last one the end. `pairs`: (token, step)."""
    found: dict[int, float] = {}
    for token, step in pairs:
        found.setdefault(token, min(end, step * TIMESTAMP_SECONDS))
    begins, at = [], end
    for token in range(tokens, -1, -1):
        at = min(at, found.get(token, at))
        begins.append(at)
    return begins[::-1]


def _mean_log(probabilities: Sequence[float]) -> float:
    if not probabilities:
        return math.log(NO_PROBABILITY)
    return sum(math.log(max(NO_PROBABILITY, value)) for value in probabilities) / len(probabilities)
