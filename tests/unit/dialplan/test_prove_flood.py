"""The quick way through the product, against slow ones that are simple: it misses nothing, and invents nothing new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.parts import Branch, Choice, Route
from ivr.core.dialplan.proof import callers, stories
from ivr.core.dialplan.proof.breach import flooded
from ivr.core.dialplan.proof.flood import Flood
from ivr.core.dialplan.proof.product import Product
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.proof.shape import Member, Shape
from ivr.core.dialplan.states import AskState
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


@pytest.mark.parametrize("seed", range(12))
def test_the_loose_way_misses_nothing_that_the_whole_product_finds(seed: int) -> None:
    text = made_dialplan(seed, states=10, rules=3, disclosures=3, careful=seed % 4 == 0)
    product = Product(load_dialplan(text, source="made.yaml"), identity=True)
    _, found = flooded(product)
    _, loosely = flooded(product.loose())
    assert found <= loosely


def test_a_dialplan_with_more_identities_than_the_loose_way_can_hold_is_proved_by_the_whole_product(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialplan = load_dialplan(made_dialplan(3, states=10, rules=3, careful=True), source="made.yaml")
    monkeypatch.setattr(callers, "OTHERS", 1)
    proof = prove(dialplan)
    assert proof.certificate is not None
    assert proof.certificate.places == len(Flood(Product(dialplan, identity=True)))


NEVER_KNOWN = """
name: unknown
version: "1"
languages: [en]
start: menu
defaults: {otherwise: bye, silence: {attempts: 1}, nomatch: {attempts: 1}}
values: {account: digits, customer: text}
disclosures:
  risk:
    say: {en: You may lose money.}
    acknowledge: {ask: {en: Press one.}, press: 1, attempts: 1, otherwise: bye}
protect: {deal: {after: [risk]}}
states:
  menu:
    ask: {en: Which?}
    choices: {greet: {press: 1, go: greet}, fund: {press: 2, go: account}, sure: {press: 3, go: warn}}
  account: {ask: {en: Account?}, digits: {into: account, length: 2}, go: look}
  look: {lookup: bank.customer, given: {account: account}, keep: {customer: c}, failed: bye, go: warn}
  greet: {say: {en: "Hello {customer}."}, go: deal}
  warn: {disclose: risk, go: deal}
  deal: {say: {en: Deal.}, go: bye}
  bye: {hang_up: completed}
"""


@pytest.mark.parametrize("most", [1, stories.QUICK_NODES])
def test_what_seems_broken_because_too_little_was_told_apart_is_proved_all_the_same(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stories, "QUICK_NODES", most)
    dialplan = load_dialplan(NEVER_KNOWN, source="unknown.yaml")
    product = Product(dialplan, identity=False)
    assert [breach.target for breach in flooded(product.loose())[1]] == ["deal"]
    assert prove(dialplan).certificate is not None
    # Where the customer may be known, the greeting is spoken, and the deal follows.
    broken = load_dialplan(NEVER_KNOWN.replace("bye, go: warn}", "bye, go: menu}"), source="unknown.yaml")
    (story,) = prove(broken).counterexamples
    assert [stay.state for stay in story.stays] == ["menu", "account", "look", "menu", "greet"]


MENU = """
name: menu
version: "1"
languages: [en]
start: menu
defaults: {otherwise: bye, silence: {attempts: 1}, nomatch: {attempts: 1}}
states:
  menu:
    ask: {en: Which?}
    choices:
      first: {press: 1, hear: {en: [apple]}, go: a}
      second: {press: 7, hear: {en: [banana]}, go: b}
      silent: {press: 8, go: c}
  a: {say: {en: A.}, go: bye}
  b: {say: {en: B.}, go: bye}
  c: {say: {en: C.}, go: bye}
  bye: {hang_up: completed}
"""


def test_choices_that_are_alike_have_the_ways_out_that_each_has_where_none_is_taken_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialplan = load_dialplan(MENU, source="menu.yaml")
    together = Product(dialplan, identity=True).exits["menu"]
    assert {exit.to.branches[0].to for exit in together if isinstance(exit.to, Route)} == {"a", "b", "c"}

    def apart(shape: Shape, state: AskState) -> Iterator[tuple[Choice, tuple[Member, ...]]]:
        for number, choice in enumerate(state.choices):
            hear = {"en": (f"w{number}",)} if choice.hear else {}
            go = Route((Branch(None, f"to {choice.name}"),))
            one = replace(choice, name=f"c{number}", hear=hear, go=go)
            yield one, (Member(choice, {f"to {choice.name}": choice.go.branches[0].to}),)

    monkeypatch.setattr(Shape, "_alike", apart)
    alone = Product(dialplan, identity=True).exits["menu"]
    assert {(exit, len(exit.story)) for exit in together} == {(exit, len(exit.story)) for exit in alone}
