"""The product of all states with language, identity and values known, and the steps in it.

Each state was explored alone (`prove_local`); here its exits get their real names, and what they mean in a call that
is at one place of the product: where they may lead from there, and what that does to facts (`prove_facts`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace

from ivr.core.dialplan.expression import Expression, Known, Name, Operation, bare_name, evaluate, names
from ivr.core.dialplan.model import (
    AskState,
    BranchState,
    Dialplan,
    DiscloseForState,
    EnterState,
    LookupState,
    ReturnState,
    SayState,
    State,
    own_names,
)
from ivr.core.dialplan.parts import Branch, Choice, Level, Route
from ivr.core.dialplan.proof.acts import EXAMPLE, Act
from ivr.core.dialplan.proof.conditions import normal
from ivr.core.dialplan.proof.facts import Change, Facts
from ivr.core.dialplan.proof.local import BACK, Effect, Exit, all_known, explore, uses
from ivr.core.dialplan.proof.shape import Member, Shape

ALL = 1 << 30
"""More demands than any rule has."""
Identity = tuple[Level, frozenset[str], frozenset[str]]
"""Level, the values that it may rest on, and those of them on which it does for certain."""
NOBODY: Identity = (Level.NONE, frozenset(), frozenset())
LEFT = "/"
"""Stands, among the values that an identity may rest on, for those of dialogs that were left. Each is forgotten before
it is used again; told apart, they would multiply with every use of a dialog."""
Place = tuple[str, str, Identity | None, frozenset[str]]
"""State, language, identity (None where it decides nothing), values known."""


@dataclass(frozen=True, slots=True)
class Step:
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
        self.situations = 0
        self.exits: dict[str, list[Exit]] = {}
        self._uses = {name: uses(state) & frozenset(dialplan.values) for name, state in dialplan.states.items()}
        self._passed = {name: _passed(state, dialplan) for name, state in dialplan.states.items()}
        passed = (frozenset(needed) for all_of in self._passed.values() for needed in all_of.values())
        self._used = frozenset().union(*self._uses.values(), *passed)
        self._resting = _resting(dialplan)
        self._explore()
        back = any(command.do == "back" for command in dialplan.commands)
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

    def _explore(self) -> None:
        known: dict[tuple[str, str], tuple[str, list[Exit]]] = {}
        values = all_known(self.dialplan)
        ahead = any(isinstance(state, SayState) and state.type_ahead for state in self.dialplan.states.values())
        for name, state in self.dialplan.states.items():
            self.exits[name] = []
            # The uses of a dialog differ in the names of values alone.
            own = own_names(state)
            of = state.dialog if isinstance(state, EnterState) else self.dialplan.defined.get(name, "")
            for shape, met in _shapes(state, self.dialplan):
                key = (of, shape.key.replace(own, LEFT) if own else shape.key)
                if key not in known:
                    exits, situations = explore(shape, self.dialplan, ahead=ahead, values=values)
                    known[key] = own, exits
                    self.situations += situations
                there, exits = known[key]
                for found in exits:
                    self.exits[name] += _placed(_renamed(found, there, own), shape, state, met)

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

    def steps(self, place: Place) -> Iterator[Step]:
        """Every step from a place."""
        state, language, identity, known = place
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
            for whose in [None] if identity is None else self.identities(identity, effect):
                known_there = self._certain(spoken, whose)
                assigned: frozenset[str] = frozenset()
                if facts.read:
                    changed = {name for name, value in known_here.items() if known_there[name] != value}
                    if loose and (effect.assigned or effect.fresh or effect.identified):
                        changed.add("identity")
                    assigned = facts.read & (effect.assigned | changed)
                for number, target, closed, decided in self._targets(found.to, known_there):
                    change = Change(
                        found.disclosure, effect.acknowledged, switched, effect.recorded, assigned, closed, found.met
                    )
                    there = (
                        (target, spoken, whose, knows) if target == BACK else self.place(target, spoken, whose, knows)
                    )
                    yield Step(there, change, found, decided, number)

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
        level, bound, surely = whose
        lost = _left(bound, here)
        return (level, bound - lost | {LEFT} if lost else bound, surely - lost), known - gone

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

    def identities(self, identity: Identity, effect: Effect) -> list[Identity]:
        """Who the caller may be after: what was assigned may take an identity away."""
        if not (effect.assigned or effect.fresh or effect.shared or effect.identified):
            return [identity]
        level, bound, surely = identity
        handed = frozenset(outer for inner, outer in effect.shared if inner in bound)
        still_theirs = frozenset(outer for inner, outer in effect.shared if inner in surely)
        after = [NOBODY if effect.fresh & surely else (level, bound | handed, surely | still_theirs)]
        if (effect.assigned - still_theirs) & bound or (effect.fresh and LEFT in bound):
            after.append(NOBODY)
        if effect.identified is None:
            return after
        level, by = effect.identified
        resting = frozenset().union(*(self._resting.get(name, frozenset({name})) for name in by))
        return [(level if level.reaches(old) else old, bound | resting, surely | by) for old, bound, surely in after]


def _shapes(state: State, dialplan: Dialplan) -> Iterator[tuple[Shape, tuple[str, int] | None]]:
    """The shapes to explore a state in: more than one where it may play this disclosure or that."""
    if not isinstance(state, DiscloseForState):
        yield Shape(state, dialplan), None
        return
    for number, demand in enumerate(dialplan.protect[state.target].demands):
        yield Shape(state, dialplan, demand.disclosure), (state.target, number)


def _renamed(found: Exit, there: str, here: str) -> Exit:
    """The exit of a dialog's state at another use of that dialog."""
    if there == here:
        return found

    def name(word: str) -> str:
        return here + word.removeprefix(there) if word.startswith(there) else word

    def condition(tree: Expression) -> Expression:
        if isinstance(tree, Operation):
            return replace(tree, operands=tuple(map(condition, tree.operands)))
        return Name(name(tree.name)) if isinstance(tree, Name) else tree

    old = found.effect
    effect = replace(
        old,
        assigned=frozenset(map(name, old.assigned)),
        gained=frozenset(map(name, old.gained)),
        lost=frozenset(map(name, old.lost)),
        identified=old.identified and (old.identified[0], frozenset(map(name, old.identified[1]))),
        fresh=frozenset(map(name, old.fresh)),
        shared=frozenset((name(inner), name(outer)) for inner, outer in old.shared),
    )
    if not isinstance(found.to, Route):
        return replace(found, effect=effect)
    branches = (Branch(branch.condition and condition(branch.condition), branch.to) for branch in found.to.branches)
    return replace(found, to=Route(tuple(branches)), effect=effect)


