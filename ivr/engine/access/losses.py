"""Whether somebody may have lost something: what has to be known while a stream is open, and no request comes.

Rule: nobody loses a permission, a session or their account without an entry of the log. So the log is looked at, once
for all who watch; who they are is then asked as at each request.
"""

from __future__ import annotations

from typing import Final

from ivr.engine.access.visits import ENDED
from ivr.engine.office.acts import ACTS
from ivr.ports.audit import AuditLog

NOUNS: Final = ("roles", "sessions", "tokens", "users")
CHANGES: Final = tuple(sorted({ENDED, *(a.action for a in ACTS.values() if a.name.partition(".")[0] in NOUNS)} - {""}))
"""Entries after which somebody may do less than before."""


class Losses:
    """By one log."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._seen: int | None = None

    def since(self) -> frozenset[str] | None:
        """Persons who may have lost something since this was asked last; None: anybody may. Raises IvrError."""
        self._log.publish()
        seen, self._seen = self._seen, self._log.published
        if seen is None:
            return None
        entries = [entry for _, entry in self._log.entries(seen, actions=CHANGES)]
        # Who leaves is the one who loses their session; what an officer does may touch everybody.
        return frozenset(one.actor for one in entries) if all(one.action == ENDED for one in entries) else None
