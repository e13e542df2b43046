"""A report: tables of figures, and which calls each figure counts.

Rule: a report follows from the records, the days and its definition's version, and from nothing else. So the same
records give the same bytes, whoever makes it and when.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from ivr.errors import OperatorError

MOST_DAYS: Final = 184
"""Of one report: half a year, which the longest period of a return is (FCA PS25/19)."""
PLACES: Final = 4
"""Decimals of what is no count."""


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both inclusive, in UTC."""

    since: str
    """2027-01-01."""
    until: str

    @staticmethod
    def of(since: str, until: str) -> Days:
        """Raises OperatorError when it is no span of days that a report may have."""
        try:
            first, last = (datetime.strptime(text, "%Y-%m-%d") for text in (since, until))
        except ValueError:
            raise OperatorError("a day reads 2026-01-31, in UTC") from None
        if not 0 <= (last - first).days < MOST_DAYS:
            raise OperatorError(f"name a span of 1 to {MOST_DAYS} days, the earlier one first")
        return Days(f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}")

    @property
    def begin(self) -> float:
        """Seconds since the epoch, inclusive."""
        return datetime.fromisoformat(self.since).replace(tzinfo=UTC).timestamp()

    @property
    def end(self) -> float:
        """So too, exclusive."""
        return (datetime.fromisoformat(self.until).replace(tzinfo=UTC) + timedelta(days=1)).timestamp()


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, and the calls that it is about."""

    value: float | None
    """None: nothing can be said, as of no calls."""
    calls: tuple[str, ...] = field(repr=False)
    """Each once, in the order of their ids. Of a share: the calls that have it."""
    low: float | None = None
    high: float | None = None
    """Its 95 % interval, where it is an estimate."""
    percent: bool = False
    """A share: 1 is 100 %."""

    @property
    def text(self) -> str:
        """As it is printed: 12, 83.3 % (60.8 to 94.2), -."""
        if self.value is None:
            return "-"
        shown = _number(self.value, self.percent)
        if self.low is None or self.high is None:
            return shown
        return f"{shown} ({_number(self.low, self.percent)} to {_number(self.high, self.percent)})"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is about, and its figures in the order of the table's columns."""

    labels: tuple[str, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures."""

    name: str
    """a-z and _: part of every figure's key."""
    title: str
    """English; translated in the catalogue, as all words of a report."""
    labels: tuple[str, ...]
    """Heads of what rows are about."""
    columns: tuple[str, ...]
    """Heads of figures."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was made."""

    name: str
    version: int
    days: Days
    title: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    """What the figures do not say."""

    @property
    def id(self) -> str:
        """name@version of the definition."""
        return f"{self.name}@{self.version}"

    @property
    def data(self) -> bytes:
        """All figures as JSON, sorted and without spaces: a file that anybody compares with the receipt by its hash."""
        figures = {
            key: {"value": one.value, "low": one.low, "high": one.high, "share": one.percent}
            for key, one in self.figures()
        }
        return _json({"report": self.id, "since": self.days.since, "until": self.days.until, "figures": figures})

    @property
    def sha256(self) -> str:
        """Of `data`, hex: equal for equal records."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def calls_sha256(self) -> str:
        """Of the calls behind each figure, hex."""
        return hashlib.sha256(_json({key: list(one.calls) for key, one in self.figures()})).hexdigest()

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Every figure by its key, in order."""
        for table in self.tables:
            for row in table.rows:
                for column, figure in zip(table.columns, row.figures, strict=True):
                    yield key_of(table, row, column), figure

    def calls_of(self, key: str) -> tuple[str, ...]:
        """The calls that a figure is about. Raises OperatorError when there is no such figure."""
        for name, figure in self.figures():
            if name == key:
                return figure.calls
        raise OperatorError(f"the report {self.name} of these days has no such figure: make it again, and take its key")


def key_of(table: Table, row: Row, column: str) -> str:
    """How a figure is named: table/label/…/column, each part percent-encoded."""
    return "/".join(quote(part, safe="@") for part in (table.name, *row.labels, column))


def count(calls: Iterable[str]) -> Figure:
    """How many calls."""
    each = tuple(sorted(set(calls)))
    return Figure(len(each), each)


def day_of(at: float) -> str:
    """2027-01-31, of seconds since the epoch."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def month_of(at: float) -> str:
    """2027-01."""
    return day_of(at)[:7]


ALL: Final = "all"
"""Label of a row of all rows together."""


def total(rows: Sequence[Row]) -> tuple[Row, ...]:
    """One more row with each call of each column once; none where there are fewer than two rows."""
    if len(rows) < 2:
        return ()
    columns = zip(*(row.figures for row in rows), strict=True)
    summed = tuple(count(call for figure in column for call in figure.calls) for column in columns)
    return (Row((ALL, *("" for _ in rows[0].labels[1:])), summed),)


def _json(data: Mapping[str, object]) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _number(value: float, percent: bool) -> str:
    if percent:
        return f"{100 * value:.1f} %"
    return str(int(value)) if value == int(value) else f"{value:.2f}"
