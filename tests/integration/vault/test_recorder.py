"""The recorder on a real disk: killed, starved of room, refused by the disk. What it kept opens; a loss is told."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.core.call.record import CallRecord
from ivr.core.call.recording import OpenedRecording
from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from ivr.core.vault.journal import Ending
from ivr.core.vault.timeline import Pause
from ivr.engine.cell.recorder import Recorder
from ivr.errors import BugError, EnvironmentFault, OperatorError, SealError
from ivr.ports.keys import DataKey
from ivr.testing.fake_stores import MemoryCallStore, MemoryKeyStore
from tests.integration.vault.recorder_writer import CHANNELS, KEY, expected, heard

STARTED_AT = 1767312000.0
"""2026-01-02 00:00:00 UTC."""
MARKER = b"This must never be on the disk! "


class OneKey(MemoryKeyStore):
    """A key store that opens every recording with the writer process's key."""

    def open(self, wrapped: bytes, kek_id: str) -> bytes:
        return KEY.key if kek_id == KEY.kek_id else super().open(wrapped, kek_id)


@pytest.fixture
def keys() -> OneKey:
    return OneKey()


@pytest.fixture
def files(tmp_path: Path, keys: OneKey) -> RecordingFiles:
    return RecordingFiles(tmp_path / "recordings", keys)


