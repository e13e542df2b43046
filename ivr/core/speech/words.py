"""Comparing what was decoded with what may be said: case, punctuation, digits and traditional signs do not matter."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher

from ivr.core.signs import folded
from ivr.core.speech.fillers import base

_ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_CHINESE = "零一二三四五六七八九"
_SMALL = {str(number): word for number, word in enumerate(_ENGLISH)}
_APOSTROPHES = {"'", "’"}


def normalized(text: str, language: str) -> str:
    """Lower case, no punctuation, small numbers as words, Chinese in simplified signs without spaces."""
    plain = unicodedata.normalize("NFKC", text).lower()
    kept = "".join(
        character if character.isalnum() else "" if character in _APOSTROPHES else " " for character in plain
    )
    if base(language) == "zh":
        return "".join(_CHINESE[int(c)] if c in "0123456789" else c for c in folded(kept) if not c.isspace())
    return " ".join(_SMALL.get(word, word) for word in kept.split())


def holds(text: str, phrase: str, language: str) -> bool:
    """Whether normalized `text` has normalized `phrase` in it, as whole words."""
    if not phrase:
        return False
    if base(language) == "zh":
        return phrase in text
    return f" {phrase} " in f" {text} "


def resemblance(text: str, phrase: str) -> float:
    """0..1: how alike two normalized texts are spelt."""
    if not text or not phrase:
        return 0.0
    return SequenceMatcher(None, text, phrase, autojunk=False).ratio()
