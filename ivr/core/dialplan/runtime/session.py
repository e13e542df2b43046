"""One call's way through a dialplan: each piece of what it knows and has under way has one owner, all stand here.

What concerns one owner alone is asked of that owner; here is what concerns several.
"""

from __future__ import annotations

from typing import Protocol, Self

from ivr.core.alarms import AlarmKind
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.runtime.ahead import Ahead
from ivr.core.dialplan.runtime.guard import lacking
from ivr.core.dialplan.runtime.heard import Heard
from ivr.core.dialplan.runtime.knowledge import Knowledge
from ivr.core.dialplan.runtime.orders import Orders
from ivr.core.dialplan.runtime.readings import NO_READINGS, Readings
from ivr.core.dialplan.runtime.recorded import Recorded
from ivr.core.dialplan.runtime.way import Way
from ivr.core.dialplan.runtime.weighing import Weighing
from ivr.core.events import Event
from ivr.core.orders.calls import HangUp, HangUpCause
from ivr.core.orders.evidence import CallOutcome, LanguageChosen, OutcomeReached, RaiseAlarm


class Step(Protocol):
    """What the interpreter does in one state."""

    def twin(self) -> Self:
        """A copy that goes its own way."""
        ...

    def signature(self, now: float) -> tuple[object, ...]:
        """Equal for steps that go on alike."""
        ...

    def enter(self, s: Session) -> None:
        """The state is entered."""
        ...

    def receive(self, s: Session, event: Event) -> None:
        """A fact that is meant for this step."""
        ...

    def timer(self, s: Session) -> None:
        """`s.orders.due` has come."""
        ...

    def hold(self, s: Session) -> None:
        """The caller put us on hold: nothing we play is heard."""
        ...

    def resume(self, s: Session) -> None:
        """The caller is back."""
        ...

    @property
    def outlasts_hold(self) -> bool:
        """Whether the caller may hold the line for as long as they like: somebody else is on it, or to come."""
        ...

    def leave(self, s: Session) -> None:
        """The state is left, or the call ends."""
        ...


class Session:
    """One call in one dialplan. With slots, here and in its owners: the prover copies them by the ten thousand."""

    __slots__ = (
        "ahead", "call_id", "dialplan", "ended", "heard", "held", "known", "left", "official", "orders", "readings",
        "recorded",
        "served", "staying", "step", "talked", "way",
    )  # fmt: skip

    def __init__(
        self,
        dialplan: Dialplan,
        *,
        call_id: str = "",
        called: str = "",
        caller: str = "",
        arrived_at: float = 0.0,
        weighing: Weighing | None = None,
    ) -> None:
        """`caller`: their address as given by the peer; `arrived_at`: wall-clock time, seconds since the epoch.

        `weighing`: of the call's risk.
        """
        self.dialplan = dialplan
        self.call_id = call_id
        self.orders = Orders()
        self.known = Knowledge(
            dialplan,
            self.orders,
            called=called,
            caller=caller,
            arrived_at=arrived_at,
            call_id=call_id,
            weighing=weighing,
        )
        self.way = Way(dialplan, self.known)
        self.recorded = Recorded(self.orders, by_consent=dialplan.recording == "consent")
        self.ahead = Ahead()
        self.heard = Heard()
        self.step: Step | None = None
        self.held = False
        self.ended = False
        self.served = False
        self.talked = False
        """An agent has been on the line."""
        self.staying = ""
        """The state of the queue whose agent stays on the line while the line takes over; empty: nobody does."""
        self.readings: Readings = NO_READINGS
        """What the agent of the talk that goes on has read to the caller."""
        self.official: dict[str, object] = {}
        """source.query.field -> what lookups of this call answered last, where figures are held to it."""
        self.left = (0.0, 0)
        """Seconds for which they waited for an agent and left, and their priority: a callback keeps the place."""

    def clone(self) -> Self:
        """An independent copy, for exploring what might happen."""
        twin = object.__new__(type(self))
        twin.dialplan, twin.call_id, twin.heard = self.dialplan, self.call_id, self.heard
        twin.held, twin.ended, twin.served, twin.talked = self.held, self.ended, self.served, self.talked
        twin.left, twin.staying, twin.readings = self.left, self.staying, self.readings
        twin.official = self.official
        twin.orders = orders = self.orders.twin()
        twin.known = known = self.known.twin(orders)
        twin.way = self.way.twin(known)
        twin.recorded = self.recorded.twin(orders)
        twin.ahead = self.ahead.twin()
        twin.step = None if self.step is None else self.step.twin()
        return twin

    def speak(self, language: str) -> None:
        """Change the call's language: disclosures heard in another one count no longer."""
        if language != self.known.language:
            self.known.language = language
            self.ahead.said = None
            self.heard = self.heard.in_language(language)
            self.orders.give(LanguageChosen(language))

    def permitted(self, target: str) -> bool:
        """The guard: whether a state or action may happen now. If not, an alarm is raised."""
        missing = [
            each
            for rule in self.dialplan.rules(target)
            for each in lacking(rule, self.heard, self.known, recorded=not self.recorded.refused)
        ]
        if missing:
            text = f"{self.dialplan.id}: '{target}' was about to happen without {', '.join(missing)}; denied"
            self.orders.give(RaiseAlarm(AlarmKind.OBLIGATION, text))
        return not missing

    def finish(self, cause: HangUpCause, outcome: CallOutcome) -> None:
        """Hang up; nothing comes after."""
        self.leave_step()
        self.orders.give(HangUp(cause))
        self.end(outcome)

    def end(self, outcome: CallOutcome) -> None:
        """The call is over."""
        self.ended = True
        self.way.pending = None
        self.orders.give(OutcomeReached(outcome))

    def leave_step(self) -> None:
        """End the step that runs, whatever it does."""
        if self.step is not None:
            self.step.leave(self)
        self.orders.quiet()
