"""A made-up day of any facts: what the dispatcher tells of it."""

from __future__ import annotations

from dataclasses import replace

from ivr.core.queueing.dispatcher import Dispatcher
from ivr.core.queueing.facts import CallWaited, Fact, OfferFound
from ivr.core.queueing.happening import Happening
from ivr.core.queueing.rules import Strategy
from tests.unit.queueing.test_any_order import Witness

EPOCH = 1_700_000_000.0


class ToldWitness(Witness):
    """One that keeps what the dispatcher tells; agents' time is told at the end of each interval, as the hub does."""

    def __post_init__(self) -> None:
        self.told: list[Happening] = []
        super().__post_init__()

    def dispatcher(self) -> Dispatcher:
        return Dispatcher(run_id="t", rules=self.rules.__getitem__, chance=self.chance.random, tell=self.told.append)

    def any_fact(self) -> Fact:
        """As they come; but no call waited, and no phone rang, under another hub, which told of it."""
        fact = super().any_fact()
        while isinstance(fact, OfferFound):
            fact = super().any_fact()
        return replace(fact, waited=0.0) if isinstance(fact, CallWaited) else fact


def told(seed: int, facts: int, *, interval: float) -> list[Happening]:
    """Lines by the wall clock."""
    witness = ToldWitness(seed, list(Strategy)[seed % len(Strategy)])
    while witness.facts < facts:
        number = witness.now // interval
        witness.run(witness.facts + 1)
        if witness.now // interval > number:
            witness.line.count_agents(now=witness.now // interval * interval)
    witness.line.count_agents(now=witness.now)
    return [one._replace(at=one.at + EPOCH) for one in witness.told]
