"""Whatever call to the disk fails, once or for good: no recording is lost silently, and what was kept opens."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.core.media.frame import BLOCK_FRAMES, FRAME_SAMPLES, SAMPLE_BYTES
from ivr.core.vault.timeline import Timeline
from ivr.engine.cell.recorder import Recorder
from ivr.errors import EnvironmentFault
from ivr.testing.fake_stores import MemoryKeyStore
from tests.integration.vault.faults import every_fault, failing
from tests.integration.vault.recorder_writer import expected, heard
from tests.integration.vault.sealing import compactor_of
from tests.small_disk import SmallDisk

STARTED_AT = 1767312000.0
TOLD_SECONDS = 5.0


def begin(directory: Path, keys: MemoryKeyStore, reasons: list[str], told: threading.Event | None = None) -> Recorder:
    def failed(reason: str) -> None:
        reasons.append(reason)
        if told is not None:
            told.set()

    return Recorder(directory, keys.issue(), call_id="call", started_at=STARTED_AT, on_failure=failed, min_free_bytes=0)


def written(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


@pytest.mark.parametrize("lasting", [False, True])
def test_no_recording_begins_when_any_call_fails(tmp_path: Path, lasting: bool) -> None:
    keys = MemoryKeyStore()

    def scenario(nth: int) -> str | None:
        directory = tmp_path / f"{nth}"
        with failing(nth, lasting=lasting) as faults:
            try:
                made = begin(directory, keys, [])
            except EnvironmentFault:
                made = None
        if made is not None:
            made.close({})
            assert faults.failed in (None, "close", "stat"), "a recording began in spite of a failure"
        elif faults.failed != "unlink" and not lasting:
            assert not written(directory)
        return faults.failed

    failed = every_fault(scenario)
    assert {"mkdir", "statvfs", "open", "flock", "write", "fsync"} <= failed


@pytest.mark.parametrize("lasting", [False, True])
def test_a_running_recording_tells_any_failure_and_what_it_kept_opens(tmp_path: Path, lasting: bool) -> None:
    keys = MemoryKeyStore()

    def scenario(nth: int) -> str | None:
        reasons: list[str] = []
        told = threading.Event()
        directory = tmp_path / f"{nth}"
        recorder = begin(directory, keys, reasons, told)
        with failing(nth, lasting=lasting) as faults:
            for block in range(8):
                for tick in range(block * BLOCK_FRAMES, (block + 1) * BLOCK_FRAMES):
                    recorder.audio(tick * FRAME_SAMPLES, heard(tick * FRAME_SAMPLES, FRAME_SAMPLES))
                time.sleep(0.01)
            recorder.close({"ended": True})
        opened = RecordingFiles(directory, keys).open("call")
        if faults.failed in (None, "close"):
            assert not reasons
            assert not opened.crashed
            return faults.failed
        assert told.wait(TOLD_SECONDS)
        assert len(reasons) == 1
        assert recorder.failed == reasons[0]
        for channel, pcm in opened.timeline.channels.items():
            assert pcm == expected(channel, 0, len(pcm) // SAMPLE_BYTES)
        return faults.failed

    assert {"write", "fdatasync"} <= every_fault(scenario, enough=3)


def test_a_failure_while_a_torn_write_is_taken_back_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons: list[str] = []
    told = threading.Event()
    recorder = begin(tmp_path, MemoryKeyStore(), reasons, told)
    real = os.write
    torn = itertools.count()

    def tear(descriptor: int, data: bytes) -> int:
        if next(torn):
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:1000])

    def refuse(descriptor: int, size: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "write", tear)
    monkeypatch.setattr(os, "ftruncate", refuse)
    for tick in range(BLOCK_FRAMES):
        recorder.audio(tick * FRAME_SAMPLES, heard(tick * FRAME_SAMPLES, FRAME_SAMPLES))
    assert told.wait(TOLD_SECONDS)
    recorder.close({})
    assert len(reasons) == 1


class Recorded:
    """A closed call in a directory, to be compacted again and again."""

    def __init__(self, directory: Path) -> None:
        self.keys = MemoryKeyStore()
        recorder = begin(directory / "kept", self.keys, [])
        for tick in range(60):
            recorder.audio(tick * FRAME_SAMPLES, heard(tick * FRAME_SAMPLES, FRAME_SAMPLES))
        recorder.close({"ended": True})
        self.kept = directory / "kept"
        self.timeline: Timeline = RecordingFiles(self.kept, self.keys).open("call").timeline


@pytest.mark.parametrize("lasting", [False, True])
def test_compaction_survives_any_failure_and_the_next_run_goes_on(tmp_path: Path, lasting: bool) -> None:
    recorded = Recorded(tmp_path)

    def scenario(nth: int) -> str | None:
        directory = tmp_path / f"{nth}"
        shutil.copytree(recorded.kept, directory)
        files = RecordingFiles(directory, recorded.keys)
        compactor = compactor_of(files, recorded.keys)
        damaged: list[str] = []
        with failing(nth, lasting=lasting) as faults:
            try:
                done = list(compactor.run(lambda where, reason: damaged.append(reason)))
            except EnvironmentFault as error:  # the directory itself cannot be read
                done = []
                damaged.append(str(error))
        assert done or damaged, "a failure passed in silence"
        assert files.open("call").timeline == recorded.timeline
        list(compactor.run(lambda where, reason: pytest.fail(reason)))
        assert {path.suffix for path in written(directory) if not path.name.startswith(".")} == {".ivra", ".ivrk"}
        assert files.open("call").timeline == recorded.timeline
        shutil.rmtree(directory)
        return faults.failed

    failed = every_fault(scenario, enough=20)
    assert {"open", "flock", "write", "fsync", "replace", "unlink", "scandir", "read", "posix_fadvise"} <= failed


# --- a disk that is really full -------------------------------------------------------------------------------------


def test_on_a_full_disk_a_call_ends_with_what_fits_and_its_recording_opens(small_disk: SmallDisk) -> None:
    keys, reasons, told = MemoryKeyStore(), list[str](), threading.Event()
    recorder = begin(small_disk.path, keys, reasons, told)
    for tick in range(4000):
        recorder.audio(tick * FRAME_SAMPLES, heard(tick * FRAME_SAMPLES, FRAME_SAMPLES))
        if tick % 50 == 0 and told.wait(0.005):
            break
    assert told.wait(TOLD_SECONDS)
    recorder.close({})
    assert "No space left" in reasons[0]
    opened = RecordingFiles(small_disk.path, keys).open("call")
    assert opened.crashed
    pcm = opened.timeline.channels["caller.in"]
    assert 400_000 < len(pcm) < 530_000
    assert pcm == expected("caller.in", 0, len(pcm) // SAMPLE_BYTES)
    small_disk.fill()
    with pytest.raises(EnvironmentFault, match=r"No space left|make room"):
        Recorder(
            small_disk.path,
            keys.issue(),
            call_id="next",
            started_at=STARTED_AT,
            on_failure=reasons.append,
            min_free_bytes=0,
        )
    assert {path.name for path in written(small_disk.path)} == {"call.ivrj", "filler"}


def test_compaction_on_a_full_disk_keeps_the_journal_and_goes_on_when_there_is_room(small_disk: SmallDisk) -> None:
    recorded = Recorded(small_disk.path)
    files = RecordingFiles(recorded.kept, recorded.keys)
    small_disk.fill()
    with pytest.raises(EnvironmentFault, match="No space left"):
        list(compactor_of(files, recorded.keys).run(lambda where, reason: pytest.fail(reason)))
    assert files.open("call").timeline == recorded.timeline
    small_disk.empty()
    assert len(list(compactor_of(files, recorded.keys).run(lambda where, reason: pytest.fail(reason)))) == 1
    assert files.open("call").timeline == recorded.timeline
