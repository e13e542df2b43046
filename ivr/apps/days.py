"""Days as people write them, by this machine's clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from ivr.errors import OperatorError

DAY: Final = "%Y-%m-%d"
MOST_DAYS: Final = 400
"""Of one report."""


def days_of(first: str, last: str) -> tuple[date, date]:
    """First day, and the one after the last; nothing typed: today alone. Raises OperatorError."""
    begins = _day(first) if first else date.today()
    ends = (_day(last) if last else begins) + timedelta(days=1)
    if ends <= begins:
        raise OperatorError(f"the last day {ends - timedelta(days=1):{DAY}} is before the first, {begins:{DAY}}")
    if ends - begins > timedelta(days=MOST_DAYS):
        raise OperatorError(f"at most {MOST_DAYS} days are counted together: choose fewer")
    return begins, ends


def midnight(day: date) -> float:
    """When it begins, by this machine's clock: seconds since the epoch."""
    return datetime(day.year, day.month, day.day).astimezone().timestamp()


def _day(text: str) -> date:
    try:
        day = datetime.strptime(text, DAY).date()
    except ValueError as error:
        raise OperatorError("a day reads 2026-11-28") from error
    if not 1970 < day.year < 9999:
        raise OperatorError("a day reads 2026-11-28")
    return day
