"""Opening hours: by day of the week, with holidays and special days, on the clock of a place.

The local clock decides: where clocks are set back, an hour that is open is open twice; where they are set forward, it
is shorter. A range past midnight belongs to the day on which it begins: before a listed day it ends at midnight.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
_RANGE = re.compile(r"([0-9]{1,2}):([0-9]{2}) ?- ?([0-9]{1,2}):([0-9]{2})")
_SPAN = re.compile(rf"({'|'.join(DAYS)})(?: ?- ?({'|'.join(DAYS)}))?")

Ranges = tuple[tuple[int, int], ...]
"""(first minute of the day, minute after the last one); past 1440 on the next day. Sorted, not overlapping."""


class HoursError(Exception):
    """Hours or a day that make no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When a place is open."""

    name: str
    zone: str
    """IANA time zone."""
    weekly: tuple[Ranges, ...]
    """Monday to Sunday."""
    special: Mapping[date, Ranges] = field(default_factory=dict)
    """Days that differ; no ranges: closed."""

    def open_at(self, moment: float) -> bool:
        """Whether it is open at a time (seconds since the epoch)."""
        local = datetime.fromtimestamp(moment, time_zone(self.zone))
        minute = local.hour * 60 + local.minute
        today = local.date()
        if any(first <= minute < last for first, last in self._ranges(today)):
            return True
        # What began yesterday goes on, unless today has hours of its own.
        yesterday = today - timedelta(days=1)
        return today not in self.special and any(minute < last - DAY_MINUTES for _, last in self._ranges(yesterday))

    def _ranges(self, day: date) -> Ranges:
        return self.special[day] if day in self.special else self.weekly[day.weekday()]


def time_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name, such as Asia/Hong_Kong. Raises HoursError."""
    try:
        return ZoneInfo(name)  # cached by name
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise HoursError(f"'{name}' is no time zone") from error


def local_day(moment: float, zone: str) -> date:
    """The day it is somewhere (moment: seconds since the epoch)."""
    return datetime.fromtimestamp(moment, UTC if zone == "UTC" else time_zone(zone)).date()


def week(written: Mapping[str, str]) -> tuple[Ranges, ...]:
    """Ranges for Monday to Sunday, from {"mon-fri": "09:00-17:00", "sat, sun": ...}. Raises HoursError."""
    found: dict[int, Ranges] = {}
    for days, text in written.items():
        for index in _days(days):
            if index in found:
                raise HoursError(f"{DAYS[index]} is given twice")
            found[index] = ranges(text)
    for index, today in found.items():
        after = found.get((index + 1) % 7, ())
        if today and after and today[-1][1] - DAY_MINUTES > after[0][0]:
            raise HoursError(f"the night after {DAYS[index]} runs into the next day's hours")
    return tuple(found.get(index, ()) for index in range(7))


def _days(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise HoursError(f"'{part.strip()}' is no day or span of days such as mon-fri")
        first = DAYS.index(match[1])
        last = DAYS.index(match[2]) if match[2] else first
        found.extend((first + step) % 7 for step in range((last - first) % 7 + 1))
    return found


def ranges(text: str) -> Ranges:
    """Ranges of one day, from "09:00-12:30, 13:30-18:00". Raises HoursError."""
    found = sorted(_range(part.strip()) for part in text.split(","))
    for (_, last), (first, _) in pairwise(found):
        if first < last:
            raise HoursError(f"in '{text}' two ranges overlap")
    return tuple(found)


def _range(text: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise HoursError(f"'{text}' is no range such as 09:00-17:30")
    hour, minute, to_hour, to_minute = map(int, match.groups())
    first, last = hour * 60 + minute, to_hour * 60 + to_minute
    if max(minute, to_minute) > 59 or first >= DAY_MINUTES or last > DAY_MINUTES:
        raise HoursError(f"'{text}' has a time that no clock shows; a day ends at 24:00")
    if first == last:
        raise HoursError(f"'{text}' is empty; all day is 00:00-24:00")
    return (first, last) if first < last else (first, last + DAY_MINUTES)


def day_of(text: str) -> date:
    """A date written YYYY-MM-DD. Raises HoursError."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise HoursError(f"'{text}' is no day; days are written 2026-12-24")
    return found
