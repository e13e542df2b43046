"""Free speech to an intent, by example sentences: the nearest example, and how sure that is.

Where the speech service compared what sentences mean (`meaning.py`), its nearness counts. Else their words do, here: a
sentence is a vector of its words, pairs of words and letter runs (in Chinese: characters and runs of two and three),
weighted by how rare they are among the examples (TF-IDF); nearness is the cosine with an intent's centre and with its
nearest examples (Rocchio and nearest neighbours together). Nothing is trained or downloaded. The confidence is a
logistic regression on the nearness and its margin to the best other intent (by meaning, the margin tells nothing more),
fitted on bench/intents.yaml; figures are in docs/speech.md.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.core.speech.choose import Logistic
from ivr.core.speech.fillers import base
from ivr.core.speech.words import normalized

CONFIDENCE = {"en": Logistic(-3.099, (13.909, 7.747)), "zh": Logistic(-2.758, (27.126, 2.525))}
"""By words: nearness to the best intent; its margin to the second."""
MEANT = {"en": Logistic(-6.144, (23.581,)), "zh": Logistic(-5.167, (20.596,))}
"""By meaning: nearness to the best intent."""
CENTRE_SHARE = 0.7
"""Of the nearness: what all examples of an intent together say (their centre); the rest is the nearest ones' say."""
NEIGHBOURS = 3
"""Nearest examples of an intent that count: the best, and the next ones by half each time."""
_LITTLE = """
    a an the i i'd i'm i've id im ive me my you your to of in on at is it its are am be was been for and or so please
    can could would will like want need have has had got get do does did this that there when with just some
"""
_COMMON = frozenset(_LITTLE.split())
"""Of little meaning: they count a fifth."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """What the examples say of a sentence."""

    name: str | None
    """Nearest intent; None: it shares nothing with any example."""
    nearness: float = 0.0
    margin: float = 0.0
    meant: bool = False
    """By meaning, not by words."""


_Vector = dict[str, float]


def _features(text: str, language: str) -> Iterator[tuple[str, float]]:
    """(feature, weight)"""
    said = normalized(text, language)
    if base(language) == "zh":
        for length, weight in ((1, 0.5), (2, 1.0), (3, 0.7)):
            for start in range(len(said) - length + 1):
                yield said[start : start + length], weight
        return
    words = said.split()
    for word in words:
        weight = 0.2 if word in _COMMON else 1.0
        yield f"w {word}", weight
        framed = f"^{word}$"
        for start in range(len(framed) - 3):
            yield f"l {framed[start : start + 4]}", weight * 0.35
    for pair in itertools.pairwise(words):
        if not _COMMON.issuperset(pair):
            yield f"p {pair[0]} {pair[1]}", 0.5


@dataclass(slots=True)
class Examples:
    """The example sentences of one question in one language, ready to be compared."""

    language: str
    _vectors: list[tuple[str, _Vector]] = field(default_factory=list)
    _centres: dict[str, _Vector] = field(default_factory=dict)
    _rarity: dict[str, float] = field(default_factory=dict)
    _exact: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, examples: Mapping[str, Sequence[str]], language: str) -> Examples:
        """From intent -> sentences."""
        made = cls(language)
        counted = [(name, _counted(text, language), text) for name, texts in examples.items() for text in texts]
        frequency = Counter(feature for _, features, _ in counted for feature in features)
        made._exact = {normalized(text, language): name for name, _, text in counted}
        total = len(counted)
        made._rarity = {name: math.log((1 + total) / (1 + count)) + 0.3 for name, count in frequency.items()}
        made._vectors = [(name, made._weighted(features)) for name, features, _ in counted]
        made._centres = {
            name: _centre([vector for other, vector in made._vectors if other == name]) for name in examples
        }
        return made

    def _weighted(self, features: _Vector) -> _Vector:
        """Unit length; what no example has weighs as the rarest: it speaks against all of them."""
        unseen = math.log(1 + len(self._exact)) + 0.3
        found = {name: count * self._rarity.get(name, unseen) for name, count in features.items()}
        length = math.sqrt(sum(value * value for value in found.values())) or 1.0
        return {name: value / length for name, value in found.items()}

    def nearest(self, text: str) -> Nearness:
        """The intent of the nearest examples."""
        exact = self._exact.get(normalized(text, self.language))
        if exact is not None:
            return Nearness(exact, 1.0, 1.0)
        said = self._weighted(_counted(text, self.language))
        alike: dict[str, list[float]] = {}
        for name, vector in self._vectors:
            alike.setdefault(name, []).append(_cosine(said, vector))
        return ranked(
            {name: together(_cosine(said, self._centres[name]), found) for name, found in alike.items()}, meant=False
        )

    def intent(self, text: str, alike: Mapping[str, float] | None = None) -> tuple[str | None, float]:
        """(intent, calibrated probability that it is meant); `alike`: nearness in meaning, where it was compared."""
        found = ranked(alike, meant=True) if alike else self.nearest(text)
        return found.name, sure(found, self.language)


def ranked(alike: Mapping[str, float], *, meant: bool) -> Nearness:
    """The nearest of the intents."""
    best = sorted(((value, name) for name, value in alike.items()), reverse=True)
    if not best or not best[0][0] > 0:
        return Nearness(None, meant=meant)
    second = best[1][0] if len(best) > 1 else 0.0
    return Nearness(best[0][1], best[0][0], best[0][0] - second, meant)


def sure(found: Nearness, language: str) -> float:
    """Calibrated probability that the nearest intent is meant."""
    if found.name is None or found.nearness >= 1.0:
        return 0.0 if found.name is None else 1.0
    if found.meant:
        return MEANT.get(base(language), MEANT["en"])(found.nearness)
    return CONFIDENCE.get(base(language), CONFIDENCE["en"])(found.nearness, found.margin)


def _counted(text: str, language: str) -> _Vector:
    found: _Vector = {}
    for feature, weight in _features(text, language):
        found[feature] = found.get(feature, 0.0) + weight
    return found


def _cosine(one: _Vector, other: _Vector) -> float:
    return sum(weight * other.get(feature, 0.0) for feature, weight in one.items())


def _centre(vectors: list[_Vector]) -> _Vector:
    total: _Vector = {}
    for vector in vectors:
        for name, value in vector.items():
            total[name] = total.get(name, 0.0) + value
    length = math.sqrt(sum(value * value for value in total.values())) or 1.0
    return {name: value / length for name, value in total.items()}


def together(centre: float, alike: Sequence[float]) -> float:
    """Nearness to an intent: to its centre, and to its nearest example, supported by the next ones."""
    best = sorted(alike, reverse=True)[:NEIGHBOURS]
    weights = [0.5**rank for rank in range(len(best))]
    nearest = sum(value * weight for value, weight in zip(best, weights, strict=True)) / sum(weights)
    return CENTRE_SHARE * centre + (1 - CENTRE_SHARE) * nearest
