"""Messages of the bus to bytes and back: one JSON object a line, strictly checked (fail closed).

A line that is too long, is not JSON, names no message, lacks a field, has one too many or one of the wrong type is a
PeerError: the connection that brought it ends.
"""

from __future__ import annotations

import json
import re
import typing

from ivr.core.codec import Codec, plain
from ivr.engine.bus.messages import Message
from ivr.errors import PeerError

LINE_MAX = 4 * 1024 * 1024
"""Longest line, bytes: the record of a long call fits many times over."""

_CODECS: dict[str, Codec[Message]] = {cls.__name__: Codec(cls) for cls in typing.get_args(Message)}
_HEAD = re.compile(rb'\s*\{\s*"is"\s*:\s*"(\w+)"\s*(,|\})')
"""How every message begins."""
_NO_NUMBER = re.compile(rb"NaN|Infinity")


def encode(message: Message) -> bytes:
    """The message as one line, newline included. What is no text (half of a surrogate pair, as octets of a stranger's
    may become) is a question mark: nobody's octets cut the link."""
    text = json.dumps({"is": type(message).__name__, **plain(message)}, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace") + b"\n"


def decode(line: bytes) -> Message:
    """The message of one line. Raises PeerError; the text never holds the line's values."""
    if len(line) > LINE_MAX:
        raise PeerError(f"a bus message of {len(line)} bytes is longer than {LINE_MAX}")
    if _NO_NUMBER.search(line):
        _check_numbers(line)
    head = _HEAD.match(line)
    if head is None:
        raise PeerError("a bus message is not a JSON object that begins with its class in `is`")
    codec = _CODECS.get(head[1].decode())
    if codec is None:
        raise PeerError("a bus message of an unknown class")
    try:
        return codec.read_text(b"{" + line[head.end() if head[2] == b"," else head.end() - 1 :])
    except ValueError as error:
        raise PeerError(f"a bus message is not in its form: {error}") from error


def _check_numbers(line: bytes) -> None:
    """NaN and Infinity are no JSON (RFC 8259 6), but may stand in a text."""

    def refuse(constant: str) -> None:
        raise PeerError(f"{constant} is no number of JSON")

    try:
        json.loads(line, parse_constant=refuse)
    except ValueError as error:
        raise PeerError("a bus message is not JSON") from error


class LineBuffer:
    """Bytes of a stream in, whole lines out."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Add what arrived; returns the lines that are complete. Raises PeerError on one without end."""
        self._rest += data
        *lines, rest = self._rest.split(b"\n")
        self._rest = bytearray(rest)
        if len(rest) > LINE_MAX:
            raise PeerError(f"a bus message is longer than {LINE_MAX} bytes")
        return [bytes(line) for line in lines if line]
