"""All that one state can do: every sequence of acts, played on the interpreter itself until the state is left.

What is found are exits: where to, with what effect on disclosures, identity and language, and the shortest story that
leads there. Values are unknown to the prover: every condition on them may hold or not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product
from typing import assert_never

from ivr.core.dialplan.expression import Known, ValueType
from ivr.core.dialplan.model import Dialplan, Protection, prompts_of
from ivr.core.dialplan.parts import ValueSpec
from ivr.core.dialplan.proof.act import Act, ActKind
from ivr.core.dialplan.proof.acts import acts, confidences
from ivr.core.dialplan.proof.enacted import sayable
from ivr.core.dialplan.proof.kinds import trial_of
from ivr.core.dialplan.proof.probe import BACK, Exit, Probe
from ivr.core.dialplan.proof.shape import DISCLOSURE, STATE, TARGET, Shape
from ivr.core.dialplan.runtime.ahead import Said
from ivr.core.dialplan.runtime.heard import Heard
from ivr.core.dialplan.runtime.readings import Readings, WholeReading
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.states import AskState, EndState, State
from ivr.core.dialplan.states.queue import MINUTES, PLACE
from ivr.core.identity.challenge import CHALLENGE
from ivr.core.identity.level import Level
from ivr.core.orders.evidence import ReadByAgent

_OTHER = "_other"
"""A disclosure heard before: what the state does to it, it does to all others."""


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
    return {name: _known_value(spec) for name, spec in dialplan.values.items()}


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
        line={},
        disclosures={DISCLOSURE: shape.disclosure} if shape.disclosure else {},
    )
    exploration = _Exploration(alone)
    # First without keys typed ahead: a story should hold them only where they matter.
    earlier = [Act(ActKind.AHEAD, keys) for keys in _typed(shape.state)] + (_said(alone) if ahead else [])
    for act in (None, *earlier):
        for probe, story in _beginnings(alone, act, values):
            exploration.begin(probe, story)
        exploration.run()
    return exploration.exits(), len(exploration)


def _typed(state: State) -> list[str]:
    """Keys that may have been typed ahead."""
    if not trial_of(state).asks:
        return []
    choices = state.choices if isinstance(state, AskState) else ()
    return list(dict.fromkeys([*"12#*0", *(choice.press for choice in choices if choice.press)]))


def _said(dialplan: Dialplan) -> list[Act]:
    """What may have been said ahead of a question."""
    state = dialplan.states[STATE]
    if not trial_of(state).asks:
        return []
    s = Session(dialplan)
    phrases = [phrases[0] for command in dialplan.commands for phrases in command.hear.values() if phrases]
    if isinstance(state, AskState):
        phrases += [phrases[0] for choice in state.choices for phrases in choice.hear.values()]
        phrases += sayable(s, state).values()
    for disclosure in dialplan.disclosures.values():
        if disclosure.acknowledge is not None:
            phrases += [phrases[0] for phrases in disclosure.acknowledge.hear.values()]
    return [Act(ActKind.SAID_AHEAD, phrase, confidence) for phrase in phrases for confidence in confidences(s)[:2]]


def _beginnings(
    dialplan: Dialplan, ahead: Act | None, values: Mapping[str, Known]
) -> Iterator[tuple[Probe, tuple[Act, ...]]]:
    """The ways to enter a state: with these values known or none, attempts used up or not."""
    state = dialplan.states[STATE]
    trial = trial_of(state)
    heards = (True, False) if trial.may_be_settled else (True,)
    # A state that uses no value does the same whether values are known or not.
    staying = (False, True) if trial.may_stay else (False,)
    readable = trial.may_be_read and any(one.agent_may_read for one in dialplan.disclosures.values())
    readings = (False, True) if readable else (False,)
    for known in (True, False) if uses(state) else (True,):
        for count, heard, stays, read in product(range(trial.tries + 1), heards, staying, readings):
            probe = Probe(dialplan, known=known)
            story = (ahead,) if ahead is not None else ()
            s = probe.watched
            s.way.trail = (BACK,)
            s.heard = Heard(dict.fromkeys((_OTHER, DISCLOSURE) if heard else (_OTHER,), s.known.language))
            if ahead is not None and ahead.kind is ActKind.AHEAD:
                s.ahead.typed = ahead.detail
            elif ahead is not None:
                s.ahead.said = Said(ahead.detail, ahead.confidence)
            if stays:
                s.staying = STATE
                story = (*story, Act(ActKind.STAYED))
            if read:
                s.staying, s.readings = STATE, Readings(whole={DISCLOSURE: _read_whole(s.known.language)})
                story = (*story, Act(ActKind.READ))
            if count:
                s.known.identity = replace(s.known.identity, tries={STATE: count})
                story = (*story, Act(ActKind.SPENT))
            if known:
                s.known.values = dict(values)
            yield probe, story


def _read_whole(language: str) -> WholeReading:
    """Of what is explored."""
    return WholeReading(language, 0, 8000, 50, 0.0, 0.0, ReadByAgent("", 1, 1.0, 1.0))


def uses(state: State) -> frozenset[str]:
    """Values that decide, by being known or not, how a state can be left."""
    found: set[str] = set()
    for prompt in prompts_of(state):
        found.update(name for pieces in prompt.pieces.values() for piece in pieces for name in piece.values)
    found -= {CHALLENGE, PLACE, MINUTES}  # drawn, or told by the hub
    return trial_of(state).uses | found


def _known_value(spec: ValueSpec) -> Known:
    """One for states that are explored with all values known; digits that are a telephone number too."""
    match spec.type:
        case ValueType.YES_NO:
            return True
        case ValueType.AMOUNT | ValueType.NUMBER:
            return Decimal(1)
        case ValueType.TEXT:
            return "EUR"
        case ValueType.DIGITS:
            return "1000"
        case ValueType.DATE:
            return "2000-01-01"
        case _:
            assert_never(spec.type)
