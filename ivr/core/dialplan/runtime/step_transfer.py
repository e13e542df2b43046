"""Transferring the call: ring someone else, then silence while they talk. Bridging is the call's own work.

Our leg stays in between (a back-to-back user agent, not a REFER): the recording and every obligation go on.
"""

from __future__ import annotations

from enum import Enum

from ivr.core.dialplan.runtime.memory import Given, Whether
from ivr.core.dialplan.runtime.prompts import clips_of
from ivr.core.dialplan.runtime.render import Unspeakable
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep
from ivr.core.dialplan.states import TransferState
from ivr.core.events import Event
from ivr.core.orders.calls import HangUpCause
from ivr.core.orders.evidence import CallOutcome
from ivr.core.orders.legs import LegHungUp, LegRole
from ivr.core.orders.playing import PlayMusic, PromptEnded, StopMusic
from ivr.core.orders.transfer import CancelTarget, DialTarget, TargetAnswered, TargetFailed

GRACE_SECONDS = 10.0
"""After the ringing's own limit, until its failure is no longer waited for."""


class Dialling(Enum):
    """How far it has come."""

    BEFORE = "before"
    """What is said first is said."""
    RINGING = "ringing"
    TALKING = "talking"
    OVER = "over"


class TransferStep(PlainStep):
    """Says so, rings, gives up in time."""

    __slots__ = ("_phase", "_state", "transfer_id")
    _phase: Dialling
    _state: Given[TransferState]
    transfer_id: Whether[int]
    """Of the dialling; 0 before it."""

    def __init__(self, state: TransferState) -> None:
        self._state = state
        self._phase = Dialling.BEFORE
        self.transfer_id = 0

    def enter(self, s: Session) -> None:
        """Speak, if there is anything to say that can be said; then ring. An agent who stayed leaves."""
        s.ahead.hiding = False
        s.staying = ""
        if self._state.say is not None:
            try:
                s.orders.play(clips_of(self._state.say, s.known))
                return
            except Unspeakable:
                pass  # nobody is left without help for a word
        self._ring(s)

    def hold(self, s: Session) -> None:
        """The caller waits or talks on, as they like."""

    def resume(self, s: Session) -> None:
        """Nothing was stopped."""

    @property
    def outlasts_hold(self) -> bool:
        """It has its own limits."""
        return True

    def receive(self, s: Session, event: Event) -> None:
        """The prompt's end, and what the target does."""
        match self._phase, event:
            case Dialling.BEFORE, PromptEnded():
                self._ring(s)
            case Dialling.RINGING, TargetAnswered(transfer_id=self.transfer_id):
                self._talk(s)
            case Dialling.RINGING, TargetFailed(transfer_id=self.transfer_id):
                self._phase = Dialling.OVER
                s.orders.give(StopMusic())
                s.way.go(self._state.failed)
            case Dialling.TALKING, LegHungUp(role=LegRole.TARGET):
                self._target_left(s)

    def timer(self, s: Session) -> None:
        """The prompt's end or the ringing's was never reported."""
        if self._phase is Dialling.RINGING:
            s.way.go(self._state.failed)
        else:
            s.orders.stop_prompt()
            self._ring(s)

    def leave(self, s: Session) -> None:
        """Let go of the target."""
        if self._phase is Dialling.RINGING:
            s.orders.give(StopMusic())
        if self._phase in (Dialling.RINGING, Dialling.TALKING):
            s.orders.give(CancelTarget(self.transfer_id))
        self._phase = Dialling.OVER

    def _ring(self, s: Session) -> None:
        self._phase = Dialling.RINGING
        self.transfer_id = s.orders.fresh_id()
        s.orders.give(DialTarget(self.transfer_id, self._state.destination, self._state.timeout), PlayMusic())
        s.orders.wait(self._state.timeout + GRACE_SECONDS)

    def _talk(self, s: Session) -> None:
        """They talk: be silent. The call stops the music and bridges."""
        self._phase = Dialling.TALKING
        s.talked = s.known.spoke = True
        s.orders.due = None

    def _target_left(self, s: Session) -> None:
        self._phase = Dialling.OVER
        if self._state.after is None:
            s.finish(HangUpCause.COMPLETED, CallOutcome.TRANSFERRED)
        else:
            s.way.go(self._state.after)
