"""The product of all states with language, identity and values known, and the steps in it.

Each state was explored alone (`ways_out`); here its exits get what they mean in a call that is at one place of the
product: where they may lead from there, and what that does to facts (`facts`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass

from ivr.core.dialplan.expression import Expression, Known, Operation, bare_name, evaluate, names
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Branch, Does, Route
from ivr.core.dialplan.proof.conditions import normal
from ivr.core.dialplan.proof.facts import Change, Facts
from ivr.core.dialplan.proof.kinds import made_in, waits
from ivr.core.dialplan.proof.local import uses
from ivr.core.dialplan.proof.probe import BACK, Effect, Exit
from ivr.core.dialplan.proof.ways_out import ways_out
from ivr.core.dialplan.proof.whose import LEFT, NOBODY, Identity, Whose
from ivr.core.dialplan.states import (
    AskState,
    EnterState,
    LookupState,
    QueueState,
    ReturnState,
    State,
    TransferState,
)

Place = tuple[str, str, Identity | None, frozenset[str]]
"""State, language, identity (None where it decides nothing), values known."""


@dataclass(frozen=True, slots=True)
class Move:
    """One step in the product."""

    to: Place
    """Of a state BACK: whichever question `back` leads to."""
    change: Change
    way: Exit
    decided: bool
    """By values that the prover does not know."""
    branch: int = 0
    """Number of the branch that is taken, where the way is a route."""


class Product:
    """Joins what was found of each state."""

    def __init__(self, dialplan: Dialplan, *, identity: bool) -> None:
        self.dialplan = dialplan
        self.is_loose = False
        self.exits, self.situations = ways_out(dialplan)
        self._uses = {name: uses(state) & frozenset(dialplan.values) for name, state in dialplan.states.items()}
        self._passed = {name: _passed(state, dialplan) for name, state in dialplan.states.items()}
        passed = (frozenset(needed) for all_of in self._passed.values() for needed in all_of.values())
        self._used = frozenset().union(*self._uses.values(), *passed)
        self._whose = Whose(dialplan.policy, dialplan.risk, _longest(dialplan), _resting(dialplan))
        back = any(command.do is Does.BACK for command in dialplan.commands)
        asks = [name for name, state in dialplan.states.items() if isinstance(state, AskState)]
        self.questions = [name for name in asks if back and name not in dialplan.protect]
        """Where `back` may lead."""
        self.facts = Facts(dialplan, len(self.questions))
        decided = {name for branch in self._branches() for name in _named(branch.condition)}
        self._reads_identity = "identity" in decided | self.facts.read
        self.by_identity = identity or self._reads_identity
        self._closed: dict[Expression, frozenset[int]] = {}

    def loose(self) -> Product:
        """The same with places that tell neither identities nor values known apart: all that may happen, and more."""
        found = copy(self)
        found.is_loose = True
        return found

    def without_identity(self) -> Product:
        """The same with places that do not tell identities apart, where no step depends on them."""
        found = copy(self)
        found.by_identity = self._reads_identity
        return found

    def _branches(self) -> Iterator[Branch]:
        for exits in self.exits.values():
            for found in exits:
                if isinstance(found.to, Route):
                    yield from found.to.branches

    def start(self) -> Place:
        """Where every call begins."""
        plan = self.dialplan
        told_apart = self.by_identity and not self.is_loose
        return plan.start, plan.languages[0], NOBODY if told_apart else None, frozenset()

    def happening(self, name: str) -> tuple[str, ...]:
        """What happens when a state is entered: itself, and its query."""
        state = self.dialplan.states[name]
        return (name, f"{state.source}.{state.query}") if isinstance(state, LookupState) else (name,)

    def known(self, place: Place) -> dict[str, Known]:
        """What is known for certain at a place, by name."""
        return self._certain(place[1], place[2])

    def _certain(self, language: str, identity: Identity | None) -> dict[str, Known]:
        known: dict[str, Known] = {"language": language}
        if identity is not None:
            known["identity"] = str(identity[0])
        if self.dialplan.jurisdiction is not None:
            known["jurisdiction"] = self.dialplan.jurisdiction
        return known

    def steps(self, place: Place) -> Iterator[Move]:
        """Every step from a place."""
        state, language, identity, known = place
        fading = self.fades(state)
        facts, loose = self.facts, self.is_loose
        knows_all = self._uses[state] <= known
        passed = self._passed[state]
        known_here = self._certain(language, identity)
        for found in self.exits[state]:
            if found.known != knows_all and not loose:
                continue
            effect = found.effect
            knows = known if loose else self._knows(known, effect, passed)
            spoken = effect.language or language
            switched = spoken != language or effect.wavered
            for whose in [None] if identity is None else self.identities(identity, effect, fading):
                known_there = self._certain(spoken, whose)
                assigned: frozenset[str] = frozenset()
                if facts.read:
                    changed = {name for name, value in known_here.items() if known_there[name] != value}
                    if loose and (effect.assigned or effect.fresh or effect.identified or fading is not None):
                        changed.add("identity")
                    assigned = facts.read & (effect.assigned | changed)
                for number, target, closed, decided in self._targets(found.to, known_there):
                    change = Change(
                        found.disclosure, effect.acknowledged, switched, effect.recorded, assigned, closed, found.met
                    )
                    there = (
                        (target, spoken, whose, knows) if target == BACK else self.place(target, spoken, whose, knows)
                    )
                    yield Move(there, change, found, decided, number)

    def _knows(self, known: frozenset[str], effect: Effect, passed: Mapping[str, frozenset[str]]) -> frozenset[str]:
        """What is known after."""
        if not (effect.gained or effect.lost or passed):
            return known
        gained = frozenset(name for name in effect.gained & self._used if passed.get(name, known) <= known)
        return known.difference(effect.lost, passed) | gained

    def place(self, state: str, language: str, whose: Identity | None, known: frozenset[str]) -> Place:
        """The place where this is so on entering a state. What dialogs that were left held is forgotten."""
        return state, language, *self.inside(state, whose, known)

    def may_take(self, way: Exit, branch: int, spoken: str, whose: Identity) -> bool:
        """Whether a caller of this identity may be led by this branch of a way."""
        known = self._certain(spoken, whose)
        return any(number == branch for number, *_ in self._targets(way.to, known))

    def inside(
        self, here: str, whose: Identity | None, known: frozenset[str]
    ) -> tuple[Identity | None, frozenset[str]]:
        """What matters of an identity and of what is known in a state: not the values of dialogs that were left."""
        if not self.dialplan.defined:
            return whose, known
        gone = _left(known, here)
        if whose is None:
            return None, known - gone
        level, bound, surely, factors = whose
        lost = _left(bound, here)
        return (level, bound - lost | {LEFT} if lost else bound, surely - lost, factors), known - gone

    def _targets(self, to: str | Route, known: Mapping[str, Known]) -> Iterator[tuple[int, str, frozenset[int], bool]]:
        """Where an exit may lead, which conditions of demands are known not to hold then, and whether values decide.

        First the number of the branch.
        """
        if not isinstance(to, Route):
            yield 0, to, frozenset(), False
        elif len(to.branches) == 1:
            yield 0, to.branches[0].to, frozenset(), False
        else:
            possible = _possible(to, known)
            for number in possible:
                branch = to.branches[number]
                yield number, branch.to, self._closed_by(branch.condition), len(possible) > 1

    def _closed_by(self, condition: Expression | None) -> frozenset[int]:
        if condition is None or not self.facts.read:
            return frozenset()
        if condition not in self._closed:
            self._closed[condition] = self.facts.closed(normal(condition))
        return self._closed[condition]

    def identities(self, identity: Identity, effect: Effect, fading: frozenset[str] | None) -> list[Identity]:
        """Who the caller may be after: `fading` may have ended meanwhile (`fades`)."""
        return self._whose.after(identity, effect, fading)

    def fades(self, state: str) -> frozenset[str] | None:
        """Factors that may end while the call is in a state; None: nothing does."""
        written = self.dialplan.states[state]
        talks = isinstance(written, QueueState | TransferState)
        return self._whose.fades(talks=talks) if waits(written) else None


def _longest(dialplan: Dialplan) -> float:
    """Seconds that a call may last: a talk has no end that the proof could know."""
    talks = any(isinstance(state, QueueState | TransferState) for state in dialplan.states.values())
    return math.inf if talks else dialplan.max_minutes * 60


def _named(condition: Expression | None) -> frozenset[str]:
    return frozenset() if condition is None else names(condition)


def _left(names: frozenset[str], here: str) -> frozenset[str]:
    """Those of dialogs that do not hold `here`."""
    return frozenset(name for name in names if "/" in name[1:] and not here.startswith(f"{name.rpartition('/')[0]}/"))


def _passed(state: State, dialplan: Dialplan) -> dict[str, frozenset[str]]:
    """Value that is handed into a dialog or out of it -> the value that must be known for it to be known."""
    if isinstance(state, EnterState):
        found = {name: bare_name(tree) for name, tree in state.given.items()}
        return {
            name: frozenset({given}) for name, given in found.items() if given is not None and given in dialplan.values
        }
    return {outer: frozenset({inner}) for outer, inner in state.keep.items()} if isinstance(state, ReturnState) else {}


def _resting(dialplan: Dialplan) -> dict[str, frozenset[str]]:
    """Value -> itself and all that it may have been looked up with, over any number of lookups."""
    found = {name: frozenset({name}) for name in dialplan.values}
    made = {each for state in dialplan.states.values() for each in made_in(state).items()}
    changed = True
    while changed:
        changed = False
        for name, sources in made:
            given = frozenset().union(*(found[source] for source in sources if source in found))
            if not given <= found[name]:
                found[name] |= given
                changed = True
    return found


def _possible(route: Route, known: Mapping[str, Known]) -> list[int]:
    """Numbers of the branches that may be taken where only this is known."""
    found = []
    for number, branch in enumerate(route.branches):
        may, may_not = (True, False) if branch.condition is None else _may(branch.condition, known)
        if may:
            found.append(number)
        if not may_not:
            break
    return found


def _may(tree: Expression, known: Mapping[str, Known]) -> tuple[bool, bool]:
    """(may it hold, may it not hold) over all values of the unknown names."""
    if names(tree) <= set(known):
        holds = evaluate(tree, known.get) is True
        return holds, not holds
    if isinstance(tree, Operation) and tree.operator in ("and", "or"):
        parts = [_may(part, known) for part in tree.operands]
        if tree.operator == "and":
            return all(may for may, _ in parts), any(may_not for _, may_not in parts)
        return any(may for may, _ in parts), all(may_not for _, may_not in parts)
    return True, True
