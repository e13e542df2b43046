"""The recorder and a disk that is full, refuses or hangs: what was kept opens, and a loss is told."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.core.call.record import CallRecord
from ivr.core.media.frame import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from ivr.engine.archive.lost import lost_records
from ivr.engine.cell.recorder import SYNC_SECONDS, Recorder
from ivr.errors import EnvironmentFault, SealError
from ivr.ports.keys import DataKey
from ivr.testing.fake_stores import MemoryCallStore
from tests.integration.vault.recorder_rig import STARTED_AT, Failures, OneKey, feed, kept_samples, start
from tests.integration.vault.recorder_writer import CHANNELS, expected

pytestmark = pytest.mark.usefixtures("sealed_by")


def test_without_room_on_the_disk_no_recording_begins(tmp_path: Path, keys: OneKey) -> None:
    with pytest.raises(EnvironmentFault, match="make room"):
        Recorder(
            tmp_path, keys.issue(), call_id="c", started_at=STARTED_AT, on_failure=Failures(), min_free_bytes=1 << 62
        )


def test_a_directory_that_cannot_be_written_is_an_error_before_the_call_is_answered(
    tmp_path: Path, keys: OneKey
) -> None:
    (tmp_path / "recordings").write_text("a file where the directory should be")
    with pytest.raises(EnvironmentFault):
        start(tmp_path, keys)


def test_a_key_that_is_no_key_is_an_error_before_the_call_is_answered(tmp_path: Path) -> None:
    with pytest.raises(SealError):
        Recorder(tmp_path, DataKey(b"", b"", "k"), call_id="c", started_at=STARTED_AT, on_failure=Failures())


@pytest.mark.parametrize("call", ["statvfs", "open", "write", "fsync"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_any_failure_while_the_file_is_made_is_an_error_and_leaves_no_file(
    tmp_path: Path, keys: OneKey, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    def fail(*args: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(EnvironmentFault):
        start(tmp_path, keys)
    monkeypatch.undo()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("call", ["write", "fdatasync"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("nth", [1, 3])
def test_any_failure_while_recording_is_told_once_and_what_was_kept_opens(
    tmp_path: Path, keys: OneKey, monkeypatch: pytest.MonkeyPatch, call: str, code: int, nth: int
) -> None:
    failures = Failures()
    recorder = start(tmp_path, keys, on_failure=failures)
    real, calls = getattr(os, call), 0

    def fail(*args: object) -> object:
        nonlocal calls
        calls += 1
        if calls >= nth:
            raise OSError(code, os.strerror(code))
        return real(*args)

    monkeypatch.setattr(os, call, fail)
    for tick in range(0, 200, 9):
        feed(recorder, range(tick, tick + 9))
        recorder.event({"now": float(tick)})
        if failures.told.wait(0.02 if tick < 100 else 1.0):
            break
    assert failures.told.is_set()
    assert recorder.failed == failures.reasons[0]
    assert os.strerror(code) in failures.reasons[0]
    feed(recorder, range(300, 330))
    recorder.close({})
    monkeypatch.undo()
    assert len(failures.reasons) == 1
    opened = RecordingFiles(tmp_path / "recordings", keys).open("call-1")
    assert opened.crashed
    kept = kept_samples(opened, "caller.in")
    assert opened.timeline.channels.get("caller.in", b"") == expected("caller.in", 0, kept)


def test_a_half_written_frame_is_taken_back(
    tmp_path: Path, keys: OneKey, files: RecordingFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = Failures()
    recorder = start(tmp_path, keys, on_failure=failures)
    real, size = os.write, recorder.path.stat().st_size
    begun = False

    def half(descriptor: int, data: bytes) -> int:
        nonlocal begun
        if begun:
            raise OSError(errno.ENOSPC, "no room")
        begun = True
        return real(descriptor, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    feed(recorder, range(9))
    assert failures.told.wait(5)
    recorder.close({})
    assert recorder.path.stat().st_size == size


def test_a_disk_that_hangs_is_told_within_five_seconds(
    tmp_path: Path, keys: OneKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = Failures()
    hang = threading.Event()
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: hang.wait(30))
    now = [100.0]
    recorder = Recorder(
        tmp_path,
        keys.issue(),
        call_id="c",
        started_at=STARTED_AT,
        on_failure=failures,
        clock=lambda: now[0],
        min_free_bytes=0,
    )
    feed(recorder, range(9))
    time.sleep(0.2)
    now[0] += SYNC_SECONDS  # sound alone is not brought to the disk before
    feed(recorder, range(9, 18))
    time.sleep(0.2)
    assert recorder.failed is None
    now[0] += 5.0 - SYNC_SECONDS
    told = str(recorder.failed)
    assert failures.reasons == [told]
    hang.set()
    recorder.close({})


def test_a_full_disk_ends_a_running_recording_quickly_and_what_was_kept_opens(tmp_path: Path) -> None:
    """A real limit of the kernel (RLIMIT_FSIZE), hit by a real process."""
    limit = 60_000
    process = subprocess.run(
        [sys.executable, "-m", "tests.integration.vault.recorder_writer", str(tmp_path / "recordings"), "call-1", "10"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert process.returncode == 3  # on_failure was called
    handed_in = len(process.stdout.split()) * FRAME_SAMPLES
    opened = RecordingFiles(tmp_path / "recordings", OneKey()).open("call-1")
    kept = kept_samples(opened, "caller.in")
    assert opened.crashed
    assert limit // 2 > kept * SAMPLE_BYTES > limit // 3
    assert (handed_in - kept) / SAMPLE_RATE < 5
    for channel in CHANNELS:
        assert opened.timeline.channels[channel][: kept * SAMPLE_BYTES] == expected(channel, 0, kept)


def test_calls_that_the_database_does_not_know_are_found_on_disk(
    tmp_path: Path, keys: OneKey, files: RecordingFiles
) -> None:
    running = start(tmp_path, keys, call_id="running")
    start(tmp_path, keys, call_id="closed").close({})
    known = start(tmp_path, keys, call_id="known")
    known.close({})
    garbage = tmp_path / "recordings/2026/01/02/garbage.ivrj"
    garbage.write_bytes(b"not a recording")
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.vault.recorder_writer", str(tmp_path / "recordings"), "killed", "20"],
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    for _ in range(20):
        writer.stdout.readline()
    writer.kill()
    writer.communicate()
    store = MemoryCallStore()
    store.save(CallRecord("known", STARTED_AT, None, STARTED_AT + 1, caller=""))
    damaged: list[str] = []
    lost = {record.call_id: record for record in lost_records(files, store, lambda where, _: damaged.append(where))}
    assert set(lost) == {"closed", "killed"}
    assert lost["killed"].outcome == "crashed"
    assert lost["killed"].recording_id == "20260102-killed"
    ended_at = lost["killed"].ended_at
    assert ended_at is not None
    assert ended_at > STARTED_AT
    assert damaged == [str(garbage)]
    running.close({})
