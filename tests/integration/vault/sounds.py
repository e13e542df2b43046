"""Sounds whose samples follow from their place."""

from __future__ import annotations

import numpy as np


def tone(channel: int, first_sample: int, count: int) -> bytes:
    """Samples of a channel from a place on."""
    return ((np.arange(first_sample, first_sample + count) * (channel + 3)) % 20011).astype("<i2").tobytes()
