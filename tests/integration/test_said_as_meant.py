"""A thousand made prompts, put to the real synthesizer, and understood again from the sounds that it makes of them.

What is decoded are espeak-ng's own phonemes, not audio: our recognizers mishear a synthetic voice far too often to tell
a wrong prompt from a misheard one, and the phonemes say exactly what a caller would hear.
"""

from __future__ import annotations

import ctypes
import itertools
import random
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache

import espeakng_loader
import pytest

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.runtime.render import spoken
from ivr.core.speech.numerals import chinese_number, english_number, signed
from ivr.core.speech.written_out import fixed_words, in_words

LINKED_FOUR = "fo@r"
"""Before a vowel: point four eight."""
SAMPLE, WHOLE = 1000, 20_000
VOICES = {"en": "en-us", "zh": "cmn"}
"""espeak-ng's voices that our prompts are spoken with."""
ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion point "
    "minus and euros euro dollars"
)
CHINESE = "零一二三四五六七八九十百千万两点负元分之欧"
"""一 stands for 亿 too: only their tones differ, which espeak-ng moves and the telephone blurs."""


@cache
def _espeak() -> ctypes.CDLL:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    library.espeak_Initialize(1, 0, espeakng_loader.get_data_path().encode(), 0x8000)
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
    return library


def sounds(text: str, language: str) -> str:
    """espeak-ng's phonemes, without stress, tones, gaps and the marks of clauses."""
    assert _espeak().espeak_SetVoiceByName(VOICES[language].encode()) == 0
    left, found = ctypes.c_char_p(text.encode()), ""
    while left.value:
        found += (_espeak().espeak_TextToPhonemes(ctypes.byref(left), 1, 0) or b"").decode()
    return re.sub(r"_:|[',_|\[\s]" + (r"|\d" if language == "zh" else "|[#;]"), "", found)


@cache
def vocabulary(language: str) -> dict[str, str]:
    """How each word of a number sounds -> the word."""
    words = [*ENGLISH.split(), "per cent"] if language == "en" else list(CHINESE)
    found = {sounds(word, language): word for word in words}
    assert len(found) == len(words), "two words of numbers sound alike"
    return found | ({LINKED_FOUR: "four"} if language == "en" else {})


def understood(text: str, language: str) -> list[str]:
    """The words that the sounds are made of; none when they are not made of words of numbers alone."""
    heard, known = sounds(text, language), vocabulary(language)
    best: list[list[str] | None] = [[]]
    for end in range(1, len(heard) + 1):
        ways = [
            [*before, known[heard[start:end]]]
            for start in range(end)
            if heard[start:end] in known and (before := best[start]) is not None
        ]
        best.append(min(ways, key=len, default=None))
    return best[-1] or []


def numbers_heard(text: str, language: str) -> set[Decimal]:
    """Every number that the sounds may be for a caller."""
    names = {"euros", "euro", "dollars", "欧", "元", "per cent"}
    words = [word for word in understood(text, language) if word not in names]
    if language == "en":
        sign, said = signed(" ".join(words), language)
        numbers = {english_number(said)}
    else:
        said = "".join(words)
        sign = -1 if said.startswith("负") else 1
        said = said.removeprefix("负").removeprefix("百分之")
        either = itertools.product(*(("一", "亿") if one == "一" else (one,) for one in said))
        numbers = {chinese_number("".join(signs)) for signs in either}
    return {sign * number for number in numbers if number is not None}


def _figure(dice: random.Random) -> Decimal:
    whole = dice.randrange(10 ** dice.randint(1, 9))
    return Decimal(dice.choice([whole, whole * 100, -whole])).scaleb(-dice.choice([0, 0, 2]))


WRITTEN: dict[str, dict[str, Callable[[Decimal], str]]] = {
    "en": {
        "a sum that is read out": lambda value: spoken(value, ValueType.AMOUNT, "en", currency="EUR"),
        "a number that is read out": lambda value: spoken(value, ValueType.NUMBER, "en"),
        "a sum in an author's text": lambda value: f"{'-' if value < 0 else ''}€{abs(value):,}",
        "a rate in an author's text": lambda value: f"{value:,}%",
    },
    "zh": {
        "a sum that is read out": lambda value: spoken(value, ValueType.AMOUNT, "zh", currency="EUR"),
        "a number that is read out": lambda value: spoken(value, ValueType.NUMBER, "zh"),
        "a sum in an author's text": lambda value: f"{value}元",
        "a rate in an author's text": lambda value: f"{value:,}%",
    },
}


def misheard(count: int, seed: int) -> list[tuple[str, str, set[Decimal]]]:
    """(what was written, its words, what is heard) wherever that is not what was meant."""
    dice, found = random.Random(seed), []
    for _ in range(count):
        language = dice.choice(["en", "zh"])
        kind, write = dice.choice(list(WRITTEN[language].items()))
        value = _figure(dice)
        written = write(value)
        words = fixed_words(written, language) if "author" in kind else in_words(written, language)
        heard = numbers_heard(words, language)
        if value not in heard:
            found.append((written, words, heard))
    return found


def test_a_thousand_prompts_are_said_as_they_are_meant() -> None:
    assert misheard(SAMPLE, seed=20261128) == []


@pytest.mark.chaos
def test_twenty_thousand_prompts_are_said_as_they_are_meant() -> None:
    assert misheard(WHOLE, seed=1) == []


def test_the_same_figures_left_to_the_synthesizer_are_said_wrong() -> None:
    """Why they are written out: should espeak-ng learn it, this fails and the reason is gone."""
    for written, meant in (("1000000元", 1_000_000), ("-1200", -1200)):
        assert meant not in numbers_heard(written, "zh")
        assert numbers_heard(fixed_words(written, "zh"), "zh") == {meant}
    assert "(en)" in sounds("50%", "zh")
    assert "(en)" not in sounds(fixed_words("50%", "zh"), "zh")
    assert sounds("€5", "en") != sounds(fixed_words("€5", "en"), "en")
