"""Speech by which a caller's voice is judged: gathered for it, or that of one utterance; and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.events import Event
from ivr.core.media.frame import FRAME_SAMPLES, FRAME_SECONDS
from ivr.core.orders.voice import CollectVoice, VoiceScored, VoiceUnscored
from ivr.core.speech.facts import VoiceJudged
from ivr.engine.cell.config import Speech

SENTENCE_PAUSE_FRAMES = 30
"""Unvoiced frames after which a sentence spoken for the voice is over: 0.6 s. Scoring sooner would leave its rest to be
taken for the answer to the next question."""
LEAST_SPEECH_SECONDS = 1.0
"""Less net speech than this is not scored (the embedder's own floor)."""


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


class CallerVoice:
    """One caller's."""

    def __init__(self, speech: Speech, events: list[Event]) -> None:
        """`events` gets what comes of it."""
        self._speech = speech
        self._events = events
        self._gathering: _Gathering | None = None
        self._scoring: _Scoring | None = None

    @property
    def gathers(self) -> bool:
        """Whether speech is wanted."""
        return self._gathering is not None

    def gather(self, order: CollectVoice, sample: int) -> None:
        """Gather speech from now on."""
        self._scoring = None
        limit = sample + round(order.max_wait / FRAME_SECONDS) * FRAME_SAMPLES
        self._gathering = _Gathering(order, limit)

    def stop(self, verify_id: int) -> None:
        """Drop it, and its score."""
        if self._gathering is not None and self._gathering.order.verify_id == verify_id:
            self._gathering = None
        if self._scoring is not None and self._scoring.verify_id == verify_id:
            self._scoring = None

    def close(self) -> None:
        """Drop everything."""
        self._gathering = self._scoring = None

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
            self.score(gathering.order.verify_id, gathering.order.customer, gathering.sound, gathering.voiced)

    def score(self, verify_id: int, customer: str, sound: bytearray, voiced: int) -> None:
        """Have it scored, unless there is too little speech in it. `voiced`: frames of speech in `sound`."""
        speech_seconds = voiced * FRAME_SECONDS
        if speech_seconds < LEAST_SPEECH_SECONDS:
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
            self._events.append(VoiceUnscored(number, judged.reason))
        else:
            self._events.append(VoiceScored(number, score, length, judged.llr, judged.house, judged.heard_before))
