"""The real interpreter in one state, watched: what a stay there does, and when two moments of it are the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.core.dialplan.expression import Expression, Known
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Route
from ivr.core.dialplan.proof.acts import Act, event_of, listening
from ivr.core.dialplan.proof.shape import DISCLOSURE, STATE
from ivr.core.dialplan.runtime.interpreter import Interpreter, step_for
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import EndStep, SayStep
from ivr.core.dialplan.runtime.step_ask import AskStep
from ivr.core.dialplan.runtime.step_disclose import DiscloseForStep, DiscloseStep
from ivr.core.identity.level import Level
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
    identified: tuple[Level, frozenset[str]] | None = None
    """Level reached, and the values it rests on."""
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


@dataclass
class _Watched(Session):
    """A session that remembers what a stay in a state does, and decides as it is told."""

    route: Route | None = None
    passes: bool = True
    assigned: frozenset[str] = frozenset()
    reached: tuple[Level, frozenset[str]] | None = None
    spoken: tuple[str, ...] = ()
    """Languages that were switched to."""
    recorded: bool | None = None
    fresh: frozenset[str] = frozenset()
    shared: frozenset[tuple[str, str]] = frozenset()

    def follow(self, route: Route) -> None:
        """Any branch may be taken: the route as a whole is the exit."""
        self.pending = route.branches[0].to
        self.route = route

    def go(self, state: str) -> None:
        """An exit without conditions."""
        self.pending = state
        self.route = None

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

    def identified(self, level: Level, by: frozenset[str]) -> None:
        """Remember it."""
        self.reached = (level, by)
        super().identified(level, by)

    def refresh(self, names: Iterable[str]) -> None:
        """Remember it."""
        self.fresh |= frozenset(names)
        super().refresh(names)

    def hand_back(self, inner: str, outer: str) -> None:
        """Remember it."""
        self.assigned |= {outer}
        self.shared |= {(inner, outer)}
        super().hand_back(inner, outer)

    def speak(self, language: str) -> None:
        """Remember it; the prover itself stays in one language, all being alike."""
        self.spoken += (language,)
        self.said = None

    def answer_consent(self, granted: bool) -> None:
        """Remember it."""
        super().answer_consent(granted)
        self.recorded = not self.unrecorded


_RESUME = Act("resume")


class Probe(Interpreter):
    """The real interpreter in one state: it stops where the next state would begin."""

    __slots__ = ("exit", "known", "listen")

    def __init__(self, dialplan: Dialplan, *, known: bool) -> None:
        self.known = known
        self._s = _Watched(dialplan, caller=CALLER, language=dialplan.languages[0])
        self._held_until = self._limit_at = None
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
        s.state = STATE
        s.step = step_for(s.dialplan.states[STATE], s.dialplan)
        s.step.enter(s)
        self.listen = listening(self._settled(), None)

    def after(self, act: Act, *, passes: bool) -> Probe:
        """A copy to which this has happened."""
        twin = Probe.__new__(Probe)
        # Limits of a whole call or of a hold end calls and lead nowhere: without them more may happen, not less.
        twin._s, twin._held_until, twin._limit_at = self.watched.clone(), None, None
        twin.exit, twin.listen, twin.known = None, self.listen, self.known
        s = twin.watched
        s.passes, s.spoken = passes, ()
        if act.kind == "time":
            orders = twin.handle_timer(now=s.due if s.due is not None else s.now)
        else:
            event = event_of(act, s, s.dialplan.states[STATE])
            orders = twin.receive(event, now=s.now) if event is not None else []
        twin.listen = listening(orders, twin.listen)
        return twin

    def _enter(self, name: str) -> None:
        self.exit = self.watched.route or name

    @property
    def over(self) -> bool:
        """Whether the call ends in this state: hung up, or the apology that leads to it."""
        return self._s.ended or (isinstance(self._s.step, EndStep) and self._s.step.apologizing)

    def effect(self) -> Effect:
        """What changed, but for the language."""
        s = self.watched
        own = (DISCLOSURE in s.heard) if isinstance(s.step, DiscloseStep) else None
        had = frozenset(s.dialplan.values) if self.known else frozenset()
        now = frozenset(s.values)
        return Effect(
            assigned=s.assigned,
            gained=s.assigned & now,
            lost=had - now,
            identified=s.reached,
            fresh=s.fresh,
            shared=s.shared,
            recorded=s.recorded,
            acknowledged=own,
            settled=isinstance(s.step, DiscloseForStep),
        )

    def signature(self) -> tuple[object, ...]:
        """Equal for probes to which the same things can happen with the same results.

        Which languages were switched to before is no part of it: the prover itself stays in one.
        """
        s = self.watched
        waits = s.prompt_id, s.listen_id, s.lookup_id, s.verify_id, s.draw_id, s.due
        if s.held and isinstance(s.step, AskStep | SayStep) and all(wait is None for wait in waits):
            # Nobody is heard, nothing is under way: all that can come is that the caller is back.
            back = self.after(_RESUME, passes=s.passes)
            after = back.effect() if back.exit is not None else back.over or back.signature()
            return (s.held, back.watched.spoken, back.exit, after)
        due = None if s.due is None else s.due - s.now
        *orders, _ = waits
        under_way = (*(order is None for order in orders), s.last_id == 0)
        # Where nothing is asked, what comes ahead is only kept for a question.
        ahead = (s.typed, s.said) if not isinstance(s.step, SayStep) else (bool(s.typed), s.said is None)
        kept = (ahead, s.hiding, s.held, s.pending, s.route is None, s.assigned, s.reached, s.recorded)
        tries = (tuple(s.tries.items()), tuple(s.heard), tuple(s.values))
        step = s.step.signature(s.now) if s.step is not None else ()
        return (due, under_way, kept, tries, step)
