"""Callback requests: none is kept for longer than somebody decided."""

from __future__ import annotations

from ivr.core.audit.entry import AuditEntry
from ivr.core.vault.retention import DAY_SECONDS
from ivr.ports.audit import AuditLog
from ivr.ports.callbacks import CallbackStore
from ivr.ports.clock import Clock
from ivr.ports.keys import ErasingKeyStore


class CallbackKeeper:
    """Closes what nobody took in time, and forgets what has been closed for as long."""

    def __init__(
        self, store: CallbackStore, keys: ErasingKeyStore, log: AuditLog, *, keep_days: float, wall: Clock
    ) -> None:
        self._store = store
        self._keys = keys
        self._log = log
        self._keep_seconds = keep_days * DAY_SECONDS
        self._wall = wall

    def round(self) -> None:
        """Once. Keys are shredded first: what a crash leaves behind opens no more, and goes next time."""
        now = self._wall()
        before = now - self._keep_seconds
        expired = self._store.expire(before=before, at=now)
        closed = self._store.closed(before=before)
        if closed:
            self._keys.shred(list(closed.values()))
            self._store.forget(list(closed))
        entries = [AuditEntry(now, "keeper", "callback.expired", one) for one in expired]
        entries += [AuditEntry(now, "keeper", "callback.forgotten", one) for one in closed]
        if entries:
            self._log.append(entries)
