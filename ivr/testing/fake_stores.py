"""Key store and call store in memory. They pass the contract suites of the real ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ivr.core.call.record import CallRecord
from ivr.core.vault.erasure import ErasureTree
from ivr.core.vault.keys import KEY_BYTES, KeyEncryptionKey, KeyRing, leaf_of
from ivr.errors import OperatorError
from ivr.ports import DataKey


class MemoryKeyStore:
    """A key store that is gone with its process."""

    def __init__(self, *, seed: bytes | None = None) -> None:
        """`seed` (32 bytes) makes its secrets repeatable; data keys are always fresh."""
        secret = seed or os.urandom(KEY_BYTES)
        kek = KeyEncryptionKey("kek-1-memory", secret, created_at=0.0)
        self.ring = KeyRing((kek,), secret[::-1], ErasureTree.plant(secret))
        self._leaf = 0

    def issue(self) -> DataKey:
        """A fresh data key."""
        key = os.urandom(KEY_BYTES)
        self._leaf += 1
        return DataKey(key, self.ring.wrap(key, leaf=self._leaf), self.ring.active.kek_id)

    def open(self, wrapped: bytes, kek_id: str) -> bytes:
        """Unwrap a data key."""
        return self.ring.unwrap(wrapped, kek_id)

    def shred(self, wrapped: Sequence[bytes]) -> None:
        """Destroy keys."""
        self.ring = replace(self.ring, tree=self.ring.tree.destroy([leaf_of(one) for one in wrapped]))

    def alive(self, wrapped: bytes) -> bool:
        """Whether the key was not shredded."""
        return self.ring.tree.alive(leaf_of(wrapped))

    def fingerprint(self, purpose: str, data: bytes) -> bytes:
        """Keyed hash."""
        return self.ring.fingerprint(purpose, data)


class MemoryCallStore:
    """Call records in a dictionary."""

    def __init__(self) -> None:
        self._records: dict[str, CallRecord] = {}

    def save(self, record: CallRecord) -> None:
        """Insert or replace."""
        self._records[record.call_id] = record

    def get(self, call_id: str) -> CallRecord:
        """One record."""
        try:
            return self._records[call_id]
        except KeyError:
            raise OperatorError(f"there is no call {call_id}; 'ivr recordings list' shows them") from None

    def recent(self, *, limit: int = 50, before: float | None = None) -> Iterable[CallRecord]:
        """Newest first."""
        newest = sorted(self._records.values(), key=lambda record: (record.started_at, record.call_id), reverse=True)
        return [record for record in newest if before is None or record.started_at < before][:limit]

    def wrapped_key(self, call_id: str) -> bytes | None:
        """Nothing is sealed here."""
        return None

    def forget(self, call_id: str) -> None:
        """Remove a record."""
        self._records.pop(call_id, None)

    def unrecorded(self, *, before: float) -> Iterable[CallRecord]:
        """Records without a recording, oldest first."""
        found = [one for one in self._records.values() if one.recording_id is None and one.started_at < before]
        return sorted(found, key=lambda record: (record.started_at, record.call_id))
