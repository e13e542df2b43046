from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.dialplan.expression import (
    ExpressionError,
    Known,
    ValueType,
    evaluate,
    holds,
    names,
    parse_expression,
    type_of,
)

TYPES = {
    "found": ValueType.YES_NO,
    "balance": ValueType.AMOUNT,
    "count": ValueType.NUMBER,
    "currency": ValueType.TEXT,
    "account": ValueType.DIGITS,
    "day": ValueType.DATE,
}
VALUES: dict[str, Known] = {
    "found": True,
    "balance": Decimal("100.50"),
    "count": Decimal(3),
    "currency": "EUR",
    "account": "12345678",
    "day": "2026-11-21",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("found", True),
        ("not found", False),
        ("balance >= 100.5 and currency = 'EUR'", True),
        ("balance < 100 or count != 3", False),
        ("not (balance < 100 or count != 3)", True),
        ("day > '2026-01-01'", True),
        ("account = '12345678'", True),
        ("found and not found or true", True),
    ],
)
def test_conditions_mean_what_they_say(text: str, expected: bool) -> None:
    tree = parse_expression(text)
    assert type_of(tree, TYPES) is ValueType.YES_NO
    assert holds(tree, VALUES.get) is expected


@pytest.mark.parametrize(
    "text",
    ["", "found and", "(found", "found)", "balance >", "found found", "__import__('os')", "a.b", "1 +", "found = "],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_expression(text)


@pytest.mark.parametrize(
    "text", ["balance = 'x'", "currency < 'EUR'", "not balance", "found and count", "unknown = 1", "found > true"]
)
def test_types_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        type_of(parse_expression(text), TYPES)


def test_what_depends_on_an_unknown_value_is_not_met_either_way() -> None:
    for text in ("found", "not found", "balance > 1", "balance <= 1", "found = found"):
        assert not holds(parse_expression(text), lambda name: None)


def test_an_unknown_half_does_not_hide_a_known_one() -> None:
    known = {"found": True}
    assert holds(parse_expression("found or balance > 1"), known.get)
    assert evaluate(parse_expression("not found and balance > 1"), known.get) is False


def test_the_values_it_reads_are_known() -> None:
    assert names(parse_expression("found and (balance > 1 or currency = 'EUR')")) == {"found", "balance", "currency"}


@given(st.text(max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        tree = parse_expression(text)
    except ExpressionError:
        return
    holds(tree, lambda name: None)


def test_a_very_long_condition_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ExpressionError):
        parse_expression("(" * 5000)
