"""What a currency is called when people speak: its coins too, where they have names of their own.

Names come from Unicode CLDR (Babel); the short forms and coins below are what CLDR does not have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from babel import Locale
from babel.core import UnknownLocaleError
from babel.numbers import get_currency_name, get_currency_precision, get_currency_symbol

from ivr.core.signs import folded

_DOLLARS = ("dollar", "dollars", "$")
_CENTS = {"cent": 1, "cents": 1, "¢": 1}
_SHORT = {
    ("en", "EUR"): ("euro", "euros"),
    ("en", "USD"): (*_DOLLARS, "us dollars", "u.s. dollars"),
    ("en", "GBP"): ("pound", "pounds", "sterling", "pounds sterling", "quid"),
    ("en", "CNY"): ("yuan", "renminbi", "rmb", "kuai", "¥", "yuan renminbi"),
    ("en", "HKD"): (*_DOLLARS, "hong kong dollar", "hong kong dollars", "hk$"),
    ("en", "CHF"): ("franc", "francs"),
    ("en", "JPY"): ("yen", "¥"),
    ("zh", "EUR"): ("欧元", "欧"),
    ("zh", "USD"): ("美元", "美金", "刀", "$"),
    ("zh", "GBP"): ("英镑", "镑"),
    ("zh", "CNY"): ("元", "块", "块钱", "元钱", "圆", "人民币", "元人民币", "块人民币", "¥"),
    ("zh", "HKD"): ("港元", "港币", "元", "块", "块钱", "蚊", "元港币"),
    ("zh", "JPY"): ("日元",),
    **{("en", code): _DOLLARS for code in ("SGD", "AUD", "CAD", "NZD")},
}
_TENTHS = {"毛": 10, "毛钱": 10, "角": 10, "分": 1, "分钱": 1}
_COINS = {
    "en": {
        **dict.fromkeys(("EUR", "USD", "HKD", "SGD", "AUD", "CAD", "NZD"), _CENTS),
        "GBP": {"penny": 1, "pence": 1, "p": 1},
        "CNY": {"jiao": 10, "mao": 10, "fen": 1},
    },
    "zh": {
        **dict.fromkeys(("CNY", "HKD"), _TENTHS),
        **{key: {"分": 1, "美分": 1, "欧分": 1} for key in ("EUR", "USD")},
        "GBP": {"便士": 1},
    },
}


@dataclass(frozen=True, slots=True)
class CurrencyWords:
    """How one currency is named in one language."""

    names: tuple[str, ...]
    """Longest first, in lower case."""
    coins: dict[str, int]
    """Name of a coin -> how many of the smallest ones it is worth."""
    places: int
    """Decimal places (ISO 4217)."""


@cache
def currency_words(currency: str, language: str) -> CurrencyWords:
    """The words for a currency; its code at least."""
    code = language.partition("-")[0]
    names = {currency.lower(), *_SHORT.get((code, currency), ())}
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        pass
    else:
        for name in (
            get_currency_name(currency, locale=locale),
            get_currency_name(currency, 1, locale=locale),
            get_currency_name(currency, 2, locale=locale),
            get_currency_symbol(currency, locale=locale),
        ):
            names.add(folded(name.lower()) if code == "zh" else name.lower())
    coins = _COINS.get(code, {}).get(currency, {})
    kept = tuple(sorted((name for name in names if name and not re.search(r"\d", name)), key=len, reverse=True))
    return CurrencyWords(kept, coins, get_currency_precision(currency))
