"""What became of warnings, by dialplan version and day; each figure opens its calls."""

from __future__ import annotations

import shlex
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from ivr.apps.web.operation import operation
from ivr.apps.web.visit import Visit
from ivr.core.call.warned import FIGURES, figure
from ivr.engine.office import warned as office

DAYS: Final = 7
"""Shown where nobody asks for others."""


class Span(BaseModel):
    """Which days, UTC."""

    since: str = Field(default="", max_length=10)
    until: str = Field(default="", max_length=10)


@dataclass(frozen=True, slots=True)
class Figure:
    """In how many calls."""

    name: str
    calls: int
    path: str
    """Page of those calls; empty where more than one search would be needed."""


@dataclass(frozen=True, slots=True)
class WarnedRow:
    """One warning of one version."""

    day: str
    """Empty: of all days together."""
    version: str
    warning: str
    calls: int
    """That the version served."""
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class WarningsPage:
    """What became of warnings."""

    since: str
    until: str
    names: dict[str, str]
    """Figure -> what it says."""
    together: tuple[WarnedRow, ...]
    days: tuple[WarnedRow, ...]
    """The newest first."""
    unread: tuple[str, ...]
    """Versions whose document does not open."""


@operation("GET", "/warnings", scope="recordings.warnings", page="warnings.html")
def recordings_warnings(visit: Visit, asked: Span) -> WarningsPage:
    """What became of warnings on some days."""
    today = datetime.fromtimestamp(time.time(), UTC)
    until = asked.until or f"{today:%Y-%m-%d}"
    since = asked.since or f"{today - timedelta(days=DAYS - 1):%Y-%m-%d}"
    found = office.warnings(visit.office, office.CountWarnings(since, until))
    days = tuple(WarnedRow(one.day, one.version, one.warning, one.calls, _figures(one)) for one in found.rows)
    return WarningsPage(since, until, dict(FIGURES), _together(found.rows, since, until), days, tuple(found.unread))


def _figures(one: office.Warned) -> tuple[Figure, ...]:
    return tuple(
        Figure(name, count, _path(one.version, one.warning, name, f"day:{one.day}") if count else "")
        for name, count in one.figures.items()
    )


def _together(rows: list[office.Warned], since: str, until: str) -> tuple[WarnedRow, ...]:
    sums: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(("calls", *FIGURES), 0))
    for one in rows:
        sums[one.version, one.warning]["calls"] += one.calls
        for name, count in one.figures.items():
            sums[one.version, one.warning][name] += count
    behind = f"{datetime.strptime(until, '%Y-%m-%d').replace(tzinfo=UTC) + timedelta(days=1):%Y-%m-%d}"
    return tuple(
        WarnedRow(
            "", version, warning, counts["calls"],
            tuple(
                Figure(
                    name, counts[name],
                    _path(version, warning, name, f"since:{since} until:{behind}") if counts[name] else "",
                )
                for name in FIGURES
            ),
        )
        for (version, warning), counts in sorted(sums.items())
    )  # fmt: skip


def _path(version: str, warning: str, name: str, when: str) -> str:
    """The search that opens a figure's calls."""
    text = f"version:{shlex.quote(version)} warning:{shlex.quote(figure(warning, name))} {when}"
    return "/recordings?" + urlencode({"q": text})
