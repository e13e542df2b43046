"""What was heard of customers' voices: none is remembered for longer than somebody decided."""

from __future__ import annotations

from ivr.core.audit.entry import AuditEntry
from ivr.core.vault.retention import DAY_SECONDS
from ivr.ports.audit import AuditLog
from ivr.ports.clock import Clock
from ivr.ports.voiceprints import Voiceprints


class VoiceKeeper:
    """Forgets answers that are old, and clears away what a crash left of a voice that was erased."""

    def __init__(self, store: Voiceprints, log: AuditLog, *, heard_days: float, wall: Clock) -> None:
        self._store = store
        self._log = log
        self._heard_seconds = heard_days * DAY_SECONDS
        self._wall = wall

    def round(self) -> None:
        """Once. Raises SealError, EnvironmentFault."""
        now = self._wall()
        swept = self._store.sweep(now - self._heard_seconds)
        if swept:
            self._log.append([AuditEntry(now, "keeper", "voice.forgotten", mark) for mark in swept])
        over = [one.name for one in self._store.watched() if one.until <= now]
        for name in over:
            erased = self._store.unwatch(name)
            self._log.append([AuditEntry(now, "keeper", "watchlist.expired", name, details={"erased": erased.key})])
