"""From written opening hours to the model; what makes no sense is a located finding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from ivr.core.dialplan.hours import Hours, HoursError, Ranges, day_of, ranges, time_zone, week
from ivr.core.dialplan.language.build import Builder
from ivr.core.dialplan.language.schema_hours import HoursIn
from ivr.core.dialplan.language.source import Path

_Written = TypeVar("_Written")
_Made = TypeVar("_Made")
_CLOSED: tuple[Ranges, ...] = ((),) * 7


def zone_of(name: str, path: Path, builder: Builder) -> str:
    """A time zone that exists."""
    try:
        time_zone(name)
    except HoursError as error:
        builder.wrong(path, "D190", f"{error}.", "Write an IANA name such as Asia/Hong_Kong or Europe/London.")
        return "UTC"
    return name


def hours_of(name: str, written: HoursIn, zone: str, builder: Builder) -> Hours:
    """Opening hours of one place. `zone` is the dialplan's."""
    path: Path = ("hours", name)
    if not written.weekly and not written.special:
        builder.wrong(path, "D191", "it is never open.", 'Add weekly: {mon-fri: "09:00-17:00"}.', key=True)
    own = zone if written.zone is None else zone_of(written.zone, (*path, "zone"), builder)
    weekly = _made(week, written.weekly, (*path, "weekly"), builder)
    special: dict[date, Ranges] = {}
    for index, day in enumerate(written.holidays):
        _add(special, day, (), (*path, "holidays", index), builder)
    for day, text in written.special.items():
        at = (*path, "special", day)
        _add(special, day, _made(ranges, text, at, builder) or (), at, builder)
    return Hours(name, own, weekly or _CLOSED, special)


def _add(special: dict[date, Ranges], written: str, hours: Ranges, path: Path, builder: Builder) -> None:
    day = _made(day_of, written, path, builder)
    if day in special:
        builder.wrong(path, "D191", f"{written} is given twice.", "Leave one of them out.")
    if day is not None:
        special[day] = hours


def _made(make: Callable[[_Written], _Made], written: _Written, path: Path, builder: Builder) -> _Made | None:
    try:
        return make(written)
    except HoursError as error:
        builder.wrong(path, "D191", f"{error}.", "See 'Opening hours' in docs/dialplan.md.")
        return None
