"""Frames of 20 ms (several in a row may come as one) and what stands between them, as the frames of a journal.

Rule: what was heard before a pause stands before it in the journal, and nothing of the pause stands anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES, SAMPLE_BYTES
from ivr.core.vault.journal_frame import AudioBlock, JournalEntry, JournalFrame, Paused, Resumed

Portion = tuple[int, Mapping[str, bytes]]
"""First sample, channel -> PCM."""


class BlockMaker:
    """Makes a journal's frames of what was handed in, portion by portion, in its order."""

    def __init__(self) -> None:
        self._paused_from: int | None = None
        self._kept_from = 0
        """Where the last pause ended."""

    def keeps(self, sample: int) -> bool:
        """Whether all that is heard from there on is kept, as far as is known."""
        return self._paused_from is None and sample >= self._kept_from

    def frames(self, portion: Iterable[Portion | JournalFrame]) -> list[JournalFrame]:
        """What was heard as few blocks: one, unless it is long, channels came or went, or time was skipped.

        Entries come before what was heard at the same time: their place among the blocks means nothing.
        """
        frames: list[JournalFrame] = []
        heard: list[Portion] = []
        for item in portion:
            if isinstance(item, tuple):
                if self._paused_from is not None or item[0] < self._kept_from:
                    item = _cut(*item, since=self._kept_from, until=self._paused_from)
                heard.append(item)
            elif isinstance(item, JournalEntry):
                frames.append(item)
            else:
                if isinstance(item, Paused):
                    self._paused_from = item.sample
                    heard = [_cut(*frame, until=item.sample) for frame in heard]
                elif isinstance(item, Resumed):
                    self._paused_from, self._kept_from = None, item.sample
                _add_blocks(frames, heard)
                heard = []
                frames.append(item)
        _add_blocks(frames, heard)
        return frames


def _add_blocks(frames: list[JournalFrame], heard: list[Portion]) -> None:
    """Plain loops in one function: this runs cold, five times a second in every call."""
    first = end = length = 0
    tracks: dict[str, list[bytes]] = {}
    for at, channels in [*heard, (0, {})]:
        size = -(-max([0, *map(len, channels.values())]) // FRAME_BYTES)
        if length and (at != end or length + size > BLOCK_FRAMES or channels.keys() != tracks.keys()):
            block = {}
            for name, run in tracks.items():
                block[name] = b"".join(run)
            frames.append(AudioBlock(first, block))
            length = 0
        if not length:
            first, tracks = at, {name: [] for name in channels}
        for name, pcm in channels.items():
            tracks[name].append(pcm)
            end = at + len(pcm) // SAMPLE_BYTES
        length += size


def _cut(first_sample: int, channels: Mapping[str, bytes], *, since: int = 0, until: int | None = None) -> Portion:
    """The part between two samples; no channels when there is none."""
    begin = max(0, since - first_sample)
    end = None if until is None else max(0, until - first_sample) * SAMPLE_BYTES
    kept = {name: part for name, pcm in channels.items() if (part := pcm[begin * SAMPLE_BYTES : end])}
    return first_sample + begin, kept
