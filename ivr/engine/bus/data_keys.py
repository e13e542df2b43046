"""Data keys as they travel from hub to cell: base64, over a Unix socket that only the engine's user can open, and to
another host over TLS only."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable

from ivr.engine.bus.stock import KeysIssued
from ivr.ports.keys import DataKey


def keys_issued(keys: Iterable[DataKey]) -> KeysIssued:
    """The message for these keys."""
    return KeysIssued(tuple((b64encode(k.key).decode(), b64encode(k.wrapped).decode(), k.kek_id) for k in keys))


def data_keys(message: KeysIssued) -> list[DataKey]:
    """The keys of a message."""
    return [DataKey(b64decode(key), b64decode(wrapped), kek_id) for key, wrapped, kek_id in message.keys]
