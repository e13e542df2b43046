"""Fakes of everything that hears and speaks. They pass the contract suites of the real adapters.

The fake synthesizer writes a text into the amplitude of a square wave, coarsely enough to survive G.711; the fake
recognizer reads it back. So a fake caller "speaks" through a real codec and a real wire, and a test sees the words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ivr.core.identity.calibration import CALIBRATIONS
from ivr.core.identity.verifier import AGENTS, CAMPPLUS, Costs
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_BYTES
from ivr.core.orders.listening import Grammar
from ivr.core.speech.facts import (
    EnrolmentConsent,
    EnrolmentJudged,
    OnsetJudged,
    Recognition,
    RecognitionFailed,
    SentenceCompared,
    SpeechFact,
    SynthesisFailed,
    VoiceJudged,
)
from ivr.core.speech.facts import Synthesized as SynthesizedFact
from ivr.core.speech.recognized import Written, recognized
from ivr.errors import BugError, ModelError, OperatorError

SYMBOL_SAMPLES = 16
"""Samples that carry two bits."""
LEVELS = (2000, 5000, 10000, 20000)
"""Amplitudes of 00, 01, 10, 11: a factor of two apart, far more than a companding error."""
SPEECH_RMS = 500.0
"""Above: the fakes call it speech."""


def speak(text: str) -> bytes:
    """A text as PCM that `hear` can read."""
    raw = np.frombuffer(text.encode(), np.uint8)
    symbols = ((raw[:, None] >> np.array([6, 4, 2, 0])) & 3).ravel()
    wave = np.tile(np.array([1, 1, -1, -1]), SYMBOL_SAMPLES // 4)
    pcm: NDArray[np.int16] = (np.array(LEVELS)[symbols][:, None] * wave).ravel().astype("<i2")
    # A lead-in of two silent symbols and a multiple of a frame: speech begins and ends somewhere.
    return bytes(2 * SYMBOL_SAMPLES * SAMPLE_BYTES) + pcm.tobytes() + bytes(2 * SYMBOL_SAMPLES * SAMPLE_BYTES)


def hear(pcm: bytes) -> str:
    """The texts in this PCM, joined by spaces."""
    audio = np.frombuffer(pcm, "<i2").astype(np.int32)
    loud = np.abs(audio) > LEVELS[0] // 2
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(np.int8), [0]))))
    texts = [_read(audio[start:end]) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return " ".join(text for text in texts if text)


def _read(audio: NDArray[np.int32]) -> str:
    count = len(audio) // (4 * SYMBOL_SAMPLES) * 4
    loudness = np.abs(audio[: count * SYMBOL_SAMPLES]).reshape(-1, SYMBOL_SAMPLES).mean(axis=1)
    symbols = np.searchsorted(np.sqrt(np.array(LEVELS[:-1]) * np.array(LEVELS[1:])), loudness).reshape(-1, 4)
    codes = (symbols * np.array([64, 16, 4, 1])).sum(axis=1)
    raw = bytes(int(byte) & 255 for byte in codes)
    return raw.decode(errors="ignore")


def _rms(pcm: bytes) -> float:
    audio = np.frombuffer(pcm, "<i2").astype(np.float64)
    return float(np.sqrt(np.mean(audio * audio))) if len(audio) else 0.0


class FakeFrameVad:
    """Loud is speech."""

    def is_speech(self, frame: bytes) -> bool:
        """Whether a frame of 20 ms is loud. Raises BugError when it is shorter or longer."""
        if len(frame) != FRAME_BYTES:
            raise BugError(f"a frame has {FRAME_BYTES} bytes, not {len(frame)}")
        return _rms(frame) > SPEECH_RMS


class FakeOnset:
    """Loud is a near voice."""

    def is_speech(self, pcm: bytes) -> float:
        """0 or 1."""
        return float(_rms(pcm) > SPEECH_RMS)


class FakeTurns:
    """Who trails off, saying "um" or "and" last, has not finished."""

    def is_complete(self, pcm: bytes) -> float:
        """0 or 1."""
        said = hear(pcm).split()
        return float(not said or said[-1] not in ("um", "and"))


class FakeSynthesizer:
    """Writes texts into PCM."""

    name = "fake-1"

    def voices(self) -> dict[str, str]:
        """One voice a language."""
        return {"fake-en": "en", "fake-zh": "zh"}

    def speaker(self, *, language: str, voice: str | None = None) -> str:
        """Its name and the voice."""
        name = voice or f"fake-{language}"
        if name not in self.voices():
            raise ModelError(f"The fake synthesizer has no voice for {voice or language}; take one of {self.voices()}.")
        return f"{self.name}/{name}"

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        """PCM that `hear` reads."""
        self.speaker(language=language, voice=voice)
        return speak(text)


class FakeRecognizer:
    """Reads what FakeSynthesizer wrote."""

    languages: Sequence[str] = ("en", "zh")

    def open(self, grammar: Grammar) -> FakeRecognizerStream:
        """Begin an utterance."""
        if grammar.language not in self.languages:
            raise ModelError(f"The fake recognizer has no model for {grammar.language}.")
        return FakeRecognizerStream(grammar)


class FakeRecognizerStream:
    """One utterance."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._pcm = bytearray()
        self._said = ""

    def accept(self, pcm: bytes) -> str | None:
        """More audio; a hypothesis whenever it reads differently."""
        self._pcm += pcm
        text = hear(bytes(self._pcm))
        if text == self._said:
            return None
        self._said = text
        return text

    def hypothesis(self) -> str:
        """What it reads so far."""
        return hear(bytes(self._pcm))

    def finish(self) -> Written:
        """What it reads, and it is sure of it."""
        return Written(hear(bytes(self._pcm)), 0.97)


