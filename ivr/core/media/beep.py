"""The tone after which a caller's message is taken."""

from __future__ import annotations

import numpy as np

from ivr.core.media.frame import SAMPLE_RATE

HZ = 1000.0
"""No key's tone (ITU-T Q.23), so that nobody's detector takes it for one."""
SECONDS = 0.4
LEVEL = 8000.0
"""Peak in 16-bit samples: -12 dB of full scale, as loud as prompts."""
RAMP_SECONDS = 0.01
"""Of rising and falling: without it the ends would click."""


def beep() -> bytes:
    """8 kHz 16-bit PCM."""
    time = np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    envelope = np.clip(np.minimum(time, SECONDS - time) / RAMP_SECONDS, 0, 1)
    return (LEVEL * envelope * np.sin(2 * np.pi * HZ * time)).astype("<i2").tobytes()
