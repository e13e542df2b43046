"""The cells' stock of data keys."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KeysWanted:
    """The cell's stock of data keys runs low."""

    count: int


@dataclass(frozen=True, slots=True)
class KeysIssued:
    """Data keys for coming recordings; base64 of key and wrapped key."""

    keys: tuple[tuple[str, str, str], ...] = field(repr=False)
    """(key, wrapped, kek_id)"""


@dataclass(frozen=True, slots=True)
class KeysVoided:
    """Data keys that these keys wrapped may be used for no new recording. Answered by KeysHeld."""

    kek_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeysHeld:
    """Answer to KeysVoided: which keys wrapped the data keys that the cell still has, in stock or for its call."""

    kek_ids: tuple[str, ...]
    void: tuple[str, ...]
    """Those of KeysVoided, and of all before: what this answers."""


@dataclass(frozen=True, slots=True)
class KeysRotated:
    """The command line rotated the key, or is to retire one. Answered by StocksVoided; needs no CellHello."""

    old: tuple[str, ...]
    """Keys that wrap nothing new."""


@dataclass(frozen=True, slots=True)
class StocksVoided:
    """What became of the cells' stocks."""

    held: tuple[str, ...]
    """Keys that some cell's data key still depends on: of a running call."""
    unheard: int
    """Cells that should be there and did not answer: nothing is known of them."""
