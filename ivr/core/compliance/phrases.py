"""Many phrases looked for at once in what was said, as it is written and as it sounds.

Recognizers write what they hear: risk free, risk-free, riskfree; 保本保收益 and 饱本保收益. So a long phrase is also
compared by its sounds, and what is found so counts for less. A short one is not: too much sounds like it.
They also write one word as two (for wording, guarantee'd as guaran teed): two neighbours that sound as a long word of a
phrase are read as that word, too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any

import ahocorasick

from ivr.core.speech.alike import syllable
from ivr.core.speech.english_sounds import sounds
from ivr.core.speech.fillers import base
from ivr.core.speech.words import normalized

BY_SOUND = 0.8
"""What a match by sound counts for, beside one by writing."""
_SYLLABLE = 6
"""Letters of the longest syllable (shuang)."""
LEAST_SOUNDS = {"en": 6, "zh": 4 * _SYLLABLE}
"""Letters of the sounds of a phrase that is compared by sound: too much sounds like shorter ones."""
_PARTS = {"zh": re.compile(r"\S"), "": re.compile(r"\S+")}
"""What is compared by itself: recognizers write the same words over and over."""
_FIGURES = re.compile(r"\d")
LEAST_LETTERS, LEAST_ALIKE = 6, 8
"""Letters of a word that is looked for in two neighbours; and of one of which a vowel may be another, as a word that is
said in two is stressed anew."""
_VOWELS = re.compile("[aeiouAIOUWYJR]+")
_SHORT = 3
"""Letters of a word that keeps its s: bus, this."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase that was found."""

    tag: int
    """Of the phrase, as it was given."""
    first: int
    """Sign of the text at which it begins."""
    last: int
    """Behind its end."""
    certainty: float
    """1, or BY_SOUND."""


class _Folded:
    """A text as it is compared: words, or the signs of Chinese, each with its place in the text."""

    __slots__ = ("places", "units")

    def __init__(self, text: str = "", code: str = "") -> None:
        self.units: list[str] = []
        self.places: list[tuple[int, int]] = []
        for part in _PARTS.get(code, _PARTS[""]).finditer(text):
            units = _units(part[0], code)
            self.units += units
            self.places += [part.span()] * len(units)

    def hit(self, tag: int, first: int, last: int, certainty: float) -> Hit:
        """The units from the first to the last, exclusive."""
        return Hit(tag, self.places[first][0], self.places[last - 1][1], certainty)


