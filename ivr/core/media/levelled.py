"""Speech as it is played: without the silence round it, at an ordinary talker's loudness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivr.core.media.frame import SAMPLE_RATE

LOUDNESS_RMS = 2600.0
"""Of speech: about -22 dBm0, an ordinary talker (ITU-T P.51 gives -20 to -26)."""
PEAK = 30000.0
SILENCE = 60.0
"""Below: trimmed at both ends."""
LEAD_SECONDS = 0.02
TAIL_SECONDS = 0.12


def levelled(audio: NDArray[np.float32], silence: float = SILENCE) -> NDArray[np.float32]:
    """8 kHz samples in -32768..32767; none of silence alone. `silence`: what is trimmed at both ends is below it."""
    loud = np.flatnonzero(np.abs(audio) > silence)
    if not len(loud):
        return audio[:0]
    first = max(0, int(loud[0]) - round(LEAD_SECONDS * SAMPLE_RATE))
    spoken = audio[first : int(loud[-1]) + round(TAIL_SECONDS * SAMPLE_RATE)]
    voiced = spoken[np.abs(spoken) > silence]
    gain = min(LOUDNESS_RMS / float(np.sqrt(np.mean(voiced**2))), PEAK / float(np.abs(spoken).max()))
    return spoken * np.float32(gain)
