"""One caller's visit: recording before answer, dialplan in between, record at the end.

The rule of this module: nothing is said to a caller, and nothing is heard of him, without a running recording. A call
whose recording cannot start is refused with an apology in early media; one whose recording stops is ended with one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from ivr.core.call.record import CallRecord, DisclosureEvidence
from ivr.core.commands import (
    AcceptCall,
    Bridge,
    CancelAgent,
    Clip,
    Command,
    DialAgent,
    Enqueue,
    HangUp,
    LeaveQueue,
    Note,
    PlayMusic,
    PlayPrompt,
    RaiseAlarm,
    RejectCall,
    SendProgress,
    StartRecording,
    StopMusic,
    Unbridge,
)
from ivr.core.dialplan.interpreter import Interpreter
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Prompt
from ivr.core.events import (
    AgentAnswered,
    AgentFailed,
    AgentOffered,
    CallAnswered,
    CallArrived,
    DrainRequested,
    Event,
    LegHeld,
    LegHungUp,
    LegResumed,
    LegRole,
    PromptEnded,
    QueueFailed,
    RecordingFailed,
    RecordingStarted,
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


@dataclass(slots=True)
class _Outcome:
    """What the record will say, gathered as it happens."""

    answered_at: float | None = None
    ended_at: float | None = None
    recording_id: str | None = None
    outcome: str = ""
    identity: str = "none"
    language: str = ""
    agents: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    disclosures: list[DisclosureEvidence] = field(default_factory=list)
    hangup_code: int = 0
    hangup_by_caller: bool = False


class Call:
    """The state of one call. Facts in, orders out; `now` is in seconds of a clock that never goes back."""

    def __init__(self, dialplan: Dialplan) -> None:
        self.dialplan = dialplan
        self.phase = Phase.ARRIVING
        self._arrival: CallArrived | None = None
        self._arrived_now = 0.0
        self._interpreter: Interpreter | None = None
        self._limit: float | None = None
        self._outcome = _Outcome(language=dialplan.languages[0])
        self._queued = False
        self._offer: AgentOffered | None = None
        self._bridged = False

    # --- facts in, orders out ---------------------------------------------------------------------------------------

    def receive(self, event: Event, *, now: float) -> list[Command]:
        """Take one fact; returns the orders that follow from it."""
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
        if self._interpreter is None or self.phase is not Phase.SERVING:
            return []
        return self._serve(event, now)

    def deadline(self) -> float | None:
        """When `handle_timer` wants to be called, if nothing happens before."""
        times = [self._limit, self._interpreter.deadline() if self._interpreter else None]
        return min((time for time in times if time is not None), default=None)

    def handle_timer(self, *, now: float) -> list[Command]:
        """Time has passed."""
        if self.phase is Phase.ENDED:
            return []
        if self._limit is not None and now >= self._limit:
            return self._limit_reached(now)
        if self._interpreter is None or self.phase is not Phase.SERVING:
            return []
        return self._settle(self._guarded(lambda it: it.handle_timer(now=now), now), now)

    @property
    def secret(self) -> bool:
        """Whether what the caller types or says now may not be stored."""
        return self._interpreter is not None and self.phase is Phase.SERVING and self._interpreter.secret

    @property
    def record(self) -> CallRecord:
        """The record as it stands."""
        if self._arrival is None:
            raise BugError("a call has no record before it arrived")
        arrival, outcome = self._arrival, self._outcome
        return CallRecord(
            call_id=arrival.call_id,
            started_at=arrival.at,
            answered_at=outcome.answered_at,
            ended_at=outcome.ended_at,
            caller=arrival.caller,
            called=arrival.called,
            dialplan=self.dialplan.id,
            dialplan_sha256=self.dialplan.sha256,
            language=outcome.language,
            outcome=outcome.outcome,
            recording_id=outcome.recording_id,
            identity=outcome.identity,
            agents=tuple(outcome.agents),
            states=tuple(outcome.states),
            disclosures=tuple(outcome.disclosures),
            hangup_code=outcome.hangup_code,
            hangup_by_caller=outcome.hangup_by_caller,
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
        orders = self._release_agent()
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
        orders += self._release_agent()
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
        before = self._agent_orders(event)
        after = self._settle(self._guarded(lambda it: it.receive(event, now=now), now), now)
        return [*before, *after]

    def _agent_orders(self, event: Event) -> list[Command]:
        match event:
            case AgentOffered():
                if not self._queued or self._offer is not None:
                    return [CancelAgent(event.offer_id)]
                self._offer = event
                return [DialAgent(event.offer_id, event.agent, event.uri)]
            case AgentAnswered(offer_id=offer_id) if self._is_current(offer_id):
                assert self._offer is not None
                self._queued, self._bridged = False, True
                self._outcome.agents.append(self._offer.agent)
                return [StopMusic(), Bridge()]
            case AgentFailed(offer_id=offer_id) if self._is_current(offer_id):
                self._offer = None
            case LegHungUp(role=LegRole.AGENT) if self._bridged:
                self._offer, self._bridged = None, False
                return [Unbridge()]
            case LegHeld(role=LegRole.AGENT) if self._bridged:
                return [PlayMusic()]
            case LegResumed(role=LegRole.AGENT) if self._bridged:
                return [StopMusic()]
            case QueueFailed():
                self._queued = False
        return []

    def _is_current(self, offer_id: str) -> bool:
        return self._offer is not None and self._offer.offer_id == offer_id

    def _release_agent(self) -> list[Command]:
        orders: list[Command] = []
        if self._offer is not None:
            orders.append(CancelAgent(self._offer.offer_id))
        if self._queued:
            orders.append(LeaveQueue())
        self._offer, self._queued, self._bridged = None, False, False
        return orders

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
                    self._noted(order)
                case Enqueue():
                    self._queued = True
                case LeaveQueue():
                    self._queued = False
                    kept += self._drop_offer()
                case HangUp(cause=cause):
                    kept += self._release_agent()
                    self._outcome.outcome = self._outcome.outcome or cause
                    self._limit = now + ANSWER_LIMIT
            kept.append(order)
        return kept

    def _drop_offer(self) -> list[Command]:
        if self._offer is None or self._bridged:
            return []
        offer, self._offer = self._offer, None
        return [CancelAgent(offer.offer_id)]

    def _noted(self, note: Note) -> None:
        match note.kind:
            case "state":
                self._outcome.states.append(str(note.data["name"]))
            case "language":
                self._outcome.language = str(note.data["language"])
            case "identity":
                self._outcome.identity = str(note.data["level"])
            case "outcome":
                self._outcome.outcome = str(note.data["outcome"])
            case "disclosure":
                self._outcome.disclosures.append(DisclosureEvidence(**note.data))  # type: ignore[arg-type]

    def _wall(self, now: float) -> float:
        """Wall-clock time of `now`: counted from the INVITE, so that a clock set back changes no duration."""
        assert self._arrival is not None
        return self._arrival.at + (now - self._arrived_now)
