"""A recording as a WAV file in memory: two channels side by side on one time line."""

from __future__ import annotations

import io
import wave

import numpy as np

from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE

LEFT = "caller.in"
"""What the caller said."""
RIGHT = "caller.out"
"""What the caller heard: prompts, music, and the agent once they are joined."""


def stereo_wav(left: bytes, right: bytes) -> bytes:
    """RIFF WAVE, 8 kHz, 16 bit, two channels of PCM of one length."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(SAMPLE_BYTES)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(np.column_stack([np.frombuffer(pcm, "<i2") for pcm in (left, right)]).tobytes())
    return file.getvalue()
