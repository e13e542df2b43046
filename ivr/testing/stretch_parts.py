"""The frames of a stretch on their way to who let them pass, as the media clock hands them over."""

from __future__ import annotations

import ctypes

from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES, FRAME_SAMPLES
from ivr.core.media.stretch import Keep, Passed, Stretch

_KEEP = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t
)


class Parts:
    """Hands frames over as the media clock does: whole blocks to the C that keeps them, where there is one."""

    def __init__(self, stretch: Stretch, passed: Passed) -> None:
        self._stretch, self._passed = stretch, passed
        self._heard: list[dict[int, bytes]] = []
        self._before = self._kept = 0
        """Frames that were handed over; of those in `_heard` so many are kept."""
        self._block = stretch.block

    def add(self, said: dict[int, bytes], *, last: bool) -> bool:
        """Whether it goes on."""
        self._heard.append(said)
        if len(self._heard) - self._kept < self._block and not last:
            return True
        whole = len(self._heard) - self._kept == BLOCK_FRAMES == self._block
        self._block = BLOCK_FRAMES
        if whole and self._stretch.keep is not None:
            goes_on = self._keep(self._stretch.keep)
            if last or not goes_on:
                goes_on = self._hand_over(self._kept, kept=True) and goes_on
            return goes_on
        return self._hand_over(self._kept, kept=True) and self._hand_over(len(self._heard), kept=False)

    def _keep(self, keep: Keep) -> bool:
        caller, begin = self._stretch.ways[0], self._before + self._kept
        said = b"".join(frame[caller.leg] for frame in self._heard[self._kept :])
        at = begin * FRAME_BYTES
        heard = caller.pcm[at : at + len(said)].ljust(len(said), b"\0")
        self._kept = len(self._heard)
        return bool(_KEEP(keep.function)(keep.journal, keep.sample + begin * FRAME_SAMPLES, said, heard, len(said)))

    def _hand_over(self, frames: int, *, kept: bool) -> bool:
        if not frames:
            return True
        told, self._heard = self._heard[:frames], self._heard[frames:]
        self._before, self._kept = self._before + frames, 0
        heard = {way.leg: b"".join(said[way.leg] for said in told) for way in self._stretch.ways}
        return self._passed(frames, heard, kept=kept)
