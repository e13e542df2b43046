"""A call's journal: every event that reached it, as JSON, in order. Running it through the core again is the proof.

Secret keys are stored as `?`: at a secret prompt the core looks at none but the terminator, so the replay takes the
same path.
"""

from __future__ import annotations

import dataclasses
import hashlib
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

from ivr.core import typed
from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.listening import HypothesisReceived, TranscriptReady
from ivr.core.orders.lookup import StartLookup
from ivr.core.orders.playing import PlayReport
from ivr.errors import SealError

MASKED_DIGIT = "?"
"""Stands for a key that may not be stored."""
TERMINATORS = frozenset("#*")
"""Keys that end or clear an entry; never part of a secret, so they are stored."""

_CLASSES: dict[str, type] = {cls.__name__: cls for cls in get_args(Event)} | {"PlayReport": PlayReport}
_HINTS = {name: get_type_hints(cls) for name, cls in _CLASSES.items()}


def masked(event: Event) -> Event:
    """The same event as it may be stored while a secret prompt is active."""
    match event:
        case DigitPressed(digit=digit) if digit not in TERMINATORS:
            return dataclasses.replace(event, digit=MASKED_DIGIT)
        case HypothesisReceived():
            return dataclasses.replace(event, text="")
        case TranscriptReady():
            return dataclasses.replace(event, text="", choice=None)
    return event


def unspoken(event: Event) -> Event:
    """The same event without the caller's words, for one who refused to be recorded. What was chosen stays."""
    return dataclasses.replace(event, text="") if isinstance(event, HypothesisReceived | TranscriptReady) else event


def order_line(order: Command) -> str:
    """An order as the journal keeps it: what `repr` shows of it, and a digest of all of it but secrets.

    So a replay notices another word in a prompt, while the journal says it no second time.
    """
    content = dataclasses.asdict(order)
    if isinstance(order, StartLookup):
        content["params"] = {name: "" if name in order.secret else value for name, value in order.params.items()}
    return f"{order!r} #{hashlib.sha256(repr(content).encode()).hexdigest()[:12]}"


def to_json(event: Event) -> dict[str, object]:
    """An event as a JSON object, its class in `is`."""
    return {"is": type(event).__name__, **_fields_to_json(event)}


def from_json(data: Mapping[str, Any]) -> Event:
    """The event of a JSON object. Raises SealError on an unknown class or field: a journal is never guessed at."""
    cls = _CLASSES.get(str(data.get("is")))
    if cls is None or cls is PlayReport:
        raise SealError(f"the journal names an unknown event {data.get('is')!r}; it was written by another version")
    return typing.cast(Event, _build(cls, {key: value for key, value in data.items() if key != "is"}))


def _fields_to_json(value: Any) -> dict[str, object]:
    return {field.name: _to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}


def _to_json(value: object) -> object:
    if dataclasses.is_dataclass(value):
        return _fields_to_json(value)
    return value.value if isinstance(value, Enum) else value


def _build(cls: type, data: Mapping[str, Any]) -> object:
    hints = _HINTS[cls.__name__]
    unknown = set(data) - set(hints)
    if unknown:
        raise SealError(f"the journal's {cls.__name__} has unknown fields {sorted(unknown)}")
    try:
        return cls(**{name: _from_json(hints[name], value) for name, value in data.items()})
    except (TypeError, ValueError) as error:
        raise SealError(f"the journal's {cls.__name__} is not in its form") from error


_PLAIN: Mapping[type, Callable[[object], object]] = {
    str: typed.text,
    int: typed.whole,
    float: typed.number,
    bool: typed.truth,
}


def _from_json(hint: Any, value: Any) -> object:
    """A value of the annotated type, or TypeError, ValueError."""
    if get_origin(hint) in (typing.Union, types.UnionType):
        if value is None:
            return None
        hint = next(option for option in get_args(hint) if option is not type(None))
    if get_origin(hint) is dict:
        if not isinstance(value, dict):
            raise TypeError("an object is something else")
        return value
    if hint in _PLAIN:
        return _PLAIN[hint](value)
    if issubclass(hint, Enum):
        return hint(typed.text(value))
    if not isinstance(value, dict):
        raise TypeError("an object is something else")
    return _build(hint, value)
