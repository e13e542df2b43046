"""Holds and erasure requests that stand, and what was shredded, by the audit log.

A long log is read once, then followed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Set

from ivr.core.audit.entry import AuditEntry
from ivr.core.vault.retention import Ledger
from ivr.ports.audit import AuditLog

SHREDDED, RECORD_SHREDDED, CLEARED = "recording.shredded", "record.shredded", "recording.cleared"
GONE = (SHREDDED, RECORD_SHREDDED, CLEARED)
"""Actions of entries that prove an erasure."""


class Standing:
    """What one process knows of it. Used from several threads."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._standing: list[tuple[int, AuditEntry]] = []
        self._gone: set[str] = set()
        self._read_to = 0
        """Entries of the log below this were looked at."""

    @property
    def gone(self) -> Set[str]:
        """Calls whose recording or record was shredded, as of the last `ledger`."""
        return self._gone

    def ledger(self) -> Ledger:
        """Holds and requests that stand now. Raises IvrError."""
        return Ledger.read((one.action, one.subject, str(one.details.get("hold", ""))) for _, one in self._follow())

    def entries(self) -> Mapping[tuple[str, str], tuple[int, AuditEntry]]:
        """The entry, with its number, of each hold and request that stands: by call and hold's name, empty of a
        request. Raises IvrError."""
        found = self._follow()
        ledger = Ledger.read((one.action, one.subject, str(one.details.get("hold", ""))) for _, one in found)
        stands = {(call, name) for call, names in ledger.holds.items() for name in names}
        stands |= {(call, "") for call in ledger.requests}
        last = {(one.subject, str(one.details.get("hold", ""))): (number, one) for number, one in found}
        return {key: last[key] for key in stands}

    def _follow(self) -> list[tuple[int, AuditEntry]]:
        """Every entry of the ledger so far."""
        with self._lock:
            self._log.publish()
            end = self._log.published
            found = self._log.entries(self._read_to, before=end, actions=(*Ledger.ACTIONS, SHREDDED, RECORD_SHREDDED))
            for number, entry in found:
                if entry.outcome != "done":
                    continue
                if entry.action in Ledger.ACTIONS:
                    self._standing.append((number, entry))
                else:
                    self._gone.add(str(entry.details.get("call", entry.subject)))
            self._read_to = end
            return list(self._standing)
