"""Enrolling the caller's voice: several recordings, then all of them are judged and kept as one.

Rule: it is enrolled for the customer whom this call has identified, after the disclosures that ask for consent: the
dialplan's rule on this state names them, and the guard has seen to them before it is entered.
"""

from __future__ import annotations

from ivr.core.dialplan.parts import Prompt
from ivr.core.dialplan.runtime.memory import Given
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep, say
from ivr.core.dialplan.states import EnrolState
from ivr.core.events import Event
from ivr.core.orders.evidence import Enrolled
from ivr.core.orders.playing import PromptEnded
from ivr.core.orders.voice import EnrolVoice, RecordVoice, VoiceEnrolled, VoiceNotEnrolled, VoiceRecorded

GRACE_SECONDS = 10.0
"""After a recording's own limit, for its end to be told."""
ENROL_SECONDS = 30.0
"""For all recordings to be judged, on a busy machine."""


class EnrolStep(PlainStep):
    """Asks, records, asks again; then has the voice kept."""

    __slots__ = ("_poor", "_state", "_taken", "enrolling")
    _poor: int
    """Recordings with too little speech."""
    _state: Given[EnrolState]
    _taken: int
    """Recordings that hold enough."""
    enrolling: bool
    """Whether they are being judged."""

    def __init__(self, state: EnrolState) -> None:
        self._state = state
        self._poor = self._taken = 0
        self.enrolling = False

    def enter(self, s: Session) -> None:
        """Ask for the first recording, of a customer who is the one that was identified."""
        self._poor = self._taken = 0
        self.enrolling = False
        if isinstance(s.known.value(self._state.customer), str) and self._is_theirs(s):
            say(s, self._state.ask)
        else:
            s.way.go(self._state.otherwise)

    def resume(self, s: Session) -> None:
        """Whoever comes back after a hold may be another, and is not known well enough any more."""
        s.way.go(self._state.otherwise)

    def receive(self, s: Session, event: Event) -> None:
        """Record after the prompt; enrol after the last recording."""
        match event:
            case PromptEnded():
                self._record(s)
            case VoiceRecorded(speech_seconds=seconds):
                self._recorded(s, seconds)
            case VoiceEnrolled():
                s.orders.due = None
                s.orders.give(Enrolled(self._agreed(s), self._state.recordings, self._state.keeps_audio))
                s.way.follow(self._state.go)
            case VoiceNotEnrolled():
                s.way.go(self._state.otherwise)

    def timer(self, s: Session) -> None:
        """The prompt's end, a recording's, or what came of them was never told."""
        if s.orders.prompt_id is not None:
            s.orders.stop_prompt()
            self._record(s)
        else:
            s.way.go(self._state.otherwise)

    def _record(self, s: Session) -> None:
        state = self._state
        s.orders.verify_id = s.orders.fresh_id()
        first = self._taken == 0
        s.orders.give(RecordVoice(s.orders.verify_id, state.min_speech, state.max_wait, first=first))
        s.orders.wait(state.max_wait + GRACE_SECONDS)

    def _recorded(self, s: Session, seconds: float) -> None:
        state = self._state
        s.orders.due = None
        # Written so that a length that is no number is too little.
        if not seconds >= state.min_speech:
            self._poor += 1
            if self._poor >= state.attempts:
                s.way.go(state.otherwise)
            else:
                say(s, state.retry or self._asking)
            return
        self._taken += 1
        if self._taken < state.recordings:
            say(s, self._asking)
        else:
            self._enrol(s)

    @property
    def _asking(self) -> Prompt:
        return (self._state.more or self._state.ask) if self._taken else self._state.ask

    def _enrol(self, s: Session) -> None:
        customer = s.known.value(self._state.customer)
        if not isinstance(customer, str) or not self._is_theirs(s):
            s.way.go(self._state.otherwise)  # what was proved may have run out meanwhile
            return
        self.enrolling = True
        s.orders.verify_id = s.orders.fresh_id()
        s.orders.give(EnrolVoice(s.orders.verify_id, customer, self._agreed(s), self._state.keeps_audio))
        s.orders.wait(ENROL_SECONDS)

    def _is_theirs(self, s: Session) -> bool:
        """Whether the caller is still surely the customer whose voice it will be."""
        return s.known.is_surely(self._state.customer, self._state.name)

    def _agreed(self, s: Session) -> tuple[str, ...]:
        """The disclosures that asked for consent."""
        rule = s.dialplan.protect.get(self._state.name)
        return () if rule is None else tuple(demand.disclosure for demand in rule.demands)
