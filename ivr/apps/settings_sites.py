"""Settings of sites: where agents work, and when that place is open by its own clock."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from ivr.apps.settings_sections import Section
from ivr.core.queueing.hours import Hours, Span

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


def _zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise ValueError(f"{name!r} is no time zone: write one of the tz database, such as Asia/Hong_Kong")
    return name


def _span(text: str) -> str:
    found = _SPAN.fullmatch(text)
    if found is None or (found[3] == "24" and found[4] != "00"):
        raise ValueError(f'{text!r} is no span of hours: write "09:00-18:00", or "22:00-06:00" into the next morning')
    return text


def _days(text: str) -> str:
    if not _day_numbers(text):
        raise ValueError(f"{text!r} names no days: write mon-fri, sat, or mon,wed,fri")
    return text


def _day_numbers(text: str) -> list[int]:
    numbers: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first not in DAYS or (last and last not in DAYS):
            return []
        begins, ends = DAYS.index(first), DAYS.index(last or first)
        numbers += range(begins, ends + 1) if begins <= ends else [*range(begins, 7), *range(ends + 1)]
    return numbers


SiteName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,16}$")]
ZoneName = Annotated[str, AfterValidator(_zone)]
"""Of the tz database, such as Europe/London. Summer time is kept by it."""
DaysAndSpans = dict[Annotated[str, AfterValidator(_days)], tuple[Annotated[str, AfterValidator(_span)], ...]]
"""Days -> spans of hours by the clock of the place, such as mon-fri: ["09:00-12:30", "13:30-18:00"]."""


class SiteSettings(Section):
    """A place where agents work."""

    zone: ZoneName
    open: DaysAndSpans = Field(min_length=1)
    closed: tuple[date, ...] = ()
    """Days off, such as 2026-12-25."""

    def hours(self) -> Hours:
        """As the queues see it."""
        return hours_of(self.open, self.zone, self.closed)


def hours_of(open_at: DaysAndSpans, zone: str, closed: Iterable[date]) -> Hours:
    """Opening hours in one time zone."""
    week: dict[int, tuple[Span, ...]] = {}
    for days, spans in open_at.items():
        for day in _day_numbers(days):
            week[day] = (*week.get(day, ()), *(_minutes(span) for span in spans))
    return Hours(zoneinfo.ZoneInfo(zone), week, frozenset(closed))


def _minutes(span: str) -> Span:
    found = _SPAN.fullmatch(span)
    assert found is not None
    begins, ends = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    return begins, ends


def site_faults(sites: Mapping[str, SiteSettings], *, now: float) -> list[tuple[tuple[str, ...], str]]:
    """Sites that never open: where it is written, and what to do."""
    return [
        ((name, "open"), "this site does not open on any day of the next year: give it hours, or fewer days off")
        for name, site in sites.items()
        if site.hours().opens_at(now) is None
    ]
