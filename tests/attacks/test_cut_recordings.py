"""A journal that is cut, or cannot be sealed: never sealed as if its call had crashed, and no other waits for it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, call_store, open_key_store
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.step import CallStep, step_entry, step_salt
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.media.frame import FRAME_SAMPLES
from ivr.core.orders.evidence import CallOutcome
from ivr.core.vault.journal import JournalHeader, JournalSealer
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry
from ivr.engine.cell.recorder import Recorder, recording_id
from ivr.ports.keys import KeyStore
from ivr.testing.fake_stores import MemoryKeyStore
from tests.integration.vault.conftest import CALLER, Ivr
from tests.integration.vault.sounds import tone

STARTED_AT = 1767312000.0
CALL = "call-told"
WHY = ("--reason", "a test")
MEMORY_BYTES = 64 << 20
"""What sealing a call may take, whatever its length."""


def told_call(settings: Settings, *, ended: bool = True, seconds: int = 20) -> tuple[Path, KeyStore]:
    """A call of some seconds with a step each, of which the log knows them all; `ended`: as it should be."""
    keys = open_key_store(settings)
    issued = keys.issue()
    recorder = Recorder(
        settings.recordings_dir, issued, call_id=CALL, started_at=STARTED_AT, on_failure=print, min_free_bytes=0
    )
    record = CallRecord(CALL, STARTED_AT, STARTED_AT, None, CALLER, recording_id=recorder.recording_id)
    recorder.event({"record": record_to_json(record)})
    salt, entries = step_salt(issued.key), list[AuditEntry]()
    for second in range(seconds):
        last = ended and second == seconds - 1
        action = "call.ended" if last else "state.entered"
        step = CallStep(second + 1, STARTED_AT + second, action, {"state": f"s{second}"})
        recorder.event(step.to_json())
        entries.append(step_entry(CALL, step.at, "cell 0", step.action, step.public(salt)))
        for tick in range(50):
            at = (second * 50 + tick) * FRAME_SAMPLES
            recorder.audio(at, {"caller.in": tone(0, at, FRAME_SAMPLES)})
    if ended:
        recorder.event(
            {"record": record_to_json(replace(record, ended_at=STARTED_AT + seconds, outcome=CallOutcome.COMPLETED))}
        )
    recorder.close({} if ended else {"crashed": True})
    if not ended:
        recorder.path.write_bytes(recorder.path.read_bytes()[:-30])
    log = audit_log(settings, keys)
    log.append(entries)
    log.close()
    for path in settings.recordings_dir.rglob("call-c*"):
        path.unlink()
    return recorder.path, keys


def sealed(settings: Settings) -> list[AuditEntry]:
    log = audit_log(settings, open_key_store(settings))
    log.publish()
    return [one for _, one in log.entries(actions=("recording.sealed",))]


@pytest.mark.parametrize("cut", [1, 25, 4000, 0.5])
def test_a_journal_that_was_cut_after_its_call_is_set_aside_until_it_is_whole_again(
    settings: Settings, ivr: Ivr, cut: float
) -> None:
    path, _ = told_call(settings)
    whole = path.read_bytes()
    path.write_bytes(whole[: -cut if isinstance(cut, int) else int(len(whole) * cut)])
    for _ in range(2):
        refused = ivr("recordings", "compact")
        assert refused.returncode == 5
        assert b"set aside" in refused.stderr
        assert b"it was cut" in refused.stderr
    assert sealed(settings) == []
    assert not list(settings.recordings_dir.rglob("*.ivra"))
    path.write_bytes(whole)
    assert ivr("recordings", "readmit", CALL, *WHY).returncode == 0
    assert ivr("recordings", "compact").returncode == 0
    (entry,) = sealed(settings)
    assert entry.details["compared"] == ["call.ended", "steps"]


def test_a_crash_takes_the_last_moment_and_is_sealed_and_a_cut_crash_is_not(settings: Settings, ivr: Ivr) -> None:
    path, _ = told_call(settings, ended=False)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused = ivr("recordings", "compact")
    assert b"the audit log knows of step" in refused.stderr
    path.write_bytes(whole[:-900])  # as a killed cell leaves it
    assert ivr("recordings", "readmit", CALL, *WHY).returncode == 0
    assert ivr("recordings", "compact").returncode == 0
    (entry,) = sealed(settings)
    assert entry.details["compared"] == ["steps"]


def test_what_the_database_knows_counts_too(settings: Settings, ivr: Ivr) -> None:
    path, keys = told_call(settings, ended=False)
    ended = CallRecord(CALL, STARTED_AT, STARTED_AT, STARTED_AT + 60, CALLER, outcome=CallOutcome.COMPLETED)
    call_store(settings, keys).save(replace(ended, recording_id=recording_id(CALL, STARTED_AT)))
    assert b"the database knows how its call ended" in ivr("recordings", "compact").stderr
    call_store(settings, keys).save(replace(ended, outcome=CallOutcome.CRASHED))
    assert ivr("recordings", "readmit", CALL, *WHY).returncode == 0
    assert ivr("recordings", "compact").returncode == 0
    assert path.with_suffix(".ivra").exists()


DIE = """
import os, signal, sys
from pathlib import Path
from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.engine.archive.sealing import Sealing
from ivr.testing.fake_stores import MemoryKeyStore
from tests.integration.vault.sealing import compactor_of
keys = MemoryKeyStore(seed=bytes(32))
def die(self, outlined):
    if outlined.header.call_id == "a-bad":
        os.kill(os.getpid(), signal.SIGKILL)
    return ()
