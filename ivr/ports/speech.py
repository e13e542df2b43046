"""Models: speech to text, text to speech, voice or none, voice to vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ivr.core.orders.listening import Grammar
from ivr.core.speech.recognized import Finding


class RecognizerStream(Protocol):
    """One utterance being recognized."""

    def accept(self, pcm: bytes) -> str | None:
        """More audio; returns a new hypothesis when there is one at little cost."""
        ...

    def hypothesis(self) -> str:
        """What it believes so far, at whatever cost."""
        ...

    def finish(self) -> Finding:
        """What it finds in the audio so far; what that stands for is decided by who asked (`recognized`).

        May take long; never called on a media thread. More audio may follow.
        """
        ...


class Recognizer(Protocol):
    """Speech to text, streaming. Raises ModelError when its model is missing or not the pinned one."""

    languages: Sequence[str]

    def open(self, grammar: Grammar) -> RecognizerStream:
        """Begin an utterance. The grammar says what may be said, for a recognizer that hears better for knowing it."""
        ...


class Vocabulary(Protocol):
    """Which words a recognizer can hear at all."""

    name: str
    """For people: which model it is."""

    def unknown(self, phrase: str) -> tuple[str, ...]:
        """The words of a phrase that it does not know: a phrase with any of them is never heard."""
        ...


class Synthesizer(Protocol):
    """Text to speech."""

    name: str
    """Model and version: prompts are rendered again when it changes."""

    def voices(self) -> dict[str, str]:
        """Voice name -> language tag."""
        ...

    def speaker(self, *, language: str, voice: str | None = None) -> str:
        """Who speaks what `synthesize` is asked for, as records name it: model, version and voice. Raises ModelError
        for a voice or language that it does not have."""
        ...

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        """8 kHz PCM of the text."""
        ...


class OnsetDetector(Protocol):
    """The stronger voice detector, asked only about suspected onsets."""

    def is_speech(self, pcm: bytes) -> float:
        """Probability, 0..1, that these 100 ms or more hold one near voice (not babble, music or noise)."""
        ...


class TurnDetector(Protocol):
    """Hears whether a turn is over, asked only about pauses."""

    def is_complete(self, pcm: bytes) -> float:
        """Probability, 0..1, that who speaks in this PCM, which ends with a pause, has finished."""
        ...


class FrameVad(Protocol):
    """The cheap voice detector, on every frame."""

    def is_speech(self, frame: bytes) -> bool:
        """Whether a frame of 20 ms sounds like speech. Raises BugError when it is shorter or longer."""
        ...


class SentenceEmbedder(Protocol):
    """Sentence to vector: what is alike in meaning is near, whatever its words."""

    name: str
    """Model and version."""

    def vectors(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """(sentences, width), each of unit length."""
        ...


class Embedder(Protocol):
    """Voice to vector."""

    name: str
    """Model and version: templates of different models are never compared."""

    def embed(self, pcm: bytes) -> NDArray[np.float32]:
        """Unit vector of the speaker in this PCM (speech only, at least a second)."""
        ...
