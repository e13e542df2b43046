"""The proof that no sequence of events leads round an obligation; or the shortest story that does.

Each state was explored alone, on the interpreter itself (`prove_local`). Here the exits are joined: the whole product
of state, language, disclosure heard or not, and identity is gone through from the start. Each obligation is an atom of
its own (one disclosure, or the identity), as a rule holds when all its atoms do: so twenty rules cost twenty small
products instead of one huge one. The guard of the running call is not relied upon; it is left out.

Where the prover does not know, it takes both ways: a condition on a value may hold or not, an identity may or may not
rest on a value that changed, `back` may lead to any unprotected question that was asked on some way here.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace

from ivr.core.dialplan.expression import Expression, Literal, Name, Operation, evaluate, names
from ivr.core.dialplan.model import AskState, Branch, BranchState, Dialplan, Level, LookupState, Route, State
from ivr.core.dialplan.prove_acts import EARLIER, Act
from ivr.core.dialplan.prove_local import BACK, Effect, Exit, explore, uses
from ivr.core.dialplan.prove_shape import Shape

LEANING_PRICE = 100
FORMAT = 1
"""Of certificates: a prover that decides otherwise has another number."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """That every rule of one version of a dialplan holds in every order of events."""

    dialplan: str
    sha256: str
    rules: tuple[str, ...]
    states: int
    situations: int
    """Gone through inside states, on the interpreter."""
    nodes: int
    """Of the products."""
    prover: int = FORMAT

    @property
    def id(self) -> str:
        """Digest of all of it, to be named in records."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Leg:
    """A stay in one state, in a story."""

    state: str
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The shortest story that breaks a rule."""

    target: str
    """What is protected."""
    lacking: str
    """What it demands and does not have."""
    language: str
    legs: tuple[Leg, ...]
    reached: str
    """State in which it happens."""

    @property
    def exact(self) -> bool:
        """Whether the story can be played as it stands; else something that it names must have happened before."""
        return not any(act.kind in EARLIER for leg in self.legs for act in leg.acts)

    def __str__(self) -> str:
        lines = [f"'{self.target}' can be reached without {self.lacking} (in {self.language}):"]
        for number, leg in enumerate(self.legs, 1):
            what = "; ".join(map(str, leg.acts)) or "at once"
            lines.append(f"  {number}. in '{leg.state}': {what}")
        lines.append(f"  {len(self.legs) + 1}. '{self.reached}' is entered: {self.lacking} is missing")
        if any(len(leg.acts) > 1 for leg in self.legs):
            lines.append("  (limits of attempts are told as one or two)")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Proof:
    """What `prove` found: a certificate, or counterexamples."""

    certificate: Certificate | None
    counterexamples: tuple[Counterexample, ...] = ()


Identity = tuple[Level, frozenset[str]]
Node = tuple[str, str, Identity | None, bool, frozenset[str]]
"""State, language, identity (None where it decides nothing), whether the atom's disclosure is heard, values known."""
_NOBODY: Identity = (Level.NONE, frozenset())


def prove(dialplan: Dialplan) -> Proof:
    """Prove every rule under `protect`, or show how each broken one breaks."""
    return _Prover(dialplan).run()


@dataclass(slots=True)
class _Walk:
    """One product, gone through: the cheapest way to each node."""

    cost: dict[Node, int] = field(default_factory=dict)
    before: dict[Node, tuple[Node, Exit]] = field(default_factory=dict)
    next_of: dict[Node, set[Node]] = field(default_factory=dict)


