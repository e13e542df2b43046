"""What the caller keys in. Keys are always heard and need no order."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Via(StrEnum):
    """How a digit came."""

    RFC4733 = "rfc4733"
    INFO = "info"
    INBAND = "inband"


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """One key: 0-9, *, #, A-D. In a stored journal a secret one is `?`."""

    digit: str = field(repr=False)
    via: Via = Via.RFC4733


@dataclass(frozen=True, slots=True)
class KeysMissed:
    """So much of what the caller sent was lost that a key may have been among it."""

    via: Via = Via.RFC4733
