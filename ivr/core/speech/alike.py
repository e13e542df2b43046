"""Which phrases sound alike on the telephone, to people and to recognizers.

English: sounds by rules of spelling, and how much one row of them must be bent to become the other. Chinese: syllables
without tones, with the initials and finals that many speakers do not part (zh/z, ch/c, sh/s, n/l, ang/an, eng/en,
ing/in) as one. Other languages: spelling, coarsely.
"""

from __future__ import annotations

import re
from functools import cache

from ivr.core.speech.english_sounds import sounds
from ivr.core.speech.fillers import base
from ivr.core.speech.words import normalized

NEAR = 0.15
"""Bending a sound of the longer phrase may cost, on average, for two to be alike."""
_CLASSES = "pb td kg fT sz SZ SC Cj vb vT mn nN sT sf Ss ie iI au uo ao oO eA uU ue uR ui eI AI"
"""Sounds that a narrow band parts badly: 300 to 3400 Hz cuts off what tells them apart."""
_CLOSE = {pair for both in _CLASSES.split() for pair in ((both[0], both[1]), (both[1], both[0]))}
_FAINT_CLASSES = "fn vn fm vm mn fT"
"""Consonants so faint beside a long vowel that the vowel alone is heard: five and nine."""
_FAINT = {pair for both in _FAINT_CLASSES.split() for pair in ((both[0], both[1]), (both[1], both[0]))}
_LONG_VOWELS = frozenset("YAIOUWJ")
_VOWELS = frozenset("aeiouAIOUWYJR")
_CLOSE_COST, _VOWEL_COST, _WEAK_COST, _SWALLOWED_COST = 0.3, 0.6, 0.4, 0.6
_WEAK = frozenset("uih")
"""Sounds that are hardly said."""
_FADING = frozenset("tdszn")
"""Sounds that fade at the end of a word."""
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))


def alike(one: str, other: str, language: str) -> bool:
    """Whether two phrases may be taken for each other by sound."""
    first, second = _heard(one, language), _heard(other, language)
    return _near(*sorted((first, second))) if base(language) == "en" else first == second


@cache
def _heard(phrase: str, language: str) -> str:
    """Its sounds, in one row. A dialplan's phrases are few, and each meets many others."""
    text, code = normalized(phrase, language), base(language)
    if code == "zh":
        return " ".join(_syllables(text))
    return sounds(text) if code == "en" else _spelt(text)


def _syllables(text: str) -> tuple[str, ...]:
    from pypinyin import lazy_pinyin  # tens of megabytes: only where Chinese is checked

    return tuple(_folded(syllable) for syllable in lazy_pinyin(text))


@cache
def syllable(sign: str) -> str:
    """How one Chinese sign is heard, whatever stands around it; any other sign is itself."""
    return " ".join(_syllables(sign))


@cache
def syllables(sign: str) -> frozenset[str]:
    """Every way in which one Chinese sign is read, 行 as hang and as xing; any other sign is itself."""
    from pypinyin import Style, pinyin

    (readings,) = pinyin(sign, style=Style.NORMAL, heteronym=True)
    return frozenset(map(_folded, readings))


def _folded(syllable: str) -> str:
    for written, heard in _INITIALS:
        if syllable.startswith(written):
            syllable = heard + syllable.removeprefix(written)
            break
    return re.sub(r"(?<=[aei])ng$", "n", syllable)


@cache
def _near(one: str, other: str) -> bool:
    longest = max(len(one), len(other))
    if one == other:
        return bool(one)
    # Whatever is missing costs at least the weakest sound's price.
    if abs(len(one) - len(other)) * _WEAK_COST > NEAR * longest:
        return False
    return _faintly_apart(one, other) or _bending(one, other) <= NEAR * longest + 1e-9


def _faintly_apart(one: str, other: str) -> bool:
    """Two short words of one long vowel, with consonants at both of its ends that hardly reach the ear."""
    if len(one) != 3 or len(other) != 3 or one[1] != other[1] or one[1] not in _LONG_VOWELS:
        return False
    return all(a == b or (a, b) in _FAINT for a, b in zip(one[::2], other[::2], strict=True))


def _bending(one: str, other: str) -> float:
    """Least cost of making one row of sounds the other (Wagner and Fischer's edit distance, weighted)."""
    above = [0.0]
    for index, sound in enumerate(other):
        above.append(above[-1] + _dropped(sound, last=index == len(other) - 1))
    for row, sound in enumerate(one):
        gone = _dropped(sound, last=row == len(one) - 1)
        line = [above[0] + gone]
        for column, heard in enumerate(other):
            new = line[column] + _dropped(heard, last=column == len(other) - 1)
            line.append(min(above[column] + _swapped(sound, heard), above[column + 1] + gone, new))
        above = line
    return above[-1]


def _swapped(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if (one, other) in _CLOSE:
        return _CLOSE_COST
    return _VOWEL_COST if one in _VOWELS and other in _VOWELS else 1.0


def _dropped(sound: str, *, last: bool) -> float:
    if sound in _WEAK or (last and sound in _FADING):
        return _WEAK_COST
    return _SWALLOWED_COST if sound in "td" else 1.0


def _spelt(text: str) -> str:
    """Letters and coarse sound, for languages without rules."""
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[\W_]+", "", text))
