"""A recording as a WAV file in memory: two channels side by side on one time line."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np

from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE

LEFT = "caller.in"
"""What the caller said."""
RIGHT = "caller.out"
"""What the caller heard: prompts, music, and the agent once they are joined."""
PAIR_BYTES = 2 * SAMPLE_BYTES
"""A sample of each of the two channels."""


def stereo_wav(left: bytes, right: bytes) -> bytes:
    """RIFF WAVE, 8 kHz, 16 bit, two channels of PCM of one length."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(SAMPLE_BYTES)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(side_by_side(left, right))
    return file.getvalue()


def side_by_side(left: bytes, right: bytes) -> bytes:
    """Two channels of PCM of one length as WAV has them: a sample of each in turn."""
    return np.column_stack([np.frombuffer(pcm, "<i2") for pcm in (left, right)]).tobytes()


def wav_head(samples: int) -> bytes:
    """What stands before so many samples of two channels in a WAV: its 44 bytes."""
    size = samples * PAIR_BYTES
    return (
        b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 2, SAMPLE_RATE, SAMPLE_RATE * PAIR_BYTES, PAIR_BYTES, 8 * SAMPLE_BYTES)
        + b"data" + struct.pack("<I", size)
    )  # fmt: skip
