"""When each word of an utterance was said, as a recognizer tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HeardWord:
    """One word; of Chinese, one sign or some."""

    text: str = field(repr=False)
    first: float
    """Seconds from the beginning of the utterance."""
    last: float
    """Likewise."""


def no_words() -> Sequence[HeardWord]:
    """Of a recognizer that tells no times."""
    return ()
