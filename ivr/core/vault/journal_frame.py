"""What a journal's frames hold, as bytes and back.

Rule: bytes that are not exactly one of these frames are an error, never a guess.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache

from ivr.core.typed import parsed, text, whole
from ivr.errors import BugError

_AUDIO = struct.Struct(">QH")
CHANNELS = (
    "caller.in",
    "caller.out",
    "agent.in",
    "agent.out",
    "consultant.in",
    "consultant.out",
    "target.in",
    "target.out",
    "supervisor.in",
)
"""Who is heard (`in`: what they said; `out`: what they heard), by bit in the file, lowest first."""

_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_CHANNEL_BIT = {name: 1 << number for number, name in enumerate(CHANNELS)}


class Kind(IntEnum):
    """What a frame holds."""

    AUDIO = 1
    ENTRY = 2
    PAUSED = 3
    RESUMED = 4
    CLOSED = 5


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """Some milliseconds of all channels that there are: one sealed frame, whatever their number."""

    first_sample: int
    channels: Mapping[str, bytes] = field(repr=False)
    """Channel -> PCM; all of one length."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One JSON object: an event with its time, a note, the call's record."""

    data: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Paused:
    """From this sample on nothing is kept."""

    sample: int
    reason: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """From this sample on audio is kept again."""

    sample: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The last frame of a properly ended recording."""

    manifest: Mapping[str, object] = field(repr=False)


JournalFrame = AudioBlock | JournalEntry | Paused | Resumed | Closed


def to_json(data: Mapping[str, object]) -> bytes:
    """Sorted, without spaces."""
    return _JSON.encode(data).encode()


def from_json(raw: bytes) -> dict[str, object]:
    """An object; raises ValueError or TypeError when it is none."""
    data = parsed(raw)
    if not isinstance(data, dict):
        raise TypeError("not a JSON object")
    return data


def encode(frame: JournalFrame) -> tuple[Kind, bytes]:
    """A frame's kind and plaintext."""
    if isinstance(frame, AudioBlock):  # first and apart: five times a second there is nothing else
        channels = frame.channels
        present, mask = _layout(tuple(channels))
        tracks = list(map(channels.__getitem__, present))
        if len(set(map(len, tracks))) != 1 or not tracks[0]:
            raise BugError("the channels of a block have one length, which is not 0")
        return Kind.AUDIO, b"".join([_AUDIO.pack(frame.first_sample, mask), *tracks])
    match frame:
        case JournalEntry(data):
            return Kind.ENTRY, to_json(data)
        case Paused(sample, reason):
            return Kind.PAUSED, to_json({"sample": sample, "reason": reason})
        case Resumed(sample):
            return Kind.RESUMED, to_json({"sample": sample})
        case Closed(manifest):
            return Kind.CLOSED, to_json(manifest)


def decode(kind: int, plain: bytes) -> JournalFrame:
    """Bytes that authenticated, as a frame. Raises ValueError, KeyError, TypeError or struct.error."""
    match Kind(kind):
        case Kind.AUDIO:
            return _decode_audio(plain)
        case Kind.ENTRY:
            return JournalEntry(from_json(plain))
        case Kind.PAUSED:
            data = _exactly(plain, "sample", "reason")
            return Paused(whole(data["sample"], least=0), text(data["reason"]))
        case Kind.RESUMED:
            return Resumed(whole(_exactly(plain, "sample")["sample"], least=0))
        case Kind.CLOSED:
            return Closed(from_json(plain))


def _exactly(plain: bytes, *names: str) -> dict[str, object]:
    data = from_json(plain)
    if data.keys() != set(names):
        raise KeyError("unknown or missing members")
    return data


@cache
def _layout(names: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """The channels in the file's order, and their bits: worked out once for each set of legs, not for each block."""
    if unknown := set(names) - _CHANNEL_BIT.keys():
        raise BugError(f"no channel {min(unknown)!r}: one of {', '.join(CHANNELS)}")
    return tuple(name for name in CHANNELS if name in names), sum(_CHANNEL_BIT[name] for name in names)


def _decode_audio(plain: bytes) -> AudioBlock:
    first_sample, mask = _AUDIO.unpack_from(plain)
    present = [name for name, bit in _CHANNEL_BIT.items() if mask & bit]
    if not present or mask >> len(CHANNELS):
        raise ValueError("no such channels")
    length, over = divmod(len(plain) - _AUDIO.size, len(present))
    if not length or over:
        raise ValueError("channels of different lengths")
    starts = range(_AUDIO.size, len(plain), length)
    return AudioBlock(first_sample, {name: plain[at : at + length] for name, at in zip(present, starts, strict=True)})
