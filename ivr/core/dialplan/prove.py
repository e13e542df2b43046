"""The proof that no sequence of events leads round an obligation; or the shortest story that does.

Each state was explored alone, on the interpreter itself (`prove_local`); the exits are joined in a product
(`prove_product`) that is gone through whole from the start. The guard of the running call is not relied upon; it is
left out. Where the prover does not know, it takes both ways: a condition on a value may hold or not, an identity may
or may not rest on a value that changed, `back` may lead to any unprotected question that was asked on some way here.
So what it certifies holds; what it refuses has, but for such doubts, a story that can be played.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from ivr.core.dialplan.model import RECORDING, Dialplan
from ivr.core.dialplan.parts import Level
from ivr.core.dialplan.prove_acts import EARLIER, Act
from ivr.core.dialplan.prove_local import BACK, Exit
from ivr.core.dialplan.prove_product import Place, Product, Seen

LEANING_PRICE = 100
"""A story that leans on what happened before it is told only where there is no other."""
FORMAT = 2
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


_Node = tuple[Place, bool]
"""A place, and whether the disclosure in question is unheard there."""


def prove(dialplan: Dialplan) -> Proof:
    """Prove every rule under `protect`, or show how each broken one breaks."""
    by_identity = any(rule.identity is not Level.NONE for rule in dialplan.protect.values())
    product = Product(dialplan, identity=by_identity)
    seen = product.flood()
    places = len(seen)
    broken = _all_broken(product, seen, None)
    stories = [_story(product, {}, target, lacking) for target, lacking in sorted(broken)]
    if any(command.do == "back" for command in dialplan.commands):
        demanded = sorted({name for rule in dialplan.protect.values() for name in rule.after})
        demanded += [RECORDING] if any(rule.recorded for rule in dialplan.protect.values()) else []
        for watched in [*demanded, *([None] if by_identity else [])]:
            seen = product.flood(watched, back=True)
            places += len(seen)
            more = {atom for atom in _all_broken(product, seen, watched) if atom not in broken}
            stories += [_story(product, seen, target, lacking) for target, lacking in sorted(more)]
            broken |= more
    if broken:
        return Proof(None, tuple(stories))
    rules = tuple(
        f"{rule.target} after {', '.join(rule.after) or 'nothing'}, identity {rule.identity}"
        + (", recorded" if rule.recorded else "")
        for rule in dialplan.protect.values()
    )
    states = len(dialplan.states)
    return Proof(Certificate(dialplan.id, dialplan.sha256, rules, states, product.situations, places))


def _all_broken(product: Product, seen: Mapping[_Node, Seen], watched: str | None) -> set[tuple[str, str]]:
    """Every rule that is broken somewhere; of those that demand disclosures, in a watched flood only the watched."""
    found = {atom for (place, _), here in seen.items() for atom in _broken(product, place, here.unheard)}
    return {atom for atom in found if watched is None or atom[1] == watched}


def _broken(product: Product, place: Place, unheard: int) -> Iterator[tuple[str, str]]:
    """(target, what it lacks) for each rule that is broken where this may be unheard."""
    for target in product.happening(place[0]):
        rule = product.dialplan.protect.get(target)
        if rule is None:
            continue
        for name in rule.after:
            if unheard & product.bits[name]:
                yield target, name
        identity = place[2]
        if identity is not None and not identity[0].reaches(rule.identity):
            yield target, f"identity {rule.identity}"
        if rule.recorded and unheard & product.bits[RECORDING]:
            yield target, RECORDING


# --- stories --------------------------------------------------------------------------------------------------------


def _story(product: Product, seen: Mapping[_Node, Seen], target: str, lacking: str) -> Counterexample:
    """The cheapest way to break one rule; `seen` says where `back` may lead."""
    found = _search(product, seen, target, lacking)
    assert found is not None, "the flood reached what the search cannot"
    node, before = found
    last = node
    legs: list[Leg] = []
    while node in before:
        node, way = before[node]
        went_back = (Act("back"),) if way.to == BACK else ()
        legs.append(Leg(node[0][0], way.story + went_back))
    return Counterexample(target, lacking, last[0][1], tuple(reversed(legs)), last[0][0])


def _search(
    product: Product, seen: Mapping[_Node, Seen], target: str, lacking: str
) -> tuple[_Node, dict[_Node, tuple[_Node, Exit]]] | None:
    """Dijkstra's over the product with one bit for one disclosure; prices are lengths of stories."""
    bit = product.bits.get(lacking, 0)
    start: _Node = (product.start(), bool(product.fresh & bit))
    cost = {start: 0}
    before: dict[_Node, tuple[_Node, Exit]] = {}
    heap: list[tuple[int, int, _Node]] = [(0, 0, start)]
    done: set[_Node] = set()
    count = 0
    while heap:
        price, _, node = heapq.heappop(heap)
        if node in done:
            continue
        done.add(node)
        place, unheard = node
        if (target, lacking) in _broken(product, place, bit if unheard else 0):
            return node, before
        own = product.questions.get(place[0], 0)
        back = product.earlier(place[0], seen[node].behind & ~own) if node in seen else []
        for way in product.exits[place[0]]:
            after = bool(product.unheard_after(place, way, bit if unheard else 0) & bit)
            for other in product.after(place, way, back):
                total = price + _price(way)
                if total < cost.get((other, after), total + 1):
                    count += 1
                    cost[other, after] = total
                    before[other, after] = (node, way)
                    heapq.heappush(heap, (total, count, (other, after)))
    return None


def _price(way: Exit) -> int:
    """Of a step in a story: short ones are good, those that lean on what happened earlier are not."""
    leaning = way.to == BACK or any(act.kind in EARLIER for act in way.story)
    return 1 + len(way.story) + (LEANING_PRICE if leaning else 0)
