"""Which steps of which calls are in the audit log already, so that none is entered twice or left out.

The log is read once, from the start of the oldest call that is asked about, and then followed. Where a call's first
step is not among what was read, the clock may have been set back since: then the whole log is sifted for its name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.tiles import TILE_WIDTH
from ivr.ports.audit import AuditLog

FIRST_STEP = 1
SLACK_SECONDS = 120.0
"""Entries of a call may be older than its start by so much: clocks are set."""
CALLS_MAX = 50_000
"""Calls remembered; the oldest are forgotten first, long after they were sealed."""


def entries_of(log: AuditLog, call_id: str, since: float) -> list[AuditEntry]:
    """The published entries of a call's steps; it began at `since` (wall clock). Raises IvrError."""
    near = _steps(call_id, (entry for _, entry in log.since(since - SLACK_SECONDS, naming=(call_id,))))
    if any(entry.details["step"] == FIRST_STEP for entry in near):
        return near
    return _steps(call_id, (entry for _, entry in log.entries(naming=(call_id,))))


class KnownSteps:
    """What one process knows of the log's steps."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._first: int | None = None
        """Entries from here on were read; None: none yet."""
        self._next = 0
        self._since = float("inf")
        """Every entry younger than this was read, if no clock was set back."""
        self._calls: OrderedDict[str, set[int]] = OrderedDict()

    def of(self, calls: Mapping[str, float]) -> dict[str, set[int]]:
        """Numbers of the steps that the log holds, by call; `calls`: when each began (wall clock). Raises IvrError."""
        if not calls:
            return {}
        self._log.publish()
        if self._first is None:
            self._first = self._next = self._log.published
        since = min(calls.values())
        if since < self._since:
            self._read_back(since - SLACK_SECONDS)
            self._since = since
        for index, entry in self._log.entries(self._next):
            self._take(entry)
            self._next = index + 1
        hidden = [call_id for call_id in calls if FIRST_STEP not in self._calls.get(call_id, ())]
        if hidden and (self._first or len(self._calls) == CALLS_MAX):
            for _, entry in self._log.entries(naming=hidden):
                self._take(entry)
        return {call_id: set(self._calls.get(call_id, ())) for call_id in calls}

    def _read_back(self, until: float) -> None:
        """Read what is before, a bundle at a time, until a whole bundle is older than that."""
        assert self._first is not None
        for number in range(-(-self._first // TILE_WIDTH) - 1, -1, -1):
            first = number * TILE_WIDTH
            entries = [AuditEntry.decode(raw) for raw in self._log.bundle(number)[: self._first - first]]
            if all(entry.at < until for entry in entries):
                return
            self._first = first
            for entry in entries:
                self._take(entry)

    def _take(self, entry: AuditEntry) -> None:
        number = entry.details.get("step")
        if isinstance(number, int):
            self._calls.setdefault(entry.subject, set()).add(number)
            while len(self._calls) > CALLS_MAX:
                self._calls.popitem(last=False)


def _steps(call_id: str, entries: Iterable[AuditEntry]) -> list[AuditEntry]:
    return [entry for entry in entries if entry.subject == call_id and "step" in entry.details]
