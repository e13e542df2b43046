"""Where a log's hashes and entries lie: tiles of 256, as C2SP tlog-tiles defines them (c2sp.org/tlog-tiles).

A tile at level L holds hashes of subtrees of 256^L entries. A full tile never changes. The rightmost one of a level may
be partial: its width stands in its path.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from ivr.core.audit.merkle import HASH_BYTES, Node, node_hash
from ivr.errors import BugError, SealError

TILE_WIDTH = 256
TILE_HEIGHT = 8
"""Levels of the tree in one tile."""
MAX_ENTRY_BYTES = 65535
_LENGTH = struct.Struct(">H")

ReadTile = Callable[[int, int, int], bytes]
"""`read_tile(level, number, width)`: the hashes of a tile, at least `width` of them."""


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """Path of a tile below the log's directory; `level` is "entries" for entry bundles."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def tile_width(size: int, level: int, number: int) -> int:
    """Hashes that a tile has in a tree of `size` entries; 0: there is no such tile."""
    return max(0, min(TILE_WIDTH, (size >> level * TILE_HEIGHT) - number * TILE_WIDTH))


def pack_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries of one bundle, each after its length."""
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise BugError(f"an entry has at most {MAX_ENTRY_BYTES} bytes")
    return b"".join(_LENGTH.pack(len(entry)) + entry for entry in entries)


def unpack_bundle(data: bytes) -> list[bytes]:
    """Back from `pack_bundle`. Raises SealError when it is cut."""
    entries, at = [], 0
    while at < len(data):
        if at + _LENGTH.size > len(data):
            raise SealError("a bundle of audit entries is cut")
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if at + length > len(data):
            raise SealError("a bundle of audit entries is cut")
        entries.append(data[at : at + length])
        at += length
    return entries


def bundled(data: bytes) -> int:
    """How many entries a bundle has, which are not taken out for it. Raises SealError when it is cut."""
    count, at, end = 0, 0, len(data)
    while at + _LENGTH.size <= end:
        at += _LENGTH.size + (data[at] << 8 | data[at + 1])
        count += 1
    if at != end:
        raise SealError("a bundle of audit entries is cut")
    return count


def hashes(tile: bytes) -> list[bytes]:
    """The hashes of a tile. Raises SealError when it is cut."""
    if len(tile) % HASH_BYTES:
        raise SealError("a tile of the audit log is cut")
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def subtree(parts: Sequence[bytes]) -> bytes:
    """Hash over a power of two of neighbouring subtrees."""
    level = list(parts)
    while len(level) > 1:
        level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def node_from_tiles(size: int, read_tile: ReadTile) -> Node:
    """Hashes of complete subtrees in a tree of `size` entries, computed from its tiles."""

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        number = first // TILE_WIDTH
        tile = hashes(read_tile(tile_level, number, tile_width(size, tile_level, number)))
        parts = tile[first % TILE_WIDTH : first % TILE_WIDTH + (1 << height)]
        if len(parts) != 1 << height:
            raise SealError("a tile of the audit log is shorter than its tree: it was altered or cut")
        return subtree(parts)

    return node
