"""What the caller says: onsets and utterances; speech for the voice is passed on (`caller_voice`).

Nothing is computed while nobody listens. While someone does, the cheap detector sees every frame; a suspected onset
is confirmed by the speech service before anyone hears of it, and only then does audio flow to the recognizer, from
the onset's pre-roll on.

A prompt that speech interrupts is held at once. Who said "mm", or made a noise without words, has interrupted nothing:
the prompt goes on where it stopped, and the ear waits for the next utterance as if none had been.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Protocol

from ivr.core.events import Event
from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES, samples
from ivr.core.orders.listening import (
    HypothesisReceived,
    Listen,
    RecognizerFailed,
    SpeechEnded,
    SpeechStarted,
    TranscriptReady,
)
from ivr.core.orders.voice import CollectVoice, CompareVoice, EnrolVoice, RecordVoice
from ivr.core.signs import as_kept
from ivr.core.speech.backchannel import LONGEST_SECONDS, interrupts, is_backchannel
from ivr.core.speech.choose import chosen_in_words, spoken_choice
from ivr.core.speech.facts import (
    EnrolmentJudged,
    Hypothesis,
    OnsetJudged,
    Recognition,
    RecognitionFailed,
    SentenceCompared,
    SpeechFact,
    TurnJudged,
    VoiceJudged,
)
from ivr.core.speech.gate import Ended, Gate, GateConfig, GateState, OnsetSuspected
from ivr.core.speech.turn import silence_after
from ivr.engine.cell.caller_voice import CallerVoice
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
DECIDE_SAMPLES = samples(2.0)
"""After the onset: whose words are not there by then interrupts. A nod is understood 0.9 to 1.2 s after it (bench)."""
_CONFIG = GateConfig()
LONGEST_SAMPLES = samples(LONGEST_SECONDS + _CONFIG.pre_roll)
"""Of a nod, from where speech is assumed to have begun."""


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
    onset: int = 0
    ended: int = 0
    """Samples where the utterance began and ended."""
    undecided: bool = False
    """The prompt is held, and nobody was told yet: it may be a nod."""
    compared: tuple[int, TranscriptReady] | None = None
    """The comparison that is awaited, and the words that wait for it."""
    sound: bytearray = field(default_factory=bytearray)
    """What the recognizer got: the voice is judged by nothing else."""
    voiced: int = 0
    """Voiced frames in it."""


class Held(Protocol):
    """The player, as far as speech interrupts it."""

    def hold(self, prompt_id: int | None) -> bool:
        """Send silence in its place; False: nothing of that prompt can be held."""
        ...

    def resume(self, prompt_id: int | None) -> None:
        """Go on with it where it stopped."""
        ...


class Ear:
    """One caller's ear. `hear` is called with every frame, `take` with every fact of the speech service."""

    def __init__(self, speech: Speech, vad: FrameVad, prompts: Held, *, onset_probability: float) -> None:
        self._speech = speech
        self._prompts = prompts
        self._vad = vad
        self._onset_probability = onset_probability
        self._heard: deque[tuple[int, bytes, bool]] = deque(maxlen=HEARD_FRAMES)
        """Sample, frame, whether it is voiced."""
        self._listening: _Listening | None = None
        self._requests = 0
        self._events: list[Event] = []
        self._voice = CallerVoice(speech, self._events)
        self._sample = 0

    @property
    def busy(self) -> bool:
        """Whether anyone listens."""
        return self._listening is not None or self._voice.gathers

    @property
    def news(self) -> bool:
        """Whether `events` has any."""
        return bool(self._events)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is due in a quiet frame: nobody speaks, and no voice is gathered."""
        listening = self._listening
        if self._voice.gathers:
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
        self._listening = _begun(order)

    def stop_listening(self, listen_id: int) -> None:
        """No longer interested."""
        if self._listening is not None and self._listening.order.listen_id == listen_id:
            self._drop_listening()

    def gather(self, order: CollectVoice | RecordVoice) -> None:
        """Gather speech for the voice from now on."""
        self._voice.gather(order, self._sample)

    def compare(self, order: CompareVoice) -> None:
        """Have scored what was said in the call so far."""
        self._voice.compare(order)

    def enrol(self, order: EnrolVoice, call_id: str) -> None:
        """Have the voice of what was recorded enrolled."""
        self._voice.enrol(order, call_id)

    def forget_said(self) -> None:
        """Somebody else may be at the telephone from here on: what was said is not theirs."""
        self._voice.forget_said()

    def stop_gathering(self, verify_id: int) -> None:
        """Drop it, and its score."""
        self._voice.stop(verify_id)

    def hear(self, sample: int, frame: bytes) -> None:
        """One frame of the caller's."""
        self._sample = sample
        if not self.busy:
            if self._heard:
                self._heard.clear()
            return
        self._hear(sample, frame, self._vad.is_speech(frame))

    def _hear(self, sample: int, frame: bytes, voiced: bool) -> None:
        self._heard.append((sample, frame, voiced))
        if (listening := self._listening) is not None:
            if not listening.finished:
                self._listen_to(listening, voiced, sample, frame)
            if listening.undecided and _is_more(listening, sample):
                self._interrupt(listening)
        self._voice.hear(voiced, sample, frame)

    def hear_all(self, sample: int, pcm: bytes) -> None:
        """Frames in a row, from `sample` on."""
        if not self.busy:
            self.hear(sample + len(pcm) // SAMPLE_BYTES - FRAME_SAMPLES, pcm[-FRAME_BYTES:])
            return
        frames = [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]
        voiced = list(map(self._vad.is_speech, frames))
        said = zip(range(sample, sample + len(pcm) // SAMPLE_BYTES, FRAME_SAMPLES), frames, voiced, strict=True)
        if self._is_quiet and not any(voiced):
            self._heard.extend(said)
            self._sample = sample + len(pcm) // SAMPLE_BYTES - FRAME_SAMPLES
            return
        for at, frame, speech in said:
            self._sample = at
            self._hear(at, frame, speech)

    @property
    def _is_quiet(self) -> bool:
        """Whether a frame without speech is only to be remembered."""
        listening = self._listening
        if self._voice.gathers or (listening is not None and listening.undecided):
            return False
        return listening is None or listening.finished or listening.gate.is_quiet

    def take(self, fact: SpeechFact) -> None:
        """One fact of the speech service."""
        match fact:
            case OnsetJudged(request_id=request, probability=probability):
                self._judged(request, probability)
            case VoiceJudged():
                self._voice.scored(fact)
            case EnrolmentJudged():
                self._voice.enrolled(fact)
            case SentenceCompared(request_id=request, alike=alike):
                self._compared(request, alike)
            case TurnJudged():
                self._turn_judged(fact)
            case Hypothesis() | Recognition() | RecognitionFailed():
                self._recognized(fact)

    def events(self) -> list[Event]:
        """What happened since the last call."""
        events = self._events.copy()
        self._events.clear()
        return events

    def close(self) -> None:
        """Drop everything."""
        self._drop_listening()
        self._voice.close()

    # --- utterances -------------------------------------------------------------------------------------------------

    def _listen_to(self, listening: _Listening, voiced: bool, sample: int, frame: bytes) -> None:
        fact = listening.gate.push(voiced, sample)
        if listening.streaming:
            self._speech.audio(listening.order.listen_id, frame)
            self._voice.said(frame, voiced)
            if listening.order.voice is not None:
                listening.sound += frame
                listening.voiced += voiced
        match fact:
            case OnsetSuspected():
                listening.suspected_at = sample
                self._ask(listening, sample)
            case Ended(sample=end):
                listening.finished, listening.ended = True, end
                self._speech.finish(listening.order.listen_id)
                if not listening.undecided:
                    self._events.append(SpeechEnded(end))
                if (of := listening.order.voice) is not None:
                    self._voice.score(of.verify_id, of.customer, listening.sound, listening.voiced)
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
        onset = listening.onset = listening.gate.onset
        self._speech.recognize(listening.order.listen_id, listening.order.understood)
        self._speech.audio(listening.order.listen_id, self._since(onset))
        for at, frame, voiced in self._heard:
            if at + FRAME_SAMPLES > onset:
                self._voice.said(frame, voiced)
        if listening.order.voice is not None:
            listening.sound += self._since(onset)
            listening.voiced += sum(voiced for at, _, voiced in self._heard if at + FRAME_SAMPLES > onset)
        if self._prompts.hold(listening.order.interrupts):
            listening.undecided = True
        else:
            self._events.append(SpeechStarted(onset))

    def _turn_judged(self, fact: TurnJudged) -> None:
        """Who has not finished gets more time, once no words have said that they have."""
        listening = self._listening
        if listening is not None and listening.order.listen_id == fact.listen_id:
            listening.gate.prolong(silence_after(fact.complete, listening.order.end_silence))

    def _interrupt(self, listening: _Listening) -> None:
        """It was no nod: what was kept back is told."""
        listening.undecided = False
        self._events.append(SpeechStarted(listening.onset))
        if listening.finished:
            self._events.append(SpeechEnded(listening.ended))

    def _pass_over(self, listening: _Listening) -> None:
        """It interrupted nothing: the prompt goes on, and so does listening, with what was heard since."""
        self._prompts.resume(listening.order.interrupts)
        again = self._listening = _begun(listening.order)
        for sample, frame, voiced in list(self._heard):
            if sample >= listening.ended:
                self._listen_to(again, voiced, sample, frame)

    def _recognized(self, fact: Hypothesis | Recognition | RecognitionFailed) -> None:
        listening = self._listening
        if listening is None or listening.order.listen_id != fact.listen_id:
            return
        match fact:
            case Hypothesis(listen_id=number, text=said):
                grammar = listening.order.grammar
                text = as_kept(said, grammar.language)
                # Where any words are an answer, a choice's words may be the beginning of a longer one.
                answered = not grammar.free and spoken_choice(text, grammar.choices, grammar.language) is not None
                if answered or (listening.undecided and is_backchannel(text, grammar)):
                    listening.gate.hasten(COMPLETE_PAUSE_SECONDS)
                if not listening.undecided:
                    self._events.append(HypothesisReceived(number, text))
            case Recognition(listen_id=number, text=said, choice=choice, confidence=confidence):
                grammar = listening.order.grammar
                text = as_kept(said, grammar.language)
                if listening.undecided:
                    if not interrupts(text, choice, confidence, grammar):
                        self._pass_over(listening)
                        return
                    self._interrupt(listening)
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
                if listening.undecided:
                    self._prompts.resume(listening.order.interrupts)  # it names the keys
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
            if self._listening.undecided:
                self._prompts.resume(self._listening.order.interrupts)
            self._listening = None


def _begun(order: Listen) -> _Listening:
    return _Listening(order, Gate(replace(_CONFIG, end_silence=order.end_silence, max_speech=order.max_speech)))


def _is_more(listening: _Listening, sample: int) -> bool:
    """Whether this goes on longer than a nod, or nobody says what it is."""
    since = sample - listening.onset
    return (listening.gate.state is GateState.SPEAKING and since >= LONGEST_SAMPLES) or since >= DECIDE_SAMPLES
