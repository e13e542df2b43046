"""Runs one call through a dialplan: facts in, orders out; no clock, no I/O.

Whatever comes, in whatever order: stale answers are dropped, a protected state is entered only with its obligations
met (`Session.permitted`, the guard), and every wait has an end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ivr.core.alarms import AlarmKind
from ivr.core.commands import Command
from ivr.core.dialplan.expression import Known
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.runtime import figures
from ivr.core.dialplan.runtime.orders import ANSWERS
from ivr.core.dialplan.runtime.places import NO_PLACES, Places
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import apologize, fail
from ivr.core.dialplan.runtime.step_queue import QueueStep
from ivr.core.dialplan.runtime.steps import step_for
from ivr.core.dialplan.runtime.weighing import Weighing
from ivr.core.dialplan.values import typed_value
from ivr.core.events import Event
from ivr.core.identity.risk import WAIT_SECONDS
from ivr.core.orders.calls import CallArrived, HangUpCause
from ivr.core.orders.desk import BackInQueue
from ivr.core.orders.evidence import CallOutcome, Consent, LanguageChosen, StateEntered
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.listening import HypothesisReceived
from ivr.core.orders.playing import Clip, PromptStarted
from ivr.core.orders.risk import CallsCounted

HOLD_LIMIT_SECONDS = 300.0
"""A caller who holds us longer than this, with no agent on the line, is let go."""
STRAIGHT_LIMIT = 1000
"""States entered in answer to one event; `check` refuses loops, so this is reached by a bug only."""
IN_PASSING: Final = frozenset({HypothesisReceived, PromptStarted})
"""The facts that come oftest, and on which nothing turns in any state."""
_OF_LEGS: Final = frozenset({LegHungUp, LegHeld, LegResumed})


def _ends(event: Event) -> bool:
    """Whether the caller has left: that waits for nothing."""
    return isinstance(event, LegHungUp) and event.role is LegRole.CALLER


class Interpreter:
    """One call in one dialplan."""

    __slots__ = ("_count_until", "_held_until", "_limit_at", "_put_off", "_s")

    def __init__(
        self,
        dialplan: Dialplan,
        *,
        arrival: CallArrived,
        data: Mapping[str, object] | None = None,
    ) -> None:
        self._s = Session(
            dialplan,
            weighing=Weighing(dialplan.risk, arrival),
            called=arrival.called,
            caller=arrival.caller,
            arrived_at=arrival.at,
            call_id=arrival.call_id,
        )
        for name, raw in (data or {}).items():
            spec = dialplan.values.get(name)
            value = typed_value(raw, spec.type) if spec is not None else None
            if value is not None:
                self._s.known.values[name] = value
        self._held_until: float | None = None
        self._limit_at: float | None = None
        self._count_until: float | None = None
        """Until when the next state waits for what earlier calls say."""
        self._put_off: tuple[Event, ...] = ()
        """Facts that came meanwhile."""

    # --- what others may know ---

    @property
    def dialplan(self) -> Dialplan:
        """The version that this call began with, and keeps."""
        return self._s.dialplan

    @property
    def state(self) -> str:
        """Name of the state; empty before the start."""
        return self._s.way.state

    @property
    def language(self) -> str:
        """The call's language now."""
        return self._s.known.language

    @property
    def identity(self) -> str:
        """Identity level that counts now: none, basic, strong or high."""
        return str(self._s.known.identity.level)

    @property
    def risk(self) -> str:
        """Of the call, now: low, medium, high or unknown."""
        return str(self._s.known.identity.risk)

    def values(self) -> dict[str, Known | None]:
        """The dialplan's values that the call knows; None for a secret one. Personal: for the author's desk only."""
        specs = self._s.dialplan.values
        return {name: None if specs[name].secret else value for name, value in self._s.known.values.items()}

    @property
    def ended(self) -> bool:
        """Whether the call is over for the dialplan: nothing is ordered any more."""
        return self._s.ended

    @property
    def secret(self) -> bool:
        """Whether keys pressed now are secret: to be masked wherever they are kept."""
        return self._s.ahead.hiding

    @property
    def unrecorded(self) -> bool:
        """Whether the caller refused to be recorded, and is not."""
        return self._s.recorded.refused

    @property
    def consent(self) -> Consent:
        """To being recorded."""
        return self._s.recorded.consent

    @property
    def places(self) -> Places:
        """Where an agent may lead the caller now."""
        return self._s.step.places(self._s) if isinstance(self._s.step, QueueStep) else NO_PLACES

    def brief(self) -> tuple[Clip, ...]:
        """What is said to an agent before they hear the caller; nothing: they are connected at once."""
        return self._s.step.brief(self._s) if isinstance(self._s.step, QueueStep) else ()

    def masked(self, digit: str) -> str:
        """The key as it may be kept: a secret one as '?', but for * and #; the path of a replay needs no more."""
        return "?" if self._s.ahead.hiding and digit not in "*#" else digit

    # --- events ---

    def arrive(self, now: float) -> list[Command]:
        """The call has come and is not answered yet: what is asked of earlier calls."""
        order = self._s.known.weighing.arrive()
        self._count_until = None if order is None else now + WAIT_SECONDS
        return [] if order is None else [order]

    def start(self, now: float) -> list[Command]:
        """The call is answered and its recording runs: enter the first state."""
        s = self._s
        s.orders.begin(now)
        s.orders.began = now
        self._limit_at = now + s.dialplan.max_minutes * 60
        s.orders.give(LanguageChosen(s.known.language))
        s.way.go(s.dialplan.start)
        return self._settled()

    def receive(self, event: Event, *, now: float) -> list[Command]:
        """A fact. Returns the orders that follow from it."""
        s, kind = self._s, type(event)
        if s.ended or kind in IN_PASSING:
            return []
        s.orders.begin(now)
        if isinstance(event, CallsCounted):
            return self._counted(event, now)
        if s.step is None and s.way.pending is None:
            return []
        if self._awaits_count and not _ends(event):
            self._put_off += (event,)
            return []
        s.known.heard(event)
        s.known.reckon()
        if kind in ANSWERS and not s.orders.answered(event):
            return s.orders.out
        if kind is BackInQueue:
            s.staying = ""
        if kind in _OF_LEGS:
            self._leg(event)
        elif not (figures.happened(s, event) or (s.held and kind is DigitPressed)) and s.step is not None:
            s.step.receive(s, event)
        return s.orders.out if s.way.pending is None and s.dialplan.figures is None else self._settled()

    def deadline(self) -> float | None:
        """When `handle_timer` is wanted, at the latest."""
        s = self._s
        if s.ended:
            return None
        if self._awaits_count:
            return self._count_until
        times = s.orders.due, self._held_until, None if s.talked else self._limit_at
        return min((time for time in times if time is not None), default=None)

    def handle_timer(self, *, now: float) -> list[Command]:
        """Time has passed; too early a call does nothing."""
        s = self._s
        if s.ended:
            return []
        s.orders.begin(now)
        if self._awaits_count:
            return self._go_on(now) if self._count_until is not None and now >= self._count_until else []
        if s.step is None:
            return []
        s.known.reckon()
        if self._held_until is not None and now >= self._held_until:
            s.finish(HangUpCause.FAILED, CallOutcome.ABANDONED)
        elif self._limit_at is not None and not s.talked and now >= self._limit_at:
            self._limit_at = None
            fail(s, AlarmKind.CALL_LIMIT, f"{s.dialplan.id}: a call reached its time limit in state '{s.way.state}'")
        elif s.orders.due is not None and now >= s.orders.due:
            s.orders.due = None
            s.step.timer(s)
        return self._settled()

    def apologize(self, *, now: float, cause: HangUpCause = HangUpCause.FAILED) -> list[Command]:
        """End the call with an apology: recording is impossible, the engine stops, a fault elsewhere."""
        s = self._s
        if s.ended:
            return []
        s.orders.begin(now)
        s.held, self._held_until, self._count_until = False, None, None
        apologize(s, cause)
        return self._settled()

    # --- inside ---

    def _settled(self) -> list[Command]:
        """Enter states until one waits for something. While the caller holds us, nothing new begins."""
        s = self._s
        for _ in range(STRAIGHT_LIMIT):
            figures.withhold(s)
            if self._counts() or s.way.pending is None or s.held or s.ended:
                if s.way.pending is not None and self._held_until is None:
                    self._held_until = s.orders.now + HOLD_LIMIT_SECONDS
                return s.orders.out
            if s.dialplan.risk:
                s.known.reckon()
                s.way.settle()
            name = s.way.pending
            s.leave_step()
            s.way.pending = None
            self._enter(name)
        fail(s, AlarmKind.LOOP, f"{s.dialplan.id}: states follow each other without end at '{s.way.state}'")
        return s.orders.out

    @property
    def _awaits_count(self) -> bool:
        """Whether the next state waits for what earlier calls say."""
        return self._count_until is not None and self._s.way.pending is not None

    def _counts(self) -> bool:
        """Whether a state is to be entered, and has to wait: what was asked is asked anew of a value known anew."""
        s = self._s
        if s.way.pending is None or s.held or s.ended:
            return False
        order = s.known.count()
        if order is not None:
            s.orders.give(order)
            self._count_until = s.orders.now + WAIT_SECONDS
        if self._count_until is not None and self._count_until <= s.orders.now:
            self._count_until = None
        return self._count_until is not None

    def _counted(self, event: CallsCounted, now: float) -> list[Command]:
        """Earlier calls have answered, perhaps too late to be waited for."""
        s, awaited = self._s, self._awaits_count
        if not s.known.weighing.counted(event):
            return []
        if not s.known.weighing.waits:
            if awaited:
                return self._go_on(now)
            self._count_until = None
        if s.step is not None:
            s.known.reckon()
        if isinstance(s.step, QueueStep):
            s.step.weighed(s)
        return s.orders.out

    def _go_on(self, now: float) -> list[Command]:
        """Nobody waits for earlier calls any longer: what came meanwhile happens now."""
        self._count_until, came, self._put_off = None, self._put_off, ()
        orders = list(self._settled())
        for event in came:
            orders += self.receive(event, now=now)
        return orders

    def _enter(self, name: str) -> None:
        s = self._s
        s.known.reckon()
        if not s.permitted(name):
            apologize(s, HangUpCause.FAILED)
            return
        state = s.dialplan.states[name]
        s.way.state = name
        s.served = s.served or state.served
        s.orders.give(StateEntered(name))
        s.step = step_for(state, s.dialplan)
        s.step.enter(s)

    def _leg(self, event: Event) -> None:
        match event:
            case LegHungUp():
                self._hung_up(event)
            case LegHeld():
                self._held(event)
            case LegResumed():
                self._resumed(event)

    def _hung_up(self, event: LegHungUp) -> None:
        s = self._s
        if event.role is LegRole.CALLER:
            s.leave_step()
            s.end(CallOutcome.TRANSFERRED if s.talked else CallOutcome.COMPLETED if s.served else CallOutcome.ABANDONED)
        elif s.step is not None:
            s.staying = ""
            s.step.receive(s, event)

    def _held(self, event: LegHeld) -> None:
        s = self._s
        if event.role is LegRole.CALLER and not s.held and s.step is not None:
            s.held = True
            s.known.was_held()
            self._held_until = None if s.step.outlasts_hold else s.orders.now + HOLD_LIMIT_SECONDS
            s.step.hold(s)

    def _resumed(self, event: LegResumed) -> None:
        s = self._s
        if event.role is LegRole.CALLER and s.held and s.step is not None:
            s.held, self._held_until = False, None
            if s.way.pending is None:
                s.step.resume(s)
