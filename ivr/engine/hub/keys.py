"""Data keys for cells, a few in advance, so that a dead hub stops no call."""

from __future__ import annotations

import base64

from ivr.engine.bus import KeysIssued
from ivr.errors import PeerError
from ivr.ports import KeyStore

KEYS_MAX = 64
"""Most keys that one cell may hold."""


def issue_keys(store: KeyStore, count: int) -> KeysIssued:
    """`count` fresh keys as the bus carries them. Raises SealError, EnvironmentFault, PeerError."""
    if not 1 <= count <= KEYS_MAX:
        raise PeerError(f"a cell asked for {count} keys; between 1 and {KEYS_MAX} are issued at once")
    issued = [store.issue() for _ in range(count)]
    return KeysIssued(tuple((_b64(one.key), _b64(one.wrapped), one.kek_id) for one in issued))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
