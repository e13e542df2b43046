"""A journal looked through once, frame by frame: what its long-term file's index says, and what a call's record needs.

Rule: memory does not grow with the call's length but by what is kept of it (eleven bytes a second and channel, spans
and steps). So the file of a long call is made by going through the journal again, once for each part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from ivr.core.media.frame import SAMPLE_BYTES
from ivr.core.vault.archive import BLOCK_SAMPLES, ArchiveIndex, Track, entry_line, head, shorten
from ivr.core.vault.journal import Ending, JournalHeader
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry, JournalFrame, Paused, Resumed
from ivr.core.vault.peaks import peaks_of
from ivr.core.vault.timeline import Pause, PauseKeeper, length_with_pause
from ivr.errors import SealError

WINDOW_SAMPLES = 10 * BLOCK_SAMPLES
"""Audio may come out of order by less than this. A recorder writes in order."""
HELD_BYTES = 4 << 20
"""PCM that is held while a call's file is made, so that its journal is opened once more and not for each part: two
minutes of two channels."""
TOLD = ("span", "step", "record")
"""Entries that a call's record, transcript and steps are made of."""
EVENTS_TOLD = ("RuleFound",)
"""Events that say what stands nowhere else: the words in which a rule found something while the call went on."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A recording without its sound and without most events in it."""

    samples: int
    pauses: tuple[Pause, ...]
    entries: tuple[dict[str, object], ...] = field(repr=False)
    """Spans, steps and what rules found meanwhile in their order, and the last record."""
    manifest: dict[str, object] | None = field(repr=False)
    moments: tuple[float, float] | None = None
    """The first and the last event's time on the call's clock, seconds."""


class TrackCutter:
    """One channel's audio as blocks of one second, in order; silence where nothing was kept."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._at = 0
        self.end = 0
        """Samples until the last one that was kept."""

    def lay(self, first_sample: int, pcm: bytes) -> Iterator[bytes]:
        """Put audio in its place; yields blocks that nothing will change any more. Audio that overlaps: the later
        counts. Raises SealError when it belongs into one that was yielded."""
        if first_sample < self._at:
            raise SealError("audio of the recording stands far behind its place: no recorder of ours wrote this")
        while first_sample - self._at >= WINDOW_SAMPLES:
            yield self._pop(BLOCK_SAMPLES)
        at = (first_sample - self._at) * SAMPLE_BYTES
        if at > len(self._waiting):
            self._waiting += bytes(at - len(self._waiting))
        self._waiting[at : at + len(pcm)] = pcm
        self.end = max(self.end, first_sample + len(pcm) // SAMPLE_BYTES)

    def rest(self, length: int) -> Iterator[bytes]:
        """The blocks that are left, to the call's end."""
        while self._at < length:
            yield self._pop(min(BLOCK_SAMPLES, length - self._at))

    def _pop(self, samples: int) -> bytes:
        size = samples * SAMPLE_BYTES
        block = bytes(self._waiting[:size]).ljust(size, b"\x00")
        del self._waiting[:size]
        self._at += samples
        return block


class Survey:
    """The first time through a journal: give it every frame."""

    def __init__(self) -> None:
        self._cutters: dict[str, TrackCutter] = {}
        self._hashes: dict[str, hashlib._Hash] = {}
        self._ways: dict[str, list[str]] = {}
        self._peaks: dict[str, bytearray] = {}
        self._pauses = PauseKeeper()
        self._told: list[dict[str, object]] = []
        self._record: dict[str, object] | None = None
        self._moments: tuple[float, float] | None = None
        self._entries_hash, self._entries_bytes = hashlib.sha256(), 0
        self._manifest: dict[str, object] | None = None

    def take(self, frame: JournalFrame) -> None:
        """The next frame. Raises SealError."""
        match frame:
            case AudioBlock(first_sample, heard):
                for channel, pcm in heard.items():
                    self._count(channel, self._cutter(channel).lay(first_sample, pcm))
            case Paused() | Resumed():
                self._pauses.take(frame)
            case JournalEntry(data):
                self._keep(dict(data))
            case Closed(data):
                self._manifest = dict(data)

    def finish(self, header: JournalHeader, ending: Ending) -> tuple[ArchiveIndex, Outline]:
        """What the long-term file's index says, and the outline. Ends the survey."""
        heard = max((cutter.end for cutter in self._cutters.values()), default=0)
        samples = length_with_pause(heard, self._pauses.pauses, self._manifest)
        for channel, cutter in self._cutters.items():
            self._count(channel, cutter.rest(samples))
        index = ArchiveIndex(
            call_id=header.call_id,
            recording_id=header.recording_id,
            started_at=header.started_at,
            ending=ending,
            samples=samples,
            pauses=self._pauses.pauses,
            tracks=tuple(
                Track(name, self._hashes[name].hexdigest(), "".join(self._ways[name]), bytes(self._peaks[name]))
                for name in sorted(self._cutters)
            ),
            entries_bytes=self._entries_bytes,
            entries_sha256=self._entries_hash.hexdigest(),
            manifest=self._manifest,
        )
        told = (*self._told, *([self._record] if self._record is not None else []))
        return index, Outline(samples, self._pauses.pauses, told, self._manifest, self._moments)

    def _cutter(self, channel: str) -> TrackCutter:
        if channel not in self._cutters:
            self._cutters[channel], self._ways[channel] = TrackCutter(), []
            self._hashes[channel], self._peaks[channel] = hashlib.sha256(), bytearray()
        return self._cutters[channel]

    def _count(self, channel: str, blocks: Iterable[bytes]) -> None:
        for block in blocks:
            self._hashes[channel].update(block)
            self._ways[channel].append(shorten(block)[0])
            self._peaks[channel] += peaks_of(block)

    def _keep(self, entry: dict[str, object]) -> None:
        line = entry_line(entry)
        self._entries_hash.update(line)
        self._entries_bytes += len(line)
        if "record" in entry:
            self._record = entry
        elif _is_told(entry):
            self._told.append(entry)
        now = entry.get("now")
        if isinstance(now, int | float):
            self._moments = (self._moments[0] if self._moments else now, now)


def outline(entries: Iterable[dict[str, object]], index: ArchiveIndex) -> Outline:
    """The outline of a recording that is in its long-term form."""
    return Outline(index.samples, index.pauses, tuple(filter(_is_told, entries)), index.manifest)


def _is_told(entry: Mapping[str, object]) -> bool:
    event = entry.get("event")
    return any(name in entry for name in TOLD) or (isinstance(event, Mapping) and event.get("is") in EVENTS_TOLD)


def plain_archive(index: ArchiveIndex, frames: Callable[[], Iterable[JournalFrame]]) -> Iterator[bytes]:
    """The long-term file's plaintext in pieces; `frames` gives the journal's frames from their beginning, each time."""
    yield head(index)
    if index.samples * SAMPLE_BYTES * len(index.tracks) <= HELD_BYTES:
        frames = partial(iter, list(frames()))
    for frame in frames():
        if isinstance(frame, JournalEntry):
            yield entry_line(frame.data)
    for track in index.tracks:
        cutter = TrackCutter()
        for frame in frames():
            if isinstance(frame, AudioBlock) and track.name in frame.channels:
                for block in cutter.lay(frame.first_sample, frame.channels[track.name]):
                    yield shorten(block)[1]
        for block in cutter.rest(index.samples):
            yield shorten(block)[1]
