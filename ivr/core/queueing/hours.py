"""When a site is open, by its own clock and calendar: shifts of the clock and days off included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

DAY_MINUTES = 24 * 60
LOOK_AHEAD_DAYS = 370
"""A site that does not open within these never opens."""

Span = tuple[int, int]
"""From and to in minutes after midnight. A span that ends before it begins, ends on the next day."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A week's opening hours in one time zone."""

    zone: tzinfo
    week: Mapping[int, tuple[Span, ...]]
    """Day of the week, 0 Monday to 6 Sunday -> spans."""
    closed: frozenset[date] = field(default_factory=frozenset)
    """Days on which nothing begins. What began on the day before goes on."""

    def open_at(self, at: float) -> bool:
        """Whether the site is open at a time, seconds since the epoch."""
        here = datetime.fromtimestamp(at, self.zone)
        minute = here.hour * 60 + here.minute
        today, yesterday = here.date(), here.date() - timedelta(days=1)
        if any(begins <= minute and (minute < ends or ends <= begins) for begins, ends in self._spans(today)):
            return True
        return any(ends <= begins and minute < ends for begins, ends in self._spans(yesterday))

    def opens_at(self, at: float) -> float | None:
        """The next time from `at` on at which it is open; None: not within a year."""
        if self.open_at(at):
            return at
        first = datetime.fromtimestamp(at, self.zone).date()
        for days in range(LOOK_AHEAD_DAYS):
            day = first + timedelta(days=days)
            for begins, _ in sorted(self._spans(day)):
                opens = self._time(day, begins)
                if opens > at:
                    return opens
        return None

    def _spans(self, day: date) -> tuple[Span, ...]:
        return () if day in self.closed else self.week.get(day.weekday(), ())

    def _time(self, day: date, minute: int) -> float:
        local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=self.zone)
        # An hour that the clock leaps over does not exist: back and forth gives the moment at which it leaps.
        return local.astimezone(UTC).timestamp()


def open_sites(sites: Mapping[str, Hours], at: float) -> frozenset[str]:
    """Those that are open at a time."""
    return frozenset(name for name, hours in sites.items() if hours.open_at(at))
