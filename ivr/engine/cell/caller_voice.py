"""Speech by which a caller's voice is judged: gathered for it, that of one utterance, or what was said in the call so
far; and what came of it.

What was said so far is forgotten when somebody else may have come to the telephone. It is kept in memory only.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from ivr.core.events import Event
from ivr.core.media.frame import FRAME_SAMPLES, FRAME_SECONDS
from ivr.core.orders.voice import (
    CollectVoice,
    CompareVoice,
    EnrolVoice,
    RecordVoice,
    VoiceEnrolled,
    VoiceNotEnrolled,
    VoiceRecorded,
    VoiceScored,
    VoiceUnscored,
)
from ivr.core.speech.facts import EnrolmentConsent, EnrolmentJudged, VoiceJudged
from ivr.engine.cell.config import Speech

SENTENCE_PAUSE_FRAMES = 30
"""Unvoiced frames after which a sentence spoken for the voice is over: 0.6 s. Scoring sooner would leave its rest to be
taken for the answer to the next question."""
SAID_SECONDS = 30.0
"""Of what was said, at most: the latest. Ten seconds tell voices apart (docs/speech.md)."""
LEAST_SPEECH_SECONDS = 1.0
"""Less net speech than this is not scored (the embedder's own floor)."""


@dataclass(slots=True)
class _Gathering:
    """One CollectVoice or RecordVoice being carried out."""

    order: CollectVoice | RecordVoice
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


class CallerVoice:
    """One caller's."""

    def __init__(self, speech: Speech, events: list[Event]) -> None:
        """`events` gets what comes of it."""
        self._speech = speech
        self._events = events
        self._gathering: _Gathering | None = None
        self._scoring: _Scoring | None = None
        self._said: deque[tuple[bytes, bool]] = deque(maxlen=round(SAID_SECONDS / FRAME_SECONDS))
        """Frames of what was said in the call, whether each is voiced."""
        self._recordings: list[bytes] = []
        """Sentences for an enrolment."""
        self._enrolling = 0
        """Id of the order to enrol that is being carried out; 0: none."""

    @property
    def gathers(self) -> bool:
        """Whether speech is wanted."""
        return self._gathering is not None

    def gather(self, order: CollectVoice | RecordVoice, sample: int) -> None:
        """Gather speech from now on."""
        self._scoring = None
        if isinstance(order, RecordVoice) and order.first:
            self._recordings.clear()
        limit = sample + round(order.max_wait / FRAME_SECONDS) * FRAME_SAMPLES
        self._gathering = _Gathering(order, limit)

    def stop(self, verify_id: int) -> None:
        """Drop it, and its score."""
        if self._gathering is not None and self._gathering.order.verify_id == verify_id:
            self._gathering = None
        if self._scoring is not None and self._scoring.verify_id == verify_id:
            self._scoring = None
        if self._enrolling == verify_id:
            self._enrolling = 0

    def close(self) -> None:
        """Drop everything."""
        self._gathering = self._scoring = None
        self._said.clear()
        self._recordings.clear()

    def said(self, frame: bytes, voiced: bool) -> None:
        """One frame of something that the caller says."""
        self._said.append((frame, voiced))

    def forget_said(self) -> None:
        """From here on somebody else may speak."""
        self._said.clear()

    def compare(self, order: CompareVoice) -> None:
        """Have scored what was said so far, if it is enough."""
        sound = bytearray(b"".join(frame for frame, _ in self._said))
        voiced = sum(voiced for _, voiced in self._said)
        self.score(order.verify_id, order.customer, sound, voiced, least=order.min_speech)

    def hear(self, voiced: bool, sample: int, frame: bytes) -> None:
        """One frame of the caller's."""
        gathering = self._gathering
        if gathering is None:
            return
        if voiced or gathering.sound:
            gathering.sound += frame
            gathering.voiced += voiced
        gathering.pause = 0 if voiced else gathering.pause + 1
        speech_seconds = gathering.voiced * FRAME_SECONDS
        enough = speech_seconds >= gathering.order.min_speech and gathering.pause >= SENTENCE_PAUSE_FRAMES
        if enough or sample >= gathering.until_sample:
            self._gathering = None
            self._gathered(gathering.order, gathering.sound, gathering.voiced)

    def _gathered(self, order: CollectVoice | RecordVoice, sound: bytearray, voiced: int) -> None:
        if isinstance(order, CollectVoice):
            self.score(order.verify_id, order.customer, sound, voiced)
            return
        speech_seconds = voiced * FRAME_SECONDS
        if speech_seconds >= order.min_speech:
            self._recordings.append(bytes(sound))
        self._events.append(VoiceRecorded(order.verify_id, speech_seconds))

    def enrol(self, order: EnrolVoice, call_id: str) -> None:
        """Have what was recorded enrolled, and forget it here."""
        recordings, self._recordings = self._recordings, []
        self._enrolling = order.verify_id
        consent = EnrolmentConsent(f"call {call_id}: {', '.join(order.agreed)}", order.keeps_audio)
        self._speech.enrol(order.verify_id, order.customer, consent, recordings)

    def enrolled(self, judged: EnrolmentJudged) -> None:
        """The speech service's answer."""
        number, enrolling = judged.request_id, self._enrolling
        if number != enrolling:
            return
        self._enrolling = 0
        self._events.append(VoiceNotEnrolled(number, judged.reason) if judged.reason else VoiceEnrolled(number))

    def score(
        self, verify_id: int, customer: str, sound: bytearray, voiced: int, *, least: float = LEAST_SPEECH_SECONDS
    ) -> None:
        """Have it scored, unless there is too little speech in it. `voiced`: frames of speech in `sound`."""
        speech_seconds = voiced * FRAME_SECONDS
        if speech_seconds < max(least, LEAST_SPEECH_SECONDS):
            self._events.append(VoiceUnscored(verify_id, "too little speech"))
            return
        self._scoring = _Scoring(verify_id, speech_seconds)
        self._speech.verify(verify_id, customer, bytes(sound))

    def scored(self, judged: VoiceJudged) -> None:
        """The speech service's answer."""
        scoring = self._scoring
        if scoring is None or scoring.verify_id != judged.request_id:
            return
        self._scoring = None
        number, score, length = judged.request_id, judged.score, scoring.speech_seconds
        if score is None:
            self._events.append(VoiceUnscored(number, judged.reason, judged.listed, judged.listed_llr))
        else:
            heard_before, listed = judged.heard_before, (judged.listed, judged.listed_llr)
            self._events.append(VoiceScored(number, score, length, judged.llr, judged.house, heard_before, *listed))
