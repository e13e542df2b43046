"""Messages of the bus to bytes and back: one JSON object a line, strictly checked (fail closed).

A line that is too long, is not JSON, names no message, lacks a field, has one too many or one of the wrong type is a
PeerError: the connection that brought it ends.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from typing import Any

from ivr.engine.bus.messages import Message
from ivr.errors import PeerError

LINE_MAX = 4 * 1024 * 1024
"""Longest line, bytes: the record of a long call fits many times over."""

_CLASSES: dict[str, type[Message]] = {cls.__name__: cls for cls in typing.get_args(Message)}
_HINTS: dict[str, dict[str, Any]] = {name: typing.get_type_hints(cls) for name, cls in _CLASSES.items()}
_NEEDED: dict[str, frozenset[str]] = {
    name: frozenset(
        f.name
        for f in dataclasses.fields(cls)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    )
    for name, cls in _CLASSES.items()
}


def encode(message: Message) -> bytes:
    """The message as one line, newline included."""
    fields = {f.name: getattr(message, f.name) for f in dataclasses.fields(message)}
    return json.dumps({"is": type(message).__name__, **fields}, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Message:
    """The message of one line. Raises PeerError; the text never holds the line's values."""
    if len(line) > LINE_MAX:
        raise PeerError(f"a bus message of {len(line)} bytes is longer than {LINE_MAX}")
    try:
        data = json.loads(line, parse_constant=_no_number)
    except ValueError as error:
        raise PeerError("a bus message is not JSON") from error
    if not isinstance(data, dict) or not isinstance(data.get("is"), str):
        raise PeerError("a bus message is not a JSON object with its class in `is`")
    name = data.pop("is")
    cls = _CLASSES.get(name)
    if cls is None:
        raise PeerError("a bus message of an unknown class")
    hints = _HINTS[name]
    if data.keys() - hints.keys() or _NEEDED[name] - data.keys():
        raise PeerError(f"a {name} message lacks a field or has an unknown one")
    return cls(**{key: _check(value, hints[key], name, key) for key, value in data.items()})


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON (RFC 8259 6)")


def _check(value: Any, hint: Any, name: str, key: str) -> Any:
    """The value as its annotated type (JSON lists become tuples)."""
    if _fits(value, hint):
        return _tuples(value, hint)
    raise PeerError(f"{name}.{key} has the wrong type")


def _fits(value: Any, hint: Any) -> bool:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is object:
        return True
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, arg) for arg in args)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, args[1]) for item in value.values())
    if origin is tuple:
        if not isinstance(value, list | tuple):
            return False
        if len(args) == 2 and args[1] is Ellipsis:
            return all(_fits(item, args[0]) for item in value)
        return len(value) == len(args) and all(_fits(item, arg) for item, arg in zip(value, args, strict=True))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _tuples(value: Any, hint: Any) -> Any:
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(_tuples(item, inner) for item in value)
    return float(value) if hint is float else value


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