class PhraseTable:
    """The phrases of one language."""

    def __init__(self, phrases: Iterable[tuple[int, str]], language: str) -> None:
        """`phrases`: (tag, phrase as it was written)."""
        self._code = base(language)
        written: dict[str, set[int]] = {}
        heard: dict[str, set[int]] = {}
        self._parted: dict[str, str] = {}
        """Consonants of a phrase's long words, with a mark for each vowel -> the word."""
        for tag, phrase in phrases:
            units = _Folded(phrase, self._code).units
            if not units:
                continue
            written.setdefault(self._row(units), set()).add(tag)
            sound = self._sound(units)
            if len(sound) >= LEAST_SOUNDS.get(self._code, len(sound) + 1) and not _FIGURES.search(phrase):
                heard.setdefault(sound, set()).add(tag)
                self._parted |= {_skeleton(unit): unit for unit in units if self._may_be_parted(unit)}
        self._fronts = frozenset(bones[:end] for bones in self._parted for end in range(1, len(bones)))
        self._written, self._heard = _automaton(written), _automaton(heard)

    def find(self, text: str) -> list[Hit]:
        """Every phrase in the text, each place once for each tag, in order."""
        folded = _Folded(text, self._code)
        if not folded.units:
            return []
        exact = list(self._as_written(folded))
        taken = {(hit.tag, hit.first) for hit in exact}
        heard = [hit for hit in self._as_heard(folded) if (hit.tag, hit.first) not in taken]
        if self._parted and (joined := self._joined(folded)) is not None:
            taken |= {(hit.tag, hit.first) for hit in heard}
            heard += [hit for hit in self._as_heard(joined) if (hit.tag, hit.first) not in taken]
        return sorted((*exact, *heard), key=lambda hit: (hit.first, hit.last, hit.tag))

    def _as_written(self, text: _Folded) -> Iterator[Hit]:
        if self._written is None:
            return
        ends: list[int] = []
        for end, (row, tags) in self._written.iter(self._row(text.units)):
            if self._code == "zh":
                first, last = end + 1 - len(row), end + 1
            else:
                ends = ends or list(accumulate(len(unit) + 1 for unit in text.units))
                last = bisect_left(ends, end) + 1
                first = last - row.count(" ") + 1
            for tag in tags:
                yield text.hit(tag, first, last, 1.0)

    def _as_heard(self, text: _Folded) -> Iterator[Hit]:
        if self._heard is None:
            return
        ends: list[int] = []
        for end, (row, tags) in self._heard.iter(self._sound(text.units)):
            # Whole words only; where one ends within the phrase does not matter.
            ends = ends or list(accumulate(map(len, map(self._heard_unit, text.units))))
            begin = end + 1 - len(row)
            first, last = bisect_left(ends, begin + 1), bisect_left(ends, end + 1) + 1
            if ends[last - 1] != end + 1 or (ends[first - 1] if first else 0) != begin:
                continue
            for tag in tags:
                yield text.hit(tag, first, last, BY_SOUND)

    def _may_be_parted(self, unit: str) -> bool:
        return self._code == "en" and len(unit) >= LEAST_LETTERS

    def _joined(self, text: _Folded) -> _Folded | None:
        """The text with each two neighbours that sound as a phrase's word read as that word; None without any."""
        found, at, units = _Folded(), 0, text.units
        bones = list(map(_skeleton, units))
        fronts, parted = self._fronts, self._parted
        if not any(one in fronts and _together(one, other) in parted for one, other in pairwise(bones)):
            return None
        while at < len(units):
            word = self._in_two(units[at], units[at + 1]) if at + 1 < len(units) else None
            last = at + 1 if word is not None else at
            found.units.append(word or units[at])
            found.places.append((text.places[at][0], text.places[last][1]))
            at = last + 1
        return found if len(found.units) < len(units) else None

    def _in_two(self, first: str, second: str) -> str | None:
        """The word that two neighbours sound as."""
        word = self._parted.get(_together(_skeleton(first), _skeleton(second)))
        if word is None:
            return None
        other = sum(map(str.__ne__, _vowels(word), (*_vowels(first), *_vowels(second))))
        return word if other <= (len(word) >= LEAST_ALIKE) else None

    def _row(self, units: list[str]) -> str:
        return "".join(units) if self._code == "zh" else f" {' '.join(units)} "

    def _sound(self, units: list[str]) -> str:
        return "".join(map(self._heard_unit, units))

    def _heard_unit(self, unit: str) -> str:
        return _heard_as(unit) if self._code == "zh" else _sounds(unit) if self._code == "en" else ""


def _automaton(rows: dict[str, set[int]]) -> Any:
    """Finds all rows in one walk through a text; None without any."""
    if not rows:
        return None
    found = ahocorasick.Automaton()
    for row, tags in rows.items():
        found.add_word(row, (row, tuple(sorted(tags))))
    found.make_automaton()
    return found


@lru_cache(maxsize=100_000)
def _units(part: str, code: str) -> tuple[str, ...]:
    found = normalized(part, code)
    if code == "zh":
        return tuple(found)
    return tuple(map(_stem, found.split())) if code == "en" else tuple(found.split())


def _stem(word: str) -> str:
    """One and several are one: return, returns."""
    return word[:-1] if len(word) > _SHORT and word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=100_000)
def _sounds(word: str) -> str:
    return sounds(word)


@lru_cache(maxsize=100_000)
def _skeleton(word: str) -> str:
    """The sounds of a word with one mark for each run of vowels."""
    return _VOWELS.sub("*", _sounds(word))


def _together(first: str, second: str) -> str:
    """Skeletons of two words said as one."""
    return first + second[1:] if first[-1:] == second[:1] else first + second


@lru_cache(maxsize=10_000)
def _vowels(word: str) -> tuple[str, ...]:
    return tuple(_VOWELS.findall(_sounds(word)))


@lru_cache(maxsize=30_000)
def _heard_as(sign: str) -> str:
    """A syllable in as many letters as every other."""
    return (sign if sign.isascii() else syllable(sign)).ljust(_SYLLABLE)[:_SYLLABLE]
