from __future__ import annotations

from decimal import Decimal

import pytest

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.runtime.render import Unspeakable, spoken, spoken_digits


@pytest.mark.parametrize(
    ("amount", "currency", "language", "words"),
    [
        ("12345.67", "EUR", "en", "12345.67 euros"),
        ("1", "EUR", "en", "1 euro"),
        ("1000000", "USD", "en", "1000000 US dollars"),
        ("0.5", "GBP", "en", "0.50 British pounds"),
        ("12345.67", "EUR", "zh", "12345.67欧元"),
        ("88", "CNY", "zh", "88人民币"),
        ("500", "JPY", "en", "500 Japanese yen"),
    ],
)
def test_amounts_are_read_with_their_currency(amount: str, currency: str, language: str, words: str) -> None:
    assert spoken(Decimal(amount), ValueType.AMOUNT, language, currency=currency) == words


def test_an_amount_finer_than_a_cent_is_not_rounded_away() -> None:
    with pytest.raises(Unspeakable):
        spoken(Decimal("1.005"), ValueType.AMOUNT, "en", currency="EUR")
    with pytest.raises(Unspeakable):
        spoken(Decimal("1.5"), ValueType.AMOUNT, "en", currency="JPY")


def test_an_amount_without_currency_is_not_read() -> None:
    with pytest.raises(Unspeakable):
        spoken(Decimal(1), ValueType.AMOUNT, "en")


def test_digits_are_read_one_by_one_with_a_pause_after_four() -> None:
    assert spoken_digits("12345678", "en") == "1 2 3 4, 5 6 7 8"
    assert spoken_digits("123456", "zh") == "一 二 三 四，五 六"
    assert spoken_digits("*#", "en") == "star hash"


def test_dates_are_read_in_full() -> None:
    assert spoken("2026-11-21", ValueType.DATE, "en") == "November 21, 2026"
    assert spoken("2026-11-21", ValueType.DATE, "zh") == "2026年11月21日"
    with pytest.raises(Unspeakable):
        spoken("2026-02-30", ValueType.DATE, "en")


def test_a_language_without_rules_is_an_error_not_a_guess() -> None:
    with pytest.raises(Unspeakable):
        spoken(Decimal(1), ValueType.NUMBER, "xx")
