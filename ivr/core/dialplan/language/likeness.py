"""What somebody meant who wrote a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LEAST = 0.7
"""Share of letters in common from which one name is taken for a slip of another."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The most similar name, if one is similar enough."""
    close = difflib.get_close_matches(word, [name for name in known if name != word], n=1, cutoff=LEAST)
    return close[0] if close else None


def meant(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint: the most similar name, else what to do instead."""
    near = nearest(word, known)
    return f"Did you mean '{near}'?" if near is not None else otherwise
