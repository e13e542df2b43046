"""A recording as a WAV file in memory: two channels side by side on one time line."""

from __future__ import annotations

import io
import wave

import numpy as np

from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.core.vault.timeline import Timeline

LEFT = "caller.in"
"""What the caller said."""
RIGHT = "caller.out"
"""What the caller heard: prompts, music, and the agent once they are joined."""


def stereo_wav(timeline: Timeline, *, left: str = LEFT, right: str = RIGHT, first_sample: int = 0) -> bytes:
    """RIFF WAVE, 8 kHz, 16 bit, two channels, from `first_sample` on. A channel that was never there is silent."""
    silence = bytes(timeline.samples * SAMPLE_BYTES)
    both = [np.frombuffer(timeline.channels.get(name, silence), "<i2")[first_sample:] for name in (left, right)]
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(SAMPLE_BYTES)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(np.column_stack(both).tobytes())
    return file.getvalue()
