"""Calls whose recording is in its long-term form and whose words the database does not know: they are indexed anew.

So it is after an older database was restored, and after an upgrade that indexes more than before. Rule: calls come
first, so it is done a few at a time; one recording that does not open is told and keeps no other waiting.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ivr.core.call.sealing import spoken
from ivr.engine.archive.faults import Faults, OnDamage, is_damage
from ivr.errors import IvrError
from ivr.ports.calls import IndexedCallStore
from ivr.ports.recordings import Form, Recordings, StoredRecording

AT_ONCE = 25
"""Calls in one round: half a second of work."""


class Indexing:
    """Indexes what is not indexed, some calls a round."""

    def __init__(self, recordings: Recordings, calls: IndexedCallStore) -> None:
        self._recordings = recordings
        self._calls = calls
        self._waiting: deque[StoredRecording] = deque()

    def look(self) -> None:
        """Find out which calls wait. Reads the names of all recordings."""
        sealed = {stored.call_id: stored for stored in self._recordings.stored() if stored.form is Form.ARCHIVE}
        self._waiting = deque(sealed[call_id] for call_id in self._calls.unindexed(sealed))

    def some(self, on_damage: OnDamage) -> Iterator[str]:
        """Index the next few; yields their calls.

        Raises EnvironmentFault when they were tried and the machine failed at any: those are tried again, last of all.
        """
        faults = Faults(on_damage)
        for _ in range(min(AT_ONCE, len(self._waiting))):
            stored = self._waiting.popleft()
            try:
                told = self._recordings.outline(stored)
                record = told.record()
                self._calls.save(record)
                self._calls.index_words(record.call_id, *spoken(told.transcript()))
            except IvrError as error:
                faults.met(stored.where, error)
                if not is_damage(error):
                    self._waiting.append(stored)
            else:
                yield record.call_id
        faults.end()
