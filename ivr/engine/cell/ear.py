"""What the caller says: onsets, utterances, and speech for the voice: gathered, or that of one utterance.

Nothing is computed while nobody listens. While someone does, the cheap detector sees every frame; a suspected onset
is confirmed by the speech service before anyone hears of it, and only then does audio flow to the recognizer, from
the onset's pre-roll on.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from ivr.core.events import Event
from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_BYTES
from ivr.core.orders.listening import (
    HypothesisReceived,
    Listen,
    RecognizerFailed,
    SpeechEnded,
    SpeechStarted,
    TranscriptReady,
)
from ivr.core.orders.voice import CollectVoice, VoiceScored, VoiceUnscored
from ivr.core.signs import as_kept
from ivr.core.speech.choose import chosen_in_words, spoken_choice
from ivr.core.speech.facts import (
    Hypothesis,
    OnsetJudged,
    Recognition,
    RecognitionFailed,
    SentenceCompared,
    SpeechFact,
    VoiceJudged,
)
from ivr.core.speech.gate import Ended, Gate, GateConfig, GateState, OnsetSuspected
from ivr.engine.cell.config import Speech
from ivr.ports.speech import FrameVad

HEARD_FRAMES = 75
"""Frames kept for the pre-roll: 1.5 s, more than a suspicion may wait with its pre-roll."""
ASK_AGAIN_SAMPLES = 2 * FRAME_SAMPLES
"""Between two questions about one suspicion: each hears 40 ms more and so judges better."""
DOUBT_SAMPLES = 12 * FRAME_SAMPLES
"""A suspicion that is not confirmed after 240 ms is dropped. With these two, real words barge in after 122 ms (median;
95 %: 225 ms) where one question and a pause took 275 ms, and seven voices of babble stay out longer."""
COMPLETE_PAUSE_SECONDS = 0.35
"""Silence that ends an utterance which, as far as it is understood, is one of the choices already."""
SENTENCE_PAUSE_FRAMES = 30
"""Unvoiced frames after which a sentence spoken for the voice is over: 0.6 s. Scoring sooner would leave its rest to be
taken for the answer to the next question."""
LEAST_SPEECH_SECONDS = 1.0
"""Less net speech than this is not scored (the embedder's own floor)."""
_CONFIG = GateConfig()


@dataclass(slots=True)
class _Listening:
    """One Listen being carried out."""

    order: Listen
    gate: Gate
    onset_request: int = 0
    """The question being judged; 0: none."""
    asked_at: int = 0
    suspected_at: int = 0
    streaming: bool = False
    finished: bool = False
    compared: tuple[int, TranscriptReady] | None = None
    """The comparison that is awaited, and the words that wait for it."""
    sound: bytearray = field(default_factory=bytearray)
    """What the recognizer got: the voice is judged by nothing else."""
    voiced: int = 0
    """Voiced frames in it."""


@dataclass(slots=True)
class _Gathering:
    """One CollectVoice being carried out."""

    order: CollectVoice
    until_sample: int
    sound: bytearray = field(default_factory=bytearray)
    """All of it from the first voiced frame on: its pauses tell a recording that was heard before."""
    voiced: int = 0
    pause: int = 0
    """Unvoiced frames since the last voiced one."""


@dataclass(frozen=True, slots=True)
class _Scoring:
    """Speech that is being scored."""

    verify_id: int
    speech_seconds: float


class Ear:
    """One caller's ear. `hear` is called with every frame, `take` with every fact of the speech service."""

    def __init__(self, speech: Speech, vad: FrameVad, *, onset_probability: float) -> None:
        self._speech = speech
        self._vad = vad
        self._onset_probability = onset_probability
        self._heard: deque[tuple[int, bytes, bool]] = deque(maxlen=HEARD_FRAMES)
        """Sample, frame, whether it is voiced."""
        self._listening: _Listening | None = None
        self._gathering: _Gathering | None = None
        self._scoring: _Scoring | None = None
        self._requests = 0
        self._events: list[Event] = []
        self._sample = 0

    @property
    def busy(self) -> bool:
        """Whether anyone listens."""
        return self._listening is not None or self._gathering is not None

    @property
    def news(self) -> bool:
        """Whether `events` has any."""
        return bool(self._events)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is due in a quiet frame: nobody speaks, and no voice is gathered."""
        listening = self._listening
        if self._gathering is not None:
            return False
        return listening is None or listening.finished or listening.gate.state is GateState.QUIET

    @property
    def is_waiting(self) -> bool:
        """Whether the next loud frame may be the beginning of something."""
        return self._listening is not None and not self._listening.finished

    def listen(self, order: Listen) -> None:
        """Hear one utterance from now on."""
        self._drop_listening()
        if not self._speech.available:
            self._events.append(RecognizerFailed(order.listen_id, "the speech service is down"))
            return
        gate = Gate(replace(_CONFIG, end_silence=order.end_silence, max_speech=order.max_speech))
        self._listening = _Listening(order, gate)

    def stop_listening(self, listen_id: int) -> None:
        """No longer interested."""
        if self._listening is not None and self._listening.order.listen_id == listen_id:
            self._drop_listening()

    def gather(self, order: CollectVoice) -> None:
        """Gather speech for the voice from now on."""
        self._scoring = None
        limit = self._sample + round(order.max_wait / FRAME_SECONDS) * FRAME_SAMPLES
        self._gathering = _Gathering(order, limit)

    def stop_gathering(self, verify_id: int) -> None:
        """Drop it, and its score."""
        if self._gathering is not None and self._gathering.order.verify_id == verify_id:
            self._gathering = None
        if self._scoring is not None and self._scoring.verify_id == verify_id:
            self._scoring = None

    def hear(self, sample: int, frame: bytes) -> None:
        """One frame of the caller's."""
        self._sample = sample
        if not self.busy:
            if self._heard:
                self._heard.clear()
            return
        voiced = self._vad.is_speech(frame)
        self._heard.append((sample, frame, voiced))
        if self._listening is not None and not self._listening.finished:
            self._listen_to(self._listening, voiced, sample, frame)
        if self._gathering is not None:
            self._gather_from(self._gathering, voiced, sample, frame)

    def hear_all(self, sample: int, pcm: bytes) -> None:
        """Frames in a row, from `sample` on."""
        for at in range(0 if self.busy else max(0, len(pcm) - FRAME_BYTES), len(pcm), FRAME_BYTES):
            self.hear(sample + at // SAMPLE_BYTES, pcm[at : at + FRAME_BYTES])

    def take(self, fact: SpeechFact) -> None:
        """One fact of the speech service."""
        match fact:
            case OnsetJudged(request_id=request, probability=probability):
                self._judged(request, probability)
            case VoiceJudged():
                self._scored(fact)
            case SentenceCompared(request_id=request, alike=alike):
                self._compared(request, alike)
            case Hypothesis() | Recognition() | RecognitionFailed():
                self._recognized(fact)

    def events(self) -> list[Event]:
        """What happened since the last call."""
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Drop everything."""
        self._drop_listening()
        self._gathering = self._scoring = None

    # --- utterances -------------------------------------------------------------------------------------------------

    def _listen_to(self, listening: _Listening, voiced: bool, sample: int, frame: bytes) -> None:
        fact = listening.gate.push(voiced, sample)
        if listening.streaming:
            self._speech.audio(listening.order.listen_id, frame)
            if listening.order.voice is not None:
                listening.sound += frame
                listening.voiced += voiced
        match fact:
            case OnsetSuspected():
                listening.suspected_at = sample
                self._ask(listening, sample)
            case Ended(sample=end):
                listening.finished = True
                self._speech.finish(listening.order.listen_id)
                self._events.append(SpeechEnded(end))
                if (of := listening.order.voice) is not None:
                    self._score(of.verify_id, of.customer, listening.sound, listening.voiced)
            case None if listening.gate.state is GateState.SUSPECTED:
                if not listening.onset_request and sample - listening.asked_at >= ASK_AGAIN_SAMPLES:
                    self._ask(listening, sample)

    def _ask(self, listening: _Listening, sample: int) -> None:
        self._requests += 1
        listening.onset_request, listening.asked_at = self._requests, sample
        self._speech.confirm_onset(self._requests, self._since(listening.gate.onset))

    def _judged(self, request: int, probability: float | None) -> None:
        listening = self._listening
        if listening is None or listening.onset_request != request or listening.gate.state is not GateState.SUSPECTED:
            return
        listening.onset_request = 0
        if probability is None or probability < self._onset_probability:
            if probability is None or self._sample - listening.suspected_at >= DOUBT_SAMPLES:
                listening.gate.reject(self._sample)
            return
        listening.gate.confirm()
        listening.streaming = True
        onset = listening.gate.onset
        self._speech.recognize(listening.order.listen_id, listening.order.understood)
        self._speech.audio(listening.order.listen_id, self._since(onset))
        if listening.order.voice is not None:
            listening.sound += self._since(onset)
            listening.voiced += sum(voiced for at, _, voiced in self._heard if at + FRAME_SAMPLES > onset)
        self._events.append(SpeechStarted(onset))

    def _recognized(self, fact: Hypothesis | Recognition | RecognitionFailed) -> None:
        listening = self._listening
        if listening is None or listening.order.listen_id != fact.listen_id:
            return
        match fact:
            case Hypothesis(listen_id=number, text=said):
                grammar = listening.order.grammar
                text = as_kept(said, grammar.language)
                # Where any words are an answer, a choice's words may be the beginning of a longer one.
                if not grammar.free and spoken_choice(text, grammar.choices, grammar.language) is not None:
                    listening.gate.hasten(COMPLETE_PAUSE_SECONDS)
                self._events.append(HypothesisReceived(number, text))
            case Recognition(listen_id=number, text=said, choice=choice, confidence=confidence):
                grammar = listening.order.grammar
                text = as_kept(said, grammar.language)
                if choice is not None and not chosen_in_words(grammar, text, choice):
                    choice, confidence = None, 0.0
                ready = TranscriptReady(number, text, choice, confidence)
                if grammar.like and choice is None and text.strip():
                    self._requests += 1
                    listening.compared = self._requests, ready
                    self._speech.compare(self._requests, text, grammar)
                else:
                    self._listening = None
                    self._events.append(ready)
            case RecognitionFailed(listen_id=number, reason=reason):
                self._listening = None
                self._events.append(RecognizerFailed(number, reason))

    def _compared(self, request: int, alike: dict[str, float]) -> None:
        listening = self._listening
        if listening is None or listening.compared is None or listening.compared[0] != request:
            return
        self._listening = None
        self._events.append(replace(listening.compared[1], alike=alike))

    def _since(self, onset: int) -> bytes:
        """What was heard from there on."""
        return b"".join(frame for at, frame, _ in self._heard if at + FRAME_SAMPLES > onset)

    def _drop_listening(self) -> None:
        if self._listening is not None:
            if self._listening.streaming:
                self._speech.cancel(self._listening.order.listen_id)
            self._listening = None

    # --- the voice --------------------------------------------------------------------------------------------------

    def _gather_from(self, gathering: _Gathering, voiced: bool, sample: int, frame: bytes) -> None:
        if voiced or gathering.sound:
            gathering.sound += frame
            gathering.voiced += voiced
        gathering.pause = 0 if voiced else gathering.pause + 1
        speech_seconds = gathering.voiced * FRAME_SECONDS
        enough = speech_seconds >= gathering.order.min_speech and gathering.pause >= SENTENCE_PAUSE_FRAMES
        if enough or sample >= gathering.until_sample:
            self._gathering = None
            self._score(gathering.order.verify_id, gathering.order.customer, gathering.sound, gathering.voiced)

    def _score(self, verify_id: int, customer: str, sound: bytearray, voiced: int) -> None:
        """Have it scored, unless there is too little speech in it."""
        speech_seconds = voiced * FRAME_SECONDS
        if speech_seconds < LEAST_SPEECH_SECONDS:
            self._events.append(VoiceUnscored(verify_id, "too little speech"))
            return
        self._scoring = _Scoring(verify_id, speech_seconds)
        self._speech.verify(verify_id, customer, bytes(sound))

    def _scored(self, judged: VoiceJudged) -> None:
        scoring = self._scoring
        if scoring is None or scoring.verify_id != judged.request_id:
            return
        self._scoring = None
        number, score, length = judged.request_id, judged.score, scoring.speech_seconds
        if score is None:
            self._events.append(VoiceUnscored(number, judged.reason))
        else:
            self._events.append(VoiceScored(number, score, length, judged.llr, judged.house, judged.heard_before))
