"""A process that records until it is killed. Arguments: DIRECTORY CALL_ID SECONDS.

Each tick it hands in 20 ms of two channels, whose samples follow from their index, and then prints the tick: what it
printed, it had handed in.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

from ivr.core.media.frame import FRAME_SAMPLES, FRAME_SECONDS
from ivr.engine.cell.recorder import Recorder
from ivr.ports.keys import DataKey

KEY = DataKey(b"k" * 32, b"wrapped", "kek-test")
CHANNELS = ("caller.in", "caller.out")


def expected(channel: str, first_sample: int, count: int) -> bytes:
    """What is recorded there."""
    index = np.arange(first_sample, first_sample + count)
    return ((index * 31 + 7 * CHANNELS.index(channel)) % 30011).astype("<i2").tobytes()


def heard(first_sample: int, count: int) -> dict[str, bytes]:
    """What is recorded there of every channel."""
    return {channel: expected(channel, first_sample, count) for channel in CHANNELS}


def main(directory: str, call_id: str, duration: str) -> None:
    """Record in real time."""
    recorder = Recorder(
        Path(directory), KEY, call_id=call_id, started_at=1767312000.0, on_failure=lambda reason: os._exit(3)
    )
    begin = time.monotonic()
    for tick in range(round(float(duration) / FRAME_SECONDS)):
        recorder.audio(tick * FRAME_SAMPLES, heard(tick * FRAME_SAMPLES, FRAME_SAMPLES))
        os.write(1, f"{tick}\n".encode())
        time.sleep(max(0.0, begin + (tick + 1) * FRAME_SECONDS - time.monotonic()))
    recorder.close({"ended": True})


if __name__ == "__main__":
    main(*sys.argv[1:])
