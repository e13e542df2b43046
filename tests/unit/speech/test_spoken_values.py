"""Digits and sums: everything that the engine reads out is understood again; what may be two things is nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.runtime.render import spoken
from ivr.core.speech.numerals import chinese_number, english_number
from ivr.core.speech.spoken_amount import amount_said
from ivr.core.speech.spoken_digits import digits_said

UP_TO_TEN = "zero one two three four five six seven eight nine ten eleven twelve "
ONES = (UP_TO_TEN + "thirteen fourteen fifteen sixteen seventeen eighteen nineteen").split()
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
CURRENCIES = ["EUR", "USD", "GBP", "CNY", "HKD", "JPY", "CHF", "SGD"]


def in_english(number: int) -> str:
    """An independent writer of numbers, to be read back."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10 - 2] + (f"-{ONES[number % 10]}" if number % 10 else "")
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            joined = " and " if 0 < rest < 100 else " "
            return f"{in_english(number // size)} {name}" + (joined + in_english(rest) if rest else "")
    raise AssertionError


def in_chinese(number: int) -> str:
    """Likewise."""
    digits = "零一二三四五六七八九"
    for size, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= size:
            rest = number % size
            gap = "零" if 0 < rest < size // 10 else ""
            return in_chinese(number // size) + name + (gap + in_chinese(rest) if rest else "")
    return digits[number]


@given(st.integers(0, 10**10))
def test_every_english_number_is_read(number: int) -> None:
    assert english_number(in_english(number)) == number


@given(st.integers(1, 10**10))
def test_every_chinese_number_is_read(number: int) -> None:
    assert chinese_number(in_chinese(number)) == number


def test_the_smaller_numbers_are_read_one_and_all() -> None:
    assert [english_number(in_english(n)) for n in range(20000)] == list(range(20000))
    assert [chinese_number(in_chinese(n)) for n in range(1, 20000)] == list(range(1, 20000))


@given(st.text("0123456789", min_size=1, max_size=24), st.sampled_from(["en", "zh"]))
def test_digits_that_we_read_out_are_understood(digits: str, language: str) -> None:
    assert digits_said(spoken(digits, ValueType.DIGITS, language), language) == digits


@given(st.decimals(0, 10**9, places=2), st.sampled_from(CURRENCIES), st.sampled_from(["en", "zh"]))
def test_sums_that_we_read_out_are_understood(value: Decimal, currency: str, language: str) -> None:
    value = value.quantize(Decimal(1)) if currency == "JPY" else value
    words = spoken(value, ValueType.AMOUNT, language, currency=currency)
    assert amount_said(words, language, currency) == value


@given(st.decimals(0, 10**9, places=2), st.sampled_from(CURRENCIES), st.sampled_from(["en", "zh"]))
def test_sums_in_another_currency_are_not(value: Decimal, currency: str, language: str) -> None:
    value = value.quantize(Decimal(1))
    words = spoken(value, ValueType.AMOUNT, language, currency=currency)
    assert amount_said(words, language, "INR") is None


@given(st.integers(0, 999_999), st.integers(1, 99))
def test_euros_and_cents_are_understood_in_words(whole: int, cents: int) -> None:
    expected = Decimal(whole) + Decimal(cents) / 100
    assert amount_said(f"{in_english(whole)} euros and {in_english(cents)} cents", "en", "EUR") == expected


@given(st.integers(1, 999_999), st.integers(0, 9), st.integers(0, 9))
def test_yuan_jiao_and_fen_are_understood_in_words(whole: int, jiao: int, fen: int) -> None:
    words = (
        in_chinese(whole) + "块" + (f"{in_chinese(jiao)}毛" if jiao else "") + (f"{in_chinese(fen)}分" if fen else "")
    )
    assert amount_said(words, "zh", "CNY") == Decimal(whole) + Decimal(jiao * 10 + fen) / 100


@pytest.mark.parametrize(
    ("language", "said", "digits"),
    [
        ("en", "double four, oh one", "4401"),
        ("en", "1234 5678", "12345678"),
        ("en", "1-2-3-4.", "1234"),
        ("en", "It's triple zero seven, please.", "0007"),
        ("en", "my account number is one two three", "123"),
        ("zh", "幺三八，零零一", "138001"),
        ("zh", "一二三四。", "1234"),
        ("zh", "我的账号是 12 34", "1234"),
        ("zh", "两零〇九", "2009"),
        ("en", "twenty five", None),
        ("en", "double twelve", None),
        ("en", "double", None),
        ("en", "one to three", None),
        ("en", "for two seven, zero", "4270"),
        ("en", "to 0 4 3", "2043"),
        ("en", "for", None),
        ("en", "to pay", None),
        ("en", "plus 49 170", None),
        ("en", "12/34", None),
        ("en", "", None),
        ("zh", "十二", None),
        ("zh", "一万", None),
        ("zh", "谢谢", None),
        ("fr", "1234", None),
    ],
)
def test_digits_as_people_say_them(language: str, said: str, digits: str | None) -> None:
    assert digits_said(said, language) == digits


@pytest.mark.parametrize(
    ("language", "currency", "said", "value"),
    [
        ("en", "EUR", "two thousand five hundred euros and twenty cents", "2500.20"),
        ("en", "EUR", "2,500.20", "2500.20"),
        ("en", "EUR", "€2,500.20.", "2500.20"),
        ("en", "EUR", "two euros twenty", "2.20"),
        ("en", "EUR", "I'd like two hundred euros, please", "200.00"),
        ("en", "EUR", "fifty cents", "0.50"),
        ("en", "GBP", "five pounds twenty", "5.20"),
        ("en", "USD", "twelve hundred dollars", "1200.00"),
        ("en", "HKD", "HK$20", "20.00"),
        ("en", "EUR", "twenty EUR", "20.00"),
        ("zh", "CNY", "一千二百块五毛", "1200.50"),
        ("zh", "CNY", "两万五", "25000.00"),
        ("zh", "CNY", "3万", "30000.00"),
        ("zh", "CNY", "三块五", "3.50"),
        ("zh", "CNY", "三块零五", "3.05"),
        ("zh", "CNY", "五毛", "0.50"),
        ("zh", "CNY", "人民币一千元整", "1000.00"),
        ("zh", "EUR", "二十欧元", "20.00"),
        ("zh", "CNY", "兩萬五千塊錢", "25000.00"),
        # Two readings, another currency, finer than a coin, or no sum at all.
        ("en", "EUR", "two euros five", None),
        ("en", "EUR", "one fifty", None),
        ("en", "EUR", "2.500", None),
        ("en", "EUR", "2.500,20", None),
        ("en", "EUR", "two hundred dollars", None),
        ("en", "EUR", "two hundred and a half", None),
        ("en", "EUR", "between ten and twenty euros", None),
        ("en", "EUR", "twenty euros a hundred and fifty cents", None),
        ("en", "JPY", "500.5 yen", None),
        ("en", "EUR", "a lot", None),
        ("en", "EUR", "minus twenty euros", "-20"),
        ("zh", "CNY", "二十美元", None),
        ("zh", "CNY", "一万五百", None),
        ("zh", "CNY", "三块五十", None),
        ("zh", "CNY", "很多钱", None),
    ],
)
def test_sums_as_people_say_them(language: str, currency: str, said: str, value: str | None) -> None:
    assert amount_said(said, language, currency) == (None if value is None else Decimal(value))


@given(st.text(max_size=40), st.sampled_from(["en", "zh", "fr"]))
def test_no_words_are_too_strange(text: str, language: str) -> None:
    digits_said(text, language)
    amount_said(text, language, "EUR")
