"""One caller's visit: recording before answer, dialplan in between, record at the end.

The rule of this module: nothing is said to a caller, and nothing is heard of them, without a running recording. A call
whose recording cannot start is refused with an apology in early media; one whose recording stops is ended with one.
What happens when is one table, `TABLE`: (phase, fact) to what is done. What is not in it is of no concern then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ivr.core.alarms import AlarmKind
from ivr.core.call import limits
from ivr.core.call.agent_pause import AgentPause
from ivr.core.call.outcome import Outcome
from ivr.core.call.phase import APOLOGY_PROMPT_ID, EARLY_PROMPT_ID, TALK_ENDS_PROMPT_ID, Fact, Phase, fact_of
from ivr.core.call.record import CallRecord
from ivr.core.call.talk import Talk
from ivr.core.commands import Command
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Prompt
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.dialplan.runtime.places import NO_PLACES, Places
from ivr.core.events import Event
from ivr.core.orders.calls import AcceptCall, CallArrived, HangUp, HangUpCause, RejectCall, SendProgress
from ivr.core.orders.evidence import CallOutcome, Evidence, RaiseAlarm
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHungUp, LineMeasured
from ivr.core.orders.playing import Beep, Clip, PlayPrompt, PromptEnded, PromptStarted
from ivr.core.orders.reading import AgentSaid, CallerOverheard
from ivr.core.orders.recording import PauseAsked, RecordingFailed, RecordingStarted, ResumeAsked, StartRecording
from ivr.core.orders.talk import TalkNearsEnd, TalkOver
from ivr.core.orders.voice import AgentVoiceJudged
from ivr.core.sip.status import NOT_ACCEPTABLE_HERE, SERVICE_UNAVAILABLE
from ivr.errors import IvrError

END_BEEPS = 3
"""What both hear when their talk nears the longest that one may last."""

_Step = Callable[[Interpreter], list[Command]]


class Call:
    """The state of one call. Facts in, orders out; `now` is in seconds of a clock that never goes back."""

    def __init__(self, dialplan: Dialplan) -> None:
        self.dialplan = dialplan
        self.phase = Phase.ARRIVING
        self._interpreter: Interpreter | None = None
        self._limit: float | None = None
        self._outcome = Outcome(language=dialplan.languages[0])
        self.talk = Talk(places=self.places, brief=self._brief)
        self.pause = AgentPause()

    def receive(self, event: Event, *, now: float) -> list[Command]:
        """Take one fact; returns the orders that follow from it."""
        row = TABLE.get((self.phase, fact_of(event)))
        orders = [] if row is None else row(self, event, now)
        self._outcome.followed(event, orders)
        return orders

    def deadline(self) -> float | None:
        """When `handle_timer` wants to be called, if nothing happens before."""
        times = [self._limit, self.pause.until, self._interpreter.deadline() if self._interpreter else None]
        return min((time for time in times if time is not None), default=None)

    def handle_timer(self, *, now: float) -> list[Command]:
        """Time has passed."""
        orders = self._timed(now)
        self._outcome.followed(None, orders)
        return orders

    def _timed(self, now: float) -> list[Command]:
        if self.phase is Phase.ENDED:
            return []
        if self._limit is not None and now >= self._limit:
            self._limit = None
            row = TABLE.get((self.phase, Fact.LIMIT))
            return [] if row is None else row(self, None, now)
        if self.phase is not Phase.SERVING:
            return []
        if self.pause.until is not None and now >= self.pause.until:
            return self.pause.ended()
        return self._settle(self._guarded(lambda it: it.handle_timer(now=now), now), now)

    @property
    def secret(self) -> bool:
        """Whether what the caller types or says now may not be stored."""
        if self.pause.until is not None:
            return True
        return self._interpreter is not None and self.phase is Phase.SERVING and self._interpreter.secret

    @property
    def unrecorded(self) -> bool:
        """Whether the call goes on without a recording, as the caller refused it."""
        return self._interpreter is not None and self._interpreter.unrecorded

    @property
    def record(self) -> CallRecord:
        """The record as it stands."""
        return self._outcome.record(self.dialplan, agents=self.talk.agents, transfers=self.talk.transfers)

    # --- the rows of the table --------------------------------------------------------------------------------------

    def _arrived(self, event: Event | None, now: float) -> list[Command]:
        assert isinstance(event, CallArrived)
        self._outcome.arrived(event, now=now)
        self.phase = Phase.PREPARING
        self._interpreter = Interpreter(self.dialplan, arrival=event)
        return [StartRecording(), *self._interpreter.arrive(now)]

    def _counted(self, event: Event | None, now: float) -> list[Command]:
        """Earlier calls have answered, perhaps before this one is."""
        return [] if event is None else self._settle(self._told(event, now), now)

    def _recording_started(self, event: Event | None, now: float) -> list[Command]:
        assert isinstance(event, RecordingStarted)
        self._outcome.recording_id = event.recording_id
        if self._outcome.calls_back:
            self.phase, self._limit = Phase.CALLING, now + limits.RINGING
            return []
        early = self.dialplan.early
        if early is None:
            return self._accept(event, now)
        self.phase, self._limit = Phase.EARLY, now + limits.EARLY_START
        return [SendProgress(), PlayPrompt(EARLY_PROMPT_ID, self._static(early))]

    def _early_began(self, event: Event | None, now: float) -> list[Command]:
        self._limit = now + limits.EARLY
        return []

    def _accept(self, event: Event | None, now: float) -> list[Command]:
        self.phase, self._limit = Phase.ANSWERING, now + limits.ANSWER
        return [AcceptCall()]

    def _answered(self, event: Event | None, now: float) -> list[Command]:
        self.phase, self._limit = Phase.SERVING, None
        self._outcome.answered_at = self._outcome.wall(now)
        return self._settle(self._guarded(lambda it: it.start(now), now), now)

    def _measured(self, event: Event | None, now: float) -> list[Command]:
        assert isinstance(event, LineMeasured)
        self._outcome.loss_here, self._outcome.loss_there = event.lost_here, event.lost_there
        return []

    def _recording_failed(self, event: Event | None, now: float) -> list[Command]:
        """Whatever follows, the line is not left open without a recording."""
        alarm = self._alarm(event, now)
        match self.phase:
            case Phase.SERVING:
                assert self._interpreter is not None
                return [*alarm, *self._apologize(self._interpreter, now)]
            case Phase.ANSWERING:
                return [*alarm, *self._close_sorry(now)]
        return [*alarm, *self._refuse(event, now)]

    def _alarm(self, event: Event | None, now: float) -> list[Command]:
        assert isinstance(event, RecordingFailed)
        return [RaiseAlarm(AlarmKind.RECORDING, f"a call cannot be recorded: {event.reason}")]

    def _refuse(self, event: Event | None, now: float) -> list[Command]:
        """Say sorry in early media, which is not an answer, then refuse. For whom we dial, it stops ringing."""
        if self._outcome.calls_back:
            return self._close(event, now)
        orders: list[Command] = [SendProgress()] if self.phase is Phase.PREPARING else []
        self.phase, self._limit = Phase.REFUSING, now + limits.APOLOGY
        self._outcome.outcome = CallOutcome.REFUSED
        return [*orders, self._sorry()]

    def _reject(self, event: Event | None, now: float) -> list[Command]:
        """Refuse the INVITE."""
        self._limit = None
        return [RejectCall(SERVICE_UNAVAILABLE, self._outcome.outcome)]

    def _unhearable(self, event: Event | None, now: float) -> list[Command]:
        """The early prompt could not be heard, or not in time. No other cell would fare better."""
        self.phase, self._limit = Phase.REFUSING, None
        self._outcome.outcome = CallOutcome.FAILED
        return [RejectCall(NOT_ACCEPTABLE_HERE, "failed")]

    def _close_sorry(self, now: float) -> list[Command]:
        """Say sorry although nothing of the dialplan has begun, then end."""
        self.phase, self._limit, self._outcome.outcome = Phase.CLOSING, now + limits.APOLOGY, CallOutcome.FAILED
        return [self._sorry()]

    def _close(self, event: Event | None, now: float) -> list[Command]:
        """End by BYE, with nothing more said."""
        self.phase, self._limit = Phase.CLOSING, None
        self._outcome.outcome = self._outcome.outcome or CallOutcome.FAILED
        return [HangUp(HangUpCause(self._outcome.outcome))]

    def _unanswered(self, event: Event | None, now: float) -> list[Command]:
        self._outcome.outcome = CallOutcome.UNANSWERED
        return self._close(event, now)

    def _drained(self, event: Event | None, now: float) -> list[Command]:
        if self._interpreter is not None and self.phase is Phase.SERVING:
            return self._apologize(self._interpreter, now, outcome=CallOutcome.DRAINED)
        self._outcome.outcome = CallOutcome.DRAINED
        return self._close(event, now)

    def _vanished(self, event: Event | None, now: float) -> list[Command]:
        """What the call came to is for the dialplan to say, when the leg is down."""
        return [HangUp(HangUpCause.VANISHED)]

    def _out_of_time(self, event: Event | None, now: float) -> list[Command]:
        """The end was ordered, or the apology began, and nothing more came of it."""
        self._outcome.outcome = self._outcome.outcome or CallOutcome.FAILED
        return [HangUp(HangUpCause.FAILED)]

    def _sorry(self) -> PlayPrompt:
        return PlayPrompt(APOLOGY_PROMPT_ID, self._static(self.dialplan.messages["sorry"]))

    def _apologize(self, it: Interpreter, now: float, *, outcome: CallOutcome = CallOutcome.FAILED) -> list[Command]:
        """Stop serving, say sorry, end."""
        orders = self._release()
        self._outcome.outcome = outcome
        self._limit = now + limits.APOLOGY
        try:
            return [*orders, *self._settle(it.apologize(now=now, cause=HangUpCause(outcome)), now)]
        except Exception:
            return [*orders, HangUp(HangUpCause(outcome))]

    def _static(self, prompt: Prompt) -> tuple[Clip, ...]:
        """A prompt without values, in the call's language."""
        return tuple(piece.clip for piece in prompt.pieces[self._outcome.language])

    def _caller_gone(self, event: Event | None, now: float) -> list[Command]:
        assert isinstance(event, LegHungUp)
        orders = self.talk.caller_left()
        if self.phase is Phase.SERVING:
            orders += self._settle(self._guarded(lambda it: it.receive(event, now=now), now), now)
        orders += self._release()
        self.phase, self._limit = Phase.ENDED, None
        self._outcome.ended(event, now=now)
        return [order for order in orders if not isinstance(order, HangUp)]

    # --- serving ----------------------------------------------------------------------------------------------------

    def _serve(self, event: Event | None, now: float) -> list[Command]:
        assert event is not None
        match event:
            case PauseAsked(limit=limit, party=party):
                return self.pause.asked(limit, now=now, talking=self.talk.may_pause(party))
            case ResumeAsked(party=party):
                return self.pause.ended() if self.talk.leads(party) else []
            case PromptStarted(prompt_id=number) | PromptEnded(prompt_id=number) if number == TALK_ENDS_PROMPT_ID:
                return []
            case TalkNearsEnd():
                return self._announce_end()
            case TalkOver():
                return self.talk.end_talk()
            case AgentVoiceJudged():
                return self.talk.judged(event)
            case AgentSaid() | CallerOverheard() if self.secret or self.unrecorded:
                return []
        lead = self.talk.lead
        # What is keyed in while the agent has paused the recording is for nobody's ears.
        hidden = isinstance(event, DigitPressed) and self.secret
        orders, told = ([], [event]) if hidden else self.talk.happened(event)
        if self.talk.lead != lead or not self.talk.may_pause(lead):
            orders = [*self.pause.ended(), *orders]
        for fact in told:
            orders += self._settle(self._told(fact, now), now)
        return orders

    def _told(self, fact: Event, now: float) -> list[Command]:
        return self._guarded(lambda it: it.receive(fact, now=now), now)

    def places(self) -> Places:
        """Where an agent may lead the caller now, and what is missing for it."""
        return NO_PLACES if self._interpreter is None else self._interpreter.places

    def _brief(self) -> tuple[Clip, ...]:
        return () if self._interpreter is None else self._interpreter.brief()

    def _announce_end(self) -> list[Command]:
        """Both hear the tones, the caller the words as well."""
        if not self.talk.talks:
            return []
        return [Beep(END_BEEPS), PlayPrompt(TALK_ENDS_PROMPT_ID, self._static(self.dialplan.messages["talk_ends"]))]

    def _release(self) -> list[Command]:
        """Let everyone else on the line go."""
        return [*self.pause.ended(), *self.talk.release()]

    def _guarded(self, step: _Step, now: float) -> list[Command]:
        """Run the interpreter; an error of it ends the call with an apology instead of leaving the caller alone."""
        assert self._interpreter is not None
        try:
            return step(self._interpreter)
        except IvrError as error:
            why = str(error)
        except Exception as error:
            # A bug of ours ends one call, with an apology and an alarm. Its text may hold what callers said.
            why = type(error).__name__
        return [
            RaiseAlarm(AlarmKind.DIALPLAN, f"a call could not go on: {why}"),
            *self._apologize(self._interpreter, now),
        ]

    def _settle(self, orders: list[Command], now: float) -> list[Command]:
        """Take from the interpreter's orders what concerns the call itself."""
        kept: list[Command] = []
        for order in orders:
            match order:
                case _ if isinstance(order, Evidence):
                    self._outcome.noted(order)
                case HangUp(cause=cause):
                    kept += self._release()
                    self._outcome.outcome = self._outcome.outcome or CallOutcome(cause)
                    self._limit = now + limits.ANSWER
                case _:
                    kept += self.talk.ordered(order)
            kept.append(order)
        return kept


