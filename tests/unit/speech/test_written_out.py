"""Whatever the engine says is words, and the words mean what was to be said: all value types, both languages."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.dialplan.expression import Known, ValueType
from ivr.core.dialplan.runtime.render import Unspeakable, spoken
from ivr.core.speech.numeral_words import MINUS, MOST_DECIMALS, MOST_DIGITS, number_in_words
from ivr.core.speech.spoken_date import Days, dates_said
from ivr.core.speech.spoken_values import value_said
from ivr.core.speech.written_out import fixed_words, in_words

LANGUAGES = st.sampled_from(["en", "zh", "en-GB", "zh-HK"])
CURRENCIES = st.sampled_from(["EUR", "USD", "GBP", "CNY", "HKD", "JPY", "CHF", "SGD", "INR"])
NUMBERS = st.builds(
    lambda whole, places: Decimal(whole).scaleb(-places),
    st.integers(-(10 ** (MOST_DIGITS - 1)), 10 ** (MOST_DIGITS - 1)),
    st.integers(0, MOST_DECIMALS),
)


def heard(value: Known, kind: ValueType, language: str, **more: str) -> str:
    """What the synthesizer is given for a value: words, without a figure."""
    words = in_words(spoken(value, kind, language, **more), language)
    assert not re.search(r"[\d$€£¥%-]", words.replace("-", "") if language.startswith("en") else words)
    return words


# --- values: what is said is what it is -----------------------------------------------------------------------------


@given(NUMBERS, LANGUAGES)
def test_every_number_is_said_exactly_with_its_sign(value: Decimal, language: str) -> None:
    assert value_said(heard(value, ValueType.NUMBER, language), language, "number") == value


@given(st.decimals(-(10**11), 10**11, places=2), CURRENCIES, LANGUAGES)
def test_every_sum_is_said_exactly_with_its_sign(value: Decimal, currency: str, language: str) -> None:
    value = value.quantize(Decimal(1)) if currency == "JPY" else value
    words = heard(value, ValueType.AMOUNT, language, currency=currency)
    assert value_said(words, language, f"amount {currency}") == value


@given(st.text("0123456789", min_size=1, max_size=24), LANGUAGES)
def test_every_row_of_digits_is_said_one_by_one(digits: str, language: str) -> None:
    assert value_said(heard(digits, ValueType.DIGITS, language), language, "digits") == digits


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), LANGUAGES)
def test_every_day_is_said_in_words(day: date, language: str) -> None:
    words = heard(day.isoformat(), ValueType.DATE, language)
    assert dates_said(words, language, Days(date(2026, 11, 28))) == (day,)


@given(st.booleans(), LANGUAGES)
def test_yes_and_no_are_said(value: bool, language: str) -> None:
    assert heard(value, ValueType.YES_NO, language) in (("yes", "是") if value else ("no", "否"))


@given(st.text(), LANGUAGES)
def test_no_text_of_somebody_else_brings_a_figure_to_the_synthesizer(text: str, language: str) -> None:
    assert not re.search(r"[0-9$€£%]", in_words(spoken(text, ValueType.TEXT, language), language))


@pytest.mark.parametrize("language", ["en", "zh", "ko", "ja", "de", "fr", "es", "th"])
def test_debt_is_never_said_as_credit(language: str) -> None:
    for kind, more in ((ValueType.NUMBER, {}), (ValueType.AMOUNT, {"currency": "USD"})):
        debt = spoken(Decimal("-1200.50"), kind, language, **more)
        assert MINUS[language] in debt
        assert not re.search(r"[-−]\d", debt)
        assert debt != spoken(Decimal("1200.50"), kind, language, **more)


def test_nothing_owed_has_no_sign() -> None:
    assert spoken(Decimal("-0.00"), ValueType.NUMBER, "en") == "0"
    assert spoken(Decimal("-0.00"), ValueType.AMOUNT, "zh", currency="CNY") == "0人民币"


def test_a_language_without_a_word_for_the_sign_says_nothing_rather_than_the_opposite() -> None:
    with pytest.raises(Unspeakable, match="below zero"):
        spoken(Decimal(-1), ValueType.NUMBER, "sw")


@pytest.mark.parametrize("number", ["7.78265", "0.00045", "99.9999", "0.000000000001", "999999999999999"])
def test_no_number_is_rounded(number: str) -> None:
    for language in ("en", "zh", "de"):
        assert spoken(Decimal(number), ValueType.NUMBER, language).replace(",", ".") == number


@pytest.mark.parametrize("number", ["1e15", "-1E+999999", "1e-13", "NaN", "Infinity", "sNaN"])
def test_what_is_too_long_or_no_number_is_unspeakable(number: str) -> None:
    for kind in (ValueType.NUMBER, ValueType.AMOUNT):
        with pytest.raises(Unspeakable):
            spoken(Decimal(number), kind, "en", currency="USD")


def test_digits_that_are_none_are_not_left_out_in_silence() -> None:
    assert spoken("+852 2345-6789", ValueType.DIGITS, "en") == "8 5 2 2, 3 4 5 6, 7 8 9"
    with pytest.raises(Unspeakable):
        spoken("12B4", ValueType.DIGITS, "en")


def test_rows_of_figures_in_a_text_are_no_number() -> None:
    assert in_words(spoken("note 95588", ValueType.TEXT, "en"), "en") == "note nine five five eight eight"


# --- a dialplan's own texts -----------------------------------------------------------------------------------------

ENGLISH = """
You pay €5 now. | You pay five euros now.
$1,200.50 USD | one thousand two hundred point five zero US dollars
US$1.5 million | one point five million US dollars
-€3.20 | minus three point two zero euros
12345.67 euros | twelve thousand three hundred and forty-five point six seven euros
EUR 100 or 100 EUR or 1€ | one hundred euros or one hundred euros or one euro
50%, 3.875% and -0.5% | fifty per cent, three point eight seven five per cent and minus zero point five per cent
3-5 days, 1–2% | three to five days, one to two per cent
November 21, 2026 or 21 Nov 2026 or 2026-11-21 | November twenty-first, twenty twenty-six or November twenty-first, \
twenty twenty-six or November twenty-first, twenty twenty-six
in 2005, of 2000 dollars | in two thousand and five, of two thousand dollars
24/7, 9:30, 17:05, 9am-5pm, 9:00 | twenty-four seven, nine thirty, five oh five p m, nine a m to five p m, nine o'clock
Press 1, or call 95588. | Press one, or call nine five five eight eight.
+852 2345 6789 | plus eight five two, two three four five, six seven eight nine
1-800-555-0100 | one, eight zero zero, five five five, zero one zero zero
the 1st and 22nd | the first and twenty-second
Form A4, MT103, a 30-year loan | Form A four, MT one zero three, a thirty-year loan
Mr. Smith vs. Dr. No | Mister Smith versus Doctor No
www.bank.com/help | w w w dot bank dot com slash help
AT&T and/or he/she | AT and T and or he or she
Press # or *. | Press hash or star.
Ten thousand is 10,000. | Ten thousand is ten thousand.
"""
CHINESE = """
1000000元，100000000元 | 一百万元，一亿元
¥100，HK$12,000，€5，100USD | 一百元，一万两千港元，五欧元，一百美元
50%，-3.5%，３０％ | 百分之五十，负百分之三点五，百分之三十
您的余额是-1200.50美元。 | 您的余额是负一千二百点五零美元。
2026年11月21日，2026/3/5 | 二零二六年十一月二十一日，二零二六年三月五日
9:00-17:05 | 九点到十七点零五分
请按1，或拨打95588。 | 请按一，或拨打九五五八八。
电话：400-888-9999 | 电话：四零零，八八八，九九九九
2个，第2个，2月，3-5天，24小时 | 两个，第二个，二月，三到五天，二十四小时
1.5万元，3年期，1234567人 | 一点五万元，三年期，一百二十三万四千五百六十七人
汇率7.78265，日利率0.00045 | 汇率七点七八二六五，日利率零点零零零四五
A4纸，按#号 | A四纸，按井号
"""


def texts(listed: str) -> list[list[str]]:
    return [[part.strip() for part in line.split(" | ")] for line in listed.strip().splitlines()]


@pytest.mark.parametrize(("text", "words"), texts(ENGLISH))
def test_english_texts_are_written_out(text: str, words: str) -> None:
    assert fixed_words(text, "en-GB") == words


@pytest.mark.parametrize(("text", "words"), texts(CHINESE))
def test_chinese_texts_are_written_out(text: str, words: str) -> None:
    assert fixed_words(text, "zh") == words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *((text, "en") for text in ("3/4", "3/4/2027", "95588", "10 000", "1.2.3", "12:99", "2.505€", "007", "5<6")),
        *((text, "en") for text in ("31 February 2027", "1990s", "snake_case", "$5-$10", "☎", "12 34")),
        *((text, "zh") for text in ("3/4", "95588", "10000", "25:00", "007", "价格<5", "2026年☎", "$5-10")),
    ],
)
def test_what_may_be_read_in_two_ways_is_an_error_for_its_author(text: str, language: str) -> None:
    with pytest.raises(Unspeakable, match=r"\w"):
        fixed_words(text, language)
    assert not re.search(r"[0-9$%]", in_words(text, language))


def test_other_languages_are_left_as_they_are() -> None:
    assert in_words("5 € bis 3/4", "de") == fixed_words("5 € bis 3/4", "de") == "5 € bis 3/4"


@given(st.integers(0, 10**15 - 1))
def test_written_out_twice_is_written_out_once(number: int) -> None:
    for language in ("en", "zh"):
        words = number_in_words(Decimal(number), language)
        assert fixed_words(words, language) == words
