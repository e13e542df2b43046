"""The Merkle tree on disk: tiles and entry bundles as C2SP tlog-tiles lays them out, and the signed checkpoint.

The checkpoint is written last, durably. Tiles beyond it are leftovers of a crash and are written again alike.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from copy import copy
from functools import lru_cache
from pathlib import Path

from ivr.core.audit.merkle import EMPTY_ROOT, Node, leaf_hash, root
from ivr.core.audit.note import Checkpoint, Signer, VerifierKey, verify_note
from ivr.core.audit.tiles import (
    TILE_WIDTH,
    bundled,
    hashes,
    node_from_tiles,
    pack_bundle,
    subtree,
    tile_path,
    tile_width,
    unpack_bundle,
)
from ivr.durable import write_durably
from ivr.errors import EnvironmentFault, SealError

CHECKPOINT = "checkpoint"
TILES_KEPT = 16
"""Full tiles in memory, 8 kB each. Who appends needs those at the right edge, a proof one of each level."""


class TreeFiles:
    """A log's directory, as of its newest checkpoint."""

    def __init__(self, directory: Path, key: VerifierKey) -> None:
        """Read the checkpoint and check that the tiles agree with it. Raises SealError."""
        self._directory = directory
        self._key = key
        self._parts: dict[tuple[str, int], bytes] = {}
        """(Level, number) -> tile or bundle that is in memory; of a snapshot only."""
        self._full_tile = lru_cache(maxsize=TILES_KEPT)(self._read_full)
        self._newest = "", Checkpoint(key.name, 0, EMPTY_ROOT)
        """The checkpoint as it was signed, and what it says: set at once, as other threads read meanwhile."""
        self.reload()

    def reload(self) -> None:
        """See what another process wrote. Raises SealError unless it only added to what was there."""
        old = self.checkpoint
        try:
            signed = (self._directory / CHECKPOINT).read_bytes().decode()
        except FileNotFoundError:
            signed = ""
        except OSError as error:
            raise EnvironmentFault(f"the audit log cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise SealError("the audit log's checkpoint was altered: it is not text") from error
        self._newest = signed, self.parse(signed) if signed else Checkpoint(self._key.name, 0, EMPTY_ROOT)
        if self.size < old.size:
            raise SealError(f"the audit log has {self.size} entries and had {old.size}: it was rolled back")
        if root(self.size, self.node) != self.checkpoint.root or root(old.size, self.node) != old.root:
            raise SealError("the audit log's tiles do not agree with its checkpoint: they were altered or are missing")

    def snapshot(self) -> TreeFiles:
        """The tree as it stands now, to be read while the log goes on: what is full never changes, and what is not
        yet, some files at most, is in memory."""
        taken = copy(self)
        taken._parts = {}
        level, width = 0, self.size
        while width:
            number = width // TILE_WIDTH
            if width % TILE_WIDTH:
                for name in (str(level), "entries") if level == 0 else (str(level),):
                    taken._parts[name, number] = self._read(name, number, width % TILE_WIDTH)
            level, width = level + 1, number
        return taken

    def as_of_now(self) -> TreeFiles:
        """The tree under this checkpoint, whatever is added meanwhile: for who reads without the log's lock."""
        return copy(self)

    @property
    def signed(self) -> str:
        """The checkpoint as it was signed; empty before the first."""
        return self._newest[0]

    @property
    def checkpoint(self) -> Checkpoint:
        """The newest that is known here."""
        return self._newest[1]

    @property
    def size(self) -> int:
        """Entries in the tree."""
        return self.checkpoint.size

    def parse(self, signed: str) -> Checkpoint:
        """A checkpoint of this log. Raises SealError when another key signed it."""
        checkpoint = Checkpoint.parse(verify_note(signed, self._key))
        if checkpoint.origin != self._key.name:
            raise SealError(f"this checkpoint is of the log {checkpoint.origin}, not of {self._key.name}")
        return checkpoint

    def node(self, level: int, index: int) -> bytes:
        """Hash of a complete subtree."""
        node: Node = node_from_tiles(self.size, self._read_tile)
        return node(level, index)

    def bundle(self, number: int, *, sieves: Sequence[Sequence[bytes]] = ()) -> list[bytes]:
        """Entries of one bundle, all that the checkpoint covers. Raises SealError when some are missing.

        `sieves`: an entry is wanted if of each of these some text stands in it. None are returned, sooner, where the
        bundle holds no such text.
        """
        width = tile_width(self.size, 0, number)
        data = self._read("entries", number, width)
        passes = all(any(text in data for text in sieve) for sieve in sieves)
        entries = unpack_bundle(data)[:width] if passes else []
        if (len(entries) if passes else bundled(data)) < width:
            raise SealError("entries of the audit log are missing")
        return entries

    def tile(self, level: int, number: int) -> list[bytes]:
        """Hashes of one tile, all that the checkpoint covers."""
        width = tile_width(self.size, level, number)
        return hashes(self._read_tile(level, number, width))[:width]

    def add(self, entries: Sequence[bytes], signer: Signer) -> None:
        """Put entries into the tree and sign the new checkpoint. Raises EnvironmentFault; then nothing is added."""
        if not entries:
            return
        written = self._write_bundles(entries)
        added = [leaf_hash(entry) for entry in entries]
        first, level, size = self.size, 0, self.size + len(entries)
        while added:
            added, paths = self._write_tiles(level, first, added)
            written += paths
            first, level = first // TILE_WIDTH, level + 1
        node = node_from_tiles(size, self._read_tile)
        checkpoint = Checkpoint(signer.name, size, root(size, node))
        signed = signer.sign(str(checkpoint))
        write_durably(self._directory / CHECKPOINT, signed.encode())
        self._newest = signed, checkpoint
        for path in written:
            _remove_older_parts(path)

    def _write_bundles(self, entries: Sequence[bytes]) -> list[Path]:
        first = self.size // TILE_WIDTH
        waiting = (self.bundle(first) if self.size % TILE_WIDTH else []) + list(entries)
        return [
            self._write("entries", first + at // TILE_WIDTH, pack_bundle(part), len(part))
            for at in range(0, len(waiting), TILE_WIDTH)
            if (part := waiting[at : at + TILE_WIDTH])
        ]

    def _write_tiles(self, level: int, first: int, added: list[bytes]) -> tuple[list[bytes], list[Path]]:
        """Add hashes at one level; returns those of the tiles that became full, for the level above."""
        number = first // TILE_WIDTH
        waiting = (self.tile(level, number) if first % TILE_WIDTH else []) + added
        above, paths = [], []
        for at in range(0, len(waiting), TILE_WIDTH):
            part = waiting[at : at + TILE_WIDTH]
            paths.append(self._write(str(level), number + at // TILE_WIDTH, b"".join(part), len(part)))
            if len(part) == TILE_WIDTH:
                above.append(subtree(part))
        return above, paths

    def _write(self, level: str, number: int, data: bytes, width: int) -> Path:
        path = self._directory / tile_path(level, number, width)
        write_durably(path, data)
        return path

    def _read_tile(self, level: int, number: int, width: int) -> bytes:
        return self._full_tile(level, number) if width == TILE_WIDTH else self._read(str(level), number, width)

    def _read_full(self, level: int, number: int) -> bytes:
        return self._read(str(level), number, TILE_WIDTH)

    def _read(self, level: str, number: int, width: int) -> bytes:
        """A tile's file; of a partial one, any that is at least as wide."""
        if (level, number) in self._parts:
            return self._parts[level, number]
        # By text: a Path keeps each part of its name among the interpreter's texts, and their table grows by it.
        full = f"{self._directory}/{tile_path(level, number)}"
        names = [f"{self._directory}/{tile_path(level, number, width)}", full]
        while names:
            for name in names:
                try:
                    with open(name, "rb") as file:
                        return file.read()
                except FileNotFoundError:
                    continue
                except OSError as error:
                    raise EnvironmentFault(f"the audit log cannot be read: {error.strerror}") from error
            names = _wider(full, width)
        raise SealError(f"a part of the audit log is missing: {tile_path(level, number, width)}")


def _wider(full: str, width: int) -> list[str]:
    """Forms of a tile that are wider than this: who adds to the log puts one of them there, and then takes away the
    narrower ones."""
    try:
        found = [int(name) for name in os.listdir(f"{full}.p") if name.isdecimal()]
    except FileNotFoundError:
        found = []
    except OSError as error:
        raise EnvironmentFault(f"the audit log cannot be read: {error.strerror}") from error
    forms = [f"{full}.p/{other}" for other in sorted(found, reverse=True) if other > width]
    return [*forms, full] if os.path.exists(full) else forms


def _remove_older_parts(path: Path) -> None:
    """Narrower forms of a tile that was just written."""
    full = path.parent.suffix != ".p"
    parts = path.with_name(path.name + ".p") if full else path.parent
    with contextlib.suppress(OSError):  # leftovers harm nobody
        if not parts.is_dir():
            return
        for other in parts.iterdir():
            if other != path:
                other.unlink()
        if full:
            parts.rmdir()
