"""One caller's visit: recording before answer, dialplan in between, record at the end.

The rule of this module: nothing is said to a caller, and nothing is heard of him, without a running recording. A call
whose recording cannot start is refused with an apology in early media; one whose recording stops is ended with one.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from ivr.core.call.agent_pause import AgentPause
from ivr.core.call.far_end import FarEnd
from ivr.core.call.flags import marks_of
from ivr.core.call.outcome import Outcome
from ivr.core.call.record import CallRecord
from ivr.core.commands import (
    AcceptCall,
    Clip,
    Command,
    HangUp,
    Note,
    PlayPrompt,
    RaiseAlarm,
    RejectCall,
    SendProgress,
    StartRecording,
)
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Prompt
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.events import (
    CallAnswered,
    CallArrived,
    DrainRequested,
    Event,
    LegHungUp,
    LegRole,
    LineMeasured,
    PauseAsked,
    PromptEnded,
    RecordingFailed,
    RecordingStarted,
    ResumeAsked,
)
from ivr.errors import BugError, IvrError

EARLY_PROMPT_ID = -1
"""Prompts of the call itself have negative numbers, the dialplan's positive ones."""
APOLOGY_PROMPT_ID = -2
APOLOGY_LIMIT = 15.0
"""Seconds after which a call is refused even if the apology's end is never reported."""
ANSWER_LIMIT = 40.0
"""Seconds for the ACK of our 200 (RFC 3261 13.3.1.4: 64*T1 = 32 s)."""
SERVICE_UNAVAILABLE = 503
"""SIP status of a refused call (RFC 3261 21.5.4)."""


_Step = Callable[[Interpreter], list[Command]]


class Phase(StrEnum):
    """How far a call has come."""

    ARRIVING = "arriving"
    PREPARING = "preparing"
    EARLY = "early"
    ANSWERING = "answering"
    SERVING = "serving"
    REFUSING = "refusing"
    ENDED = "ended"