def _placed(found: Exit, shape: Shape, state: State, met: tuple[str, int] | None) -> Iterator[Exit]:
    """The exit with real names in the place of placeholders, for each choice that may lead there.

    `met`: the demands met before its disclosure is played.
    """
    played = found.effect.acknowledged is not None
    disclosure = shape.discloses if played else None
    if isinstance(state, DiscloseForState) and found.effect.settled:
        met = (state.target, ALL)
    first = found.to.branches[0].to if isinstance(found.to, Route) else found.to
    chosen, members = next(((one, members) for one, members in shape.choices if one.go.branches[0].to == first), _NONE)
    for member in members:
        targets = shape.targets if member is None else {**shape.targets, **member.targets}
        story = tuple(_named_act(act, shape, chosen, member) for act in found.story)
        to: str | Route
        if isinstance(found.to, Route):
            to = Route(tuple(Branch(each.condition, targets.get(each.to, each.to)) for each in found.to.branches))
        else:
            to = targets.get(found.to, found.to)
        yield replace(found, to=to, disclosure=disclosure, met=met, story=story)


_NONE: tuple[Choice | None, tuple[Member | None, ...]] = (None, (None,))


def _named_act(act: Act, shape: Shape, chosen: Choice | None, member: Member | None) -> Act:
    """A choice is c0, c1, ... in a shape, its key and its words are the shape's too. `chosen` is this member."""
    for choice, members in shape.choices:
        real = (member if choice is chosen and member is not None else members[0]).choice
        if act.kind == "words" and act.detail == choice.name:
            return replace(act, detail=real.name)
        if act.kind == "said" and act.detail == f"{EXAMPLE}{choice.name}":
            return replace(act, detail=f"what means '{real.name}'")
        if act.kind in ("key", "ahead") and act.detail == choice.press and real.press is not None:
            return replace(act, detail=real.press)
        for words, there in ((choice.hear, real.hear), (choice.like, real.like)):
            if act.kind == "said ahead" and any(act.detail in phrases for phrases in words.values()):
                return replace(act, detail=next(phrases[0] for phrases in there.values() if phrases))
    return act


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
    made: set[tuple[str, frozenset[str]]] = set()
    for state in dialplan.states.values():
        if isinstance(state, LookupState):
            made.update((name, frozenset(state.given.values())) for name in state.keep)
        elif isinstance(state, BranchState):
            made.update((name, names(tree)) for name, tree in state.sets.items())
        elif isinstance(state, EnterState):
            made.update((name, names(tree)) for name, tree in state.given.items())
        elif isinstance(state, ReturnState):
            made.update((outer, frozenset({inner})) for outer, inner in state.keep.items())
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
