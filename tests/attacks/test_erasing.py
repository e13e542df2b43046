"""What must not be erased, and what must: a hold placed meanwhile, a clock far ahead, a database restored, damage."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.wiring.keeper import build
from ivr.apps.wiring.vault import audit_log, call_store, open_key_store, recording_files
from ivr.core.vault.guard import Guard
from ivr.core.vault.retention import DAY_SECONDS
from ivr.core.vault.search import CallQuery
from ivr.engine.archive.eraser import Eraser
from ivr.engine.archive.keeper import Keeper
from ivr.errors import DeniedError, OperatorError, SealError
from tests.integration.vault.conftest import Ivr
from tests.integration.vault.test_erasure import PLAN, Clock, eraser_of, never

YEARS = 365 * DAY_SECONDS
WHY = ("--reason", "a test")


def left(settings: Settings) -> set[str]:
    return {path.stem for path in settings.recordings_dir.rglob("*.ivr*")}


def expired(settings: Settings, ivr: Ivr, guard: Guard | None = None) -> tuple[Eraser, Clock]:
    """Two sealed calls that are both a year too old."""
    ivr("recordings", "compact")
    keys, clock = open_key_store(settings), Clock(400)
    log = audit_log(settings, keys)
    return (eraser_of(settings, keys, log, clock, guard) if guard else eraser_of(settings, keys, log, clock)), clock


def test_a_hold_that_is_placed_during_a_run_is_kept(settings: Settings, ivr: Ivr) -> None:
    eraser, _ = expired(settings, ivr)
    run = eraser.run(PLAN, never)
    assert next(run).found.call_id == "call-closed"
    assert ivr("retention", "hold", "call-crashed", "--name", "case-1", *WHY).returncode == 0
    assert list(run) == []
    assert left(settings) == {"call-crashed"}


def keeper_at(settings: Settings, monkeypatch: pytest.MonkeyPatch, ahead: float) -> tuple[Keeper, list[str]]:
    """One that was started with the clock so far ahead, and its alarms."""
    real = time.time
    monkeypatch.setattr("time.time", lambda: real() + ahead)
    keeper, alarms = build(settings), list[str]()
    keeper._alarm = lambda kind, text: alarms.append(f"{kind}: {text}")
    keeper.round()
    monkeypatch.setattr("time.time", real)
    return keeper, alarms


def test_a_clock_ten_years_ahead_erases_nothing_however_often_the_engine_starts(
    settings: Settings, ivr: Ivr, monkeypatch: pytest.MonkeyPatch
) -> None:
    ivr("recordings", "compact")
    keeper_at(settings, monkeypatch, 0)
    for ahead in (10 * YEARS, 10 * YEARS + 60, 10 * YEARS + 120):
        _, alarms = keeper_at(settings, monkeypatch, ahead)
        assert any("retention: " in one and "Set the clock right" in one for one in alarms)
        assert left(settings) == {"call-closed", "call-crashed"}
    _, alarms = keeper_at(settings, monkeypatch, 60)  # the clock is right again: nobody need confirm anything
    assert alarms == []


def test_an_officer_confirms_a_clock_that_is_right_after_a_long_silence(
    settings: Settings, ivr: Ivr, monkeypatch: pytest.MonkeyPatch
) -> None:
    ivr("recordings", "compact")
    real = time.time
    monkeypatch.setattr("time.time", lambda: real() + 10 * YEARS)
    assert ivr("retention", "run").returncode == 6
    assert ivr("retention", "shred", "call-closed", *WHY).returncode == 6
    assert left(settings) == {"call-closed", "call-crashed"}
    assert ivr("retention", "clock", *WHY).returncode == 0
    assert b"2 shredded" in ivr("retention", "run").stdout


def test_no_more_goes_in_a_day_than_an_officer_allows(settings: Settings, ivr: Ivr) -> None:
    eraser, _ = expired(settings, ivr, Guard(most_a_day=1, lead_days=1e6))
    for _ in range(3):  # also of an engine that is started again and again
        with pytest.raises(DeniedError, match="lift --erasures 1"):
            list(eraser.run(PLAN, never))
        assert left(settings) == {"call-crashed"}
    log = audit_log(settings, open_key_store(settings))
    clock = eraser._clock
    real, time.time = time.time, clock
    try:
        assert ivr("retention", "lift", "--erasures", "1", *WHY).returncode == 0
    finally:
        time.time = real
    log.publish()
    assert [one.found.call_id for one in eraser.run(PLAN, never)] == ["call-crashed"]


@pytest.mark.parametrize("harm", ["index", "key file", "key file of another", "commitment", "unwrapped"])
def test_a_damaged_recording_goes_when_it_is_due_and_takes_no_other_with_it(
    settings: Settings, ivr: Ivr, harm: str
) -> None:
    eraser, clock = expired(settings, ivr)
    archive, key_file = (next(settings.recordings_dir.rglob(f"call-closed.{kind}")) for kind in ("ivra", "ivrk"))
    sound, sound_key = archive.read_bytes(), key_file.read_bytes()
    if harm == "key file":
        key_file.write_text("{")
    elif harm == "key file of another":
        shutil.copy(next(settings.recordings_dir.rglob("call-crashed.ivrk")), key_file)
    elif harm == "unwrapped":
        content = json.loads(sound_key)
        key_file.write_text(json.dumps({**content, "wrapped": "00"}))
    else:
        at = 60 if harm == "index" else 30
        archive.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
    assert ivr("retention", "hold", "call-crashed", "--name", "case-1", *WHY).returncode == 0
    told: list[str] = []
    clock.days = 364
    assert list(eraser.run(PLAN, lambda where, reason: told.append(Path(where).stem))) == []
    assert set(told) == {"call-closed"}
    clock.days = 366
    assert [one.found.call_id for one in eraser.run(PLAN, lambda where, reason: None)] == ["call-closed"]
    assert left(settings) == {"call-crashed"}
    files = recording_files(settings, open_key_store(settings))
    assert files.open("call-crashed").timeline.samples
    with pytest.raises(OperatorError):
        call_store(settings, open_key_store(settings)).get("call-closed")
    if harm in ("index", "commitment"):  # the key was provably its own: a sound copy opens no more
        archive.write_bytes(sound)
        key_file.write_bytes(sound_key)
        with pytest.raises(SealError, match="shredded"):
            files.open("call-closed")


def test_rows_that_come_back_with_an_older_database_are_cleared_and_one_damaged_row_hides_no_other(
    settings: Settings, ivr: Ivr
) -> None:
    ivr("recordings", "compact")
    database = settings.data_dir / "ivr.db"
    older = settings.data_dir / "older.db"
    copy(database, older)
    eraser, clock = expired(settings, ivr)
    clock.days = 31
    eraser.shred("call-closed", PLAN, "asked")
    copy(older, database)
    shown = ivr("recordings", "list")
    assert shown.returncode == 0
    assert b"wealth@1" in shown.stdout
    assert b"1 damaged and not shown" in shown.stderr
    assert ivr("recordings", "find", "--dialplan", "wealth").stdout.count(b"wealth@1") == 1
    assert ivr("keys", "rotate").returncode == 0  # a row that nothing can open needs no key
    assert list(eraser.reconcile()) == ["call-closed"]
    assert b"damaged" not in ivr("recordings", "list").stderr
    assert list(eraser.reconcile()) == []


def test_calls_sealed_after_the_backup_are_found_by_their_words_again(settings: Settings, ivr: Ivr) -> None:
    database = settings.data_dir / "ivr.db"
    older = settings.data_dir / "older.db"
    copy(database, older)
    ivr("recordings", "compact")
    both = {"call-closed", "call-crashed"}
    assert found(settings, words="fund") == both
    copy(older, database)
    assert found(settings, words="fund") == set()
    (damaged,) = settings.recordings_dir.rglob("call-crashed.ivra")
    sound = damaged.read_bytes()
    damaged.write_bytes(sound[:200] + bytes([sound[200] ^ 1]) + sound[201:])
    build(settings).round()
    assert found(settings, words="fund", told="what can we do") == {"call-closed"}, "one keeps no other waiting"
    damaged.write_bytes(sound)
    build(settings).round()
    assert found(settings, words="fund", told="what can we do") == both
    assert found(settings, agent="alice") == both


def found(settings: Settings, *, words: str = "", told: str = "", agent: str = "") -> set[str]:
    query = CallQuery(words=words, told=told, agent=agent)
    return {one.call_id for one in call_store(settings, open_key_store(settings)).search(query)}


def test_a_call_without_a_recording_can_be_held(settings: Settings, ivr: Ivr) -> None:
    record = call_store(settings, open_key_store(settings)).get("call-closed")
    for path in settings.recordings_dir.rglob("call-closed*"):
        path.unlink()
    assert ivr("retention", "hold", record.call_id, "--name", "case-1", *WHY).returncode == 0


def copy(source: Path, target: Path) -> None:
    with contextlib.closing(sqlite3.connect(source)) as there, contextlib.closing(sqlite3.connect(target)) as here:
        there.backup(here)
