"""What a long-term file holds: an index, the journal's entries, and every channel in blocks of one second.

    magic (16) | index length (4) | index JSON | entries JSON lines | channel | channel | ...

Each block is kept in the shortest of four lossless ways, and its way alone tells its length: so the place of any second
is arithmetic, and a listener at minute 40 causes the reading of two or three chunks. Rule: what comes out is bit for
bit what the journal held; hashes of every part stand in the index.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivr.core import typed
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.core.media.g711 import decode_alaw, decode_ulaw, encode_alaw, encode_ulaw
from ivr.core.vault.cobblestone import CobblestoneReader
from ivr.core.vault.journal import Ending
from ivr.core.vault.timeline import Pause, Timeline
from ivr.errors import SealError

MAGIC = b"ivr-recording/1\n"
BLOCK_SAMPLES = SAMPLE_RATE
"""One second."""
SILENCE, ULAW, ALAW, LINEAR = "0uap"
"""How a block is kept: nothing, mu-law bytes, A-law bytes, 16-bit PCM."""
_SAMPLE_COST = {SILENCE: 0, ULAW: 1, ALAW: 1, LINEAR: 2}
"""Bytes a sample."""
_COSTS = np.zeros(256, np.int64)
_COSTS[[ord(way) for way in _SAMPLE_COST]] = list(_SAMPLE_COST.values())
_LENGTH = struct.Struct(">I")
_MAX_INDEX_BYTES = 16 << 20
_PIECE_BYTES = 1 << 20
_PIECE_SAMPLES = 60 * BLOCK_SAMPLES
"""What is read back at a time."""


def archive_context(recording_id: str) -> bytes:
    """What binds a long-term file to its recording."""
    return b"ivr-recording/1 " + recording_id.encode()


@dataclass(frozen=True, slots=True)
class Track:
    """One channel in the file."""

    name: str
    sha256: str
    """Of its whole PCM, hex."""
    ways: str = field(repr=False)
    """One letter a block."""
    peaks: bytes = field(default=b"", repr=False)
    """How loud it is (`ivr.core.vault.peaks`); empty in files of versions that did not keep it."""


@dataclass(frozen=True, slots=True)
class ArchiveIndex:
    """The manifest of a recording: what it holds, where, and the hashes that prove it."""

    call_id: str
    recording_id: str
    started_at: float
    ending: Ending
    samples: int
    pauses: tuple[Pause, ...]
    tracks: tuple[Track, ...]
    entries_bytes: int
    entries_sha256: str
    manifest: dict[str, object] | None = field(repr=False)
    """What the cell said when it closed the recording; None after a crash."""


def head(index: ArchiveIndex) -> bytes:
    """What stands before the entries."""
    raw = _json(_index_to_json(index))
    return MAGIC + _LENGTH.pack(len(raw)) + raw


def entry_line(entry: Mapping[str, object]) -> bytes:
    """One of the journal's entries, as the file has it."""
    return _json(entry) + b"\n"


class ArchiveReader:
    """A long-term file, opened where it is asked to be."""

    def __init__(self, file: CobblestoneReader) -> None:
        """Read the index. Raises SealError."""
        self._file = file
        start = len(MAGIC) + _LENGTH.size
        head = file.slice(0, start)
        if not head.startswith(MAGIC) or len(head) < start:
            raise SealError("the recording is of another version than this program reads")
        (length,) = _LENGTH.unpack_from(head, len(MAGIC))
        if length > _MAX_INDEX_BYTES:
            raise SealError("the recording's index is longer than any of ours")
        self.index = _index_from_json(file.slice(start, length))
        self._entries_at = start + length
        self._tracks: dict[str, tuple[Track, NDArray[np.int64]]] = {}
        at = self._entries_at + self.index.entries_bytes
        for track in self.index.tracks:
            offsets = at + _offsets(self.index.samples, track)
            self._tracks[track.name] = (track, offsets)
            at = int(offsets[-1])

    def entries(self) -> tuple[dict[str, object], ...]:
        """The journal's entries. Raises SealError when they are not those that were sealed."""
        raw = self._file.slice(self._entries_at, self.index.entries_bytes)
        if hashlib.sha256(raw).hexdigest() != self.index.entries_sha256:
            raise SealError("the recording's entries are not those of its index")
        return tuple(json.loads(line) for line in raw.split(b"\n")[:-1])

    def pcm(self, channel: str, first_sample: int = 0, count: int | None = None) -> bytes:
        """PCM of a part of a channel; reads only the chunks it lies in. A channel that never was is silent."""
        end = self.index.samples if count is None else min(self.index.samples, first_sample + count)
        if first_sample >= end:
            return b""
        if channel not in self._tracks:
            return bytes((end - first_sample) * SAMPLE_BYTES)
        track, offsets = self._tracks[channel]
        first, last = first_sample // BLOCK_SAMPLES, (end - 1) // BLOCK_SAMPLES
        raw = self._file.slice(int(offsets[first]), int(offsets[last + 1] - offsets[first]))
        parts = []
        for number in range(first, last + 1):
            block = raw[offsets[number] - offsets[first] : offsets[number + 1] - offsets[first]]
            parts.append(_lengthen(track.ways[number], block, _block_samples(self.index.samples, number)))
        skip = (first_sample - first * BLOCK_SAMPLES) * SAMPLE_BYTES
        return b"".join(parts)[skip : skip + (end - first_sample) * SAMPLE_BYTES]

    def verify(self) -> None:
        """Read everything back, a little at a time, and compare it with the index. Raises SealError."""
        at, left, digest = self._entries_at, self.index.entries_bytes, hashlib.sha256()
        while left:
            piece = self._file.slice(at, min(left, _PIECE_BYTES))
            if not piece:
                raise SealError("the recording is cut: its entries are not whole")
            digest.update(piece)
            at, left = at + len(piece), left - len(piece)
        if digest.hexdigest() != self.index.entries_sha256:
            raise SealError("the recording's entries are not those of its index")
        for track in self.index.tracks:
            digest = hashlib.sha256()
            for first in range(0, self.index.samples, _PIECE_SAMPLES):
                digest.update(self.pcm(track.name, first, _PIECE_SAMPLES))
            if digest.hexdigest() != track.sha256:
                raise SealError(f"channel {track.name} of the recording is not that of its index")

    def timeline(self) -> Timeline:
        """Everything, checked against the hashes of the index."""
        channels = {}
        for track in self.index.tracks:
            pcm = self.pcm(track.name)
            if hashlib.sha256(pcm).hexdigest() != track.sha256:
                raise SealError(f"channel {track.name} of the recording is not that of its index")
            channels[track.name] = pcm
        return Timeline(channels, self.index.pauses, self.entries(), self.index.manifest)