class _Prover:
    """Holds what was found of each state while the products are walked."""

    def __init__(self, dialplan: Dialplan) -> None:
        self._dialplan = dialplan
        self._exits: dict[str, list[Exit]] = {}
        self._situations = 0
        self._nodes = 0
        self._resting = _resting(dialplan)
        self._asks = [
            name
            for name, state in dialplan.states.items()
            if isinstance(state, AskState) and name not in dialplan.protect
        ]
        self._uses = {name: uses(state) & frozenset(dialplan.values) for name, state in dialplan.states.items()}
        self._used = frozenset().union(*self._uses.values())
        self._explore()
        mentioned = {name for route in self._routes() for branch in route.branches for name in _named(branch.condition)}
        self._identity_decides = "identity" in mentioned
        self._goes_back = any(command.do == "back" for command in dialplan.commands)

    def run(self) -> Proof:
        """All atoms."""
        found: dict[tuple[str, str], Counterexample] = {}
        for disclosure in sorted({name for rule in self._dialplan.protect.values() for name in rule.after}):
            walk = self._walk(disclosure)
            for target, node in self._broken(walk, disclosure):
                story = self._story(walk, target, disclosure, node)
                found.setdefault((target, disclosure), story)
        if any(rule.identity is not Level.NONE for rule in self._dialplan.protect.values()):
            walk = self._walk(None)
            for target, node in self._broken(walk, None):
                need = f"identity {self._dialplan.protect[target].identity}"
                found.setdefault((target, need), self._story(walk, target, need, node))
        if found:
            return Proof(None, tuple(found[key] for key in sorted(found)))
        rules = tuple(
            f"{rule.target} after {', '.join(rule.after) or 'nothing'}, identity {rule.identity}"
            for rule in self._dialplan.protect.values()
        )
        plan = self._dialplan
        return Proof(Certificate(plan.id, plan.sha256, rules, len(plan.states), self._situations, self._nodes))

    # --- inside states ---

    def _explore(self) -> None:
        known: dict[str, tuple[list[Exit], int]] = {}
        for name, state in self._dialplan.states.items():
            shape = Shape(state, self._dialplan)
            if shape.key not in known:
                known[shape.key] = explore(shape, self._dialplan)
                self._situations += known[shape.key][1]
            self._exits[name] = [_placed(found, shape, state) for found in known[shape.key][0]]

    def _routes(self) -> Iterator[Route]:
        for exits in self._exits.values():
            for found in exits:
                if isinstance(found.to, Route):
                    yield found.to

    # --- between states ---

    def _walk(self, disclosure: str | None) -> _Walk:
        """Every node that can be reached, with the cheapest way; again while `back` opens new ways."""
        backs: dict[Node, set[str]] = {}
        while True:
            walk = self._search(disclosure, backs)
            # What breaks without going back makes the truer story.
            if not self._goes_back or next(self._broken(walk, disclosure), None) is not None:
                break
            found = self._back_targets(walk)
            if found == backs:
                break
            backs = found
        self._nodes += len(walk.cost)
        return walk

    def _search(self, disclosure: str | None, backs: Mapping[Node, set[str]]) -> _Walk:
        walk = _Walk()
        plan = self._dialplan
        identity = _NOBODY if disclosure is None or self._identity_decides else None
        start: Node = (plan.start, plan.languages[0], identity, False, frozenset())
        walk.cost[start] = 0
        heap: list[tuple[int, int, Node]] = [(0, 0, start)]
        count = 0
        while heap:
            cost, _, node = heapq.heappop(heap)
            if cost > walk.cost[node] or node in walk.next_of:
                continue
            after = walk.next_of[node] = set()
            for found in self._exits[node[0]]:
                for other in self._nodes_after(node, found, disclosure, backs):
                    after.add(other)
                    price = cost + _price(found)
                    if price < walk.cost.get(other, price + 1):
                        count += 1
                        walk.cost[other] = price
                        walk.before[other] = (node, found)
                        heapq.heappush(heap, (price, count, other))
        return walk

    def _nodes_after(
        self, node: Node, found: Exit, disclosure: str | None, backs: Mapping[Node, set[str]]
    ) -> Iterator[Node]:
        state, language, identity, heard, known = node
        if found.known != (self._uses[state] <= known):
            return
        effect = found.effect
        known = (known - effect.lost) | (effect.gained & self._used)
        if effect.acknowledged is not None and self._disclosed(state) == disclosure:
            heard = effect.acknowledged
        spoken = effect.language or language
        if spoken != language:
            heard = False
        identities = [None] if identity is None else self._identities(identity, effect)
        for whose in identities:
            for target in self._targets(found, spoken, whose, backs.get(node, set())):
                yield (target, spoken, whose, heard, known)

    def _disclosed(self, state: str) -> str | None:
        return getattr(self._dialplan.states[state], "disclosure", None)

    def _targets(self, found: Exit, language: str, identity: Identity | None, back: set[str]) -> Iterable[str]:
        if isinstance(found.to, Route):
            known = {"language": language}
            if identity is not None:
                known["identity"] = str(identity[0])
            return _possible(found.to, known)
        return back if found.to == BACK else (found.to,)

    def _identities(self, identity: Identity, effect: Effect) -> list[Identity]:
        """Who the caller may be after: what was assigned may take an identity away."""
        after = [identity]
        if effect.assigned & identity[1]:
            after.append(_NOBODY)
        if effect.identified is None:
            return after
        level, by = effect.identified
        resting = frozenset().union(*(self._resting.get(name, frozenset({name})) for name in by))
        return [(level if level.reaches(old) else old, bound | resting) for old, bound in after]

    def _back_targets(self, walk: _Walk) -> dict[Node, set[str]]:
        """For each node, the unprotected questions that `back` may lead to: asked on some way here, and after the
        last warning but for one."""
        bits = {name: 1 << number for number, name in enumerate(self._asks)}
        last: dict[Node, int] = dict.fromkeys(walk.cost, 0)
        behind: dict[Node, int] = dict.fromkeys(walk.cost, 0)
        changed = list(walk.cost)
        while changed:
            node = changed.pop()
            newest = bits.get(node[0], 0) or last[node]
            older = behind[node] | newest
            for other in walk.next_of.get(node, ()):
                kept = newest if self._disclosed(other[0]) is not None else older
                if last[other] | newest != last[other] or behind[other] | kept != behind[other]:
                    last[other] |= newest
                    behind[other] |= kept
                    changed.append(other)
        return {
            node: {name for name, bit in bits.items() if found & bit and name != node[0]}
            for node, found in behind.items()
        }

    # --- rules ---

    def _broken(self, walk: _Walk, disclosure: str | None) -> Iterator[tuple[str, Node]]:
        """Every protected target that is reached without the atom, cheapest way first."""
        for node in sorted(walk.cost, key=lambda node: walk.cost[node]):
            state, _, identity, heard, _ = node
            for target in self._happening(state):
                rule = self._dialplan.protect.get(target)
                if rule is None:
                    continue
                if disclosure is not None and disclosure in rule.after and not heard:
                    yield target, node
                if disclosure is None and identity is not None and not identity[0].reaches(rule.identity):
                    yield target, node

    def _happening(self, name: str) -> list[str]:
        """What happens when a state is entered: itself, and its query."""
        state = self._dialplan.states[name]
        return [name, f"{state.source}.{state.query}"] if isinstance(state, LookupState) else [name]

    def _story(self, walk: _Walk, target: str, lacking: str, node: Node) -> Counterexample:
        legs: list[Leg] = []
        at = node
        while at in walk.before:
            at, found = walk.before[at]
            went_back = (Act("back"),) if found.to == BACK else ()
            legs.append(Leg(at[0], found.story + went_back))
        return Counterexample(target, lacking, node[1], tuple(reversed(legs)), node[0])


