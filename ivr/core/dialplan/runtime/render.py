"""Values as words to be spoken, in the call's language, by Unicode's CLDR data (Babel).

Digits are read one by one; amounts with their currency's name; dates in full. What has no rule for a language is an
error, not a guess.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_precision

from ivr.core.dialplan.expression import Known, ValueType
from ivr.core.speech.numeral_words import Unspeakable, minus, speakable

__all__ = ["Unspeakable", "spoken", "spoken_digits"]

_DIGITS = {
    "en": {**{str(number): str(number) for number in range(10)}, "*": "star", "#": "hash"},
    "zh": {**dict(zip("0123456789", "零一二三四五六七八九", strict=True)), "*": "星", "#": "井"},
}
_ROW = re.compile(r"(?<![\d.,])\d{5,}(?![\d.,])")
_GROUP = 4
"""Digits read in one breath: a pause (a comma) follows."""
_BETWEEN = frozenset(" -.()+/")
"""Signs within account and telephone numbers that are not said."""
_YES_NO = {"en": ("yes", "no"), "zh": ("是", "否")}


def spoken(value: Known, kind: ValueType, language: str, *, currency: str | None = None) -> str:
    """The words for a value. Raises Unspeakable."""
    if kind is ValueType.DIGITS:
        return spoken_digits(str(value), language)
    if kind is ValueType.AMOUNT:
        return _amount(value, language, currency)
    if kind is ValueType.NUMBER:
        return _number(value, language)
    if kind is ValueType.DATE:
        return _date(str(value), language)
    if kind is ValueType.YES_NO:
        words = _YES_NO.get(_base(language))
        if words is None:
            raise Unspeakable(f"yes and no have no words in {language}")
        return words[0] if value else words[1]
    # A text of somebody else's: rows of figures in it are read one by one, as they may be no number.
    return _ROW.sub(lambda row: " ".join(row[0]), str(value))


def spoken_digits(digits: str, language: str) -> str:
    """Digits one by one, in groups of four: '1 2 3 4, 5 6 7 8'. Raises Unspeakable for what is no row of digits."""
    words = _DIGITS.get(_base(language), _DIGITS["en"])
    if not (words.keys() | _BETWEEN).issuperset(digits):
        raise Unspeakable("digits were expected")
    chinese = _base(language) == "zh"
    known = [words[digit] for digit in digits if digit in words]
    groups = [known[start : start + _GROUP] for start in range(0, len(known), _GROUP)]
    return ("，" if chinese else ", ").join((" ").join(group) for group in groups)


def _base(language: str) -> str:
    return language.partition("-")[0]


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise Unspeakable(f"the language {language} has no rules for numbers") from error


def _amount(value: Known, language: str, currency: str | None) -> str:
    """The amount with its currency's name. No grouping: synthesizers read '12,345' as two numbers."""
    if not isinstance(value, Decimal) or currency is None:
        raise Unspeakable("an amount and its currency were expected")
    places, value = get_currency_precision(currency), speakable(value)
    if value != round(value, places):
        raise Unspeakable("the amount is finer than its currency's smallest coin")
    whole = value == value.to_integral_value()
    # A round sum is read without '.00'.
    style = "0 ¤¤¤" if whole else f"0.{'0' * places} ¤¤¤"
    if _base(language) == "zh":
        style = style.replace(" ", "")
    words = format_currency(
        abs(value), currency, style, locale=_locale(language), currency_digits=False, group_separator=False
    ).strip()
    return _with_sign(value, words, language)


def _number(value: Known, language: str) -> str:
    """The very number: nothing is rounded, and none of its decimals is left out."""
    if not isinstance(value, Decimal):
        raise Unspeakable("a number was expected")
    value, locale = speakable(value), _locale(language)
    words = format_decimal(abs(value), locale=locale, decimal_quantization=False, group_separator=False)
    return _with_sign(value, words, language)


def _with_sign(value: Decimal, words: str, language: str) -> str:
    """The sign is a word: '-' is not said in every language, and debt would be heard as credit."""
    if value >= 0:
        return words
    return f"{minus(language)}{'' if _base(language) == 'zh' else ' '}{words}"


def _date(value: str, language: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise Unspeakable("a date was expected") from error
    return format_date(day, "long", locale=_locale(language))