_Row = Callable[[Call, Event | None, float], list[Command]]
_ANY_TIME: Final = {Fact.COUNTED: Call._counted, Fact.MEASURED: Call._measured, Fact.GONE: Call._caller_gone}
"""While a call lasts."""
_ROWS: Final[Mapping[Phase, Mapping[Fact, _Row]]] = {
    Phase.ARRIVING: {Fact.ARRIVED: Call._arrived},
    Phase.PREPARING: {
        **_ANY_TIME,
        Fact.RECORDING: Call._recording_started,
        Fact.UNRECORDABLE: Call._recording_failed,
        Fact.STOPPING: Call._refuse,
    },
    Phase.EARLY: {
        **_ANY_TIME,
        Fact.EARLY_BEGAN: Call._early_began,
        Fact.EARLY_ENDED: Call._accept,
        Fact.UNRECORDABLE: Call._recording_failed,
        Fact.STOPPING: Call._refuse,
        Fact.LIMIT: Call._unhearable,
    },
    Phase.CALLING: {
        **_ANY_TIME,
        Fact.ANSWERED: Call._answered,
        Fact.NO_AUDIO: Call._close,
        Fact.UNRECORDABLE: Call._recording_failed,
        Fact.STOPPING: Call._drained,
        Fact.LIMIT: Call._unanswered,
    },
    Phase.ANSWERING: {
        **_ANY_TIME,
        Fact.ANSWERED: Call._answered,
        Fact.NO_AUDIO: Call._close,
        Fact.UNRECORDABLE: Call._recording_failed,
        Fact.STOPPING: Call._drained,
        Fact.LIMIT: Call._close,
    },
    Phase.SERVING: {
        **_ANY_TIME,
        Fact.UNRECORDABLE: Call._recording_failed,
        Fact.STOPPING: Call._drained,
        Fact.VANISHED: Call._vanished,
        Fact.LIMIT: Call._out_of_time,
        Fact.OTHER: Call._serve,
    },
    Phase.REFUSING: {
        **_ANY_TIME,
        Fact.SORRY_ENDED: Call._reject,
        Fact.UNRECORDABLE: Call._alarm,
        Fact.LIMIT: Call._reject,
    },
    Phase.CLOSING: {
        **_ANY_TIME,
        Fact.NO_AUDIO: Call._close,
        Fact.SORRY_ENDED: Call._close,
        Fact.UNRECORDABLE: Call._alarm,
        Fact.VANISHED: Call._close,
        Fact.LIMIT: Call._close,
    },
    Phase.ENDED: {},
}
TABLE: Final[Mapping[tuple[Phase, Fact], _Row]] = {
    (phase, fact): row for phase, rows in _ROWS.items() for fact, row in rows.items()
}
"""(phase, fact) -> what the call does. A pair that is not here changes nothing and orders nothing."""
