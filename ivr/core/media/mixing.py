"""Several voices in one frame: added sample by sample, and held within 16 bits.

Added whole and not averaged: nobody becomes quieter because another is on the line. What would be too loud is cut off
at full scale, which one hears less than a voice that fades.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ivr.core.media.frame import SILENT_FRAME

_LOUDEST, _LOWEST = 32767, -32768


def mixed(frames: Sequence[bytes]) -> bytes:
    """What is heard of these frames together: 16-bit PCM. One alone is handed on as it is; none is silence."""
    if len(frames) < 2:
        return frames[0] if frames else SILENT_FRAME
    total = np.frombuffer(frames[0], "<i2").astype(np.int32)
    for frame in frames[1:]:
        total += np.frombuffer(frame, "<i2")
    return np.clip(total, _LOWEST, _LOUDEST).astype("<i2").tobytes()
