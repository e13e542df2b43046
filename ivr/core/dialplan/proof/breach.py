"""Where a rule is broken: what it demands may be missing in a place where what it protects happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.core.dialplan.expression import Known, evaluate
from ivr.core.dialplan.model import RECORDING, Demand, Dialplan
from ivr.core.dialplan.proof.flood import Flood
from ivr.core.dialplan.proof.product import Place, Product
from ivr.core.dialplan.proof.whose import Identity

RECORDED = Demand(RECORDING)


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that is broken somewhere."""

    target: str
    demand: Demand | None
    """The disclosure, or the recording, that is missing; None: the identity."""

    def lacking(self, dialplan: Dialplan) -> str:
        """What is missing, in words."""
        return str(self.demand) if self.demand is not None else f"identity {dialplan.protect[self.target].identity}"


def flooded(product: Product) -> tuple[Flood, set[Breach]]:
    """All that can be reached, and every rule that is broken there."""
    flood = Flood(product)
    found = {
        breach
        for place, facts in flood.places()
        for breach in breaches_at(product, place, facts, flood.identities(place, facts))
    }
    return flood, found


def breaches_at(product: Product, place: Place, facts: int, identities: list[Identity]) -> Iterator[Breach]:
    """Every rule that is broken where this may be so."""
    for target in product.happening(place[0]):
        for rule in product.dialplan.rules(target):
            for demand in rule.demands:
                if facts & product.facts.bit(demand) and _may_demand(demand, product.known(place)):
                    yield Breach(target, demand)
            if not all(identity[0].reaches(rule.identity) for identity in identities):
                yield Breach(target, None)
            if rule.recorded and facts & product.facts.bit(RECORDED):
                yield Breach(target, RECORDED)


def _may_demand(demand: Demand, known: Mapping[str, Known]) -> bool:
    return demand.condition is None or evaluate(demand.condition, known.get) is not False
