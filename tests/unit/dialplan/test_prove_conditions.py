"""When one condition settles another: whatever is claimed must hold for all values."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.dialplan.expression import (
    Expression,
    Known,
    Literal,
    Name,
    Operation,
    ValueType,
    evaluate,
    parse_expression,
)
from ivr.core.dialplan.proof.conditions import implies, normal

_NUMBERS = st.sampled_from([Decimal(number) for number in range(4)])
_TEXTS = st.sampled_from(["EU", "HK", "UK"])
_NUMERIC = st.builds(lambda value: Literal(value, ValueType.NUMBER), _NUMBERS) | st.sampled_from([Name("n"), Name("m")])
_TEXTUAL = st.builds(lambda value: Literal(value, ValueType.TEXT), _TEXTS) | st.just(Name("t"))
_ATOMS = (
    st.builds(
        lambda op, a, b: Operation(op, (a, b)), st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), _NUMERIC, _NUMERIC
    )
    | st.builds(lambda op, a, b: Operation(op, (a, b)), st.sampled_from(["=", "!="]), _TEXTUAL, _TEXTUAL)
    | st.just(Name("b"))
    | st.builds(
        lambda op, v: Operation(op, (Name("b"), Literal(v, ValueType.YES_NO))),
        st.sampled_from(["=", "!="]),
        st.booleans(),
    )
)
_CONDITIONS: st.SearchStrategy[Expression] = st.recursive(
    _ATOMS,
    lambda parts: (
        st.builds(lambda op, a, b: Operation(op, (a, b)), st.sampled_from(["and", "or"]), parts, parts)
        | st.builds(lambda a: Operation("not", (a,)), parts)
    ),
    max_leaves=5,
)
_CALLS: st.SearchStrategy[dict[str, Known]] = st.fixed_dictionaries(
    {}, optional={"n": _NUMBERS, "m": _NUMBERS, "t": _TEXTS, "b": st.booleans()}
)


@given(_CONDITIONS, _CALLS)
def test_the_normal_form_is_the_same_condition_and_its_opposite_holds_where_it_is_known_not_to(
    tree: Expression, call: dict[str, Known]
) -> None:
    assert evaluate(normal(tree), call.get) == evaluate(tree, call.get)
    assert (evaluate(normal(tree, negated=True), call.get) is True) == (evaluate(tree, call.get) is False)


@given(_CONDITIONS, _CONDITIONS, st.lists(_CALLS, min_size=10, max_size=30))
def test_what_is_implied_holds(fact: Expression, wanted: Expression, calls: list[dict[str, Known]]) -> None:
    if implies(normal(fact), normal(wanted)):
        for call in calls:
            assert evaluate(fact, call.get) is not True or evaluate(wanted, call.get) is True


@pytest.mark.parametrize(
    ("fact", "wanted"),
    [
        ("x < 3", "not (x >= 3)"),
        ("x < 3", "x <= 3"),
        ("x < 3", "x != 3"),
        ("x <= 2", "x < 3"),
        ("x = 2", "x < 3"),
        ("3 > x", "x < 4"),
        ("p = 'EU'", "not (p = 'HK')"),
        ("not b", "b = false"),
        ("x < 3 and b", "x < 5"),
        ("x < 3 and b", "b or p = 'HK'"),
        ("x < 1 or x < 2", "x < 3"),
        ("not (b or x >= 3)", "x < 3 and not b"),
    ],
)
def test_what_an_author_would_write_is_understood(fact: str, wanted: str) -> None:
    assert implies(normal(parse_expression(fact)), normal(parse_expression(wanted)))


@pytest.mark.parametrize(
    ("fact", "wanted"),
    [("x < 4", "x < 3"), ("x <= 3", "x < 3"), ("b", "x < 3"), ("x < 3 or b", "x < 3"), ("x < 3", "y < 3")],
)
def test_what_does_not_follow_is_not_claimed(fact: str, wanted: str) -> None:
    assert not implies(normal(parse_expression(fact)), normal(parse_expression(wanted)))
