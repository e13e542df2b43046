"""A figure that was said within a sentence, and what it may be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

LEADING_ZERO = re.compile(r"0\d")
"""How the rest of a number begins that was written in pieces."""


@dataclass(frozen=True, slots=True)
class SaidFigure:
    """One figure. None of the three: a bare number (`number`), or one that nothing reads for sure."""

    first: int
    """Sign of the text at which it begins."""
    last: int
    """Behind its end."""
    words: str = field(repr=False)
    rate: Decimal | None = None
    """Per cent."""
    amounts: tuple[tuple[str, Decimal], ...] = ()
    """(Currency, sum): one word names several currencies, as dollar does."""
    days: tuple[date, ...] = ()
    """Every day that the words may mean."""
    number: Decimal | None = None
    """Without a unit."""

    @property
    def unread(self) -> bool:
        """Nobody can say for sure what it is."""
        return self.rate is None and not self.amounts and not self.days and self.number is None
