"""Values out of JSON, each of exactly the type that was written: nothing is converted, so nothing is guessed.

Each function raises TypeError or ValueError, which whoever reads a format makes an error of theirs.
"""

from __future__ import annotations

import json
import math
from enum import StrEnum
from typing import Any


class Written(StrEnum):
    """Words out of a list that stand in journals, records and logs: shown as the text that is written there."""

    def __repr__(self) -> str:
        return repr(self.value)


def text(value: object) -> str:
    """A string."""
    if type(value) is not str:
        raise TypeError("a text is something else")
    return value


def whole(value: object, *, least: int | None = None) -> int:
    """A whole number; `true` is none."""
    if type(value) is not int:
        raise TypeError("a whole number is something else")
    if least is not None and value < least:
        raise ValueError("a number is below what is possible")
    return value


def number(value: object) -> float:
    """A finite number. JSON has one type of them, so a whole one will do."""
    if type(value) not in (int, float):
        raise TypeError("a number is something else")
    found = float(value)  # type: ignore[arg-type]
    if not math.isfinite(found):
        raise ValueError("a number is not finite")
    return found


def truth(value: object) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise TypeError("a truth value is something else")
    return value


def parsed(raw: bytes | str) -> Any:
    """JSON as RFC 8259 says: no NaN, no Infinity, no name twice."""
    return json.loads(raw, parse_constant=_no_number, object_pairs_hook=_object)


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON (RFC 8259 6)")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names a member twice")
    return found
