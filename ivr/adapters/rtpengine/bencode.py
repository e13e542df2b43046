"""What rtpengine answers in: bencode (BEP 3), read whole or not at all."""

from __future__ import annotations

from ivr.errors import PeerError

DEPTH_MAX = 32
"""Of values within values: an answer has seven."""

Value = int | bytes | list["Value"] | dict[bytes, "Value"]


def decoded(data: bytes) -> Value:
    """The one value that this is. Raises PeerError."""
    value, end = _value(data, 0, DEPTH_MAX)
    if end != len(data):
        raise PeerError("the media relay's answer goes on behind its end")
    return value


def _value(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    """The value that begins here, and where it ends. `depth`: how many more may be within each other."""
    if not depth:
        raise PeerError("the media relay's answer has values within values without end")
    kind = data[at : at + 1]
    if kind == b"i":
        return _number(data, at + 1, b"e")
    if kind == b"l":
        return _items(data, at + 1, depth)
    if kind == b"d":
        words, end = _items(data, at + 1, depth)
        names, values = words[::2], words[1::2]
        if len(names) != len(values):
            raise PeerError("the media relay names something and does not say what it is")
        return {name: value for name, value in zip(names, values, strict=True) if isinstance(name, bytes)}, end
    size, begins = _number(data, at, b":")
    if not 0 <= size <= len(data) - begins:
        raise PeerError("the media relay's answer ends in mid word")
    return data[begins : begins + size], begins + size


def _items(data: bytes, at: int, depth: int) -> tuple[list[Value], int]:
    items: list[Value] = []
    while data[at : at + 1] != b"e":
        item, at = _value(data, at, depth - 1)
        items.append(item)
    return items, at + 1


def _number(data: bytes, at: int, stop: bytes) -> tuple[int, int]:
    end = data.find(stop, at)
    try:
        return int(data[at:end] if end >= 0 else b""), end + 1
    except ValueError as error:
        raise PeerError("the media relay's answer cannot be read") from error