class FakeSentences:
    """A sentence means the words that are in it, each a number of its own."""

    name = "fake-1"

    def vectors(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """(sentences, 512), each of unit length."""
        found = np.zeros((len(sentences), 512), np.float32)
        for row, sentence in zip(found, sentences, strict=True):
            for word in sentence.lower().split() or [""]:
                row[int.from_bytes(hashlib.sha256(word.encode(errors="replace")).digest()[:4], "big") % 512] += 1.0
            row /= np.linalg.norm(row)
        return found


class FakeEmbedder:
    """A voice is its pitch: the rate of zero crossings, as an angle on a circle."""

    name = "fake-1"

    def embed(self, pcm: bytes) -> NDArray[np.float32]:
        """Unit vector."""
        audio = np.frombuffer(pcm, "<i2").astype(np.int32)
        if len(audio) < 8000:
            raise OperatorError("Too little speech to compare: a second is needed.")
        rate = float(np.mean(np.diff(np.signbit(audio)))) * np.pi
        return np.array([np.cos(rate), np.sin(rate)], np.float32)


@dataclass
class FakeSpeechLink:
    """`ivr.engine.speech.link.SpeechLink` without a service: answers at the next pump, or fails while not available."""

    available: bool = True
    onset_probability: float = 1.0
    voice_scores: dict[str, float] = field(default_factory=dict)
    """Customer -> score; others are not enrolled."""
    agent_scores: dict[str, float | None] = field(default_factory=dict)
    """The same of agents; None: it cannot be compared."""
    of_agents: list[bytes] = field(default_factory=list)
    """What was to be compared with an agent's voice."""
    overhears: bool = True
    """Whether there is time for talks that go on."""
    miswritten: str = ""
    """What is written of every utterance, though its sound fits a choice; empty: what was said."""
    meanings: dict[str, dict[str, float]] = field(default_factory=dict)
    """Sentence -> choice -> nearness."""
    enrolled: dict[str, tuple[EnrolmentConsent, list[bytes]]] = field(default_factory=dict)
    """Customer -> consent and recordings of an enrolment."""
    _streams: dict[int, FakeRecognizerStream] = field(default_factory=dict)
    _facts: list[SpeechFact] = field(default_factory=list)

    def filenos(self) -> list[int]:
        """None: nothing arrives from outside."""
        return []

    def pump(self, now: float) -> list[SpeechFact]:
        """What was answered since."""
        facts, self._facts = self._facts, []
        return facts

    def recognize(self, listen_id: int, grammar: Grammar) -> None:
        """Begin an utterance."""
        if self.available:
            self._streams[listen_id] = FakeRecognizerStream(grammar)
        else:
            self._facts.append(RecognitionFailed(listen_id, "the fake service is down"))

    def overhear(self, listen_id: int, language: str) -> None:
        """Begin an utterance of a talk."""
        if self.overhears:
            self.recognize(listen_id, Grammar(language, free=True))
        else:
            self._facts.append(RecognitionFailed(listen_id, "there is no time"))

    def audio(self, listen_id: int, pcm: bytes) -> None:
        """What is heard next of the utterance."""
        if listen_id in self._streams:
            self._streams[listen_id].accept(pcm)

    def finish(self, listen_id: int) -> None:
        """The utterance is over."""
        stream = self._streams.pop(listen_id, None)
        if stream is not None:
            result = recognized(stream.finish(), stream.grammar)
            self._facts.append(Recognition(listen_id, self.miswritten or result.text, result.choice, result.confidence))

    def cancel(self, listen_id: int) -> None:
        """No longer wanted."""
        self._streams.pop(listen_id, None)
        self._facts = [fact for fact in self._facts if getattr(fact, "listen_id", None) != listen_id]

    def confirm_onset(self, request_id: int, pcm: bytes) -> None:
        """Judged as `onset_probability` says."""
        self._facts.append(OnsetJudged(request_id, self.onset_probability if self.available else None))

    def synthesize(self, request_id: int, text: str, language: str, voice: str | None = None) -> None:
        """Spoken at once."""
        if self.available:
            self._facts.append(SynthesizedFact(request_id, speak(text), f"fake/{voice or language}"))
        else:
            self._facts.append(SynthesisFailed(request_id, "the fake service is down"))

    def verify(self, request_id: int, customer: str, pcm: bytes) -> None:
        """Scored as `voice_scores` says."""
        score = self.voice_scores.get(customer) if self.available else None
        reason = "" if score is not None else "not enrolled" if self.available else "the fake service is down"
        llr = None if score is None else CALIBRATIONS[CAMPPLUS].llr(score, 5.0)
        self._facts.append(VoiceJudged(request_id, score, reason, llr, Costs().thresholds()))

    def verify_agent(self, request_id: int, agent: str, pcm: bytes) -> None:
        """Scored as `agent_scores` says; None: it cannot be compared."""
        self.of_agents.append(pcm)
        score, enrolled = self.agent_scores.get(agent), agent in self.agent_scores
        llr = None if score is None else CALIBRATIONS[CAMPPLUS].llr(score, 15.0)
        judged = VoiceJudged(request_id, score, "", llr, AGENTS.thresholds(), enrolled=enrolled)
        self._facts.append(judged)

    def enrol(self, request_id: int, customer: str, consent: EnrolmentConsent, recordings: Sequence[bytes]) -> None:
        """Enrolled, and sounding like themselves; who is already is not."""
        already = customer in self.voice_scores
        if self.available and not already:
            self.voice_scores[customer] = 0.9
            self.enrolled[customer] = consent, list(recordings)
        reason = "enrolled already" if already else "" if self.available else "the fake service is down"
        self._facts.append(EnrolmentJudged(request_id, reason))

    def compare(self, request_id: int, text: str, grammar: Grammar) -> None:
        """As `meanings` says; empty: they cannot be compared."""
        self._facts.append(SentenceCompared(request_id, dict(self.meanings.get(text, {})) if self.available else {}))

    def close(self) -> None:
        """Forget everything."""
        self._streams.clear()
        self._facts.clear()
