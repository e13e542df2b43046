"""Whether a caller who pauses has finished: when that is asked, and what the answer may change.

The silence of the dialplan ends a turn. A model that hears whether a sentence is complete may only lengthen it, so
where it errs a caller waits a little, and nobody is cut off who was not before. It is asked in English alone: in
Mandarin it takes every other unfinished sentence for a whole one (docs/speech.md).
"""

from __future__ import annotations

from ivr.core.orders.listening import Grammar
from ivr.core.speech.fillers import base

LONGER_SILENCE_SECONDS = 1.5
"""Ends a turn whose last sentence is not complete."""
COMPLETE = 0.5
"""Probability from which a turn counts as finished."""


def is_asked(grammar: Grammar) -> bool:
    """Whether a pause is worth the question. Digits end by the length of their field, and words that bind are short."""
    return base(grammar.language) == "en" and grammar.value != "digits" and not grammar.exact


def silence_after(complete: float, usual: float) -> float:
    """Seconds of silence that end a turn which is complete by this probability; never less than is usual."""
    return usual if complete >= COMPLETE else max(usual, LONGER_SILENCE_SECONDS)
