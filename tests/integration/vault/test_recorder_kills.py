"""kill -9 on processes that record, at random moments: every file opens and lacks 200 ms at most.

What whole cells lose, with callers on the line, is in tests/integration/test_kills_under_calls.py.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import select
import time
from dataclasses import dataclass
from multiprocessing.context import ForkProcess
from pathlib import Path

import pytest

from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.core.media.frame import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from ivr.ports.keys import DataKey
from ivr.testing.fake_stores import MemoryKeyStore
from tests.integration.vault import recorder_writer
from tests.integration.vault.recorder_writer import CHANNELS, expected

KILL_LOSS_SECONDS = 0.2
BEGUN_SECONDS = 60.0
"""Longest wait for a writer: it is forked from a process with threads, whose locks it may find taken for ever."""
RUNNING = 8
"""Writers that run whenever one is killed."""

pytestmark = pytest.mark.usefixtures("sealed_by")


class OneKey(MemoryKeyStore):
    """Opens every recording with the writer's key."""

    def open(self, wrapped: bytes, kek_id: str) -> bytes:
        return recorder_writer.KEY.key

    def issue(self) -> DataKey:
        return recorder_writer.KEY


@dataclass
class Writer:
    """A process that records a call and tells every tick that it handed in."""

    call_id: str
    process: ForkProcess
    told: int
    """Descriptor of its words."""

    @classmethod
    def start(cls, directory: Path, call_id: str) -> Writer:
        """Begin; returns when it records."""
        reading, writing = os.pipe()

        def work() -> None:
            os.close(reading)
            os.dup2(writing, 1)
            recorder_writer.main(str(directory), call_id, "600")

        process = multiprocessing.get_context("fork").Process(target=work, daemon=True)
        process.start()
        os.close(writing)
        assert select.select([reading], [], [], BEGUN_SECONDS)[0], "a writer does not begin"
        os.read(reading, 2)  # "0\n": the first tick was handed in
        return cls(call_id, process, reading)

    def kill(self, directory: Path) -> float:
        """Kill it and check its file; seconds of a leg that were lost."""
        self.process.kill()
        self.process.join()
        words = b""
        while more := os.read(self.told, 1 << 16):
            words += more
        os.close(self.told)
        last = int(words.split()[-1]) if words.endswith(b"\n") and words.split() else 0
        opened = RecordingFiles(directory, OneKey()).open(self.call_id)
        assert opened.crashed
        kept = {len(opened.timeline.channels.get(channel, b"")) // SAMPLE_BYTES for channel in CHANNELS}
        assert len(kept) == 1, "both legs end at the same sample"
        samples = kept.pop()
        for channel in CHANNELS:
            assert opened.timeline.channels.get(channel, b"") == expected(channel, 0, samples)
        return ((last + 1) * FRAME_SAMPLES - samples) / SAMPLE_RATE


def kill_many(directory: Path, kills: int) -> list[float]:
    """Kill writers one at a time, each at a random moment, always replacing it: what each lost."""
    writers = [Writer.start(directory, f"call-{number}") for number in range(RUNNING + 1)]
    lost: list[float] = []
    try:
        while len(lost) < kills:
            time.sleep(random.uniform(0.0, 0.12))
            victim = writers.pop(random.randrange(len(writers)))
            assert all(writer.process.is_alive() for writer in writers)
            lost.append(victim.kill(directory))
            assert lost[-1] <= KILL_LOSS_SECONDS
            writers.append(Writer.start(directory, f"call-{RUNNING + len(lost)}"))
    finally:
        for writer in writers:
            writer.process.kill()
            writer.process.join()
            os.close(writer.told)
    return lost


def test_killed_at_any_moment_every_recording_opens_and_lacks_at_most_200_ms(tmp_path: Path) -> None:
    assert len(kill_many(tmp_path, 20)) == 20


@pytest.mark.soak
def test_a_thousand_kills_under_eight_running_calls(tmp_path: Path) -> None:
    """Two minutes."""
    lost = sorted(kill_many(tmp_path, 1000))
    print(f"\n{len(lost)} kills: lost {lost[500]:.3f} s in the median, {lost[-1]:.3f} s at most")
