"""What a journal's frames hold, as bytes and back.

Rule: bytes that are not exactly one of these frames are an error, never a guess.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from ivr.errors import BugError

_AUDIO = struct.Struct(">BQ")
CHANNELS = (
    "caller.in",
    "caller.out",
    "agent.in",
    "agent.out",
    "consultant.in",
    "consultant.out",
    "target.in",
    "target.out",
)
"""Who is heard (`in`: what they said; `out`: what they heard), by number in the file."""

_CHANNEL_NUMBER = {name: number for number, name in enumerate(CHANNELS)}


class Kind(IntEnum):
    """What a frame holds."""

    AUDIO = 1
    ENTRY = 2
    PAUSED = 3
    RESUMED = 4
    CLOSED = 5


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """Some milliseconds of one channel."""

    channel: str
    first_sample: int
    pcm: bytes = field(repr=False)


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
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def from_json(raw: bytes) -> dict[str, object]:
    """An object; raises ValueError or TypeError when it is none."""
    data = json.loads(raw)
    if not isinstance(data, dict):
        raise TypeError("not a JSON object")
    return data


def encode(frame: JournalFrame) -> tuple[Kind, bytes]:
    """A frame's kind and plaintext."""
    match frame:
        case AudioBlock(channel, first_sample, pcm):
            if channel not in _CHANNEL_NUMBER:
                raise BugError(f"no channel {channel!r}: one of {', '.join(CHANNELS)}")
            return Kind.AUDIO, _AUDIO.pack(_CHANNEL_NUMBER[channel], first_sample) + pcm
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
            number, first_sample = _AUDIO.unpack_from(plain)
            return AudioBlock(CHANNELS[number], first_sample, plain[_AUDIO.size :])
        case Kind.ENTRY:
            return JournalEntry(from_json(plain))
        case Kind.PAUSED:
            data = from_json(plain)
            return Paused(int(str(data["sample"])), str(data["reason"]))
        case Kind.RESUMED:
            return Resumed(int(str(from_json(plain)["sample"])))
        case Kind.CLOSED:
            return Closed(from_json(plain))
