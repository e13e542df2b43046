"""FrameVad by WebRTC's detector: two microseconds a frame, and easily fooled by babble and music."""

from __future__ import annotations

import webrtcvad

from ivr.core.media.frame import FRAME_BYTES, SAMPLE_RATE
from ivr.errors import BugError

MODE = 3
"""Most sceptical of the four: 1.4 % of clean speech frames missed, 7 % false alarms (measured)."""


class WebrtcFrameVad:
    """The cheap voice detector, on every frame of one caller."""

    __slots__ = ("_vad",)

    def __init__(self) -> None:
        self._vad = webrtcvad.Vad(MODE)

    def is_speech(self, frame: bytes) -> bool:
        """Whether a frame of 20 ms sounds like speech. Raises BugError when it is shorter or longer."""
        if len(frame) != FRAME_BYTES:
            raise BugError(f"a frame has {FRAME_BYTES} bytes, not {len(frame)}")
        return bool(self._vad.is_speech(frame, SAMPLE_RATE))
