"""Texts as they are spoken: every figure, sign and abbreviation in words, so that nothing is left to a synthesizer.

Synthesizers have rules of their own for figures, and some are wrong: espeak-ng says 1000000 in Chinese as ten thousand,
and "€5" as "five euros five". Here the numbers are our own (`numeral_words`), which our own understanding reads back.
What may be read in two ways is not guessed in a dialplan's text: it is an error there (`strict`), with what to write
instead. In a value that comes in a call it is read sign by sign, which is never wrong.

Languages other than English and Chinese have no numerals of ours; their texts go to the synthesizer as they are.
"""

from __future__ import annotations

from functools import lru_cache

from ivr.core.speech import written_en, written_zh
from ivr.core.speech.fillers import base
from ivr.core.speech.numeral_words import Unspeakable
from ivr.core.speech.writing import plain_signs

VERSION = "1"
"""Of how texts are written out: prompts are rendered again when it changes."""
_WRITERS = {"en": written_en.WRITER, "zh": written_zh.WRITER}


@lru_cache(maxsize=4096)
def fixed_words(text: str, language: str) -> str:
    """The words of a text that a dialplan's author wrote. Raises Unspeakable for what may be read in two ways."""
    return _written(text, language, strict=True)


def in_words(text: str, language: str) -> str:
    """The words of any text. What is not surely a number is read sign by sign; nothing is ever left out of a number."""
    return _written(text, language, strict=False)


def _written(text: str, language: str, *, strict: bool) -> str:
    writer = _WRITERS.get(base(language))
    return text if writer is None else writer.write(plain_signs(text), strict=strict)


__all__ = ["VERSION", "Unspeakable", "fixed_words", "in_words"]