class Failures:
    """What the recorder reported."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.told = threading.Event()

    def __call__(self, reason: str) -> None:
        self.reasons.append(reason)
        self.told.set()


def start(
    tmp_path: Path, keys: MemoryKeyStore, *, call_id: str = "call-1", on_failure: Callable[[str], None] | None = None
) -> Recorder:
    failures = Failures()
    return Recorder(
        tmp_path / "recordings",
        keys.issue(),
        call_id=call_id,
        started_at=STARTED_AT,
        on_failure=on_failure or failures,
        min_free_bytes=0,
    )


def feed(recorder: Recorder, ticks: range) -> None:
    for tick in ticks:
        recorder.audio(tick * FRAME_SAMPLES, heard(tick * FRAME_SAMPLES, FRAME_SAMPLES))


def kept_samples(opened: OpenedRecording, channel: str) -> int:
    return len(opened.timeline.channels.get(channel, b"")) // SAMPLE_BYTES


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_a_call_is_recorded_and_closed(tmp_path: Path, keys: OneKey, files: RecordingFiles) -> None:
    recorder = start(tmp_path, keys)
    feed(recorder, range(103))
    recorder.event({"now": 1.0, "event": "CallAnswered"})
    recorder.close({"ended": True})
    assert recorder.failed is None
    assert recorder.path == tmp_path / "recordings/2026/01/02/call-1.ivrj"
    assert recorder.path.stat().st_mode & 0o777 == 0o600
    opened = files.open(recorder.recording_id)
    assert opened.ending is Ending.CLOSED
    assert not opened.crashed
    assert opened.timeline.manifest == {"ended": True}
    assert opened.timeline.entries == ({"now": 1.0, "event": "CallAnswered"},)
    for channel in CHANNELS:
        assert opened.timeline.channels[channel] == expected(channel, 0, 103 * FRAME_SAMPLES)


def test_it_is_found_by_its_calls_id_too(tmp_path: Path, keys: OneKey, files: RecordingFiles) -> None:
    recorder = start(tmp_path, keys)
    recorder.close({})
    assert files.find("call-1") == recorder.path
    assert files.find(recorder.recording_id) == recorder.path
    with pytest.raises(OperatorError):
        files.find("call-2")
    with pytest.raises(OperatorError):
        files.find("20260102-../../../etc/passwd")


def test_a_pause_keeps_its_length_its_reason_and_no_sound(tmp_path: Path, keys: OneKey, files: RecordingFiles) -> None:
    recorder = start(tmp_path, keys)
    feed(recorder, range(11))
    recorder.pause("secret input", 10 * FRAME_SAMPLES + 40)  # in the middle of what is gathered
    feed(recorder, range(11, 30))
    recorder.resume("secret input", 30 * FRAME_SAMPLES + 40)
    feed(recorder, range(30, 40))
    recorder.close({})
    opened = files.open("call-1")
    first, last = 10 * FRAME_SAMPLES + 40, 30 * FRAME_SAMPLES + 40
    assert opened.timeline.pauses == (Pause(first, last, "secret input"),)
    for channel in CHANNELS:
        pcm = opened.timeline.channels[channel]
        assert pcm[: first * SAMPLE_BYTES] == expected(channel, 0, first)
        assert not any(pcm[first * SAMPLE_BYTES : last * SAMPLE_BYTES])
        assert pcm[last * SAMPLE_BYTES :] == expected(channel, last, 40 * FRAME_SAMPLES - last)


def test_a_pause_lasts_as_long_as_any_reason_and_every_stretch_says_which(
    tmp_path: Path, keys: OneKey, files: RecordingFiles
) -> None:
    recorder = start(tmp_path, keys)
    feed(recorder, range(10))
    recorder.pause("no consent", 10 * FRAME_SAMPLES)
    feed(recorder, range(10, 20))
    recorder.pause("secret", 20 * FRAME_SAMPLES)
    feed(recorder, range(20, 30))
    recorder.resume("secret", 30 * FRAME_SAMPLES)
    recorder.resume("secret", 30 * FRAME_SAMPLES)  # it was not paused for that any more
    feed(recorder, range(30, 40))
    recorder.close({"samples": 40 * FRAME_SAMPLES})
    timeline = files.open("call-1").timeline
    assert timeline.pauses == (
        Pause(10 * FRAME_SAMPLES, 20 * FRAME_SAMPLES, "no consent"),
        Pause(20 * FRAME_SAMPLES, 30 * FRAME_SAMPLES, "no consent, secret"),
        Pause(30 * FRAME_SAMPLES, None, "no consent"),
    )
    for channel in CHANNELS:
        assert timeline.channels[channel] == expected(channel, 0, 10 * FRAME_SAMPLES) + bytes(30 * FRAME_BYTES)


def test_a_leg_that_joins_later_lies_where_it_joined(tmp_path: Path, keys: OneKey, files: RecordingFiles) -> None:
    recorder = start(tmp_path, keys)
    feed(recorder, range(20))
    recorder.audio(5 * FRAME_SAMPLES, {"agent.in": b"\x01\x00" * FRAME_SAMPLES})
    recorder.close({})
    agent = files.open("call-1").timeline.channels["agent.in"]
    assert agent == bytes(5 * FRAME_BYTES) + b"\x01\x00" * FRAME_SAMPLES + bytes(14 * FRAME_BYTES)


def test_audio_is_on_its_way_to_the_disk_while_the_call_runs(
    tmp_path: Path, keys: OneKey, files: RecordingFiles
) -> None:
    recorder = start(tmp_path, keys)
    feed(recorder, range(50))
    deadline = time.monotonic() + 5
    while kept_samples(files.open("call-1"), "caller.in") < 50 * FRAME_SAMPLES and time.monotonic() < deadline:
        time.sleep(0.01)
    opened = files.open("call-1")
    assert opened.running
    assert not opened.crashed
    assert opened.timeline.channels["caller.in"] == expected("caller.in", 0, 50 * FRAME_SAMPLES)
    recorder.close({})
    assert not files.open("call-1").running


def test_an_event_in_silence_does_not_wait_for_audio(tmp_path: Path, keys: OneKey, files: RecordingFiles) -> None:
    recorder = start(tmp_path, keys)
    recorder.event({"now": 1.0})
    deadline = time.monotonic() + 5
    while not files.open("call-1").timeline.entries and time.monotonic() < deadline:
        time.sleep(0.01)
    assert files.open("call-1").timeline.entries == ({"now": 1.0},)
    recorder.close({})


def test_all_that_waits_goes_to_the_disk_in_one_write_that_is_made_durable(
    tmp_path: Path, keys: OneKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waking costs; events and notes of a dialogue ride along with the audio."""
    calls: list[str] = []

    def noted(name: str, real: Callable[..., int]) -> Callable[..., int]:
        def call(*args: object) -> int:
            calls.append(name)
            return real(*args)

        return call

    for name in ("write", "fdatasync"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    recorder = start(tmp_path, keys)
    calls.clear()  # the header's
    for at in range(BLOCK_FRAMES - 1):
        feed(recorder, range(at, at + 1))
        recorder.event({"now": float(at)})
    recorder.close({})
    assert calls[-2:] == ["write", "fdatasync"]
    assert calls.count("write") == calls.count("fdatasync") <= 3  # a waking by the clock may fall in between


def test_what_is_missing_from_the_time_line_is_silence_there(
    tmp_path: Path, keys: OneKey, files: RecordingFiles
) -> None:
    """A cell that was stopped for a while goes on later; a leg comes and goes within a block."""
    recorder = start(tmp_path, keys)
    feed(recorder, range(3))
    feed(recorder, range(5, 7))
    agent = b"\x01\x00" * FRAME_SAMPLES
    recorder.audio(7 * FRAME_SAMPLES, {**heard(7 * FRAME_SAMPLES, FRAME_SAMPLES), "agent.in": agent})
    feed(recorder, range(8, 12))
    recorder.close({})
    channels = files.open("call-1").timeline.channels
    gap = bytes(2 * FRAME_BYTES)
    rest = expected("caller.in", 5 * FRAME_SAMPLES, 7 * FRAME_SAMPLES)
    assert channels["caller.in"] == expected("caller.in", 0, 3 * FRAME_SAMPLES) + gap + rest
    assert channels["agent.in"] == bytes(7 * FRAME_BYTES) + agent + bytes(4 * FRAME_BYTES)


def test_no_marker_of_audio_or_event_is_in_clear_anywhere(tmp_path: Path, keys: OneKey) -> None:
    recorder = start(tmp_path, keys)
    for tick in range(30):
        recorder.audio(tick * FRAME_SAMPLES, {"caller.in": MARKER * (FRAME_BYTES // len(MARKER))})
    recorder.event({"text": MARKER.decode()})
    recorder.pause(MARKER.decode(), 30 * FRAME_SAMPLES)
    recorder.close({"note": MARKER.decode()})
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 1
    for path in written:
        assert MARKER[:12] not in path.read_bytes()
        assert MARKER[:12] not in str(path).encode()


# --- what it refuses ------------------------------------------------------------------------------------------------


def test_a_recording_is_never_overwritten(tmp_path: Path, keys: OneKey) -> None:
    start(tmp_path, keys).close({})
    with pytest.raises(SealError, match="exists already"):
        start(tmp_path, keys)


@pytest.mark.parametrize("call_id", ["../call", "a/b", "", ".hidden", "x" * 200, "new\nline"])
def test_a_call_id_that_is_no_file_name_is_refused(tmp_path: Path, keys: OneKey, call_id: str) -> None:
    with pytest.raises(BugError):
        start(tmp_path, keys, call_id=call_id)


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


# --- the disk fails -------------------------------------------------------------------------------------------------


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
    assert recorder.failed is None
    now[0] += 4.0
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


# --- after a kill -----------------------------------------------------------------------------------------------------


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
    damaged: list[Path] = []
    lost = {record.call_id: record for record in files.lost_records(store, lambda path, _: damaged.append(path))}
    assert set(lost) == {"closed", "killed"}
    assert lost["killed"].outcome == "crashed"
    assert lost["killed"].recording_id == "20260102-killed"
    ended_at = lost["killed"].ended_at
    assert ended_at is not None
    assert ended_at > STARTED_AT
    assert damaged == [garbage]
    running.close({})
