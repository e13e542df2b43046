"""Digits said one by one: 'double four oh one', '1234 5678', 幺三八. What is no plain row of digits is None."""

from __future__ import annotations

import re

from ivr.core.speech.fillers import bare, base, plain
from ivr.core.speech.numerals import DIGITS_ZH, UNITS

LANGUAGES = frozenset({"en", "zh"})
"""Languages in which digits, amounts and dates are understood when they are said."""
_PARTING = re.compile(r"[\s,.\-–—:;、，。；]+")
_ENGLISH = {**{word: str(number) for word, number in UNITS.items()}, "oh": "0", "o": "0", "nought": "0", "naught": "0"}
_SOUNDS_LIKE = {"for": "four", "fore": "four", "to": "two", "too": "two", "won": "one", "ate": "eight"}
"""A recognizer writes a row's first digit so. Further on these words may mean what they say: "one to three"."""
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_CHINESE = {sign: str(number) for sign, number in DIGITS_ZH.items()} | {"幺": "1"}
_FIGURES = frozenset("0123456789")


def digits_said(text: str, language: str) -> str | None:
    """The digits, or None; what people say around them ("it's …, please") does not matter."""
    return _row(bare(text, language), language)


def only_digits_said(text: str, language: str) -> str | None:
    """The digits, or None where any other word is heard, be it "please"."""
    return _row(plain(text, language), language)


def _row(said: str, language: str) -> str | None:
    if base(language) == "zh":
        found = "".join(_CHINESE.get(sign, sign) for sign in _PARTING.sub("", said))
        return found if found and _FIGURES.issuperset(found) else None
    return _english(_PARTING.sub(" ", said).split()) if base(language) == "en" else None


def _english(words: list[str]) -> str | None:
    if len(words) > 1:
        words = [_SOUNDS_LIKE.get(words[0], words[0]), *words[1:]]
    found, times = "", 1
    for word in words:
        if word in _TIMES and times == 1:
            times = _TIMES[word]
            continue
        digits = _ENGLISH.get(word, word)
        if not _FIGURES.issuperset(digits) or (times > 1 and len(digits) != 1):
            return None
        found, times = found + digits * times, 1
    return found if found and times == 1 else None
