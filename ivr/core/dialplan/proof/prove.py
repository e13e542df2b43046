"""The proof that no sequence of events leads round an obligation; or the shortest story that does.

Each state was explored alone, on the interpreter itself (`local`); the exits are joined in a product (`product`) that
is gone through whole from the start (`flood`). First loosely: with fewer places than there are, in which all can happen
that may happen, and more. What holds there holds. Where it does not, the whole product decides, and tells the story.

The guard of the running call is not relied upon; it is left out. Where the prover does not know, it takes both ways: a
condition on a value may hold or not, an identity may or may not rest on a value that changed, `back` may lead to any
unprotected question that was asked on some way here. So what it certifies holds; what it refuses has, but for such
doubts, a story that can be played.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from ivr.core.dialplan.expression import Known, evaluate
from ivr.core.dialplan.model import RECORDING, Demand, Dialplan, DiscloseForState
from ivr.core.dialplan.parts import Level
from ivr.core.dialplan.proof.acts import EARLIER, Act
from ivr.core.dialplan.proof.callers import TooManyError
from ivr.core.dialplan.proof.facts import moved
from ivr.core.dialplan.proof.flood import Flood
from ivr.core.dialplan.proof.local import BACK, Exit
from ivr.core.dialplan.proof.product import Identity, Place, Product, Step

LEANING_PRICE = 100
"""A story that leans on what happened before it is told only where there is no other."""
TOLD_DEMANDS = 6
"""More of them together make a story long to search."""
FORMAT = 4
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
    places: int
    """Gone through in the product."""
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
    decided: bool = False
    """Whether it is so with some values only."""

    @property
    def leaning(self) -> bool:
        """Whether something that it names must have happened before."""
        return any(act.kind in EARLIER for leg in self.legs for act in leg.acts)

    @property
    def exact(self) -> bool:
        """Whether the story can be played as it stands."""
        return not self.decided and not self.leaning

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


@dataclass(frozen=True, slots=True)
class _Breach:
    """A rule that is broken somewhere."""

    target: str
    demand: Demand | None
    """The disclosure, or the recording, that is missing; None: the identity."""

    def lacking(self, dialplan: Dialplan) -> str:
        """What is missing, in words."""
        return str(self.demand) if self.demand is not None else f"identity {dialplan.protect[self.target].identity}"


_RECORDED = Demand(RECORDING)
_Node = tuple[Place, int]
"""A place, and what is so there of the facts that matter."""


def prove(dialplan: Dialplan) -> Proof:
    """Prove every rule under `protect`, or show how each broken one breaks."""
    by_identity = any(rule.identity is not Level.NONE for rule in dialplan.protect.values())
    product = Product(dialplan, identity=by_identity)
    try:
        flood, breaches = flooded(product.loose())
        certain = not breaches
    except TooManyError:
        certain = False
    if not certain:
        # That too little was told apart may be all that is wrong.
        flood, breaches = flooded(product)
    if breaches:
        stories = [_story(flood, breach) for breach in breaches]
        return Proof(None, tuple(sorted(stories, key=lambda story: (story.target, story.lacking))))
    rules = tuple(
        f"{rule.target} after {', '.join(map(str, rule.demands)) or 'nothing'}, identity {rule.identity}"
        + (", recorded" if rule.recorded else "")
        for rule in dialplan.protect.values()
    )
    states = len(dialplan.states)
    return Proof(Certificate(dialplan.id, dialplan.sha256, rules, states, product.situations, len(flood)))


def flooded(product: Product) -> tuple[Flood, set[_Breach]]:
    """All that can be reached, and every rule that is broken there."""
    flood = Flood(product)
    found = {
        breach
        for place, facts in flood.places()
        for breach in _breaches(product, place, facts, flood.identities(place, facts))
    }
    return flood, found


def _breaches(product: Product, place: Place, facts: int, identities: list[Identity]) -> Iterator[_Breach]:
    """Every rule that is broken where this may be so."""
    for target in product.happening(place[0]):
        rule = product.dialplan.protect.get(target)
        if rule is None:
            continue
        for demand in rule.demands:
            if facts & product.facts.bit(demand) and _may_demand(demand, product.known(place)):
                yield _Breach(target, demand)
        if not all(identity[0].reaches(rule.identity) for identity in identities):
            yield _Breach(target, None)
        if rule.recorded and facts & product.facts.bit(_RECORDED):
            yield _Breach(target, _RECORDED)


def _may_demand(demand: Demand, known: Mapping[str, Known]) -> bool:
    return demand.condition is None or evaluate(demand.condition, known.get) is not False


# --- stories --------------------------------------------------------------------------------------------------------


def _story(flood: Flood, breach: _Breach) -> Counterexample:
    """The cheapest way to break one rule: without `back` if it can be, else with what it really leads to, else may."""
    own = flood.facts.fields([breach.demand] if breach.demand is not None else [])
    precise = own & ~flood.facts.fields([]) or own
    found = _search(flood, breach, None) or _search(flood, breach, precise) or _search(flood, breach, own)
    assert found is not None, "the flood reached what the search cannot"
    node, before = found
    last = node
    legs: list[Leg] = []
    dialplan = flood.product.dialplan
    decided = breach.demand is not None and breach.demand.condition is not None
    # More than the search can follow: some warning in the story may be one that is not played then.
    decided = decided or len(_told(dialplan, breach)) > TOLD_DEMANDS
    while node in before:
        node, step = before[node]
        way, decided = step.way, decided or step.decided
        went_back = (Act("back"),) if way.to == BACK else ()
        legs.append(Leg(node[0][0], way.story + went_back))
    lacking = breach.lacking(dialplan)
    return Counterexample(breach.target, lacking, last[0][1], tuple(reversed(legs)), last[0][0], decided)


def _search(flood: Flood, breach: _Breach, back: int | None) -> tuple[_Node, dict[_Node, tuple[_Node, Step]]] | None:
    """Dijkstra's over the product, with the facts of one rule's demands; prices are lengths of stories.

    `back`: the fields that say where the command of that name may lead, or None: it is not used.
    """
    product, facts = flood.product, flood.facts
    own = facts.fields(_told(product.dialplan, breach)[:TOLD_DEMANDS]) & facts.here
    start: _Node = (product.start(), facts.start() & own)
    cost = {start: 0}
    before: dict[_Node, tuple[_Node, Step]] = {}
    heap: list[tuple[int, int, _Node]] = [(0, 0, start)]
    done: set[_Node] = set()
    count = 0
    while heap:
        price, _, node = heapq.heappop(heap)
        if node in done:
            continue
        done.add(node)
        place, here = node
        if breach in _breaches(product, place, here, [] if place[2] is None else [place[2]]):
            return node, before
        for step in product.steps(place):
            gate, barred = facts.gate(step.change.met), facts.barred(step.change.met)
            if here & barred or (gate and not gate & (here if gate & own else flood.at(place))):
                continue
            after = moved(here, facts.steps(step.change)) & own
            total = price + _price(step.way)
            for other in _places(flood, place, step.to, facts.whole(here) & back if back is not None else 0):
                if total < cost.get((other, after), total + 1):
                    count += 1
                    cost[other, after] = total
                    before[other, after] = (node, step)
                    heapq.heappush(heap, (total, count, (other, after)))
    return None


def _told(dialplan: Dialplan, breach: _Breach) -> list[Demand]:
    """The demands that a story is told with: the broken one, and those for which warnings are played on the way."""
    found = [] if breach.demand is None else [breach.demand]
    targets = [breach.target] if breach.demand is not None and breach.demand != _RECORDED else []
    targets += [state.target for state in dialplan.states.values() if isinstance(state, DiscloseForState)]
    demands = [demand for target in targets for demand in dialplan.protect[target].demands]
    return list(dict.fromkeys([*found, *demands]))


def _places(flood: Flood, place: Place, to: Place, back: int) -> list[Place]:
    """Where a step leads: itself, or the questions that `back` may lead to."""
    if to[0] != BACK:
        return [to]
    return [flood.product.place(name, *to[1:]) for name in flood.back_to(place, back)] if back else []


def _price(way: Exit) -> int:
    """Of a step in a story: short ones are good, those that lean on what happened earlier are not."""
    leaning = way.to == BACK or any(act.kind in EARLIER for act in way.story)
    return 1 + len(way.story) + (LEANING_PRICE if leaning else 0)
