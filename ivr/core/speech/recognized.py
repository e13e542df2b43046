"""What an utterance is taken for: decided here, once, whichever recognizer heard it. A recognizer tells what it found.

Whether a choice that binds may be taken by these words is the dialplan's question (`chosen_in_words`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ivr.core.orders.listening import Grammar
from ivr.core.speech.choose import (
    Chosen,
    Measured,
    digits_confidence,
    embedded_choice,
    free_confidence,
    scored_choice,
    spoken_choice,
    value_confidence,
)
from ivr.core.speech.spoken_digits import digits_said
from ivr.core.speech.spoken_values import is_value
from ivr.core.speech.word_times import HeardWord, no_words
from ivr.core.speech.words import normalized, resemblance

NOBODY_SPOKE = 0.85
"""No-speech probability of Whisper above which the text is made up: silence and noise give 0.93 and more ("you", "thank
you"), a real voice stays below 0.79 in 99 of 100 utterances, babble at 5 dB included (measured)."""
MAX_SCORED = 24
"""Phrases scored by sound; of a larger grammar, those that look most like the text. 12 ms each."""
READ_AS_DIGITS = 0.5
"""Least probability of digits that are read as such: the reading knows nothing else, so any words come out as some."""
TEXT_ONLY_CONFIDENCE = 0.6
"""Of a text whose recognizer states no confidence: the dialplan is to confirm."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text, and what its recognizer thinks of it."""

    text: str = field(repr=False)
    """Empty: nobody spoke, or no word that it knows."""
    confidence: float | None
    """Its own, 0..1, not calibrated; None: it states none."""
    words: Callable[[], Sequence[HeardWord]] = field(default=no_words, repr=False)
    """When each word was said."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a service answered that was given the choices, and decides as this engine does."""

    text: str = field(repr=False)
    choice: str | None
    confidence: float


Finding: TypeAlias = Measured | Written | Answered
"""What a recognizer found in one utterance."""
NOTHING = Written("", None)
"""Nobody spoke."""


@dataclass(frozen=True, slots=True)
class Recognized:
    """One utterance, recognized."""

    text: str = field(repr=False)
    choice: str | None
    confidence: float
    """Calibrated probability that it is right, 0..1."""


def recognized(finding: Finding, grammar: Grammar) -> Recognized:
    """What it is taken for. May have phrases scored, which takes the recognizer's time."""
    match finding:
        case Measured():
            return _by_sound(finding, grammar)
        case Written():
            return _by_text(finding, grammar)
        case Answered():
            choice = finding.choice if finding.choice in grammar.choices else None
            return Recognized(finding.text, choice, finding.confidence)


def words_heard(finding: Finding) -> Sequence[HeardWord]:
    """When each word was said; none where the recognizer does not tell."""
    return () if isinstance(finding, Answered) else finding.words()


def _by_text(written: Written, grammar: Grammar) -> Recognized:
    if not written.text.strip():
        return Recognized("", None, 0.0)
    confidence = TEXT_ONLY_CONFIDENCE if written.confidence is None else written.confidence
    if not grammar.choices:
        return Recognized(written.text, None, confidence)
    spoken = spoken_choice(written.text, grammar.choices, grammar.language)
    heard = spoken is not None or grammar.free
    return Recognized(written.text, spoken[0] if spoken else None, confidence if heard else 0.0)


def _by_sound(measured: Measured, grammar: Grammar) -> Recognized:
    if measured.no_speech >= NOBODY_SPOKE:
        return Recognized("", None, 0.0)
    if not grammar.choices and not grammar.value:
        return Recognized(measured.text, None, free_confidence(measured))
    if (digits := _as_digits(measured, grammar)) is not None:
        return digits
    chosen = _choose_freely(measured, grammar) if grammar.free else _choose(measured, grammar)
    return Recognized(measured.text, chosen.name, chosen.confidence)


def _as_digits(measured: Measured, grammar: Grammar) -> Recognized | None:
    """A field of digits, read twice; None: it is another field, or what was said is no row of digits."""
    if grammar.value != "digits" or grammar.exact or measured.digits is None:
        return None
    if spoken_choice(measured.text, grammar.choices, grammar.language) is not None:
        return None
    free = digits_said(measured.text, grammar.language)
    read = measured.digits()
    sure = digits_confidence(measured, read, agreed=free == read.digits)
    if sure >= READ_AS_DIGITS:
        return Recognized(read.digits, None, sure)
    # Digits that the other reading does not bear out are not taken either: loops are written with great confidence.
    return None if free is None else Recognized(measured.text, None, sure)


def _choose_freely(measured: Measured, grammar: Grammar) -> Chosen:
    """A choice only where the text names it; where a value is waited for and none came, also by sound."""
    spoken = spoken_choice(measured.text, grammar.choices, grammar.language)
    if spoken is not None:
        return embedded_choice(measured, *spoken, grammar.language)
    if grammar.value and is_value(measured.text, grammar.language, grammar.value):
        return Chosen(None, value_confidence(measured))
    text_right = free_confidence(measured)
    choice = scored_choice(measured, _scores(measured, grammar), grammar.language)
    by_sound = bool(grammar.value) and choice.name is not None and choice.confidence > text_right
    return choice if by_sound else Chosen(None, text_right)


def _choose(measured: Measured, grammar: Grammar) -> Chosen:
    spoken = spoken_choice(measured.text, grammar.choices, grammar.language)
    if spoken is not None:
        return embedded_choice(measured, *spoken, grammar.language)
    return scored_choice(measured, _scores(measured, grammar), grammar.language)


def _scores(measured: Measured, grammar: Grammar) -> Mapping[str, Mapping[str, float]]:
    """Choice -> phrase -> how well it explains the sound."""
    said = normalized(measured.text, grammar.language)
    pairs = [(name, phrase) for name, phrases in grammar.choices.items() for phrase in phrases]
    if len(pairs) > MAX_SCORED:
        pairs.sort(key=lambda pair: resemblance(said, normalized(pair[1], grammar.language)), reverse=True)
        del pairs[MAX_SCORED:]
    found = measured.scores([phrase for _, phrase in pairs])
    scores: dict[str, dict[str, float]] = {}
    for (name, phrase), score in zip(pairs, found, strict=True):
        scores.setdefault(name, {})[phrase] = score
    return scores
