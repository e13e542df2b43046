"""Days as people say them: every day that the words may mean, within the days that are asked for.

One day is an answer; two ('3/4', 'next Friday') are asked back; none is not understood. Nothing is guessed but the year
of a day named without one: the next such day, or in a range that lies in the past the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from ivr.core.speech.dates_en import read_english
from ivr.core.speech.dates_zh import read_chinese
from ivr.core.speech.day import Day
from ivr.core.speech.fillers import bare, base

_YEARS = 9
"""Years looked at for a day without one: a 29 February is found from any year (1896-1904 had eight between)."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days that are asked for, ends included; None: no end."""

    today: date
    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Whether a day is one of them."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


_READERS: dict[str, Callable[[str, date], Iterable[Day]]] = {"en": read_english, "zh": read_chinese}


def dates_said(text: str, language: str, days: Days) -> tuple[date, ...]:
    """Every day that the words may mean and that is asked for, the likelier first."""
    reader = _READERS.get(base(language))
    if reader is None:
        return ()
    found = (_placed(day, days) for day in reader(bare(text, language), days.today))
    return tuple(dict.fromkeys(day for day in found if day is not None and days.holds(day)))


def date_keyed(keys: str) -> date | None:
    """YYYYMMDD."""
    if len(keys) != 8 or not (keys.isascii() and keys.isdigit()):
        return None
    return _made(int(keys[:4]), int(keys[4:6]), int(keys[6:]))


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _placed(day: Day, days: Days) -> date | None:
    """The day in its year and month, as far as they were named."""
    if day.year is not None and day.month is not None:
        found = _made(day.year, day.month, day.day)
        return found if found is not None and day.weekday in (None, found.weekday()) else None
    every = [made for year, month in _months(day, days) if (made := _made(year, month, day.day)) is not None]
    asked = [made for made in every if days.holds(made)]
    ahead = [made for made in asked if made >= days.today]
    nearest = ahead[0] if ahead else asked[-1] if asked else None
    # 'Thursday the 27th' when the next 27th is a Friday: a slip, not a day years away.
    return nearest if nearest is not None and day.weekday in (None, nearest.weekday()) else None


def _months(day: Day, days: Days) -> list[tuple[int, int]]:
    """Where a day without a year, or without a month, may lie; in order."""
    this = days.today.year
    years = range(max(1, this - _YEARS), this + _YEARS)
    if day.month is not None:
        return [(year, day.month) for year in years]
    near = [days.today.replace(day=15) + timedelta(days=30 * step) for step in range(-14, 15)]
    return list(dict.fromkeys((one.year, one.month) for one in near))


__all__ = ["Day", "Days", "date_keyed", "dates_said"]
