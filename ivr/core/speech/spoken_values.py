"""Whether a text is a value of the kind that a grammar waits for, from end to end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ivr.core.speech.fillers import bare, base
from ivr.core.speech.numerals import chinese_number, english_number, signed
from ivr.core.speech.spoken_amount import amount_said
from ivr.core.speech.spoken_date import Days, dates_said
from ivr.core.speech.spoken_digits import digits_said

_ANY_DAY = Days(date(2028, 1, 1))
"""Whether words are a day does not depend on today."""


def value_said(text: str, language: str, kind: str) -> object:
    """The value; None when it is none. `kind`: digits, date, number, or 'amount EUR'."""
    if kind == "digits":
        return digits_said(text, language)
    if kind == "date":
        return dates_said(text, language, _ANY_DAY) or None
    if kind == "number":
        return number_said(text, language)
    what, _, currency = kind.partition(" ")
    return amount_said(text, language, currency) if what == "amount" and currency else None


def number_said(text: str, language: str) -> Decimal | None:
    """A number, below zero after 'minus'."""
    sign, said = signed(bare(text, language), language)
    number = (
        chinese_number(said) if base(language) == "zh" else english_number(said) if base(language) == "en" else None
    )
    return None if number is None else sign * number


def is_value(text: str, language: str, kind: str) -> bool:
    """Whether the text is such a value."""
    return value_said(text, language, kind) is not None
