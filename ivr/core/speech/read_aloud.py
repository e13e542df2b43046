"""Whether somebody read a text aloud: whole, in order and in one go, by what a recognizer made of it.

Rules: every word must have been found as it is written or as it sounds. Only small words, which recognizers drop, may
be missing, and few of them; a figure and a word that turns a sentence round (not, never, 不) must stand as written, and
none may be added. What was not understood at all is taken for the worst: the reading begins again.

The recognizer is never told what to expect: one that is hears it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from ivr.core.speech.alike import syllables
from ivr.core.speech.english_sounds import sounds
from ivr.core.speech.fillers import base
from ivr.core.speech.words import normalized
from ivr.core.speech.written_out import in_words

MISSED_SHARE = 0.05
"""Of a text's words: so many small ones may be missing."""
ADDED_SHARE = 0.1
"""Likewise: so many may stand between, such as a word that was begun twice."""
LEAST_SOUNDS = 3
"""A shorter word is compared as it is written: too much sounds like it."""
_SMALL = {
    "en": frozenset(
        [
            "a",
            "an",
            "the",
            "of",
            "to",
            "in",
            "at",
            "on",
            "for",
            "and",
            "that",
            "is",
            "are",
            "be",
            "as",
            "by",
            "with",
            "it",
        ]
    ),
    "zh": frozenset("的了呢吧啊嘛呀"),
}
"""Words that may be missing."""
_HUMS = {"en": frozenset(["um", "uh", "er", "erm", "hm", "mm"]), "zh": frozenset("嗯呃啊哦")}
"""Sounds between words: as if they were not there."""
_TURNING = {
    "en": frozenset(
        [
            "not",
            "no",
            "never",
            "none",
            "nothing",
            "nobody",
            "without",
            "cannot",
            "cant",
            "dont",
            "doesnt",
            "didnt",
            "wont",
            "isnt",
            "arent",
            "wasnt",
            "werent",
            "neither",
            "nor",
            "hardly",
            "unless",
            "except",
            "only",
        ]
    ),
    "zh": frozenset("不没无未非勿别否免仅只买卖"),
}
"""Words that make another sentence of one; in Chinese also two that are opposites and differ in tone alone."""
_NUMERALS = {
    "en": frozenset(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
            "thirty",
            "forty",
            "fifty",
            "sixty",
            "seventy",
            "eighty",
            "ninety",
            "hundred",
            "thousand",
            "million",
            "billion",
            "trillion",
            "point",
            "half",
            "minus",
        ]
    ),
    "zh": frozenset("零一二三四五六七八九十百千万亿两半点负"),
}


