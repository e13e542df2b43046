"""All that one state can do: every sequence of acts, played on the interpreter itself until the state is left.

What is found are exits: where to, with what effect on disclosures, identity and language, and the shortest story that
leads there. Values are unknown to the prover: every condition on them may hold or not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product

from ivr.core.commands import Listen
from ivr.core.dialplan.expression import Expression, Known, ValueType
from ivr.core.dialplan.model import (
    AskState,
    CallbackState,
    Dialplan,
    DiscloseForState,
    DiscloseState,
    EndState,
    LookupState,
    Protection,
    State,
    VoiceState,
    prompts_of,
)
from ivr.core.dialplan.parts import Level, Route, ValueSpec
from ivr.core.dialplan.proof.acts import KNOWN, Act, acts, confidences, event_of, listening, sayable
from ivr.core.dialplan.proof.shape import DISCLOSURE, STATE, TARGET, Shape
from ivr.core.dialplan.runtime.interpreter import Interpreter, step_for
from ivr.core.dialplan.runtime.session import Said, Session
from ivr.core.dialplan.runtime.step import EndStep, SayStep
from ivr.core.dialplan.runtime.step_ask import AskStep
from ivr.core.dialplan.runtime.step_disclose import DiscloseForStep, DiscloseStep

BACK = "\u2190"
"""Target of the command `back`: the question before, whichever that was."""
CALLER = "sip:+1000@prover.invalid"
"""Somebody who can be called back; who cannot takes the same way as one whose wish is not kept."""
_OTHER = "_other"
"""A disclosure heard before: what the state does to it, it does to all others."""


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
    """Nothing that the state is to disclose was wanting."""


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
    switched: str | None = None
    recorded: bool | None = None
    wavered: bool = False
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
        self.wavered |= self.switched not in (None, language)
        self.switched = language
        self.said = None

    def answer_consent(self, granted: bool) -> None:
        """Remember it."""
        super().answer_consent(granted)
        self.recorded = not self.unrecorded


_RESUME = Act("resume")


class Probe(Interpreter):
    """The real interpreter in one state: it stops where the next state would begin."""

    __slots__ = ("exit", "known", "listen", "story")

    def __init__(self, dialplan: Dialplan, *, known: bool) -> None:
        self.known = known
        self._s = _Watched(dialplan, caller=CALLER, language=dialplan.languages[0])
        self._held_until = self._limit_at = None
        self.exit: str | Route | None = None
        self.listen: Listen | None = None
        self.story: tuple[Act, ...] = ()

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
        twin.exit, twin.listen, twin.story, twin.known = None, self.listen, (*self.story, act), self.known
        s = twin.watched
        s.passes = passes
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
        """What changed."""
        s = self.watched
        own = (DISCLOSURE in s.heard) if isinstance(s.step, DiscloseStep) else None
        had = frozenset(s.dialplan.values) if self.known else frozenset()
        now = frozenset(s.values)
        return Effect(
            language=s.switched,
            wavered=s.wavered,
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
        """Equal for probes to which the same things can happen with the same results."""
        s = self.watched
        waits = s.prompt_id, s.listen_id, s.lookup_id, s.verify_id, s.due
        if s.held and isinstance(s.step, AskStep | SayStep) and all(wait is None for wait in waits):
            # Nobody is heard, nothing is under way: all that can come is that the caller is back.
            back = self.after(_RESUME, passes=s.passes)
            return (s.held, back.exit, back.effect() if back.exit is not None else back.over or back.signature())
        due = None if s.due is None else s.due - s.now
        under_way = (s.prompt_id is None, s.listen_id is None, s.lookup_id is None, s.verify_id is None, s.last_id == 0)
        # Where nothing is asked, what comes ahead is only kept for a question.
        ahead = (s.typed, s.said) if not isinstance(s.step, SayStep) else (bool(s.typed), s.said is None)
        kept = (ahead, s.hiding, s.held, s.pending, s.route is None, s.assigned, s.reached, s.recorded)
        spoken = (s.switched, s.wavered)
        tries = (tuple(s.tries.items()), tuple(s.heard), tuple(s.values))
        step = s.step.signature(s.now) if s.step is not None else ()
        return (due, under_way, kept, spoken, tries, step)


def explore(shape: Shape, dialplan: Dialplan, *, ahead: bool = True) -> tuple[list[Exit], int]:
    """Every exit of a state of this shape, and how many situations were gone through.

    `ahead`: whether anything may have been said ahead of it.
    """
    if isinstance(shape.state, EndState):
        return [], 1
    alone = replace(
        dialplan,
        states={STATE: shape.state},
        protect={TARGET: Protection(TARGET, (DISCLOSURE,), Level.NONE)} if shape.disclosure else {},
        disclosures={DISCLOSURE: shape.disclosure} if shape.disclosure else {},
    )
    exits: dict[Exit, Exit] = {}
    waiting: deque[Probe] = deque()
    seen: set[tuple[object, ...]] = set()

    def arrive(probe: Probe) -> None:
        if probe.exit is not None:
            found = Exit(probe.exit, probe.effect(), probe.known, story=probe.story)
            exits.setdefault(found, found)
        elif not probe.over:
            signature = probe.signature()
            if signature not in seen:
                seen.add(signature)
                waiting.append(probe)

    state = shape.state
    # First without keys typed ahead: a story should hold them only where they matter.
    earlier = [Act("ahead", keys) for keys in _typed(state)] + (_said(alone) if ahead else [])
    values = {name: _dummy(spec) for name, spec in dialplan.values.items()}
    for beginnings in (_beginnings(alone, act, values) for act in (None, *earlier)):
        for probe in beginnings:
            probe.begin()
            arrive(probe)
        while waiting:
            probe = waiting.popleft()
            for act in acts(probe.watched, state, probe.listen):
                # A data source's yes is one that passes, whatever the condition asks for.
                arrive(probe.after(act, passes=act.detail == "yes"))
    return list(exits.values()), len(seen) + 1


def _typed(state: State) -> list[str]:
    """Keys that may have been typed ahead."""
    if not isinstance(state, AskState | DiscloseState | DiscloseForState):
        return []
    choices = state.choices if isinstance(state, AskState) else ()
    return list(dict.fromkeys([*"12#*0", *(choice.press for choice in choices if choice.press)]))


def _said(dialplan: Dialplan) -> list[Act]:
    """What may have been said ahead of a question."""
    state = dialplan.states[STATE]
    if not isinstance(state, AskState | DiscloseState | DiscloseForState):
        return []
    s = Session(dialplan, language=dialplan.languages[0])
    phrases = [phrases[0] for command in dialplan.commands for phrases in command.hear.values() if phrases]
    if isinstance(state, AskState):
        phrases += [phrases[0] for choice in state.choices for phrases in choice.hear.values()]
        phrases += sayable(s, state).values()
    else:
        phrases += [phrases[0] for phrases in dialplan.disclosures[DISCLOSURE].acknowledge.hear.values()]
    return [Act("said ahead", phrase, confidence) for phrase in phrases for confidence in confidences(s)[:2]]


def _verdicts(state: State) -> tuple[bool, ...]:
    judges = isinstance(state, LookupState) and state.passed is not None
    return (True, False) if judges else (True,)


def _beginnings(dialplan: Dialplan, ahead: Act | None, values: Mapping[str, Known]) -> Iterator[Probe]:
    """The ways to enter a state: with these values known or none, attempts used up or not."""
    state = dialplan.states[STATE]
    tried = range(state.attempts + 1) if isinstance(state, LookupState | VoiceState) else range(1)
    # A state that uses no value does the same whether values are known or not.
    heards = (True, False) if isinstance(state, DiscloseForState) else (True,)
    for known in (True, False) if uses(state) else (True,):
        for count, heard in product(tried, heards):
            probe = Probe(dialplan, known=known)
            probe.story = (ahead,) if ahead is not None else ()
            s = probe.watched
            s.trail = (BACK,)
            s.heard = {_OTHER: s.language} | ({DISCLOSURE: s.language} if heard else {})
            if ahead is not None and ahead.kind == "ahead":
                s.typed = ahead.detail
            elif ahead is not None:
                s.said = Said(ahead.detail, ahead.confidence)
            if count:
                s.tries[STATE] = count
                probe.story = (*probe.story, Act("spent"))
            if known:
                s.values = dict(values)
            yield probe


def uses(state: State) -> frozenset[str]:
    """Values that decide, by being known or not, how a state can be left."""
    found: set[str] = set()
    for prompt in prompts_of(state):
        found.update(name for pieces in prompt.pieces.values() for piece in pieces for name in piece.values)
    if isinstance(state, LookupState):
        found.update(state.given.values())
    elif isinstance(state, VoiceState):
        found.add(state.customer)
    elif isinstance(state, CallbackState) and state.number is not None:
        found.add(state.number)
    return frozenset(found)


def _dummy(spec: ValueSpec) -> Known:
    if spec.type is ValueType.YES_NO:
        return True
    return KNOWN.get(spec.type, Decimal(1))
