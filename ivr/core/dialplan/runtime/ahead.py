"""What the caller keyed in or said ahead of a question: kept for the next one, but for what may be a secret."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPED_LIMIT = 32
"""Keys typed ahead that are kept: two account numbers."""
MISSED_KEY = "!"
"""Stands among keys typed ahead for one that may be lost: what was typed before and behind it answers nothing."""


@dataclass(frozen=True, slots=True)
class Said:
    """Words said ahead of a question."""

    text: str = field(repr=False)
    confidence: float
    """0..1: that the text is right."""


class Ahead:
    """Of one call."""

    __slots__ = ("hiding", "said", "typed")

    def __init__(self) -> None:
        self.typed = ""
        """Keys."""
        self.said: Said | None = None
        self.hiding = False
        """Keys pressed now are, or may still be, a secret."""

    def twin(self) -> Ahead:
        """A copy that goes its own way."""
        found = object.__new__(Ahead)
        found.typed, found.said, found.hiding = self.typed, self.said, self.hiding
        return found

    def keep_key(self, key: str) -> None:
        """A key for the next question; what may belong to a secret is not kept, nor is a flood."""
        if not self.hiding and len(self.typed) < TYPED_LIMIT:
            self.typed += key

    def keep_words(self, text: str, confidence: float) -> None:
        """Words for the next question: the last ones count."""
        if not self.hiding and text.strip():
            self.said = Said(text, confidence)

    def forget(self) -> None:
        """What is asked now is answered by nothing that came before."""
        self.typed, self.said = "", None

    def hide(self) -> None:
        """A secret is asked for. It lasts until keys are wanted again: late digits of a secret are secret too."""
        self.forget()
        self.hiding = True
