"""Housekeeping of callback requests: none is kept for longer than the settings say."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ivr.adapters.files.audit.log import AuditLog
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import callback_store
from ivr.core.audit.entry import AuditEntry
from ivr.ports.callbacks import CallbackStore
from ivr.ports.clock import Clock
from ivr.ports.keys import ErasingKeyStore

DAY_SECONDS = 86_400.0


class CallbackKeeper:
    """Closes what nobody took in time, and forgets what has been closed for as long."""

    def __init__(
        self,
        store: CallbackStore,
        keys: ErasingKeyStore,
        audit: Callable[[Sequence[AuditEntry]], object],
        *,
        keep_days: float,
        wall: Clock,
    ) -> None:
        self._store = store
        self._keys = keys
        self._audit = audit
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
            self._audit(entries)


def callback_keeper(settings: Settings, keys: ErasingKeyStore, audit: AuditLog) -> CallbackKeeper:
    """With the settings' database."""
    days = settings.callbacks.keep_days
    return CallbackKeeper(callback_store(settings, keys), keys, audit.append, keep_days=days, wall=time.time)
