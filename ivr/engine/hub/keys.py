"""Data keys for cells, a few in advance, so that a dead hub stops no call."""

from __future__ import annotations

from ivr.engine.bus.data_keys import keys_issued
from ivr.engine.bus.stock import KeysIssued
from ivr.errors import PeerError
from ivr.ports.keys import KeyStore

KEYS_MAX = 64
"""Most keys that one cell may hold."""


def issue_keys(store: KeyStore, count: int) -> KeysIssued:
    """`count` fresh keys as the bus carries them. Raises SealError, EnvironmentFault, PeerError."""
    if not 1 <= count <= KEYS_MAX:
        raise PeerError(f"a cell asked for {count} keys; between 1 and {KEYS_MAX} are issued at once")
    return keys_issued(store.issue() for _ in range(count))
