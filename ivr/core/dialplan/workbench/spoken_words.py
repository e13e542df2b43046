"""Words on a line that is only arithmetic: how long they take to be said, and when two of them are the same."""

from __future__ import annotations

from ivr.core.orders.playing import Clip
from ivr.core.speech.words import normalized

LETTERS_PER_SECOND = 15.0
"""English read aloud at an easy pace."""
SIGNS_PER_SECOND = 4.5
"""Chinese likewise."""


def clip_seconds(clip: Clip) -> float:
    """How long a clip takes to be spoken."""
    text = clip.text or clip.tone or clip.file or ""
    signs = sum(1 for letter in text if "\u4e00" <= letter <= "\u9fff")
    return max(0.3, signs / SIGNS_PER_SECOND + (len(text) - signs) / LETTERS_PER_SECOND)


def normal(words: str, language: str) -> str:
    """Words as a recognizer compares them, without the gaps."""
    return normalized(words, language).replace(" ", "")
