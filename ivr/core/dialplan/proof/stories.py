"""The shortest story that breaks a rule, found in the whole product: a search for one rule's demands alone.

Most stories do without the command `back`, and need no more than the search. Where one may lead back, the whole
product is gone through for what may lie behind.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property

from ivr.core.dialplan.model import Demand, Dialplan
from ivr.core.dialplan.proof.act import EARLIER, Act, ActKind
from ivr.core.dialplan.proof.breach import RECORDED, Breach, breaches_at, flooded
from ivr.core.dialplan.proof.facts import moved
from ivr.core.dialplan.proof.flood import Flood
from ivr.core.dialplan.proof.probe import BACK, Exit
from ivr.core.dialplan.proof.product import Move, Place, Product
from ivr.core.dialplan.states import DiscloseForState

LEANING_PRICE = 100
"""A story that leans on what happened before it is told only where there is no other."""
QUICK_NODES = 20_000
"""A story is searched for so far before it is asked whether there is one: most are found, and the question is dear."""
TOLD_DEMANDS = 6
"""More of them together make a story long to search."""


@dataclass(frozen=True, slots=True)
class Stay:
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
    stays: tuple[Stay, ...]
    reached: str
    """State in which it happens."""
    decided: bool = False
    """Whether it is so with some values only."""

    @property
    def leaning(self) -> bool:
        """Whether something that it names must have happened before."""
        return any(act.kind in EARLIER for stay in self.stays for act in stay.acts)

    @property
    def exact(self) -> bool:
        """Whether the story can be played as it stands."""
        return not self.decided and not self.leaning

    def __str__(self) -> str:
        lines = [f"'{self.target}' can be reached without {self.lacking} (in {self.language}):"]
        for number, stay in enumerate(self.stays, 1):
            what = "; ".join(map(str, stay.acts)) or "at once"
            lines.append(f"  {number}. in '{stay.state}': {what}")
        lines.append(f"  {len(self.stays) + 1}. '{self.reached}' is entered: {self.lacking} is missing")
        if any(len(stay.acts) > 1 for stay in self.stays):
            lines.append("  (limits of attempts are told as one or two)")
        return "\n".join(lines)


_Node = tuple[Place, int]
"""A place, and what is so there of the facts that matter."""


class Teller:
    """Tells stories of one dialplan."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._steps: dict[Place, list[Move]] = {}

    @cached_property
    def _gone_through(self) -> tuple[Flood, set[Breach]]:
        return flooded(self._product)

    @property
    def _is_gone_through(self) -> bool:
        return "_gone_through" in self.__dict__

    @property
    def flood(self) -> Flood:
        """The whole product gone through."""
        return self._gone_through[0]

    @property
    def breaches(self) -> set[Breach]:
        """Every rule that is broken in the whole product."""
        return self._gone_through[1]

    def story(self, breach: Breach) -> Counterexample | None:
        """The cheapest way to break one rule: without `back` if it can be, else with what it really leads to, else may.

        None: in the whole product it is not broken.
        """
        found = None if self._is_gone_through else self._search(breach, None, QUICK_NODES)
        if found is None and breach not in self.breaches:
            return None
        found = found or self._search(breach, None)
        if found is None:
            facts = self._product.facts
            own = facts.fields([breach.demand] if breach.demand is not None else [])
            precise = own & ~facts.fields([]) or own
            found = self._search(breach, precise) or self._search(breach, own)
        assert found is not None, "the flood reached what the search cannot"
        node, before = found
        last = node
        stays: list[Stay] = []
        dialplan = self._product.dialplan
        decided = breach.demand is not None and breach.demand.condition is not None
        # More than the search can follow: some warning in the story may be one that is not played then.
        decided = decided or len(_told(dialplan, breach)) > TOLD_DEMANDS
        while node in before:
            node, step = before[node]
            way, decided = step.way, decided or step.decided
            went_back = (Act(ActKind.BACK),) if way.to == BACK else ()
            stays.append(Stay(node[0][0], way.story + went_back))
        lacking = breach.lacking(dialplan)
        return Counterexample(breach.target, lacking, last[0][1], tuple(reversed(stays)), last[0][0], decided)

    def _search(
        self, breach: Breach, back: int | None, most: int | None = None
    ) -> tuple[_Node, dict[_Node, tuple[_Node, Move]]] | None:
        """Dijkstra's over the product, with the facts of one rule's demands; prices are lengths of stories.

        `back`: the fields that say where the command of that name may lead, or None: it is not used. `most`: nodes to
        look at, if not all.
        """
        product, facts = self._product, self._product.facts
        told = _told(product.dialplan, breach)
        own = facts.fields(told[:TOLD_DEMANDS]) & facts.here
        if back is None and breach.demand is not None and len(told) <= TOLD_DEMANDS:
            product = product.without_identity()
        start: _Node = (product.start(), facts.start() & own)
        cost = {start: 0}
        before: dict[_Node, tuple[_Node, Move]] = {}
        heap: list[tuple[int, int, _Node]] = [(0, 0, start)]
        done: set[_Node] = set()
        count = 0
        while heap and (most is None or len(done) < most):
            price, _, node = heapq.heappop(heap)
            if node in done:
                continue
            done.add(node)
            place, here = node
            if breach in breaches_at(product, place, here, [] if place[2] is None else [place[2]]):
                return node, before
            for step in self._steps_from(product, place):
                gate, barred = facts.gate(step.change.met), facts.barred(step.change.met)
                if here & barred or (gate and not gate & (here if gate & own else self.flood.at(place))):
                    continue
                after = moved(here, facts.steps(step.change)) & own
                total = price + _price(step.way)
                for other in self._places(place, step.to, facts.whole(here) & back if back is not None else 0):
                    if total < cost.get((other, after), total + 1):
                        count += 1
                        cost[other, after] = total
                        before[other, after] = (node, step)
                        heapq.heappush(heap, (total, count, (other, after)))
        return None

    def _steps_from(self, product: Product, place: Place) -> list[Move]:
        if place not in self._steps:
            self._steps[place] = list(product.steps(place))
        return self._steps[place]

    def _places(self, place: Place, to: Place, back: int) -> list[Place]:
        """Where a step leads: itself, or the questions that `back` may lead to."""
        if to[0] != BACK:
            return [to]
        if not back:
            return []
        return [self._product.place(name, *to[1:]) for name in self.flood.back_to(place, back)]


def _told(dialplan: Dialplan, breach: Breach) -> list[Demand]:
    """The demands that a story is told with: the broken one, and those for which warnings are played on the way."""
    found = [] if breach.demand is None else [breach.demand]
    targets = [breach.target] if breach.demand is not None and breach.demand != RECORDED else []
    targets += [state.target for state in dialplan.states.values() if isinstance(state, DiscloseForState)]
    demands = [demand for target in targets for rule in dialplan.rules(target) for demand in rule.demands]
    return list(dict.fromkeys([*found, *demands]))


def _price(way: Exit) -> int:
    """Of a step in a story: short ones are good, those that lean on what happened earlier are not."""
    leaning = way.to == BACK or any(act.kind in EARLIER for act in way.story)
    return 1 + len(way.story) + (LEANING_PRICE if leaning else 0)
