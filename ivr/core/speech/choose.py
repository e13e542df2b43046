"""Which choice an utterance stands for, and how sure that is.

Two witnesses: what free decoding wrote, and how well each phrase of the grammar explains the sound. Either alone
fails: decoding misspells short words in noise, and the best of a closed set is still the best when something else was
said. The confidence is a logistic regression on both, fitted on a real speaker over a telephone channel; its data and
figures are in docs/speech.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.core.orders.listening import Grammar
from ivr.core.speech.fillers import bare, base
from ivr.core.speech.word_times import HeardWord, no_words
from ivr.core.speech.words import holds, normalized, resemblance


@dataclass(frozen=True, slots=True)
class DigitsRead:
    """An utterance read as if it held nothing but digits. Whatever was said then comes out as some."""

    digits: str = field(repr=False)
    """Empty: none, or more of them than anybody says in that time (a loop)."""
    score: float
    """Mean log probability of their tokens among all words."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a recognizer found in one utterance, with measures, and what it can be asked further."""

    text: str = field(repr=False)
    """Free decoding."""
    text_score: float
    """Mean log probability of the free decoding's tokens."""
    no_speech: float
    """Probability, by the model, that nobody spoke."""
    scores: Callable[[Sequence[str]], Sequence[float]] = field(repr=False)
    """How well phrases explain the sound: mean log probability of each one's tokens. It takes the model's time."""
    words: Callable[[], Sequence[HeardWord]] = field(default=no_words, repr=False)
    """When each word of the text was said. It takes the model's time."""
    digits: Callable[[], DigitsRead] | None = field(default=None, repr=False)
    """Reads it once more as digits, which takes a model's time; None: this recognizer cannot."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The outcome."""

    name: str | None
    """None: nothing fits."""
    confidence: float
    """Calibrated probability that `name` is right."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted regression: intercept, then one weight a feature."""

    intercept: float
    weights: tuple[float, ...]

    def __call__(self, *features: float) -> float:
        """Probability, 0..1."""
        total = self.intercept + sum(w * x for w, x in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


CHOICE = Logistic(0.509, (0.316, 0.320, 0.509, 3.559))
"""best score; its margin to the best other choice, at most MAX_MARGIN; best minus text score; resemblance."""
CHOICE_CHINESE = Logistic(5.954, (1.985, 0.553, 0.0, 4.227))
"""The same for Chinese, on synthetic voices only, for want of real ones: calibrate again before relying on it."""
EMBEDDED = Logistic(3.183, (3.404, 9.483))
"""The phrase was found in a longer text: text score; share of the text's letters that it makes up."""
FREE = Logistic(1.247, (1.147, -3.371))
"""No choices: is the whole text right? text score; no_speech."""
VALUE = Logistic(3.0, (1.5, -3.0))
"""The text is a value that was asked for, from end to end: text score; no_speech. Set a little below the fit of
bench/values.py (3.6, 1.8, -0.8), which knows one speaker."""
DIGITS = Logistic(1.510, (0.916, -1.339, 1.944))
"""Two readings of a field of digits: score of the one that knows nothing but digits; no_speech; 1 if free decoding says
the same. Fitted on bench/digits.py, four speakers."""
MOST_ALONE = 0.75
"""Of digits of which free decoding says something else: asked back, never taken."""
RESEMBLANCE_WEIGHT = 3.0
"""What full resemblance is worth in log probability when phrases are ranked."""
MAX_MARGIN = 6.0
"""Beyond, a larger margin says no more."""
SAME_REST = 0.5
"""Resemblance of what stands beside a phrase, from which a longer phrase may have been meant."""
_DENIED = {
    "en": re.compile(
        r"\b(?:no|not|nor|never|cannot|without|disagree|refuse"
        r"|(?:do|does|did|is|are|was|were|wo|would|ca|could|should|have|has|had)nt)\b"
    ),
    "zh": re.compile("[不没未非别勿无]"),
}
"""Words that turn what stands beside them into its opposite."""
_NEVER = re.compile(r"(?!)")
FLOOR = 0.2
"""Below, nothing fits: `name` is None."""


def spoken_choice(text: str, choices: Mapping[str, Sequence[str]], language: str) -> tuple[str, str] | None:
    """(choice, phrase) when the text says exactly one of the choices' phrases, alone or within a longer sentence."""
    said = normalized(text, language)
    found: dict[str, str] = {}
    for name, phrases in choices.items():
        for phrase in phrases:
            plain = normalized(phrase, language)
            if holds(said, plain, language) and len(plain) > len(found.get(name, "")):
                found[name] = plain
    # "buy a fund" also holds "fund" of another choice: the longer phrase is meant.
    longest = {
        name: phrase
        for name, phrase in found.items()
        if not any(phrase != other and phrase in other for other in found.values())
    }
    if len(longest) != 1:
        return None
    name, phrase = next(iter(longest.items()))
    others = (normalized(one, language) for other, said_so in choices.items() if other != name for one in said_so)
    return None if any(_was_longer(said, phrase, other, language) for other in others) else (name, phrase)


def chosen_in_words(grammar: Grammar, text: str, choice: str) -> bool:
    """Whether the text may stand for the choice: where it binds, only by the choice's own words, not denied.

    A recognizer takes sounds for a phrase when they fit best: "You have to lean." was a yes to an order. And 不同意
    holds 同意.
    """
    if not grammar.exact:
        return True
    found = spoken_choice(text, grammar.choices, grammar.language)
    if found is None or found[0] != choice:
        return False
    beside = " ".join(_beside(normalized(text, grammar.language), found[1]))
    denied = _DENIED.get(base(grammar.language), _NEVER)
    return denied.search(found[1]) is not None or denied.search(beside) is None


def _was_longer(said: str, phrase: str, longer: str, language: str) -> bool:
    """Whether a longer phrase may have been said that only came out as this one: 取消汇款 as 取消会款.

    Then the words do not decide. What stands beside the phrase in both is compared: in Chinese by its length, as one
    sign misheard is another sign; else by its letters.
    """
    if phrase == longer or not holds(longer, phrase, language):
        return False
    for rest, meant in zip(_beside(said, phrase), _beside(longer, phrase), strict=True):
        if not rest or not meant:
            continue
        if base(language) == "zh":
            rest = bare(rest, language)
            near = 2 * len(rest) >= len(meant)
        else:
            near = resemblance(rest, meant) >= SAME_REST
        if near:
            return True
    return False


def _beside(text: str, phrase: str) -> tuple[str, str]:
    before, _, after = text.partition(phrase)
    return before.strip(), after.strip()


def scored_choice(measured: Measured, scores: Mapping[str, Mapping[str, float]], language: str) -> Chosen:
    """The best of a closed set. `scores`: choice -> phrase -> mean log probability of its tokens."""
    said = normalized(measured.text, language)
    ranked: list[tuple[float, float, float, str]] = []
    for name, phrases in scores.items():
        alike = {phrase: resemblance(said, normalized(phrase, language)) for phrase in phrases}
        rank, score, phrase = max(
            (score + RESEMBLANCE_WEIGHT * alike[phrase], score, phrase) for phrase, score in phrases.items()
        )
        ranked.append((rank, score, alike[phrase], name))
    ranked.sort(reverse=True)
    if not ranked:
        return Chosen(None, 0.0)
    rank, score, alike_best, name = ranked[0]
    margin = min(MAX_MARGIN, rank - ranked[1][0]) if len(ranked) > 1 else MAX_MARGIN / 2
    fitted = CHOICE_CHINESE if base(language) == "zh" else CHOICE
    confidence = fitted(score, margin, score - measured.text_score, alike_best)
    return Chosen(name if confidence >= FLOOR else None, confidence)


def embedded_choice(measured: Measured, name: str, phrase: str, language: str) -> Chosen:
    """A phrase that was found in the text, alone (right in 311 of 311 trials) or among other words."""
    share = len(phrase) / max(1, len(normalized(measured.text, language)))
    return Chosen(name, EMBEDDED(measured.text_score, share))


def free_confidence(measured: Measured) -> float:
    """That the whole text is right."""
    return FREE(measured.text_score, measured.no_speech) if measured.text else 0.0


def digits_confidence(measured: Measured, read: DigitsRead, *, agreed: bool) -> float:
    """That the digits read are those that were said; `agreed`: free decoding says the same."""
    found = DIGITS(read.score, measured.no_speech, float(agreed)) if read.digits else 0.0
    return found if agreed else min(found, MOST_ALONE)


def value_confidence(measured: Measured) -> float:
    """That the text, which is a value of the kind that was asked for, is right."""
    return VALUE(measured.text_score, measured.no_speech)
