"""Whether a text can be what somebody said: recognizers that lose their way make up what nobody says."""

from __future__ import annotations

import math
import zlib

SIGNS_A_SECOND, SIGNS_FREE = 30, 20
"""A fast talker says 20 letters in a second. More than these were made up."""
LOOP = 4.0
"""A text that zlib makes so many times shorter says the same again and again. Talk reaches 2.4."""


def believable(text: str, confidence: float, length: float) -> bool:
    """Whether somebody may have said this in `length` seconds. Recognizers that lose their way repeat themselves."""
    if not (math.isfinite(confidence) and 0 <= confidence <= 1) or not text.isprintable():
        return False
    raw = text.encode()
    return len(text) <= SIGNS_FREE + SIGNS_A_SECOND * length and len(raw) < LOOP * len(zlib.compress(raw))
