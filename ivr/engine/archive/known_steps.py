"""Which steps of which calls are in the audit log already, so that none is entered twice or left out.

The log is read once, from the start of the oldest call that is asked about, and then followed.
"""

from __future__ import annotations

from collections import OrderedDict

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.tiles import TILE_WIDTH
from ivr.ports.audit import AuditLog

FIRST_STEP = 1
SLACK_SECONDS = 120.0
"""Entries of a call may be older than its start by so much: clocks are set."""
SET_BACK_SECONDS = 7200.0
"""A call whose first step is not found may have begun before the clock was set back by so much: it is looked for."""
CALLS_MAX = 50_000
"""Calls remembered; the oldest are forgotten first, long after they were sealed."""


class KnownSteps:
    """What one process knows of the log's steps."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._first: int | None = None
        """Entries from here on were read; None: none yet."""
        self._next = 0
        self._since = float("inf")
        """Every entry younger than this was read."""
        self._calls: OrderedDict[str, set[int]] = OrderedDict()

    def of(self, call_id: str, since: float) -> set[int]:
        """Numbers of a call's steps that the log holds; the call began at `since` (wall clock). Raises IvrError."""
        self._log.publish()
        if self._first is None:
            self._first = self._next = self._log.published
        if since < self._since:
            self._read_back(call_id, since)
            self._since = since
        for index, entry in self._log.entries(self._next):
            self._take(entry)
            self._next = index + 1
        return self._calls.get(call_id, set())

    def _read_back(self, call_id: str, since: float) -> None:
        """Read what is before, a bundle at a time, until a whole bundle is older than the call."""
        assert self._first is not None
        for number in range(-(-self._first // TILE_WIDTH) - 1, -1, -1):
            first = number * TILE_WIDTH
            entries = [AuditEntry.decode(raw) for raw in self._log.bundle(number)[: self._first - first]]
            slack = SLACK_SECONDS if FIRST_STEP in self._calls.get(call_id, ()) else SET_BACK_SECONDS
            if all(entry.at < since - slack for entry in entries):
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