def shorten(pcm: bytes) -> tuple[str, bytes]:
    """The shortest way to keep a block without loss, and its bytes."""
    if pcm.count(0) == len(pcm):
        return SILENCE, b""
    if decode_ulaw(codes := encode_ulaw(pcm)) == pcm:
        return ULAW, codes
    if decode_alaw(codes := encode_alaw(pcm)) == pcm:
        return ALAW, codes
    return LINEAR, pcm


def _lengthen(way: str, data: bytes, samples: int) -> bytes:
    expand: dict[str, Callable[[bytes], bytes]] = {
        SILENCE: lambda _: bytes(samples * SAMPLE_BYTES),
        ULAW: decode_ulaw,
        ALAW: decode_alaw,
        LINEAR: bytes,
    }
    pcm = expand[way](data)
    if len(pcm) != samples * SAMPLE_BYTES:
        raise SealError("a block of the recording is shorter than its index says")
    return pcm


def _block_samples(samples: int, number: int) -> int:
    return min(BLOCK_SAMPLES, samples - number * BLOCK_SAMPLES)


def _offsets(samples: int, track: Track) -> NDArray[np.int64]:
    """Where each block begins, counted from the first, and where the last one ends."""
    sizes = _COSTS[np.frombuffer(track.ways.encode(), np.uint8)] * BLOCK_SAMPLES
    if track.ways:
        sizes[-1] = _SAMPLE_COST[track.ways[-1]] * _block_samples(samples, len(track.ways) - 1)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])


def _index_to_json(index: ArchiveIndex) -> dict[str, object]:
    return {
        "call_id": index.call_id,
        "recording_id": index.recording_id,
        "started_at": index.started_at,
        "ending": index.ending.value,
        "samples": index.samples,
        "pauses": [[pause.first_sample, pause.last_sample, pause.reason] for pause in index.pauses],
        "tracks": [[track.name, track.sha256, track.ways] for track in index.tracks],
        "peaks": {track.name: base64.b64encode(track.peaks).decode() for track in index.tracks if track.peaks},
        "entries_bytes": index.entries_bytes,
        "entries_sha256": index.entries_sha256,
        "manifest": index.manifest,
    }


def _index_from_json(raw: bytes) -> ArchiveIndex:
    try:
        data = typed.parsed(raw)
        index = ArchiveIndex(
            call_id=typed.text(data["call_id"]),
            recording_id=typed.text(data["recording_id"]),
            started_at=typed.number(data["started_at"]),
            ending=Ending(data["ending"]),
            samples=typed.whole(data["samples"], least=0),
            pauses=tuple(
                Pause(
                    typed.whole(first, least=0), None if last is None else typed.whole(last, least=0), typed.text(why)
                )
                for first, last, why in data["pauses"]
            ),
            tracks=tuple(
                Track(typed.text(name), typed.text(sha256), typed.text(ways), _peaks(data, name))
                for name, sha256, ways in data["tracks"]
            ),
            entries_bytes=typed.whole(data["entries_bytes"], least=0),
            entries_sha256=typed.text(data["entries_sha256"]),
            manifest=_object_or_none(data["manifest"]),
        )
        blocks = -(-index.samples // BLOCK_SAMPLES)
        if any(len(track.ways) != blocks or set(track.ways) - _SAMPLE_COST.keys() for track in index.tracks):
            raise ValueError("blocks")
    except (KeyError, TypeError, ValueError) as error:
        raise SealError("the recording's index is not one that this version can read") from error
    return index


def _peaks(data: Mapping[str, Any], track: str) -> bytes:
    kept = _object_or_none(data.get("peaks")) or {}
    return base64.b64decode(typed.text(kept.get(track, "")), validate=True)


def _object_or_none(value: object) -> dict[str, object] | None:
    if value is not None and not isinstance(value, dict):
        raise TypeError("a part of it is no object")
    return value


def _json(data: Mapping[str, object]) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
