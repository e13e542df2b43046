"""Sound that waits longer than it must: a line stood still and then gave all at once, or its clock is fast.

Rule: whatever came is heard and kept. Time is made up for in frames that are quiet, and only after frames were seen for
a second to wait for nothing; what speaks on without a pause stays late.
"""

from __future__ import annotations

from array import array

QUIET = 328
"""No sample of a quiet frame is above it: 40 dB below full scale, and so under what is said into a telephone."""
KEPT_FRAMES = 2
"""Frames that may wait: common jitter."""
SURE_FRAMES = 50
"""Frames in a row behind each of which more waited, before one is left out: shorter is a burst that ends by itself."""


class Delay:
    """Of one stream, whose frames are taken one by one while it `is_watched`."""

    def __init__(self) -> None:
        self.left_out = 0
        """Frames, all of them quiet."""
        self._seen = self._least = 0

    @property
    def is_watched(self) -> bool:
        """Whether more waited behind the last frame than need be."""
        return self._seen > 0

    def waits(self, frames: int) -> None:
        """So many wait behind the frame that was just taken."""
        if frames <= KEPT_FRAMES:
            self._seen = 0
        else:
            self._least = min(self._least, frames) if self._seen else frames
            self._seen += 1

    def leaves_out(self, pcm: bytes) -> bool:
        """Whether the next frame is to be taken in place of this one."""
        if self._seen < SURE_FRAMES or not _is_quiet(pcm):
            return False
        self.left_out += 1
        self._least -= 1
        if self._least <= KEPT_FRAMES:
            self._seen = 0
        return True


def _is_quiet(pcm: bytes) -> bool:
    samples = array("h", pcm)
    return max(samples) <= QUIET and min(samples) >= -QUIET
