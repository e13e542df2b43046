"""A recording's frames laid out on the call's time line: every channel the same length, silence where nothing was kept.

Rule: a sample's place is its index. A gap (a pause, a leg that was not there yet) keeps its duration.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.core.media.frame import SAMPLE_BYTES
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry, JournalFrame, Paused, Resumed


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch that was not kept, and why."""

    first_sample: int
    last_sample: int | None
    """Exclusive; None: the recording ended while it was paused."""
    reason: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that a recording holds, in order."""

    channels: dict[str, bytes] = field(repr=False)
    """Channel -> PCM from sample 0; all of one length."""
    pauses: tuple[Pause, ...]
    entries: tuple[dict[str, object], ...] = field(repr=False)
    manifest: dict[str, object] | None = field(repr=False)
    """None when the recording was not closed."""

    @property
    def samples(self) -> int:
        """Length of the call's time line."""
        return max((len(pcm) // SAMPLE_BYTES for pcm in self.channels.values()), default=0)

    def pcm(self, channel: str, first_sample: int = 0, count: int | None = None) -> bytes:
        """A channel from a sample on, `count` samples at most; one that never was is silent."""
        track = self.channels.get(channel, bytes(self.samples * SAMPLE_BYTES))
        end = self.samples if count is None else first_sample + count
        return track[first_sample * SAMPLE_BYTES : end * SAMPLE_BYTES]


def assemble(frames: Iterable[JournalFrame]) -> Timeline:
    """Lay frames out. Audio of one channel that overlaps: the later frame counts."""
    tracks: dict[str, bytearray] = {}
    pauses = PauseKeeper()
    entries: list[dict[str, object]] = []
    manifest: dict[str, object] | None = None
    for frame in frames:
        match frame:
            case AudioBlock(first_sample, heard):
                for channel, pcm in heard.items():
                    _lay(tracks.setdefault(channel, bytearray()), first_sample * SAMPLE_BYTES, pcm)
            case Paused() | Resumed():
                pauses.take(frame)
            case JournalEntry(data):
                entries.append(dict(data))
            case Closed(data):
                manifest = dict(data)
    longest = max((len(track) for track in tracks.values()), default=0) // SAMPLE_BYTES
    length = length_with_pause(longest, pauses.pauses, manifest) * SAMPLE_BYTES
    channels = {name: bytes(track) + bytes(length - len(track)) for name, track in sorted(tracks.items())}
    return Timeline(channels, pauses.pauses, tuple(entries), manifest)


class PauseKeeper:
    """Pauses, as their marks come."""

    def __init__(self) -> None:
        self.pauses: tuple[Pause, ...] = ()

    def take(self, mark: Paused | Resumed) -> None:
        """The next mark."""
        open_ = bool(self.pauses) and self.pauses[-1].last_sample is None
        match mark:
            case Paused(sample, reason):
                self.pauses += (Pause(sample, None, reason),)
            case Resumed(sample) if open_:
                last = self.pauses[-1]
                # Of no length: another reason joined at once.
                ended = (Pause(last.first_sample, sample, last.reason),) if sample > last.first_sample else ()
                self.pauses = (*self.pauses[:-1], *ended)


def length_with_pause(heard: int, pauses: tuple[Pause, ...], manifest: dict[str, object] | None) -> int:
    """Samples of a call of which so many were heard: when it ended in a pause its closing frame tells its length."""
    if not pauses or pauses[-1].last_sample is not None:
        return heard
    told = manifest.get("samples") if manifest is not None else None
    return max(heard, pauses[-1].first_sample, told if isinstance(told, int) else 0)


def _lay(track: bytearray, at: int, pcm: bytes) -> None:
    if at > len(track):
        track += bytes(at - len(track))
    track[at : at + len(pcm)] = pcm
