"""What became of warnings, counted by dialplan version and day. No recording and no record is opened for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ivr.core.call.warned import FIGURES, figure
from ivr.core.vault.search import CallQuery
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.publishing.drafts import kept_dialplan
from ivr.errors import IvrError, OperatorError
from ivr.ports.versions import DialplanVersions, KeptVersion

MOST_DAYS = 92
"""Of one report: a quarter."""
_NAMES: Final[dict[str, tuple[str, ...]]] = {}
"""SHA-256 of a version -> names of its warnings: it never changes, so it is read once by a process."""


@dataclass(frozen=True, slots=True)
class CountWarnings(Asked):
    """Of calls that began on some days, UTC."""

    since: str
    """2026-01-31, inclusive."""
    until: str
    """Inclusive."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Calls of one day that one version served, and what became of one of its warnings in them."""

    day: str
    version: str
    """name@version."""
    calls: int
    warning: str
    figures: Mapping[str, int]
    """Name of `FIGURES` -> calls. Each has its query: `query`."""

    def query(self, name: str) -> CallQuery:
        """How the calls behind a figure are found."""
        return CallQuery(version=self.version, day=self.day, warning=figure(self.warning, name))


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted."""

    rows: list[Warned]
    """The newest day first."""
    unread: list[str]
    """Versions whose document does not open: of their warnings nothing is counted."""


@does("recordings.warnings")
def warnings(desk: Desk, asked: CountWarnings) -> Counted:
    """Raises OperatorError when it is no span of days."""
    versions, calls = desk.ports.versions, desk.ports.calls
    served = {one.id: one for one in reversed(versions.all())}
    pairs = [(day, id) for day in _days(asked.since, asked.until) for id in sorted(served)]
    taken = calls.count_each([CallQuery(day=day, version=id) for day, id in pairs]) if pairs else []
    names, unread = dict[str, tuple[str, ...]](), list[str]()
    for id in sorted({id for (_, id), count in zip(pairs, taken, strict=True) if count}):
        try:
            names[id] = _warnings_of(versions, served[id])
        except IvrError:
            unread.append(id)
    rows = [
        Warned(day, id, count, warning, {})
        for (day, id), count in zip(pairs, taken, strict=True) if count
        for warning in names.get(id, ())
    ]  # fmt: skip
    return Counted(_with_figures(desk, rows), unread)


def _with_figures(desk: Desk, rows: Sequence[Warned]) -> list[Warned]:
    if not rows:
        return []
    counts = iter(desk.ports.calls.count_each([row.query(name) for row in rows for name in FIGURES]))
    return [
        Warned(row.day, row.version, row.calls, row.warning, {name: next(counts) for name in FIGURES}) for row in rows
    ]


def _days(since: str, until: str) -> list[str]:
    """From one to the other, the last one first."""
    try:
        first, last = (datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) for text in (since, until))
    except ValueError:
        raise OperatorError("a day reads 2026-01-31, in UTC") from None
    count = (last - first).days + 1
    if not 1 <= count <= MOST_DAYS:
        raise OperatorError(f"name a span of 1 to {MOST_DAYS} days, the earlier one first")
    return [f"{last - timedelta(days=back):%Y-%m-%d}" for back in range(count)]


def _warnings_of(versions: DialplanVersions, kept: KeptVersion) -> tuple[str, ...]:
    """Names of a version's warnings."""
    if kept.sha256 not in _NAMES:
        _NAMES[kept.sha256] = tuple(sorted(kept_dialplan(versions, kept.sha256).disclosures))
    return _NAMES[kept.sha256]