class Call:
    """The state of one call. Facts in, orders out; `now` is in seconds of a clock that never goes back."""

    def __init__(self, dialplan: Dialplan) -> None:
        self.dialplan = dialplan
        self.phase = Phase.ARRIVING
        self._arrival: CallArrived | None = None
        self._arrived_now = 0.0
        self._interpreter: Interpreter | None = None
        self._limit: float | None = None
        self._outcome = Outcome(language=dialplan.languages[0])
        self._far = FarEnd()
        self._pause = AgentPause()

    # --- facts in, orders out ---------------------------------------------------------------------------------------

    def receive(self, event: Event, *, now: float) -> list[Command]:
        """Take one fact; returns the orders that follow from it."""
        orders = self._take(event, now)
        self._outcome.marks.update(marks_of(event, orders))
        return orders

    def _take(self, event: Event, now: float) -> list[Command]:
        if self.phase is Phase.ENDED:
            return []
        match event:
            case CallArrived():
                return self._arrived(event, now)
            case RecordingStarted():
                return self._recording_started(event, now)
            case RecordingFailed():
                return self._recording_failed(event, now)
            case CallAnswered():
                return self._answered(now)
            case LegHungUp(role=LegRole.CALLER):
                return self._caller_gone(event, now)
            case PromptEnded(prompt_id=number) if number < 0:
                return self._own_prompt_ended(number, now)
            case DrainRequested():
                return self._drained(now)
            case LineMeasured():
                self._outcome.loss_here, self._outcome.loss_there = event.lost_here, event.lost_there
                return []
        if self._interpreter is None or self.phase is not Phase.SERVING:
            return []
        return self._serve(event, now)

    def deadline(self) -> float | None:
        """When `handle_timer` wants to be called, if nothing happens before."""
        times = [self._limit, self._pause.until, self._interpreter.deadline() if self._interpreter else None]
        return min((time for time in times if time is not None), default=None)

    def handle_timer(self, *, now: float) -> list[Command]:
        """Time has passed."""
        orders = self._timed(now)
        self._outcome.marks.update(marks_of(None, orders))
        return orders

    def _timed(self, now: float) -> list[Command]:
        if self.phase is Phase.ENDED:
            return []
        if self._limit is not None and now >= self._limit:
            return self._limit_reached(now)
        if self._interpreter is None or self.phase is not Phase.SERVING:
            return []
        if self._pause.until is not None and now >= self._pause.until:
            return self._pause.ended()
        return self._settle(self._guarded(lambda it: it.handle_timer(now=now), now), now)

    @property
    def secret(self) -> bool:
        """Whether what the caller types or says now may not be stored."""
        if self._pause.until is not None:
            return True
        return self._interpreter is not None and self.phase is Phase.SERVING and self._interpreter.secret

    @property
    def unrecorded(self) -> bool:
        """Whether the call goes on without a recording, as the caller refused it."""
        return self._interpreter is not None and self._interpreter.unrecorded

    @property
    def record(self) -> CallRecord:
        """The record as it stands."""
        if self._arrival is None:
            raise BugError("a call has no record before it arrived")
        return self._outcome.record(
            self._arrival, self.dialplan, agents=self._far.agents, transfers=self._far.transfers
        )

    # --- the phases -------------------------------------------------------------------------------------------------

    def _arrived(self, event: CallArrived, now: float) -> list[Command]:
        self._arrival, self._arrived_now = event, now
        self.phase = Phase.PREPARING
        return [StartRecording()]

    def _recording_started(self, event: RecordingStarted, now: float) -> list[Command]:
        if self.phase is not Phase.PREPARING:
            return []
        self._outcome.recording_id = event.recording_id
        early = self.dialplan.early
        if early is not None:
            self.phase = Phase.EARLY
            return [SendProgress(), PlayPrompt(EARLY_PROMPT_ID, self._static(early))]
        return self._accept(now)

    def _accept(self, now: float) -> list[Command]:
        self.phase = Phase.ANSWERING
        self._limit = now + ANSWER_LIMIT
        return [AcceptCall()]

    def _answered(self, now: float) -> list[Command]:
        if self.phase is not Phase.ANSWERING or self._arrival is None:
            return []
        self.phase = Phase.SERVING
        self._limit = None
        self._outcome.answered_at = self._wall(now)
        self._interpreter = Interpreter(self.dialplan, arrival=self._arrival)
        return self._settle(self._guarded(lambda it: it.start(now), now), now)

    def _own_prompt_ended(self, number: int, now: float) -> list[Command]:
        if number == EARLY_PROMPT_ID and self.phase is Phase.EARLY:
            return self._accept(now)
        if number == APOLOGY_PROMPT_ID and self.phase is Phase.REFUSING:
            self._limit = None
            return [RejectCall(SERVICE_UNAVAILABLE, self._outcome.outcome)]
        return []

    def _drained(self, now: float) -> list[Command]:
        if self._interpreter is None:
            return self._refuse(now) if self.phase in (Phase.PREPARING, Phase.EARLY) else [HangUp("drained")]
        return self._apologize(self._interpreter, now, outcome="drained")

    def _recording_failed(self, event: RecordingFailed, now: float) -> list[Command]:
        alarm = RaiseAlarm("recording", f"a call cannot be recorded: {event.reason}")
        if self._interpreter is None:
            return [alarm, *self._refuse(now)]
        return [alarm, *self._apologize(self._interpreter, now)]

    def _refuse(self, now: float) -> list[Command]:
        """Say sorry in early media, which is not an answer, then refuse."""
        if self.phase is Phase.REFUSING:
            return []
        orders: list[Command] = [SendProgress()] if self.phase is Phase.PREPARING else []
        self.phase = Phase.REFUSING
        self._outcome.outcome = "refused"
        self._limit = now + APOLOGY_LIMIT
        return [*orders, PlayPrompt(APOLOGY_PROMPT_ID, self._static(self.dialplan.messages["sorry"]))]

    def _apologize(self, interpreter: Interpreter, now: float, *, outcome: str = "failed") -> list[Command]:
        """Stop serving, say sorry, end."""
        orders = self._release()
        self._outcome.outcome = outcome
        self._limit = now + APOLOGY_LIMIT
        try:
            return [*orders, *self._settle(interpreter.apologize(now=now, cause=outcome), now)]
        except IvrError:
            return [*orders, HangUp(outcome)]

    def _static(self, prompt: Prompt) -> tuple[Clip, ...]:
        """A prompt without values, in the call's language."""
        return tuple(piece.clip for piece in prompt.pieces[self._outcome.language])

    def _limit_reached(self, now: float) -> list[Command]:
        self._limit = None
        if self.phase is Phase.REFUSING:
            return [RejectCall(SERVICE_UNAVAILABLE, self._outcome.outcome)]
        self._outcome.outcome = self._outcome.outcome or "failed"
        return [HangUp("failed")]

    def _caller_gone(self, event: LegHungUp, now: float) -> list[Command]:
        orders: list[Command] = []
        if self._interpreter is not None and self.phase is Phase.SERVING:
            orders = self._settle(self._guarded(lambda it: it.receive(event, now=now), now), now)
        orders += self._release()
        self.phase = Phase.ENDED
        self._limit = None
        self._outcome.ended_at = self._wall(now)
        self._outcome.hangup_code = event.code
        self._outcome.hangup_by_caller = event.by_far_end
        if not self._outcome.outcome:
            self._outcome.outcome = "abandoned" if event.by_far_end else "completed"
        return [order for order in orders if not isinstance(order, HangUp)]

    # --- serving ----------------------------------------------------------------------------------------------------

    def _serve(self, event: Event, now: float) -> list[Command]:
        match event:
            case PauseAsked(limit=limit):
                return self._pause.asked(limit, now=now, talking=self._far.agent_talks)
            case ResumeAsked():
                return self._pause.ended()
        before = self._far.happened(event)
        if not self._far.agent_talks:
            before = [*self._pause.ended(), *before]
        after = self._settle(self._guarded(lambda it: it.receive(event, now=now), now), now)
        return [*before, *after]

    def _release(self) -> list[Command]:
        """Let everyone else on the line go."""
        return [*self._pause.ended(), *self._far.release()]

    def _guarded(self, step: _Step, now: float) -> list[Command]:
        """Run the interpreter; an error of it ends the call with an apology instead of leaving the caller alone."""
        assert self._interpreter is not None
        try:
            return step(self._interpreter)
        except IvrError as error:
            alarm = RaiseAlarm("dialplan", f"a call could not go on: {error}")
            return [alarm, *self._apologize(self._interpreter, now)]

    def _settle(self, orders: list[Command], now: float) -> list[Command]:
        """Take from the interpreter's orders what concerns the call itself."""
        kept: list[Command] = []
        for order in orders:
            match order:
                case Note():
                    self._outcome.noted(order)
                case HangUp(cause=cause):
                    kept += self._release()
                    self._outcome.outcome = self._outcome.outcome or cause
                    self._limit = now + ANSWER_LIMIT
                case _:
                    kept += self._far.ordered(order)
            kept.append(order)
        return kept

    def _wall(self, now: float) -> float:
        """Wall-clock time of `now`: counted from the INVITE, so that a clock set back changes no duration."""
        assert self._arrival is not None
        return self._arrival.at + (now - self._arrived_now)
