"""The recorder on a real disk: what of a call is kept, when it is durable, and that nothing of it is in clear."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES
from ivr.core.vault.journal import Ending
from ivr.core.vault.timeline import Pause
from ivr.errors import BugError, OperatorError, SealError
from tests.integration.vault.recorder_rig import MARKER, OneKey, feed, kept_samples, start
from tests.integration.vault.recorder_writer import CHANNELS, expected, heard

pytestmark = pytest.mark.usefixtures("sealed_by")


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
    assert files.find("call-1").where == str(recorder.path)
    assert files.find(recorder.recording_id) == files.find("call-1")
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
    feed(recorder, range(6 * BLOCK_FRAMES))
    deadline = time.monotonic() + 5
    while (
        kept_samples(files.open("call-1"), "caller.in") < 6 * BLOCK_FRAMES * FRAME_SAMPLES
        and time.monotonic() < deadline
    ):
        time.sleep(0.01)
    opened = files.open("call-1")
    assert opened.running
    assert not opened.crashed
    assert opened.timeline.channels["caller.in"] == expected("caller.in", 0, 6 * BLOCK_FRAMES * FRAME_SAMPLES)
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


def test_a_fact_is_durable_at_once_and_sound_alone_within_a_second(
    tmp_path: Path, keys: OneKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, real = [100.0], os.fdatasync
    synced = queue.Queue[float]()

    def sync(descriptor: int) -> None:
        real(descriptor)
        synced.put(now[0])

    recorder = start(tmp_path, keys, clock=lambda: now[0])
    monkeypatch.setattr(os, "fdatasync", sync)
    for block in range(12):
        size = recorder.path.stat().st_size
        feed(recorder, range(block * BLOCK_FRAMES, (block + 1) * BLOCK_FRAMES))
        while recorder.path.stat().st_size == size:
            time.sleep(0.001)
        now[0] += 0.18
    assert 1 <= synced.qsize() <= 2
    while not synced.empty():
        synced.get()
    recorder.event({"now": 1.0})
    assert synced.get(timeout=5) == now[0], "no time has passed since"
    recorder.close({})


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


def test_a_recording_is_never_overwritten(tmp_path: Path, keys: OneKey) -> None:
    start(tmp_path, keys).close({})
    with pytest.raises(SealError, match="exists already"):
        start(tmp_path, keys)


@pytest.mark.parametrize("call_id", ["../call", "a/b", "", ".hidden", "x" * 200, "new\nline"])
def test_a_call_id_that_is_no_file_name_is_refused(tmp_path: Path, keys: OneKey, call_id: str) -> None:
    with pytest.raises(BugError):
        start(tmp_path, keys, call_id=call_id)
