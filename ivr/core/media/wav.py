"""WAV files that people bring, as the engine's audio."""

from __future__ import annotations

import io
import wave

import numpy as np

from ivr.core.media.resample import resample, to_pcm
from ivr.errors import OperatorError


def read_wav(data: bytes, name: str) -> bytes:
    """A WAV file (PCM, 8 or 16 bit, any rate, any channels: mixed down) as 8 kHz PCM. Raises OperatorError."""
    try:
        with wave.open(io.BytesIO(data), "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise OperatorError(f"{name} is not a WAV file that can be read ({error}); save it as PCM WAV.") from error
    if width == 2:
        audio = np.frombuffer(raw, "<i2").astype(np.float32)
    elif width == 1:
        audio = (np.frombuffer(raw, np.uint8).astype(np.float32) - 128.0) * 256.0
    else:
        raise OperatorError(f"{name} has {8 * width} bits a sample; save it with 16.")
    return to_pcm(resample(audio.reshape(-1, channels).mean(axis=1, dtype=np.float32), rate))
