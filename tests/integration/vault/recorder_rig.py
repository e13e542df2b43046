"""A recorder on a real disk, fed by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from ivr.core.call.recording import OpenedRecording
from ivr.core.media.frame import FRAME_SAMPLES, SAMPLE_BYTES
from ivr.engine.cell.recorder import Recorder
from ivr.testing.fake_stores import MemoryKeyStore
from tests.integration.vault.recorder_writer import KEY, heard

STARTED_AT = 1767312000.0
"""2026-01-02 00:00:00 UTC."""

MARKER = b"This must never be on the disk! "


class OneKey(MemoryKeyStore):
    """A key store that opens every recording with the writer process's key."""

    def open(self, wrapped: bytes, kek_id: str) -> bytes:
        return KEY.key if kek_id == KEY.kek_id else super().open(wrapped, kek_id)


class Failures:
    """What the recorder reported."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.told = threading.Event()

    def __call__(self, reason: str) -> None:
        self.reasons.append(reason)
        self.told.set()


def start(
    tmp_path: Path,
    keys: MemoryKeyStore,
    *,
    call_id: str = "call-1",
    on_failure: Callable[[str], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Recorder:
    failures = Failures()
    return Recorder(
        tmp_path / "recordings",
        keys.issue(),
        call_id=call_id,
        started_at=STARTED_AT,
        on_failure=on_failure or failures,
        clock=clock,
        min_free_bytes=0,
    )


def feed(recorder: Recorder, ticks: range) -> None:
    for tick in ticks:
        recorder.audio(tick * FRAME_SAMPLES, heard(tick * FRAME_SAMPLES, FRAME_SAMPLES))


def kept_samples(opened: OpenedRecording, channel: str) -> int:
    return len(opened.timeline.channels.get(channel, b"")) // SAMPLE_BYTES
