"""What is kept of the caller right after a secret: nothing, until the last key's tone is over.

A key is known while it still sounds: recording resumes at once, and the rest of the tone would tell the digit. On a
line that was late (`core/media/delay`) it is known before it sounds at all: what waits to be heard is covered too.
"""

from __future__ import annotations

import numpy as np

from ivr.core.media.frame import SILENT_FRAME

LOUD = 300
"""Samples above this are sound: 41 dB below full scale, far below any tone that a detector takes for a key (Q.24)."""
QUIET_FRAMES = 5
"""Quiet frames in a row after which the tone is over: 100 ms, more than a drop-out inside one (Q.24: 10 ms)."""
MOST_FRAMES = 150
"""Frames after which all is kept again, whatever sounds: 3 s, so that a noisy line is not lost."""


class Hush:
    """Covers frames until it is quiet."""

    __slots__ = ("_left", "_quiet", "_waiting")

    def __init__(self, most: int = MOST_FRAMES, *, waiting: int = 0) -> None:
        """`most`: frames that may be covered; 0 covers none. Before them so many of `waiting` are, quiet or not."""
        self._left, self._waiting = most, waiting
        self._quiet = 0

    @property
    def over(self) -> bool:
        """Whether frames are kept as they are."""
        return self._left == 0 and self._waiting == 0

    def cover(self, frame: bytes) -> bytes:
        """Silence in this frame's place."""
        if self._waiting:
            self._waiting -= 1
            return SILENT_FRAME
        self._left -= 1
        loud = np.abs(np.frombuffer(frame, "<i2").astype(np.int32)).max() > LOUD
        self._quiet = 0 if loud else self._quiet + 1
        if self._quiet >= QUIET_FRAMES:
            self._left = 0
        return SILENT_FRAME
