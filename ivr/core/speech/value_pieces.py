"""The pieces that any value is put together of when it is read out, in English and Chinese.

Each is a phrase that people say in one breath: forty-five, three hundred, 十二月. Whatever `in_words` makes of a value
is covered by them (tests/unit/speech/test_value_pieces.py says so of any value). Chinese has more of them, as its
syllables are short: one that is spoken alone is hardly understood between others (bench.prompts).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from ivr.core.speech.fillers import base
from ivr.core.speech.numeral_words import digits_in_words, number_in_words, ordinal_en

ON, END = {"en": ",", "zh": ""}, {"en": ".", "zh": "。"}
"""What a piece is spoken before, so that it sounds as if more came, or nothing. Before a comma a Chinese piece is drawn
out as in a list."""
_DIGIT_ON = {"en": ",", "zh": "，"}
"""A row of digits is a list."""
YEARS = range(2020, 2036)
"""Said in one breath (in English their last two digits, as the end of a date); others are put together."""
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@cache
def digits(language: str) -> tuple[str, ...]:
    """Digits one by one, each before more and at the end; in Chinese two at a time, too."""
    code = base(language)
    single = (digits_in_words(str(digit), code) + sign[code] for digit in range(10) for sign in (_DIGIT_ON, END))
    return (*single, *(pair + _DIGIT_ON[code] for pair in _pairs())) if code == "zh" else tuple(single)


def _pairs() -> Iterator[str]:
    """Two Chinese digits: 四八."""
    return (digits_in_words(f"{pair:02}", "zh") for pair in range(100))


@cache
def numbers(language: str) -> tuple[str, ...]:
    """Whole numbers, decimals, below zero too."""
    code = base(language)
    if code == "zh":
        small = [*range(10, 1000), *range(1000, 10_000, 1000), *range(10_000, 1_000_000, 10_000)]
        # Within a number ten is 一十, not 十.
        tens = [f"一{number_in_words(Decimal(number), code)}" for number in range(10, 20)]
        more = [*tens, *(f"点{pair}" for pair in _pairs()), "两", "百", "千", "万", "亿", "兆", "点", "负"]
    else:
        small = [*range(10, 100), *range(100, 1000, 100)]
        more = ["thousand", "million", "billion", "trillion", "and", "point", "minus"]
    whole = (number_in_words(Decimal(number), code) for number in small)
    return (*digits(code), *(word + ON[code] for word in (*whole, *more)))


@cache
def dates(language: str) -> tuple[str, ...]:
    """Days of any year."""
    code = base(language)
    if code == "zh":
        days = [number_in_words(Decimal(number), code) for number in range(1, 32)]
        years = [digits_in_words(str(year), code) + "年" for year in YEARS]
        found = (*years, "年", *(f"{day}月" for day in days[:12]))
        return (*digits(code), *(word + ON[code] for word in found), *(f"{day}日{END[code]}" for day in days))
    found = (*MONTHS, *(ordinal_en(day) for day in range(1, 32)), "hundred", "oh")
    ends = (number_in_words(Decimal(year % 100), code) for year in YEARS)
    return (*numbers(code), *(word + ON[code] for word in found), *(year + END[code] for year in ends))
