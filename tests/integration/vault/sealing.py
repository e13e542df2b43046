"""What brings journals of a test into their long-term form, beside a database and a log in memory."""

from __future__ import annotations

import time

from ivr.engine.archive.compaction import Compactor
from ivr.engine.archive.sealing import Sealing
from ivr.ports.keys import KeyStore
from ivr.ports.recordings import RecordingArchive
from ivr.testing.fake_audit import MemoryAuditLog
from ivr.testing.fake_stores import MemoryCallStore


def compactor_of(recordings: RecordingArchive, keys: KeyStore) -> Compactor:
    """A compactor that enters what it does where nobody looks."""
    sealing = Sealing(keys, MemoryCallStore(), MemoryAuditLog(), actor="test", wall=time.time)
    return Compactor(recordings, sealing)
