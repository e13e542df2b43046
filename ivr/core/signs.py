"""Traditional and simplified Chinese signs: recognizers and dialplans write either, so both are compared as one.

This is the one place where it is done: choices, values, intents, search and what sounds alike all fold here.
"""

from __future__ import annotations

from ivr.core.sign_table import MERGED, SIMPLIFIED

_SIMPLIFIED = str.maketrans(*SIMPLIFIED)
_MERGED = str.maketrans(*MERGED)
_FOLDED = _MERGED | {sign: _MERGED.get(other, other) for sign, other in _SIMPLIFIED.items()}


def simplified(text: str) -> str:
    """As it is written in simplified signs, for people to read: 轉賬 as 转账. Signs that both writings have stay."""
    return text if text.isascii() else text.translate(_SIMPLIFIED)


def folded(text: str) -> str:
    """For comparing only: what stands for the same word is the same, as 帳戶, 賬戶 and 账户."""
    return text if text.isascii() else text.translate(_FOLDED)


def as_kept(text: str, language: str) -> str:
    """What a recognizer wrote, as records keep it: Chinese in simplified signs, whatever it wrote."""
    return simplified(text) if language.partition("-")[0] == "zh" else text
