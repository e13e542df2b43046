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
        waits = s.prompt_id, s.listen_id, s.lookup_id, s.verify_id, s.due
        if s.held and isinstance(s.step, AskStep | SayStep) and all(wait is None for wait in waits):
            # Nobody is heard, nothing is under way: all that can come is that the caller is back.
            back = self.after(_RESUME, passes=s.passes)
            after = back.effect() if back.exit is not None else back.over or back.signature()
            return (s.held, back.watched.spoken, back.exit, after)
        due = None if s.due is None else s.due - s.now
        under_way = (s.prompt_id is None, s.listen_id is None, s.lookup_id is None, s.verify_id is None, s.last_id == 0)
        # Where nothing is asked, what comes ahead is only kept for a question.
        ahead = (s.typed, s.said) if not isinstance(s.step, SayStep) else (bool(s.typed), s.said is None)
        kept = (ahead, s.hiding, s.held, s.pending, s.route is None, s.assigned, s.reached, s.recorded)
        tries = (tuple(s.tries.items()), tuple(s.heard), tuple(s.values))
        step = s.step.signature(s.now) if s.step is not None else ()
        return (due, under_way, kept, tries, step)


@dataclass(slots=True, eq=False)
class _Situation:
    """One moment in a state, whatever was spoken before."""

    probe: Probe
    ways: list[tuple[Act, _Outcome]] = field(default_factory=list)
    """Each act and what becomes of it, once they were played."""


_Outcome = tuple[tuple[str, ...], "Exit | _Situation | None"]
"""Languages that were switched to, and where it leads; None: the call ends."""
_Spoken = tuple[str | None, bool]
"""The language that was switched to last, and whether another one was before."""


class _Exploration:
    """Goes through one state alone. Each situation is played once; what was spoken before is carried along."""

    def __init__(self, alone: Dialplan) -> None:
        self._state = alone.states[STATE]
        self._situations: dict[tuple[object, ...], _Situation] = {}
        self._ends: dict[Exit, Exit] = {}
        self._seen: set[tuple[_Situation, _Spoken]] = set()
        self._waiting: deque[tuple[_Situation, _Spoken, tuple[Act, ...]]] = deque()
        self._exits: dict[tuple[Exit, _Spoken], Exit] = {}

    def __len__(self) -> int:
        """How many situations were gone through."""
        return len(self._situations) + 1

    def exits(self) -> list[Exit]:
        """What was found, each with its shortest story."""
        return list(self._exits.values())

    def begin(self, probe: Probe, story: tuple[Act, ...]) -> None:
        """Enter the state; `story`: what happened before."""
        probe.begin()
        self._arrive(self._outcome(probe), (None, False), story)

    def run(self) -> None:
        """All that can happen now, and after that."""
        while self._waiting:
            situation, spoken, story = self._waiting.popleft()
            if not situation.ways:
                situation.ways = list(self._played(situation.probe))
            for act, outcome in situation.ways:
                self._arrive(outcome, spoken, (*story, act))

    def _played(self, probe: Probe) -> Iterator[tuple[Act, _Outcome]]:
        for act in acts(probe.watched, self._state, probe.listen):
            # A data source's yes is one that passes, whatever the condition asks for.
            yield act, self._outcome(probe.after(act, passes=act.detail == "yes"))

    def _outcome(self, probe: Probe) -> _Outcome:
        spoken = probe.watched.spoken
        if probe.exit is not None:
            found = Exit(probe.exit, probe.effect(), probe.known)
            return spoken, self._ends.setdefault(found, found)
        return spoken, None if probe.over else self._situations.setdefault(probe.signature(), _Situation(probe))

    def _arrive(self, outcome: _Outcome, before: _Spoken, story: tuple[Act, ...]) -> None:
        languages, found = outcome
        last, wavered = before
        for language in languages:
            last, wavered = language, wavered or last not in (None, language)
        spoken = (last, wavered)
        if isinstance(found, Exit):
            if (found, spoken) not in self._exits:
                effect = replace(found.effect, language=last, wavered=wavered)
                self._exits[found, spoken] = replace(found, effect=effect, story=story)
        elif found is not None and (found, spoken) not in self._seen:
            self._seen.add((found, spoken))
            self._waiting.append((found, spoken, story))


def all_known(dialplan: Dialplan) -> dict[str, Known]:
    """A value for every name."""
    return {name: _dummy(spec) for name, spec in dialplan.values.items()}


def explore(shape: Shape, dialplan: Dialplan, *, ahead: bool, values: Mapping[str, Known]) -> tuple[list[Exit], int]:
    """Every exit of a state of this shape, and how many situations were gone through.

    `ahead`: whether anything may have been said ahead of it; `values`: what is known where all is (`all_known`).
    """
    if isinstance(shape.state, EndState):
        return [], 1
    alone = replace(
        dialplan,
        states={STATE: shape.state},
        protect={TARGET: Protection(TARGET, (DISCLOSURE,), Level.NONE)} if shape.disclosure else {},
        disclosures={DISCLOSURE: shape.disclosure} if shape.disclosure else {},
    )
    exploration = _Exploration(alone)
    # First without keys typed ahead: a story should hold them only where they matter.
    earlier = [Act("ahead", keys) for keys in _typed(shape.state)] + (_said(alone) if ahead else [])
    for act in (None, *earlier):
        for probe, story in _beginnings(alone, act, values):
            exploration.begin(probe, story)
        exploration.run()
    return exploration.exits(), len(exploration)


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


def _beginnings(
    dialplan: Dialplan, ahead: Act | None, values: Mapping[str, Known]
) -> Iterator[tuple[Probe, tuple[Act, ...]]]:
    """The ways to enter a state: with these values known or none, attempts used up or not."""
    state = dialplan.states[STATE]
    tried = range(state.attempts + 1) if isinstance(state, LookupState | VoiceState) else range(1)
    # A state that uses no value does the same whether values are known or not.
    heards = (True, False) if isinstance(state, DiscloseForState) else (True,)
    for known in (True, False) if uses(state) else (True,):
        for count, heard in product(tried, heards):
            probe = Probe(dialplan, known=known)
            story = (ahead,) if ahead is not None else ()
            s = probe.watched
            s.trail = (BACK,)
            s.heard = {_OTHER: s.language} | ({DISCLOSURE: s.language} if heard else {})
            if ahead is not None and ahead.kind == "ahead":
                s.typed = ahead.detail
            elif ahead is not None:
                s.said = Said(ahead.detail, ahead.confidence)
            if count:
                s.tries[STATE] = count
                story = (*story, Act("spent"))
            if known:
                s.values = dict(values)
            yield probe, story


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
