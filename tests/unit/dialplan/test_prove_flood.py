"""The quick way through the product, against slow ones that are simple: it misses nothing, and invents nothing new."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.proof.product import Product
from ivr.core.dialplan.proof.prove import prove
from ivr.testing.dialplan_maker import made_dialplan
from tests.unit.dialplan.slow_prover import possible, told_apart

CALLS = 1500
"""Situations followed for each demand."""


@pytest.mark.parametrize("seed", range(12))
def test_what_single_calls_break_is_found_and_nothing_that_the_exact_way_excludes(seed: int) -> None:
    text = made_dialplan(seed, states=6, rules=2, careful=seed % 4 == 0)
    dialplan = load_dialplan(text, source="made.yaml")
    product = Product(dialplan, identity=True)
    found = {(story.target, story.lacking) for story in prove(dialplan).counterexamples}
    assert possible(product, CALLS) <= found
    plain = {
        (target, demand.disclosure)
        for target, rule in dialplan.protect.items()
        for demand in rule.demands
        if demand.condition is None
    }
    assert found & plain == told_apart(product)