def _placed(found: Exit, shape: Shape, state: State) -> Exit:
    """The exit with real names in the place of placeholders."""
    story = tuple(_named_act(act, state) for act in found.story)
    if isinstance(found.to, Route):
        branches = tuple(
            Branch(branch.condition, shape.targets.get(branch.to, branch.to)) for branch in found.to.branches
        )
        return replace(found, to=Route(branches), story=story)
    return replace(found, to=shape.targets.get(found.to, found.to), story=story)


def _price(found: Exit) -> int:
    """Of a step in a story: short ones are good, those that lean on what happened earlier are not."""
    leaning = found.to == BACK or any(act.kind in EARLIER for act in found.story)
    return 1 + len(found.story) + (LEANING_PRICE if leaning else 0)


def _named_act(act: Act, state: State) -> Act:
    """A choice is c0, c1, ... in a shape."""
    number = act.detail.removeprefix("c")
    if act.kind == "words" and isinstance(state, AskState) and number.isdigit():
        return replace(act, detail=state.choices[int(number)].name)
    return act


def _named(condition: Expression | None) -> frozenset[str]:
    return frozenset() if condition is None else names(condition)


def _resting(dialplan: Dialplan) -> dict[str, frozenset[str]]:
    """Value -> itself and all that it may have been looked up with, over any number of lookups."""
    found = {name: frozenset({name}) for name in dialplan.values}
    made: list[tuple[str, frozenset[str]]] = []
    for state in dialplan.states.values():
        if isinstance(state, LookupState):
            made.extend((name, frozenset(state.given.values())) for name in state.keep)
        elif isinstance(state, BranchState):
            made.extend((name, names(tree)) for name, tree in state.sets.items())
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
    assert isinstance(tree, Literal | Name | Operation)
    return True, True
