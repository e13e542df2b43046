"""How the world around a simulated call behaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Answer = Mapping[str, object] | None
"""What a data source answers; None: it fails."""
Source = Callable[[str, Mapping[str, object]], Answer]
"""(source.query, parameters) -> answer."""
Meaning = Callable[[str, Mapping[str, Sequence[str]], str], Mapping[str, float]]
"""(words, choice -> its examples, language) -> choice -> how near they are in meaning, -1..1; empty: not compared."""


def no_meaning(words: str, examples: Mapping[str, Sequence[str]], language: str) -> Mapping[str, float]:
    """Nobody compares what sentences mean: the words that they share decide."""
    return {}


def no_source(query: str, params: Mapping[str, object]) -> Answer:
    """A data source that is down."""
    return None


@dataclass(slots=True)
class Behaviour:
    """How the world around the call behaves; a scenario changes it as it goes."""

    source: Source = no_source
    meaning: Meaning = no_meaning
    """Free speech at a question with examples is judged by it, as on a running line."""
    score: float | None = 0.95
    """Of the caller's voice; None: it cannot be scored."""
    agent: str = "answers"
    """answers, busy (refuses), none (nobody comes), closed (the queue fails)."""
    transfer: str = "answers"
    """answers, busy, silent (rings until it is given up), unreachable."""
    callback: str = "kept"
    """kept, or fails."""
    earlier_calls: int | None = 1
    """From the caller's number and about their account, in any time; None: they cannot be counted."""
    loss: float | None = 0.0
    """Share of each prompt's packets that the far end reports lost; None: it reports nothing."""
