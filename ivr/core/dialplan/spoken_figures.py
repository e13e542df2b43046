"""Figures and words that a prompt would say, held to rules before it is spoken: what the interpreter knows of that.

What may be said is for `ivr.core.compliance` to say, which is above; here is what the two agree on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WrongFigure:
    """Why a prompt is not spoken."""

    rule: str
    """ruleset/rule."""
    what: str
    """In a few words, without what would have been said."""
    say: str | None = None
    """What may be said instead, in the prompt's language; None: the rule has no such words."""


class FigureCheck(Protocol):
    """The rules of a line."""

    def wrong(
        self, text: str, *, language: str, state: str, official: Mapping[str, object], today: date
    ) -> WrongFigure | None:
        """What first may not be said in a sentence; `official`: source.query.field -> what it answered."""
        ...


@dataclass(frozen=True, slots=True)
class HeldFigures:
    """What a dialplan says of it."""

    rules: Mapping[str, str] = field(repr=False)
    """Name of a rules file below the dialplan's directory -> its text."""
    otherwise: str
    """State that is entered in place of a prompt that is not spoken."""
    check: FigureCheck | None = field(default=None, compare=False, repr=False)
    """None: nobody read the rules, so no figure passes."""