@dataclass(frozen=True, slots=True)
class Script:
    """A text that is to be read, as it is compared."""

    language: str
    units: tuple[str, ...]
    """Words; of Chinese, signs."""

    @staticmethod
    def of(text: str, language: str) -> Script:
        """The same object for the same text."""
        return _script(text, language)

    @property
    def may_miss(self) -> int:
        """How many small words."""
        return int(len(self.units) * MISSED_SHARE)

    @property
    def may_add(self) -> int:
        """How many words may stand between."""
        return int(len(self.units) * ADDED_SHARE)


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which the text may be being read."""

    first_sample: int
    """Where the utterance in which it began does."""
    missed: int = 0
    added: int = 0

    @property
    def price(self) -> int:
        """What is wrong with it."""
        return self.missed + self.added


@dataclass(frozen=True, slots=True)
class Following:
    """How far a reading has come. Never changed in place."""

    script: Script
    ways: Mapping[int, Way] = field(default_factory=dict)
    """Words of the script that were found -> the best way to that."""
    before: Mapping[int, Way] = field(default_factory=dict)
    """The same, one word ago."""
    last: str = ""
    """That word."""
    whole: Way | None = None
    """It was read to its end."""
    broke_at: int = 0
    """Words that were found when a reading came to nothing, the last time that one did; 0: none has."""

    @property
    def found(self) -> int:
        """Words up to which it is read."""
        return len(self.script.units) if self.whole is not None else max(self.ways, default=0)

    def rest(self, found: int) -> str:
        """What comes behind so many words, in plain words."""
        return ("" if base(self.script.language) == "zh" else " ").join(self.script.units[found:])

    def heard(self, text: str, first_sample: int) -> Following:
        """An utterance, from this sample on. What follows a whole reading does not take it back."""
        now = self
        for unit in units_of(text, self.script.language):
            if now.whole is not None:
                break
            now = now._word(unit, first_sample)
        return now

    def anew(self) -> Following:
        """What was read so far no longer counts."""
        return Following(self.script, broke_at=self.found or self.broke_at)

    def _word(self, unit: str, first_sample: int) -> Following:
        if unit in _HUMS.get(base(self.script.language), ()) and unit not in self.script.units:
            return self
        ways: dict[int, Way] = {}
        for at, way in ((0, Way(first_sample)), *self.ways.items()):
            _offer(ways, self._matched(at, way, (unit,)))
            if at and way.added < self.script.may_add and not _binds(unit, self.script.language):
                _offer(ways, [(at, replace(way, added=way.added + 1))])
        for at, way in ((0, Way(first_sample)), *self.before.items()) if self.last else ():
            _offer(ways, self._matched(at, way, (self.last, unit)))
        whole = min((way for at, way in ways.items() if self._ends(at, way)), key=lambda way: way.price, default=None)
        broke_at = self.broke_at if max(ways, default=0) >= min(self.found, 2) else self.found
        return Following(self.script, ways, self.ways, unit, whole, broke_at)

    def _matched(self, at: int, way: Way, said: tuple[str, ...]) -> Iterator[tuple[int, Way]]:
        """Where the words said may stand in the script, from this place on: behind small words that are missing."""
        units, language = self.script.units, self.script.language
        for place in range(at, len(units)):
            missed = way.missed + place - at
            if missed > self.script.may_miss or (place > at and not _is_small(units[place - 1], language)):
                return
            for length in (1, 2) if len(said) == 1 else (1,):
                if _same("".join(said), "".join(units[place : place + length]), language, exact=length == len(said)):
                    yield min(place + length, len(units)), replace(way, missed=missed)

    def _ends(self, at: int, way: Way) -> bool:
        rest = self.script.units[at:]
        return way.missed + len(rest) <= self.script.may_miss and all(
            _is_small(unit, self.script.language) for unit in rest
        )


def units_of(text: str, language: str) -> tuple[str, ...]:
    """A text as it is compared: figures in words, small letters, no stops; several are one."""
    plain = normalized(in_words(text, language), language)
    if base(language) == "zh":
        return tuple(plain)
    return tuple(map(_stem, plain.split())) if base(language) == "en" else tuple(plain.split())


@lru_cache(maxsize=1024)
def _script(text: str, language: str) -> Script:
    script = Script(language, units_of(text, language))
    for unit in script.units:  # what that needs is loaded now
        syllables(unit) if base(language) == "zh" and len(unit) == 1 else _sound(unit, base(language))
    return script


def _offer(ways: dict[int, Way], found: Iterator[tuple[int, Way]] | list[tuple[int, Way]]) -> None:
    for at, way in found:
        known = ways.get(at)
        # Of two as good ones the later: it was read in less time.
        if known is None or (way.price, -way.first_sample) < (known.price, -known.first_sample):
            ways[at] = way


def _same(said: str, written: str, language: str, *, exact: bool) -> bool:
    if said == written:
        return True
    code = base(language)
    if (exact and (_binds(said, language) or _binds(written, language))) or code not in _SMALL:
        return False
    if code == "zh":
        return len(said) == len(written) == 1 and not syllables(said).isdisjoint(syllables(written))
    one = _sound(said, code)
    return one == _sound(written, code) and len(one) >= LEAST_SOUNDS


def _binds(unit: str, language: str) -> bool:
    """Whether it must stand as it is written, and may not be added."""
    code = base(language)
    return unit in _TURNING.get(code, ()) or unit in _NUMERALS.get(code, ()) or any(map(str.isdigit, unit))


def _is_small(unit: str, language: str) -> bool:
    return unit in _SMALL.get(base(language), ())


def _stem(word: str) -> str:
    """One and several are one, as in rules (`ivr.core.compliance.phrases`)."""
    return word[:-1] if len(word) > LEAST_SOUNDS and word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=30_000)
def _sound(unit: str, code: str) -> str:
    return sounds(unit) if code == "en" else unit
