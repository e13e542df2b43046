"""In-band keys: the two tones of a touch-tone telephone (ITU-T Q.23), made here, apart from the engine's detector."""

from __future__ import annotations

import numpy as np

from ivr.core.media.frame import SAMPLE_RATE

ROWS = (697.0, 770.0, 852.0, 941.0)
COLUMNS = (1209.0, 1336.0, 1477.0, 1633.0)
PAD = ("123A", "456B", "789C", "*0#D")
LEVEL = 8000.0
"""Peak of each tone in 16-bit samples: -12 dB of full scale."""


def tone(key: str, seconds: float = 0.1, *, twist_db: float = 0.0, level: float = LEVEL) -> bytes:
    """PCM of one key. `twist_db` makes the high tone louder than the low one (Q.24 allows some)."""
    row = next(index for index, keys in enumerate(PAD) if key in keys)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    high = level * 10 ** (twist_db / 20)
    low_wave = level * np.sin(2 * np.pi * ROWS[row] * time)
    high_wave = high * np.sin(2 * np.pi * COLUMNS[PAD[row].index(key)] * time)
    return np.clip(low_wave + high_wave, -32768, 32767).astype("<i2").tobytes()
