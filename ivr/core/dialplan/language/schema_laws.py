"""What keys of one shape demand of each other, in the JSON Schema: what belongs together, what excludes what.

`build` and `check` say the same of a dialplan as a whole, and decide. Here is what an editor can know of one place.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_VALUES = ("digits", "amount", "date", "phrase")
_ANSWERS = (*_VALUES, "choices", "yes", "no")
_DAYS = "(mon|tue|wed|thu|fri|sat|sun)"
_SPAN = f"{_DAYS}( ?- ?{_DAYS})?"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def _absent(*keys: str) -> Schema:
    return {"not": {"anyOf": [{"required": [key]} for key in keys]}}


def _only(keys: tuple[str, ...], *, go: bool) -> Schema:
    """This kind of answer and no other; a value has `go` beside it."""
    others = tuple(key for key in _ANSWERS if key not in keys)
    if go:
        return {"required": [*keys, "go"], **_absent(*others)}
    return {"required": list(keys), **_absent(*others, "go")}


def _both(one: str, other: str) -> Schema:
    return {one: [other], other: [one]}


LAWS: dict[str, Schema] = {
    "AskIn": {
        "oneOf": [
            *(_only((key,), go=True) for key in _VALUES),
            *(_only(keys, go=False) for keys in (("choices",), ("yes", "no"))),
        ]
    },
    "DigitsIn": {
        "oneOf": [{"required": ["length"], **_absent("min", "max")}, {"required": ["max"], **_absent("length")}],
        "properties": {"end": {"enum": ["#", "*"]}},
    },
    "EnqueueIn": {"dependentRequired": _both("every", "announce") | _both("press", "leave")},
    "CommandIn": {"oneOf": [{"required": ["do"]}, {"required": ["go"]}, {"required": ["language"]}]},
    "ValueIn": {
        "if": {"properties": {"type": {"const": "amount"}}},
        "then": {"required": ["currency"]},
        "else": _absent("currency"),
    },
    "DisclosureIn": {
        "oneOf": [
            {"required": ["acknowledge"], **_absent("otherwise")},
            {"required": ["tells", "otherwise"], **_absent("acknowledge")},
        ]
    },
    "ProtectIn": {"minProperties": 1},
    "HoursIn": {
        "anyOf": [{"required": ["weekly"]}, {"required": ["special"]}],
        "properties": {
            "weekly": {"propertyNames": {"pattern": rf"^ *{_SPAN}( *, *{_SPAN})* *$"}},
            "special": {"propertyNames": {"pattern": _DATE}},
            "holidays": {"items": {"type": "string", "pattern": _DATE}},
        },
    },
    "StepIn": {"minProperties": 1, "maxProperties": 1},
}
"""Shape -> what its schema says besides its keys. `properties` are added to those that the shape has."""


def bound(shapes: dict[str, Schema]) -> None:
    """Give each shape its laws."""
    for name, law in LAWS.items():
        if name not in shapes:
            continue
        for key, more in law.get("properties", {}).items():
            shapes[name]["properties"][key] |= more
        shapes[name] |= {key: held for key, held in law.items() if key != "properties"}