Sealing.compare = die
list(compactor_of(RecordingFiles(Path(sys.argv[1]), keys), keys).run(print))
"""


def test_a_journal_that_kills_the_keeper_twice_is_set_aside_and_the_others_go_on(tmp_path: Path) -> None:
    keys = MemoryKeyStore(seed=bytes(32))
    for name in ("a-bad", "b-good"):
        long_journal(tmp_path, keys, name, seconds=2)
    codes = [subprocess.run([sys.executable, "-c", DIE, str(tmp_path)], check=False).returncode for _ in range(3)]
    assert codes == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert [path.name for path in tmp_path.rglob("*.ivra")] == ["b-good.ivra"]
    assert list(tmp_path.rglob("a-bad.ivrj"))


def long_journal(directory: Path, keys: MemoryKeyStore, name: str, *, seconds: int) -> Path:
    """Three channels of noise, which nothing makes shorter."""
    issued = keys.issue()
    header = JournalHeader(name, recording_id(name, STARTED_AT), STARTED_AT, issued.kek_id, issued.wrapped)
    sealer = JournalSealer(header, data_key=issued.key, salt=os.urandom(24))
    path = directory / "2026/01/02" / f"{name}.ivrj"
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(7).integers(-32768, 32767, 1600 * 3, dtype=np.int16).astype("<i2").tobytes()
    channels = {"caller.in": noise[:3200], "caller.out": noise[3200:6400], "agent.in": noise[6400:]}
    with path.open("wb") as file:
        file.write(sealer.preamble)
        for number in range(seconds * 5):
            file.write(sealer.seal(AudioBlock(number * 1600, channels)))
            file.write(sealer.seal(JournalEntry({"now": number / 5, "event": {"is": "Noise"}})))
        file.write(sealer.seal(Closed({"outcome": "completed"})))
    return path


MEASURE = """
import resource, sys
from pathlib import Path
from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.testing.fake_stores import MemoryKeyStore
from tests.integration.vault.sealing import compactor_of
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
keys = MemoryKeyStore(seed=bytes(32))
def fail(where, reason): sys.exit(f"{where}: {reason}")
files = RecordingFiles(Path(sys.argv[1]), keys)
list(compactor_of(files, keys).run(fail))
before = peak()
Path(sys.argv[2]).rename(sys.argv[3])
assert len(list(compactor_of(files, keys).run(fail))) == 1
print(peak() - before)
"""


@pytest.mark.parametrize("minutes", [10, pytest.param(180, marks=pytest.mark.chaos)])
def test_sealing_a_long_call_takes_no_more_memory_than_a_short_one(tmp_path: Path, minutes: int) -> None:
    keys = MemoryKeyStore(seed=bytes(32))
    keys._leaf = 7
    path = long_journal(tmp_path / "long", keys, "long", seconds=60 * minutes)
    long_journal(tmp_path, keys, "short", seconds=5)
    there = tmp_path / "2026/01/02/long.ivrj"
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path), str(path), str(there)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < MEMORY_BYTES
    shutil.rmtree(tmp_path / "2026")
