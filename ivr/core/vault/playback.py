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
MACHINE_SPEECH = (
    f"synthetic-speech={RIGHT}; This channel holds machine-generated speech beside people's: the prompts of an "
    "automated telephone line (Regulation (EU) 2024/1689 Art. 50(2))."
)
"""What an exported file says of itself."""
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


def marked(wav: bytes, channels: tuple[str, str]) -> bytes:
    """A WAV of these channels with a note that machines read, if a machine speaks in one of them.

    It is a LIST chunk of type INFO behind the sound (Multimedia Programming Interface and Data Specifications 1.0,
    IBM and Microsoft 1991): players show its comment, and none plays it.
    """
    if RIGHT not in channels:
        return wav
    told = b"".join(_info(kind, text) for kind, text in ((b"ISFT", "ivr"), (b"ICMT", MACHINE_SPEECH)))
    note = b"LIST" + struct.pack("<I", 4 + len(told)) + b"INFO" + told
    return wav[:4] + struct.pack("<I", len(wav) + len(note) - 8) + wav[8:] + note


def _info(kind: bytes, text: str) -> bytes:
    """One text: closed by a zero byte, and filled to an even length that its size does not count."""
    data = text.encode("ascii") + b"\0"
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


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
