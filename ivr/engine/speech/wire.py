"""The Wyoming protocol's framing, without I/O: bytes in, events out, and back.

An event is one line of JSON (`type`, `data_length`, `payload_length`), then so many bytes of JSON data, then so many of
payload. Unlike the reference implementation, which drops what it cannot read, anything malformed or larger than a
limit raises PeerError: the connection is to be closed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ivr.core.foreign import json_object
from ivr.errors import PeerError

VERSION = "1.8.0"
"""Of the protocol that we speak."""
MAX_LINE_BYTES = 64 * 1024
MAX_DATA_BYTES = 1024 * 1024
"""A dialplan's largest grammar is a few kilobytes."""
MAX_PAYLOAD_BYTES = 8 * 1024 * 1024
"""Eight minutes of our PCM."""


@dataclass(frozen=True, slots=True)
class WireEvent:
    """One event of the protocol."""

    type: str
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    payload: bytes = field(default=b"", repr=False)


def encode(kind: str, data: Mapping[str, Any] | None = None, payload: bytes = b"") -> bytes:
    """One event as bytes."""
    header: dict[str, object] = {"type": kind, "version": VERSION}
    body = b""
    if data:
        body = json.dumps(data, ensure_ascii=False).encode()
        header["data_length"] = len(body)
    if payload:
        header["payload_length"] = len(payload)
    return b"".join((json.dumps(header).encode(), b"\n", body, payload))


class WireDecoder:
    """Collects bytes until they are events."""

    __slots__ = ("_buffer", "_header")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._header: tuple[str, dict[str, Any], int, int] | None = None

    def feed(self, chunk: bytes) -> list[WireEvent]:
        """Every event that is complete now. Raises PeerError."""
        self._buffer += chunk
        events: list[WireEvent] = []
        while (event := self._next()) is not None:
            events.append(event)
        return events

    def _next(self) -> WireEvent | None:
        if self._header is None:
            self._header = self._take_header()
            if self._header is None:
                return None
        kind, data, data_length, payload_length = self._header
        if len(self._buffer) < data_length + payload_length:
            return None
        if data_length:
            data = {**data, **_json_object(bytes(self._buffer[:data_length]))}
        payload = bytes(self._buffer[data_length : data_length + payload_length])
        del self._buffer[: data_length + payload_length]
        self._header = None
        return WireEvent(kind, data, payload)

    def _take_header(self) -> tuple[str, dict[str, Any], int, int] | None:
        end = self._buffer.find(b"\n", 0, MAX_LINE_BYTES)
        if end < 0:
            if len(self._buffer) >= MAX_LINE_BYTES:
                raise PeerError("Speech protocol: a header line longer than 64 KiB; the connection is closed.")
            return None
        header = _json_object(bytes(self._buffer[:end]))
        del self._buffer[: end + 1]
        kind = header.get("type")
        data = header.get("data") or {}
        if not isinstance(kind, str) or not isinstance(data, dict):
            raise PeerError("Speech protocol: an event without a type; the connection is closed.")
        return (
            kind,
            data,
            _length(header.get("data_length"), MAX_DATA_BYTES),
            _length(header.get("payload_length"), MAX_PAYLOAD_BYTES),
        )


def _json_object(raw: bytes) -> dict[str, Any]:
    value = json_object(raw)
    if value is None:
        raise PeerError("Speech protocol: not a JSON object, or nested beyond reason; the connection is closed.")
    return value


def _length(value: object, limit: int) -> int:
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limit:
        raise PeerError("Speech protocol: an impossible length; the connection is closed.")
    return value
