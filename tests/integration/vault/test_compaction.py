"""Journals become long-term files without losing a bit, whatever stops the work in the middle."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from ivr.adapters.files.recordings.archives import file_sha256
from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.core.call.recording import OpenedRecording
from ivr.core.media.frame import FRAME_SAMPLES
from ivr.core.vault.journal import Ending
from ivr.engine.archive.compaction import Compacted, Compactor
from ivr.engine.cell.recorder import Recorder
from ivr.errors import EnvironmentFault, SealError
from ivr.testing.fake_stores import MemoryKeyStore
from tests.integration.vault.sealing import compactor_of

STARTED_AT = 1767312000.0
MARKER = b"This must never be on the disk! "


@pytest.fixture
def keys() -> MemoryKeyStore:
    return MemoryKeyStore()


@pytest.fixture
def files(tmp_path: Path, keys: MemoryKeyStore) -> RecordingFiles:
    return RecordingFiles(tmp_path, keys)


@pytest.fixture
def compactor(files: RecordingFiles, keys: MemoryKeyStore) -> Compactor:
    return compactor_of(files, keys)


def record(tmp_path: Path, keys: MemoryKeyStore, call_id: str = "call-1", *, close: bool = True) -> Recorder:
    recorder = Recorder(
        tmp_path, keys.issue(), call_id=call_id, started_at=STARTED_AT, on_failure=lambda reason: None, min_free_bytes=0
    )
    noise = np.random.default_rng(len(call_id)).integers(-9000, 9000, (120, FRAME_SAMPLES), dtype=np.int16)
    for tick, frame in enumerate(noise):
        if tick == 50:
            recorder.pause("secret input", tick * FRAME_SAMPLES)
        if tick == 60:
            recorder.resume("secret input", tick * FRAME_SAMPLES)
        heard = {"caller.in": frame.astype("<i2").tobytes(), "caller.out": (MARKER * 10)[: FRAME_SAMPLES * 2]}
        recorder.audio(tick * FRAME_SAMPLES, heard)
    recorder.event({"text": MARKER.decode()})
    if close:
        recorder.close({"outcome": "completed"})
    return recorder


def crash(recorder: Recorder) -> None:
    """Leave the file as a killed cell leaves it."""
    recorder.close({})
    recorder.path.write_bytes(recorder.path.read_bytes()[:-40])


def same(a: OpenedRecording, b: OpenedRecording) -> bool:
    return (a.header, a.timeline, a.ending) == (b.header, b.timeline, b.ending)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.is_file())


def never(where: str, reason: str) -> None:
    raise AssertionError(f"{where}: {reason}")


def test_the_long_term_file_holds_all_that_the_journal_held(
    tmp_path: Path, keys: MemoryKeyStore, files: RecordingFiles, compactor: Compactor
) -> None:
    record(tmp_path, keys)
    before = files.open("call-1")
    done = list(compactor.run(never))
    assert names(tmp_path) == ["call-1.ivra", "call-1.ivrk"]
    assert same(files.open("call-1"), before)
    assert same(files.open("20260102-call-1"), before)
    (path,) = tmp_path.rglob("*.ivra")
    sizes = done[0].bytes_before, path.stat().st_size
    assert done == [Compacted(files.find("call-1"), "20260102-call-1", file_sha256(path), *sizes)]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.ivr?")} == {0o600}


def test_a_part_of_it_is_listened_to_without_the_rest(
    tmp_path: Path, keys: MemoryKeyStore, files: RecordingFiles, compactor: Compactor
) -> None:
    record(tmp_path, keys)
    channels = ("caller.in", "agent.in", "caller.out")
    before = files.listen("call-1", channels, 9000)
    list(compactor.run(never))
    assert files.listen("call-1", channels, 9000) == before
    assert [len(pcm) for pcm in before] == [2 * (120 * FRAME_SAMPLES - 9000)] * 3


def test_a_crashed_call_is_compacted_and_stays_a_crashed_one(
    tmp_path: Path, keys: MemoryKeyStore, files: RecordingFiles, compactor: Compactor
) -> None:
    crash(record(tmp_path, keys, close=False))
    before = files.open("call-1")
    list(compactor.run(never))
    assert files.open("call-1").ending is Ending.CRASHED
    assert same(files.open("call-1"), before)


def test_a_running_call_is_left_alone(tmp_path: Path, keys: MemoryKeyStore, compactor: Compactor) -> None:
    recorder = record(tmp_path, keys, close=False)
    assert list(compactor.run(never)) == []
    assert names(tmp_path) == ["call-1.ivrj"]
    recorder.close({})
    assert len(list(compactor.run(never))) == 1


def test_one_bad_journal_is_reported_and_the_others_are_compacted(
    tmp_path: Path, keys: MemoryKeyStore, compactor: Compactor
) -> None:
    for call_id in ("a", "b", "c"):
        record(tmp_path, keys, call_id)
    (bad,) = tmp_path.rglob("b.ivrj")
    data = bytearray(bad.read_bytes())
    data[len(data) // 2] ^= 1
    bad.write_bytes(data)
    damaged: list[str] = []
    done = list(compactor.run(lambda where, reason: damaged.append(Path(where).name)))
    assert [one.recording_id for one in done] == ["20260102-a", "20260102-c"]
    assert damaged == ["b.ivrj"]
    assert "b.ivrj" in names(tmp_path)
    assert "b.ivra" not in names(tmp_path)


@pytest.mark.parametrize("step", ["posix_fadvise", "fsync", "replace", "unlink"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_failure_at_any_step_loses_nothing_and_the_next_run_goes_on(
    tmp_path: Path,
    keys: MemoryKeyStore,
    files: RecordingFiles,
    compactor: Compactor,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    nth: int,
) -> None:
    record(tmp_path, keys)
    before = files.open("call-1")
    calls = 0
    target = Path if step in ("replace", "unlink") else os
    real = getattr(target, step)

    def fail(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise OSError(5, "Input/output error")
        return real(*args, **kwargs)

    monkeypatch.setattr(target, step, fail)
    with suppress(EnvironmentFault):
        list(compactor.run(never))
    monkeypatch.undo()
    assert same(files.open("call-1"), before)
    list(compactor.run(never))
    assert [name for name in names(tmp_path) if not name.startswith(".")] == ["call-1.ivra", "call-1.ivrk"]
    assert same(files.open("call-1"), before)


def test_a_long_term_file_that_was_spoilt_before_the_journal_went_is_made_again(
    tmp_path: Path, keys: MemoryKeyStore, files: RecordingFiles, compactor: Compactor
) -> None:
    recorder = record(tmp_path, keys)
    saved = tmp_path / "saved"
    shutil.copy(recorder.path, saved)
    before = files.open("call-1")
    list(compactor.run(never))
    archive = recorder.path.with_suffix(".ivra")
    archive.write_bytes(archive.read_bytes()[:-100])
    shutil.copy(saved, recorder.path)
    saved.unlink()
    list(compactor.run(never))
    assert names(tmp_path) == ["call-1.ivra", "call-1.ivrk"]
    assert same(files.open("call-1"), before)


def test_a_long_term_file_of_another_call_is_refused(
    tmp_path: Path, keys: MemoryKeyStore, files: RecordingFiles, compactor: Compactor
) -> None:
    record(tmp_path, keys, "one")
    record(tmp_path, keys, "two")
    list(compactor.run(never))
    (one,), (two,) = tmp_path.rglob("one.ivra"), tmp_path.rglob("two.ivra")
    shutil.copy(two, one)
    with pytest.raises(SealError):
        files.open("one")
    shutil.copy(two.with_suffix(".ivrk"), one.with_suffix(".ivrk"))
    with pytest.raises(SealError, match="another call"):
        files.open("one")
    with pytest.raises(SealError, match="another call"):
        files.listen("one", ("caller.in",))


def test_a_cut_or_flipped_long_term_file_is_refused_even_when_only_a_part_is_listened_to(
    tmp_path: Path, keys: MemoryKeyStore, files: RecordingFiles, compactor: Compactor
) -> None:
    record(tmp_path, keys)
    list(compactor.run(never))
    (path,) = tmp_path.rglob("*.ivra")
    whole = path.read_bytes()
    for length in (0, 10, 56, 16456, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(SealError):
            files.listen("call-1", ("caller.in",))
    for at in range(0, len(whole), 1009):
        flipped = bytearray(whole)
        flipped[at] ^= 1
        path.write_bytes(flipped)
        with pytest.raises(SealError):
            files.open("call-1")


def test_without_its_key_file_a_recording_says_what_is_missing(
    tmp_path: Path, keys: MemoryKeyStore, files: RecordingFiles, compactor: Compactor
) -> None:
    record(tmp_path, keys)
    list(compactor.run(never))
    (key_file,) = tmp_path.rglob("*.ivrk")
    key_file.unlink()
    with pytest.raises(EnvironmentFault, match=r"call-1\.ivrk"):
        files.open("call-1")
    (stored,) = files.stored()
    assert stored.name == "call-1.ivra"
    with pytest.raises(EnvironmentFault, match=r"call-1\.ivrk"):
        files.header(stored)


def test_nothing_is_in_clear_in_any_file(tmp_path: Path, keys: MemoryKeyStore, compactor: Compactor) -> None:
    record(tmp_path, keys)
    list(compactor.run(never))
    for path in tmp_path.rglob("*.iv*"):
        assert MARKER[:12] not in path.read_bytes()


def test_both_forms_are_found_and_the_journal_counts(
    tmp_path: Path, keys: MemoryKeyStore, files: RecordingFiles, compactor: Compactor
) -> None:
    first = record(tmp_path, keys, "one")
    saved = first.path.read_bytes()
    list(compactor.run(never))
    record(tmp_path, keys, "two")
    assert [stored.name for stored in files.stored()] == ["one.ivra", "two.ivrj"]
    first.path.write_bytes(saved)
    assert [stored.name for stored in files.stored()] == ["one.ivrj", "two.ivrj"]
    assert files.find("one").where == str(first.path)


def test_days_that_rest_are_not_looked_through_again_and_what_comes_to_them_is_found(
    tmp_path: Path, files: RecordingFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [tmp_path / "2026" / "11" / f"{day:02}" for day in range(1, 6)]
    for day in days:
        day.mkdir(parents=True)
        (day / "old.ivra").touch()
        (day / "crashed.ivrj").touch()
        os.utime(day, (1.0, 1.0))
    looked: list[str] = []
    look = os.scandir

    def counted(path: Path) -> object:
        looked.append(Path(path).name)
        return look(path)

    assert [one.where for one in files.journals()] == [str(day / "crashed.ivrj") for day in days]
    monkeypatch.setattr("ivr.adapters.files.recordings.store.os.scandir", counted)
    assert len(files.journals()) == 5
    assert not [name for name in looked if len(name) == 2 and name != "11"]
    (days[1] / "new.ivrj").touch()
    (days[3] / "crashed.ivrj").unlink()
    found = [f"{one.day[6:]}/{one.call_id}" for one in files.journals()]
    assert found == ["01/crashed", "02/crashed", "02/new", "03/crashed", "05/crashed"]
    assert {"02", "04"} <= set(looked)
    assert not {"01", "03", "05"} & set(looked)
    (days[1] / "newer.ivrj").touch()  # within the same tick, perhaps
    assert str(days[1] / "newer.ivrj") in [one.where for one in files.journals()]
