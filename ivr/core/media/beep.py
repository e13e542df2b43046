"""Short tones of ours: before a message that a caller leaves, and when a recording pauses or goes on."""

from __future__ import annotations

import numpy as np

from ivr.core.media.frame import SAMPLE_RATE

MESSAGE_HZ = 1000.0
"""No key's tone (ITU-T Q.23), so that nobody's detector takes it for one."""
MESSAGE_SECONDS = 0.4
MESSAGE_LEVEL = 8000.0
"""Peak in 16-bit samples: -12 dB of full scale, as loud as prompts."""
NOTICE_HZ = 1400.0
"""The tone that telephones give when they speak of a recording (1400 Hz, FCC 47 CFR 64.501); no key's either."""
NOTICE_SECONDS = 0.12
NOTICE_LEVEL = 3000.0
"""-21 dB of full scale: heard over speech, and no fright."""
RINGING_HZ = 425.0
RINGING_SECONDS, RINGING_PAUSE_SECONDS = 1.0, 4.0
"""The ringing tone (ITU-T E.180 3): one second of every five."""
RINGING_LEVEL = 2500.0
DONE_HZ, REFUSED_HZ = 1040.0, 310.0
"""What tells an agent whether a feature code was taken: high once, or low twice. No key's tones (ITU-T Q.23)."""
SIGNAL_SECONDS = 0.12
SIGNAL_LEVEL = 3000.0
RAMP_SECONDS = 0.01
"""Of rising and falling: without it the ends would click."""


def beep() -> bytes:
    """The tone before a message: 8 kHz 16-bit PCM."""
    return _tone(MESSAGE_HZ, MESSAGE_SECONDS, MESSAGE_LEVEL)


def beeps(times: int) -> bytes:
    """Notices about the recording, with pauses as long: PCM of whole frames."""
    one = _tone(NOTICE_HZ, NOTICE_SECONDS, NOTICE_LEVEL)
    return (one + bytes(len(one))) * times


def ringing() -> bytes:
    """One loop of the ringing tone: PCM of whole frames."""
    return _tone(RINGING_HZ, RINGING_SECONDS, RINGING_LEVEL) + bytes(2 * round(RINGING_PAUSE_SECONDS * SAMPLE_RATE))


def signal(*, refused: bool) -> bytes:
    """For one party alone: what they asked for is done, or is not: PCM of whole frames."""
    one = _tone(REFUSED_HZ if refused else DONE_HZ, SIGNAL_SECONDS, SIGNAL_LEVEL)
    return one + bytes(len(one)) + one if refused else one


def _tone(hertz: float, seconds: float, level: float) -> bytes:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    envelope = np.clip(np.minimum(time, seconds - time) / RAMP_SECONDS, 0, 1)
    return (level * envelope * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes()
