"""Entries of a few kinds, read on from where this process stood: the log grows with every call, and they are few in it.

What was read is the log's own word, and an entry never changes; a log that is shorter than before is read anew.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from ivr.core.audit.entry import AuditEntry
from ivr.ports.audit import AuditLog


class Followed:
    """Entries of some actions in one log. Used from several threads."""

    def __init__(self, actions: Sequence[str]) -> None:
        self._actions = tuple(actions)
        self._lock = threading.Lock()
        self._read = 0
        self._entries: list[AuditEntry] = []

    def entries(self, log: AuditLog) -> Sequence[AuditEntry]:
        """All of them, in order. Raises IvrError."""
        with self._lock:
            log.publish()
            size = log.published
            if size < self._read:
                self._read, self._entries = 0, []
            new = log.entries(self._read, actions=self._actions) if size > self._read else ()
            self._entries = [*self._entries, *(entry for index, entry in new if index < size)]
            self._read = size
            return self._entries


_KNOWN: WeakKeyDictionary[AuditLog, dict[tuple[str, ...], Followed]] = WeakKeyDictionary()
_MAKING = threading.Lock()


def followed(log: AuditLog, *actions: str) -> Sequence[AuditEntry]:
    """Entries of these actions, in order: only what came since the last time is read. Raises IvrError."""
    with _MAKING:
        known = _KNOWN.setdefault(log, {}).setdefault(actions, Followed(actions))
    return known.entries(log)
