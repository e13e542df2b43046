"""Holds and erasure requests that stand, and what was shredded, by the audit log.

A long log is read once, then followed.
"""

from __future__ import annotations

from collections.abc import Set

from ivr.core.audit.entry import AuditEntry
from ivr.core.vault.retention import Ledger
from ivr.ports.audit import AuditLog

SHREDDED, RECORD_SHREDDED, CLEARED = "recording.shredded", "record.shredded", "recording.cleared"


class Standing:
    """What one process knows of it."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._standing: list[AuditEntry] = []
        self._gone: set[str] = set()
        self._read_to = 0
        """Entries of the log below this were looked at."""

    @property
    def gone(self) -> Set[str]:
        """Calls whose recording or record was shredded, as of the last `ledger`."""
        return self._gone

    def ledger(self) -> Ledger:
        """Holds and requests that stand now. Raises IvrError."""
        self._log.publish()
        end = self._log.published
        found = self._log.entries(self._read_to, actions=(*Ledger.ACTIONS, SHREDDED, RECORD_SHREDDED))
        for number, entry in found:
            if number >= end or entry.outcome != "done":
                continue
            if entry.action in Ledger.ACTIONS:
                self._standing.append(entry)
            else:
                self._gone.add(str(entry.details.get("call", entry.subject)))
        self._read_to = end
        return Ledger.read((one.action, one.subject, str(one.details.get("hold", ""))) for one in self._standing)
