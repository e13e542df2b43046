"""What others send, as values of ours: typed and bounded here, or nothing.

Rule: a field of a data source, recognizer or embedder reaches a decision only through one of these. They never raise,
whatever comes: exponents that fill a disk when written out, days that no calendar has, NaN, text that cannot be stored,
JSON nested beyond the stack. Nothing is coerced or guessed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from ivr.errors import PeerError

MOST_WHOLE: Final = 18
"""Digits before the point: a thousand times what all the world owns, in any currency."""
MOST_DECIMALS: Final = 9
"""Digits behind it. Both together fit into the precision that sums are worked out with (28)."""
MOST_TEXT: Final = 4096
"""Characters of one field."""
MOST_DIGITS: Final = 64
MOST_FIELDS: Final = 200
"""Of one answer."""
MOST_BRACKETS: Final = 900
"""Opening brackets in one JSON text: the parser recurses, and Python's stack ends at 1,000."""
ROUNDING: Final = 1e-6
NOTHING_OF_OURS: Final[Mapping[str, object]] = {}
"""In the place of a field that is no value: unlike one that is not there, it makes a lookup fail that asks for it."""

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def decimal_of(raw: object) -> Decimal | None:
    """A number or a sum of money, exact; text or a whole number: a float would bring binary fractions."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        return None
    if isinstance(raw, int):
        return Decimal(raw) if abs(raw) < 10**MOST_WHOLE else None
    if not _NUMBER.fullmatch(raw):
        return None
    number = Decimal(raw)
    if not number:
        return Decimal(0)
    exponent = number.as_tuple().exponent
    fits = isinstance(exponent, int) and exponent >= -MOST_DECIMALS and number.adjusted() < MOST_WHOLE
    # Written out: what has an exponent is compared and read out like what has none.
    return Decimal(format(number, "f")) if fits else None


def day_of(raw: object) -> str | None:
    """A day that a calendar has, as ISO 8601 text."""
    if not isinstance(raw, str) or not _DAY.fullmatch(raw):
        return None
    try:
        return date.fromisoformat(raw).isoformat()
    except ValueError:
        return None


def digits_of(raw: object) -> str | None:
    """Digits 0-9 and nothing else."""
    return raw if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) <= MOST_DIGITS else None


def text_of(raw: object, most: int = MOST_TEXT) -> str | None:
    """Text that can be stored and shown: no control characters, no halves of surrogate pairs."""
    return raw if isinstance(raw, str) and len(raw) <= most and not _UNPRINTABLE.search(raw) else None


def currency_of(raw: object) -> str | None:
    """A code in the form of ISO 4217."""
    return raw if isinstance(raw, str) and _CURRENCY.fullmatch(raw) else None


def number_of(raw: object) -> float | None:
    """A finite number that a model gave: a score, a length in seconds."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    try:
        number = float(raw)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def share_of(raw: object) -> float | None:
    """A probability, 0..1; what lies outside of it by a rounding is brought back."""
    number = number_of(raw)
    if number is None or not -ROUNDING <= number <= 1.0 + ROUNDING:
        return None
    return min(1.0, max(0.0, number))


def words_of(raw: object) -> str:
    """What a recognizer heard; empty for what is no text. Too much is cut: it is an utterance, not a book."""
    return _UNPRINTABLE.sub(" ", raw[:MOST_TEXT]) if isinstance(raw, str) else ""


def answer_of(values: Mapping[str, object]) -> dict[str, object]:
    """A data source's answer: its plain fields, and NOTHING_OF_OURS for others. Raises PeerError."""
    if len(values) > MOST_FIELDS or any(text_of(name, 64) is None for name in values):
        raise PeerError(f"the data source's answer has more than {MOST_FIELDS} fields, or names that are none")
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**MOST_WHOLE else dict(NOTHING_OF_OURS)
    return value if text_of(value) is not None else dict(NOTHING_OF_OURS)


def json_object(raw: bytes) -> dict[str, object] | None:
    """A JSON object; None for anything else, however it was made."""
    if raw.count(b"[") + raw.count(b"{") > MOST_BRACKETS:
        return None
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
