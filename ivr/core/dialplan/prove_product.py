"""The product of all states with language, identity and values known, and how a step goes on in it.

`flood` goes through all of it. Of each disclosure it keeps one bit, 'may be unheard here': disclosures do not depend on
each other, so the bits of all of them together are exactly what a product for each would give. Only where the caller
can go back must each have a product of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ivr.core.dialplan.dialogs import bare_name
from ivr.core.dialplan.expression import Expression, Name, Operation, evaluate, names
from ivr.core.dialplan.model import (
    RECORDING,
    AskState,
    BranchState,
    Dialplan,
    EnterState,
    LookupState,
    ReturnState,
    State,
    own_names,
    way_in,
)
from ivr.core.dialplan.parts import Branch, Level, Route
from ivr.core.dialplan.prove_acts import EXAMPLE, Act
from ivr.core.dialplan.prove_local import BACK, Effect, Exit, explore, uses
from ivr.core.dialplan.prove_shape import Shape

Identity = tuple[Level, frozenset[str], frozenset[str]]
"""Level, the values that it may rest on, and those of them on which it does for certain."""
NOBODY: Identity = (Level.NONE, frozenset(), frozenset())
LEFT = "/"
"""Stands, among the values that an identity may rest on, for those of dialogs that were left. Each is forgotten before
it is used again; told apart, they would multiply with every use of a dialog."""
Place = tuple[str, str, Identity | None, frozenset[str]]
"""State, language, identity (None where it decides nothing), values known."""


@dataclass(slots=True)
class Seen:
    """What may be so at one place, over all ways there. Bits of disclosures, and of questions."""

    unheard: int = 0
    last: int = 0
    """The question asked last."""
    behind: int = 0
    """Questions that `back` may reach."""

    def join(self, unheard: int, last: int, behind: int) -> bool:
        """Add another way there; whether anything is new."""
        before = (self.unheard, self.last, self.behind)
        self.unheard |= unheard
        self.last |= last
        self.behind |= behind
        return before != (self.unheard, self.last, self.behind)


class Product:
    """Joins what was found of each state."""

    def __init__(self, dialplan: Dialplan, *, identity: bool) -> None:
        self.dialplan = dialplan
        self.situations = 0
        self.exits: dict[str, list[Exit]] = {}
        self._uses = {name: uses(state) & frozenset(dialplan.values) for name, state in dialplan.states.items()}
        self._passed = {name: _passed(state, dialplan) for name, state in dialplan.states.items()}
        passed = (frozenset(needed) for all_of in self._passed.values() for needed in all_of.values())
        self._used = frozenset().union(*self._uses.values(), *passed)
        self._resting = _resting(dialplan)
        self._explore()
        self._identity = identity or any("identity" in _named(branch.condition) for branch in self._branches())
        asks = [name for name, state in dialplan.states.items() if isinstance(state, AskState)]
        self.questions = {name: 1 << n for n, name in enumerate(name for name in asks if name not in dialplan.protect)}
        self.bits = {name: 1 << number for number, name in enumerate([*dialplan.disclosures, RECORDING])}
        """Of each disclosure: it may be unheard. Of the recording: it may be refused."""
        self.fresh = self.bits[RECORDING] - 1
        """At the start: recorded, with nothing heard."""

    def _explore(self) -> None:
        known: dict[tuple[str, str], tuple[str, list[Exit]]] = {}
        for name, state in self.dialplan.states.items():
            shape = Shape(state, self.dialplan)
            # The uses of a dialog differ in the names of values alone.
            own = own_names(state)
            of = state.dialog if isinstance(state, EnterState) else self.dialplan.defined.get(name, "")
            key = (of, shape.key.replace(own, LEFT) if own else shape.key)
            if key not in known:
                exits, situations = explore(shape, self.dialplan)
                known[key] = own, exits
                self.situations += situations
            there, exits = known[key]
            self.exits[name] = [_placed(_renamed(found, there, own), shape, state) for found in exits]

    def _branches(self) -> Iterator[Branch]:
        for exits in self.exits.values():
            for found in exits:
                if isinstance(found.to, Route):
                    yield from found.to.branches

    def start(self) -> Place:
        """Where every call begins."""
        plan = self.dialplan
        return plan.start, plan.languages[0], NOBODY if self._identity else None, frozenset()

    def disclosed(self, state: str) -> str | None:
        """The disclosure that a state plays."""
        return getattr(self.dialplan.states[state], "disclosure", None)

    def happening(self, name: str) -> tuple[str, ...]:
        """What happens when a state is entered: itself, and its query."""
        state = self.dialplan.states[name]
        return (name, f"{state.source}.{state.query}") if isinstance(state, LookupState) else (name,)

    def after(self, place: Place, found: Exit, back: Iterable[str]) -> Iterator[Place]:
        """Where an exit may lead; `back` are the questions that the command of that name may."""
        state, language, identity, known = place
        if found.known != (self._uses[state] <= known):
            return
        effect = found.effect
        passed = self._passed.get(state, {})
        gained = frozenset(name for name in effect.gained & self._used if passed.get(name, known) <= known)
        knows = known.difference(effect.lost, passed) | gained
        spoken = effect.language or language
        for whose in [None] if identity is None else self._identities(identity, effect):
            for target in self._targets(found, spoken, whose, back):
                yield (target, spoken, *self._from(target, whose, knows))

    def _from(self, here: str, whose: Identity | None, known: frozenset[str]) -> tuple[Identity | None, frozenset[str]]:
        """What matters of an identity and of what is known in a state: not the values of dialogs that were left."""
        if not self.dialplan.defined:
            return whose, known
        gone = _left(known, here)
        if whose is None:
            return None, known - gone
        level, bound, surely = whose
        lost = _left(bound, here)
        return (level, bound - lost | {LEFT} if lost else bound, surely - lost), known - gone

    def _targets(self, found: Exit, language: str, identity: Identity | None, back: Iterable[str]) -> Iterable[str]:
        if isinstance(found.to, Route):
            if len(found.to.branches) == 1:
                return (found.to.branches[0].to,)
            known = {"language": language}
            if identity is not None:
                known["identity"] = str(identity[0])
            return _possible(found.to, known)
        return back if found.to == BACK else (found.to,)

    def _identities(self, identity: Identity, effect: Effect) -> list[Identity]:
        """Who the caller may be after: what was assigned may take an identity away."""
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

    def unheard_after(self, place: Place, found: Exit, unheard: int) -> int:
        """Bits of what may be missing after an exit: disclosures unheard, the recording refused."""
        own = self.disclosed(place[0])
        effect = found.effect
        if effect.language is not None and (effect.wavered or effect.language != place[1]):
            unheard |= self.fresh
        # A warning that is acknowledged is left at once: whatever language it ended in, that is the one spoken since.
        if effect.acknowledged is not None and own is not None:
            unheard = unheard & ~self.bits[own] if effect.acknowledged else unheard | self.bits[own]
        if effect.recorded is not None:
            unheard = unheard & ~self.bits[RECORDING] if effect.recorded else unheard | self.bits[RECORDING]
        return unheard

    def flood(self, watched: str | None = None, *, back: bool = False) -> dict[tuple[Place, bool], Seen]:
        """Every place that can be reached, with all that may be so there.

        With a disclosure to watch, places where it is heard are kept apart from those where it is not: so must they
        be when the caller can go `back`, as it decides where that may lead. Without, the bits of all disclosures are
        gone through together.
        """
        bit = self.bits[watched] if watched is not None else 0
        start = (self.start(), bool(self.fresh & bit))
        seen: dict[tuple[Place, bool], Seen] = {start: Seen(self.fresh & (bit or -1))}
        waiting = deque([start])
        queued = {start}
        # Many places share what lies behind them: what was sent back there once need not be sent again.
        sent: dict[tuple[object, ...], Seen] = {}
        while waiting:
            node = waiting.popleft()
            queued.discard(node)
            place, here = node[0], seen[node]
            newest = (self.questions.get(place[0], 0) or here.last) if back else 0
            older = here.behind | newest
            for found in self.exits[place[0]]:
                unheard = self.unheard_after(place, found, here.unheard)
                flag = bool(unheard & bit)
                earlier: Iterable[str] = ()
                if found.to == BACK:
                    behind = here.behind & ~self.questions.get(place[0], 0) if back else 0
                    key = (behind, found.effect, place[0].rpartition("/")[0], place[1:], flag)
                    if not behind or not sent.setdefault(key, Seen()).join(unheard, newest, older):
                        continue
                    earlier = self.earlier(place[0], behind)
                for other in self.after(place, found, earlier):
                    kept = newest if self.disclosed(other[0]) is not None else older
                    target = (other, flag)
                    is_new = target not in seen
                    there = seen.setdefault(target, Seen())
                    if (there.join(unheard & (bit or -1), newest, kept) or is_new) and target not in queued:
                        queued.add(target)
                        waiting.append(target)
        return seen

    def earlier(self, here: str, questions: int) -> list[str]:
        """Where `back` may lead from `here`, of the questions of these bits."""
        found = {way_in(name, here): None for name, bit in self.questions.items() if questions & bit}
        return [name for name in found if name not in self.dialplan.protect]


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


def _placed(found: Exit, shape: Shape, state: State) -> Exit:
    """The exit with real names in the place of placeholders."""
    story = tuple(_named_act(act, state) for act in found.story)
    if isinstance(found.to, Route):
        branches = tuple(
            Branch(branch.condition, shape.targets.get(branch.to, branch.to)) for branch in found.to.branches
        )
        return replace(found, to=Route(branches), story=story)
    return replace(found, to=shape.targets.get(found.to, found.to), story=story)


def _named_act(act: Act, state: State) -> Act:
    """A choice is c0, c1, ... in a shape."""
    number = act.detail.removeprefix(EXAMPLE if act.kind == "said" else "").removeprefix("c")
    if act.kind == "said" and isinstance(state, AskState) and number.isdigit():
        name = state.choices[int(number)].name
        return replace(act, detail=f"what means '{name}'")
    if act.kind == "words" and isinstance(state, AskState) and number.isdigit():
        return replace(act, detail=state.choices[int(number)].name)
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


def _possible(route: Route, known: Mapping[str, str]) -> list[str]:
    """Where a route may lead when only language and identity are known."""
    found = []
    for branch in route.branches:
        if branch.condition is None:
            found.append(branch.to)
            break
        may, may_not = _may(branch.condition, known)
        if may:
            found.append(branch.to)
        if not may_not:
            break
    return found


def _may(tree: Expression, known: Mapping[str, str]) -> tuple[bool, bool]:
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
