"""The engine's one audio format, and arithmetic on its time line.

Inside the engine audio is 8 kHz, 16-bit, little-endian, mono PCM, in frames of 20 ms. Positions are sample indices;
seconds appear only at the edges. Wideband codecs (G.722) are resampled at the leg.
"""

from __future__ import annotations

SAMPLE_RATE = 8000
"""Samples a second (ITU-T G.711)."""
SAMPLE_BYTES = 2
"""Bytes of one 16-bit sample."""
FRAME_SAMPLES = 160
"""Samples of one frame: 20 ms, the usual packet time of telephony (RFC 3551 4.2)."""
FRAME_BYTES = FRAME_SAMPLES * SAMPLE_BYTES
"""Bytes of one frame."""
FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE
"""Seconds of one frame."""
BLOCK_FRAMES = 9
"""Frames of one sealed block: 180 ms, so that a crash costs a leg no more than 200 ms with the way to the disk."""
SILENT_FRAME = bytes(FRAME_BYTES)
"""20 ms of digital silence."""


def samples(seconds: float) -> int:
    """Nearest number of samples for a duration in seconds."""
    return round(seconds * SAMPLE_RATE)


def seconds(sample_count: int) -> float:
    """Duration in seconds of a number of samples."""
    return sample_count / SAMPLE_RATE
