"""The real interpreter in one state, watched: what a stay there does, and when two moments of it are the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from ivr.core.dialplan.expression import Expression, Known
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Route
from ivr.core.dialplan.proof.act import Act, ActKind
from ivr.core.dialplan.proof.acts import listening
from ivr.core.dialplan.proof.enacted import event_of
from ivr.core.dialplan.proof.shape import DISCLOSURE, STATE
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.dialplan.runtime.knowledge import Knowledge
from ivr.core.dialplan.runtime.orders import Orders
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import EndStep, SayStep
from ivr.core.dialplan.runtime.step_ask import AskStep
from ivr.core.dialplan.runtime.step_disclose import DiscloseForStep, DiscloseStep
from ivr.core.dialplan.runtime.step_tell import TellStep
from ivr.core.dialplan.runtime.steps import step_for
from ivr.core.dialplan.runtime.way import Way
from ivr.core.orders.evidence import Consent
from ivr.core.orders.listening import Listen

BACK = "\u2190"
"""Target of the command `back`: the question before, whichever that was."""
CALLER = "sip:+1000@prover.invalid"
"""Somebody with a number for a callback; who has none takes the same way as one whose request is not kept."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a stay in a state changed."""

    language: str | None = None
    """Language that was switched to."""
    wavered: bool = False
    """Another one was switched to before it."""
    assigned: frozenset[str] = frozenset()
    """Values that were set, or forgotten."""
    gained: frozenset[str] = frozenset()
    """Values that are known for certain since."""
    lost: frozenset[str] = frozenset()
    """Values that are known no longer."""
    identified: tuple[str, frozenset[str]] | None = None
    """Factor proved, and the values it rests on."""
    fresh: frozenset[str] = frozenset()
    """Values of a dialog that began, forgotten for certain."""
    shared: frozenset[tuple[str, str]] = frozenset()
    """(value of a dialog, the value that it was handed back as)"""
    recorded: bool | None = None
    """Whether the call is recorded from here on; None: as before."""
    acknowledged: bool | None = None
    """Of the disclosure that was played: heard and acknowledged, or not; None: none was played."""
    settled: bool = False
    """Nothing that the state is to disclose was missing."""


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out of a state."""

    to: str | Route
    """A state, BACK, or a route whose conditions decide."""
    effect: Effect
    known: bool
    """Found where the values that the state uses are all known, or where they are not."""
    disclosure: str | None = None
    """The one that was played."""
    met: tuple[str, int] | None = None
    """A rule, and how many of its demands are met for certain: so many of them are asked before one is played."""
    story: tuple[Act, ...] = field(compare=False, default=())


class _WatchedWay(Way):
    """Any branch of a route may be taken: the route as a whole is the exit."""

    __slots__ = ("route",)

    def __init__(self, dialplan: Dialplan, known: Knowledge) -> None:
        super().__init__(dialplan, known)
        self.route: Route | None = None

    def twin(self, known: Knowledge) -> Self:
        """A copy that goes its own way."""
        found = super().twin(known)
        found.route = self.route
        return found

    def follow(self, route: Route) -> None:
        """An exit with conditions."""
        self.pending = route.branches[0].to
        self.route = route

    def take(self, route: Route, number: int) -> None:
        """An exit with conditions, whichever was chosen."""
        self.follow(route)

    def go(self, state: str) -> None:
        """An exit without."""
        self.pending = state
        self.route = None


class _WatchedKnowledge(Knowledge):
    """Remembers what a stay in a state does to it, and judges as it is told."""

    __slots__ = ("assigned", "fresh", "passes", "reached", "shared")

    def __init__(self, dialplan: Dialplan, orders: Orders) -> None:
        super().__init__(dialplan, orders, called="", caller=CALLER, arrived_at=0.0)
        self.passes = True
        self.assigned: frozenset[str] = frozenset()
        self.reached: tuple[str, frozenset[str]] | None = None
        self.fresh: frozenset[str] = frozenset()
        self.shared: frozenset[tuple[str, str]] = frozenset()

    def twin(self, orders: Orders) -> Self:
        """A copy that goes its own way."""
        found = super().twin(orders)
        found.passes, found.assigned, found.reached = self.passes, self.assigned, self.reached
        found.fresh, found.shared = self.fresh, self.shared
        return found

    def judge(self, condition: Expression) -> bool:
        """As the prover wants it."""
        return self.passes

    def assign(self, name: str, value: Known, origin: frozenset[str] = frozenset()) -> None:
        """Remember it."""
        self.assigned |= {name}
        super().assign(name, value, origin)

    def forget(self, name: str) -> None:
        """Remember it."""
        self.assigned |= {name}
        super().forget(name)

    def identified(self, factor: str, by: frozenset[str]) -> None:
        """Remember it."""
        self.reached = (factor, by)
        super().identified(factor, by)

    def is_surely(self, name: str, state: str) -> bool:
        """It may be so; what happens otherwise is explored as well, since every enrolment may fail."""
        return True

    def refresh(self, names: Iterable[str]) -> None:
        """Remember it."""
        self.fresh |= frozenset(names)
        super().refresh(names)

    def hand_back(self, inner: str, outer: str) -> None:
        """Remember it."""
        self.assigned |= {outer}
        self.shared |= {(inner, outer)}
        super().hand_back(inner, outer)


class _Watched(Session):
    """A session whose owners are watched."""

    __slots__ = ("spoken",)
    known: _WatchedKnowledge
    way: _WatchedWay

    def __init__(self, dialplan: Dialplan) -> None:
        super().__init__(dialplan)
        self.known = _WatchedKnowledge(dialplan, self.orders)
        self.way = _WatchedWay(dialplan, self.known)
        self.spoken: tuple[str, ...] = ()
        """Languages that were switched to."""

    def clone(self) -> Self:
        """An independent copy, which has spoken no other language yet."""
        found = super().clone()
        found.spoken = ()
        return found

    def speak(self, language: str) -> None:
        """Remember it; the prover itself stays in one language, all being alike."""
        self.spoken += (language,)
        self.ahead.said = None


_RESUME = Act(ActKind.RESUME)


class Probe(Interpreter):
    """The real interpreter in one state: it stops where the next state would begin."""

    __slots__ = ("exit", "known", "listen")

    def __init__(self, dialplan: Dialplan, *, known: bool) -> None:
        self.known = known
        self._s = _Watched(dialplan)
        self._held_until = self._limit_at = self._count_until = None
        self._put_off = ()
        self.exit: str | Route | None = None
        self.listen: Listen | None = None

    @property
    def watched(self) -> _Watched:
        """The session."""
        assert isinstance(self._s, _Watched)
        return self._s

    def begin(self) -> None:
        """Enter the state."""
        s = self._s
        s.way.state = STATE
        s.step = step_for(s.dialplan.states[STATE], s.dialplan)
        s.step.enter(s)
        self.listen = listening(self._settled(), None)

    def after(self, act: Act, *, passes: bool) -> Probe:
        """A copy to which this has happened."""
        twin = Probe.__new__(Probe)
        # Limits of a whole call or of a hold end calls and lead nowhere: without them more may happen, not less.
        twin._s, twin._held_until, twin._limit_at = self.watched.clone(), None, None
        twin._count_until, twin._put_off = None, ()
        twin.exit, twin.listen, twin.known = None, self.listen, self.known
        s = twin.watched
        s.known.passes = passes
        if act.kind is ActKind.TIME:
            orders = twin.handle_timer(now=s.orders.due if s.orders.due is not None else s.orders.now)
        else:
            event = event_of(act, s, s.dialplan.states[STATE])
            orders = twin.receive(event, now=s.orders.now) if event is not None else []
        twin.listen = listening(orders, twin.listen)
        return twin

    def _counts(self) -> bool:
        """What earlier calls say changes the risk alone, which the proof leaves open; time passes in it (`Whose`)."""
        return False

    def _enter(self, name: str) -> None:
        self.exit = self.watched.way.route or name

    @property
    def over(self) -> bool:
        """Whether the call ends in this state: hung up, or the apology that leads to it."""
        return self._s.ended or (isinstance(self._s.step, EndStep) and self._s.step.apologizing)

    @property
    def _recorded(self) -> bool | None:
        """Whether the call is recorded since the caller was asked here; None: they were not."""
        recorded = self._s.recorded
        return None if recorded.consent is Consent.UNASKED else not recorded.refused

    def effect(self) -> Effect:
        """What changed, but for the language."""
        s = self.watched
        own = (DISCLOSURE in s.heard) if isinstance(s.step, DiscloseStep | TellStep) else None
        had = frozenset(s.dialplan.values) if self.known else frozenset()
        now = frozenset(s.known.values)
        known = s.known
        return Effect(
            assigned=known.assigned,
            gained=known.assigned & now,
            lost=had - now,
            identified=known.reached,
            fresh=known.fresh,
            shared=known.shared,
            recorded=self._recorded,
            acknowledged=own,
            settled=isinstance(s.step, DiscloseForStep),
        )

    def signature(self) -> tuple[object, ...]:
        """Equal for probes to which the same things can happen with the same results.

        Which languages were switched to before is no part of it: the prover itself stays in one.
        """
        s = self.watched
        ordered, known, ahead = s.orders, s.known, s.ahead
        waits = ordered.awaited
        if s.held and not any(waits) and ordered.due is None and isinstance(s.step, AskStep | SayStep):
            # Nobody is heard, nothing is under way: all that can come is that the caller is back.
            back = self.after(_RESUME, passes=known.passes)
            after = back.effect() if back.exit is not None else back.over or back.signature()
            return (s.held, back.watched.spoken, back.exit, after)
        due = None if ordered.due is None else ordered.due - s.orders.now
        under_way = (waits, ordered.last_id == 0)
        # Where nothing is asked, what comes ahead is only kept for a question.
        came = (
            (ahead.typed, ahead.said)
            if not isinstance(s.step, SayStep | TellStep)
            else (bool(ahead.typed), ahead.said is None)
        )
        way = (s.way.pending, s.way.route is None)
        kept = (came, ahead.hiding, s.held, way, known.assigned, known.reached, self._recorded)
        tries = (tuple(known.identity.tries.items()), tuple(s.heard), tuple(known.values))
        step = s.step.signature(s.orders.now) if s.step is not None else ()
        return (due, under_way, kept, tries, step)
