"""Which calls of a block have a term: the slots of up to 4,096 calls as a short list or a bitmap.

Calls are counted as they end; a block is 4,096 of them. Rule: one set has one encoding, which is never longer
than a bitmap: fewer than 256 slots are a list of ascending little-endian 16-bit numbers, more are 4,096 bits, the least
significant bit of a byte first. This is one container of a Roaring bitmap (Chambi et al., 2016), of a size that stays
within a database's page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ivr.errors import SealError

BLOCK_CALLS = 4096
BITMAP_BYTES = BLOCK_CALLS // 8
_LISTED = np.dtype("<u2")


def place(ordinal: int) -> tuple[int, int]:
    """Block and slot of a call."""
    return divmod(ordinal, BLOCK_CALLS)


def pack(slots: Iterable[int]) -> bytes:
    """Encode slots, in any order. Empty for none."""
    found = np.zeros(BLOCK_CALLS, np.bool_)
    found[list(slots)] = True
    return _encode(found)


def unpack(data: bytes) -> list[int]:
    """Back from `pack`, ascending. Raises SealError when it is no set of slots."""
    return [int(slot) for slot in np.flatnonzero(bits(data))]


def with_slot(data: bytes, slot: int) -> bytes:
    """The set and one slot more; `data` may be empty."""
    found = bits(data)
    found[slot] = True
    return _encode(found)


def without_slot(data: bytes, slot: int) -> bytes:
    """The set without one slot."""
    found = bits(data)
    found[slot] = False
    return _encode(found)


def has_slot(data: bytes, slot: int) -> bool:
    """Whether a slot is in the set."""
    return bool(bits(data)[slot])


def listed(slot: int) -> bytes:
    """How a slot stands in a list. A list without these bytes is without the slot; with them it may have it."""
    return slot.to_bytes(_LISTED.itemsize, "little")


def common(sets: Sequence[bytes]) -> list[int]:
    """Slots that are in every one of the sets (one at least), ascending."""
    shortest, *others = sorted(sets, key=len)
    found = bits(shortest)
    for other in others:
        found &= bits(other)
    return np.flatnonzero(found).tolist()


def number(data: bytes) -> int:
    """The set as one number with a bit for each slot: sets are joined and counted fast so."""
    bitmap = data if len(data) == BITMAP_BYTES else np.packbits(bits(data), bitorder="little").tobytes()
    return int.from_bytes(bitmap, "little")


def bits(data: bytes) -> NDArray[np.bool_]:
    """The set as one flag a slot; `data` may be empty."""
    if len(data) == BITMAP_BYTES:
        return np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little").view(np.bool_)
    found = np.zeros(BLOCK_CALLS, np.bool_)
    found[_slots(data)] = True
    return found


def _slots(data: bytes) -> NDArray[np.uint16]:
    if len(data) % 2 or len(data) > BITMAP_BYTES:
        raise SealError("the search index is damaged: restore the database from its backup")
    slots = np.frombuffer(data, _LISTED)
    if slots.size and slots.max() >= BLOCK_CALLS:
        raise SealError("the search index is damaged: restore the database from its backup")
    return slots


def _encode(held: NDArray[np.bool_]) -> bytes:
    slots = np.flatnonzero(held)
    if slots.size * _LISTED.itemsize < BITMAP_BYTES:
        return slots.astype(_LISTED).tobytes()
    return np.packbits(held, bitorder="little").tobytes()
