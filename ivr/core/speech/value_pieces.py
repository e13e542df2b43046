"""The pieces that any value is put together of when it is read out, in English and Chinese.

Each is a phrase that people say in one breath: forty-five, three hundred, 十二月. Whatever `in_words` makes of a value
is covered by them (tests/unit/speech/test_value_pieces.py says so of any value).
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from ivr.core.speech.fillers import base
from ivr.core.speech.numeral_words import digits_in_words, number_in_words, ordinal_en

ON, END = {"en": ",", "zh": "，"}, {"en": ".", "zh": "。"}
"""What a piece is spoken before, so that it sounds as if more came, or nothing."""
YEARS = range(2020, 2036)
"""Said in one breath (in English their last two digits, as the end of a date); others are put together."""
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@cache
def digits(language: str) -> tuple[str, ...]:
    """Digits one by one, each before more and at the end."""
    code = base(language)
    return tuple(digits_in_words(str(digit), code) + sign[code] for digit in range(10) for sign in (ON, END))


@cache
def numbers(language: str) -> tuple[str, ...]:
    """Whole numbers, decimals, below zero too."""
    code = base(language)
    small = [number_in_words(Decimal(number), code) for number in range(10, 100)]
    hundreds = [number_in_words(Decimal(100 * number), code) for number in range(1, 10)]
    if code == "zh":
        thousands = [number_in_words(Decimal(1000 * number), code) for number in range(1, 10)]
        tens = [f"一{word}" for word in small[:10]]
        more = [*tens, *thousands, "两", "百", "千", "万", "亿", "兆", "点", "负"]
    else:
        more = ["thousand", "million", "billion", "trillion", "and", "point", "minus"]
    return (*digits(code), *(word + ON[code] for word in (*small, *hundreds, *more)))


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
