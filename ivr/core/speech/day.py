"""A day as it was named: perhaps without its year, or its month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Day:
    """What was named of a day."""

    day: int
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    """0: Monday. It must be that of the day."""

    @classmethod
    def of(cls, found: date) -> Day:
        """A day that is fully known."""
        return cls(found.day, found.month, found.year)


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def upcoming(today: date, weekday: int) -> date:
    """The first such weekday after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
