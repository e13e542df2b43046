"""What the audit log says of time: how far it is trusted, and what was erased lately.

Of a long log each bundle is looked at by its first and last entry, and only one in which time jumps is read whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.tiles import TILE_WIDTH
from ivr.core.vault.guard import CLOCK_CONFIRMED, Guard
from ivr.core.vault.retention import DAY_SECONDS
from ivr.ports.audit import AuditLog

_CONFIRMS = f'{{"action":"{CLOCK_CONFIRMED}",'.encode()


class LogClock:
    """The trusted time of one log, followed as it grows."""

    def __init__(self, log: AuditLog, guard: Guard) -> None:
        self._log, self._guard = log, guard
        self._bundle = 0
        """Bundles before this one are full and were looked at."""
        self._known: float | None = None

    def trusted(self) -> float | None:
        """The newest trusted time of the published log; None of an empty one. Raises SealError."""
        known = self._known
        for number in range(self._bundle, -(-self._log.published // TILE_WIDTH)):
            raw = self._log.bundle(number)
            known = self._after(known, raw)
            if len(raw) == TILE_WIDTH:
                self._bundle, self._known = number + 1, known
        return known

    def count(self, actions: Sequence[str], since: float, detail: str) -> int:
        """Sum of a detail (a number; of `True` one each) of done entries since a time."""
        found = (entry for _, entry in self._log.since(since) if entry.action in actions and entry.at >= since)
        return sum(int(value) for one in found if isinstance(value := one.details.get(detail), int))

    def _after(self, known: float | None, raw: Sequence[bytes]) -> float | None:
        first, last = AuditEntry.decode(raw[0]).at, AuditEntry.decode(raw[-1]).at
        lead = self._guard.lead_days * DAY_SECONDS
        calm = known is not None and first <= known + lead and last <= max(known, first) + lead
        if calm and not any(one.startswith(_CONFIRMS) for one in raw):
            return self._guard.trusted(known, [(first, False), (last, False)])
        entries = map(AuditEntry.decode, raw)
        return self._guard.trusted(known, ((one.at, _confirms(one)) for one in entries))


def _confirms(entry: AuditEntry) -> bool:
    return entry.action == CLOCK_CONFIRMED and entry.outcome == "done"
