"""The keeper compacts, erases and publishes by itself, and tells what it cannot do."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.files.audit.log import AuditLog
from ivr.apps.settings import Settings
from ivr.apps.wiring.keeper import build
from ivr.apps.wiring.vault import audit_log, call_store, callback_store, open_key_store, recording_files
from ivr.core.alarms import AlarmKind
from ivr.core.audit.step import CallStep, is_entry_of, step_entry, step_salt
from ivr.core.queueing.callback import CallbackRequest, CallbackState
from ivr.core.vault.search import CallQuery
from ivr.engine.archive.callbacks import CallbackKeeper
from ivr.engine.archive.keeper import RETENTION_SECONDS, SETTLE_SECONDS
from ivr.engine.bus.alarm_post import AlarmPost
from ivr.engine.bus.cells import Alarm
from ivr.engine.bus.codec import decode
from ivr.engine.cell.recorder import Recorder
from ivr.errors import EnvironmentFault, OperatorError
from tests.integration.vault.conftest import Ivr


@pytest.fixture(autouse=True)
def rested(settings: Settings) -> None:
    """The calls ended a while ago."""
    for path in settings.recordings_dir.rglob("*.ivrj"):
        rest(path)


def rest(path: Path) -> None:
    long_ago = time.time() - 2 * SETTLE_SECONDS
    os.utime(path, (long_ago, long_ago))


def test_a_call_that_just_ended_is_left_alone_for_a_while(settings: Settings) -> None:
    for path in settings.recordings_dir.rglob("*.ivrj"):
        os.utime(path)
    build(settings).round()
    assert len(list(settings.recordings_dir.rglob("*.ivrj"))) == 2


def test_a_round_seals_what_has_ended_and_publishes_the_log(settings: Settings) -> None:
    build(settings).round()
    assert sorted(path.name for path in settings.recordings_dir.rglob("*.ivr?")) == [
        "call-closed.ivra",
        "call-closed.ivrk",
        "call-crashed.ivra",
        "call-crashed.ivrk",
    ]
    keys = open_key_store(settings)
    assert recording_files(settings, keys).open("call-closed").timeline.entries
    entries = [entry for _, entry in audit_log(settings, keys).entries()]
    began = ["retention.applied", "roles.applied"]
    assert [entry.action for entry in entries] == [*began, *["recording.sealed"] * 2, "retention.ran"]
    assert {entry.actor for entry in entries} == {"keeper"}


def test_a_call_that_no_hub_stored_is_stored_and_found_by_its_words(settings: Settings) -> None:
    store = call_store(settings, open_key_store(settings))
    with pytest.raises(OperatorError):
        store.get("call-crashed")
    build(settings).round()
    assert store.get("call-crashed").outcome == "crashed"
    assert {one.call_id for one in store.search(CallQuery(words="fund"))} == {"call-closed", "call-crashed"}


def test_retention_runs_once_in_six_hours(settings: Settings) -> None:
    keeper, now, runs = build(settings), [0.0], 0
    run = keeper._eraser.run

    def count(*args: Any) -> object:
        nonlocal runs
        runs += 1
        return run(*args)

    keeper._eraser.run = count  # type: ignore[method-assign, assignment]
    keeper._clock, keeper._retention_due = lambda: now[0], 0.0
    for at in (0.0, 5.0, RETENTION_SECONDS - 1, RETENTION_SECONDS + 1):
        now[0] = at
        keeper.round()
    assert runs == 2


def test_a_damaged_recording_is_told_once_and_the_others_are_kept(settings: Settings) -> None:
    (bad,) = settings.recordings_dir.rglob("call-closed.ivrj")
    data = bytearray(bad.read_bytes())
    data[len(data) // 2] ^= 1
    bad.write_bytes(data)
    rest(bad)
    alarms: list[tuple[str, str]] = []
    keeper = build(settings, lambda kind, text: alarms.append((kind, text)))
    for _ in range(4):
        keeper.round()
    assert [kind for kind, _ in alarms] == ["recording_damaged"] * 2
    assert all("call-closed.ivrj" in text for _, text in alarms)
    assert "set aside" in alarms[1][1]
    assert list(settings.recordings_dir.rglob("call-crashed.ivra"))


def test_a_recording_that_is_gone_is_told(settings: Settings) -> None:
    alarms = list[str]()
    keeper = build(settings, lambda kind, text: alarms.append(f"{kind}: {text}"))
    keeper.round()
    assert alarms == []
    for path in settings.recordings_dir.rglob("call-closed*"):
        path.unlink()
    keeper._retention_due = 0.0
    keeper.round()
    (alarm,) = alarms
    assert alarm.startswith("recording_missing: 1 recordings")
    assert "call-closed" in alarm


def test_a_full_disk_is_told_and_the_next_round_goes_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    alarms: list[str] = []
    keeper = build(settings, lambda kind, text: alarms.append(kind))

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("os.fsync", full)
        keeper.round()
    assert "keeper" in alarms
    assert "recording_damaged" not in alarms, "the disk is full, and nothing is wrong with any recording"
    keeper.round()
    assert list(settings.recordings_dir.rglob("*.ivrj")) == []


def test_while_the_database_is_away_nothing_is_called_damaged_and_all_is_done_when_it_is_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.adapters.sql.database.BUSY_SECONDS", 0.05)
    alarms: list[tuple[str, str]] = []
    keeper = build(settings, lambda kind, text: alarms.append((kind, text)))
    (path,) = settings.data_dir.rglob("ivr.db")
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(2):
            keeper.round()
        other.rollback()
    away = [text for kind, text in alarms if kind == "keeper"]
    assert len(away) == 1, "once, and not for each recording"
    assert "the database does not answer" in away[0]
    assert {kind for kind, _ in alarms} <= {"keeper", "retention"}
    assert len(list(settings.recordings_dir.rglob("*.ivrj"))) == 2
    keeper.round()
    assert len(list(settings.recordings_dir.rglob("*.ivra"))) == 2


def test_words_that_no_database_took_are_indexed_when_it_is_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(settings).round()
    (path,) = settings.data_dir.rglob("ivr.db")
    with closing(sqlite3.connect(path)) as other:
        other.execute("DELETE FROM indexed_calls")
        other.commit()
    monkeypatch.setattr("ivr.adapters.sql.database.BUSY_SECONDS", 0.05)
    keeper = build(settings)
    keeper._indexing.look()
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        keeper.round()
        other.rollback()
    keeper.round()
    both = ["call-closed", "call-crashed"]
    assert call_store(settings, open_key_store(settings)).unindexed(both) == []


def test_what_fails_again_after_it_went_well_is_told_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    alarms = Counter[str]()
    keeper = build(settings, lambda kind, text: alarms.update([text]))

    def full(*args: object) -> str:
        raise EnvironmentFault("No space left on device")

    for times in (1, 2):
        with monkeypatch.context() as disk:
            disk.setattr(AuditLog, "_publish", full)
            for _ in range(3):
                keeper.round()
        told = [count for text, count in alarms.items() if "kept as they should be" in text]
        assert set(told) == {times}, "once for as long as it lasts"
        keeper.round()


def test_an_alarm_waits_for_a_hub_that_is_away_and_reaches_the_next_one(tmp_path: Path) -> None:
    away: list[AlarmKind] = []
    post = AlarmPost(tmp_path / "hub.sock", away.append)
    post.send(AlarmKind.RECORDING_MISSING, "three are gone")
    assert away == ["recording_missing"]
    assert not post.deliver()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as hub:
        hub.bind(str(tmp_path / "hub.sock"))
        hub.listen()
        post.send(AlarmKind.DATABASE, "it is full")
        received = []
        for _ in range(2):
            connection, _ = hub.accept()
            with connection:
                received.append(decode(connection.recv(4096)))
    assert received == [Alarm(AlarmKind.RECORDING_MISSING, "three are gone"), Alarm(AlarmKind.DATABASE, "it is full")]
    assert post.deliver()


def test_steps_that_no_hub_entered_are_entered_with_the_recording_once_and_a_dead_cell_too(settings: Settings) -> None:
    keys = open_key_store(settings)
    issued = keys.issue()
    recorder = Recorder(
        settings.recordings_dir, issued, call_id="call-told", started_at=1767312005.0,
        on_failure=lambda reason: None, min_free_bytes=0,
    )  # fmt: skip
    told = [CallStep(number, 1767312005.0 + number, "state.entered", {"state": "menu"}) for number in (1, 2, 3)]
    for step in told:
        recorder.event(step.to_json())
    recorder.close({})
    recorder.path.write_bytes(recorder.path.read_bytes()[:-30])
    rest(recorder.path)
    salt = step_salt(issued.key)
    with_hub = audit_log(settings, keys)
    with_hub.append([step_entry("call-told", s.at, "cell 0", s.action, s.public(salt)) for s in told[:2]])
    build(settings).round()
    build(settings).round()
    entries = [one for _, one in audit_log(settings, keys).entries() if one.subject == "call-told"]
    assert [(one.details["step"], one.actor, one.action) for one in entries] == [
        (1, "cell 0", "state.entered"),
        (2, "cell 0", "state.entered"),
        (3, "keeper", "state.entered"),
        (4, "keeper", "call.lost"),
    ]
    assert is_entry_of(entries[2], told[2], salt)


def test_an_entry_that_is_not_what_the_recording_holds_is_told(settings: Settings, ivr: Ivr) -> None:
    keys = open_key_store(settings)
    issued = keys.issue()
    recorder = Recorder(
        settings.recordings_dir, issued, call_id="call-told", started_at=1767312005.0,
        on_failure=lambda reason: None, min_free_bytes=0,
    )  # fmt: skip
    said = CallStep(1, 1767312006.0, "state.entered", {"state": "menu"})
    recorder.event(said.to_json())
    recorder.close({})
    other = CallStep(1, 1767312006.0, "state.entered", {"state": "deal"})
    log = audit_log(settings, keys)
    log.append([step_entry("call-told", other.at, "cell 0", other.action, other.public(step_salt(issued.key)))])
    log.close()
    shown = ivr("audit", "show", "call-told")
    assert shown.returncode == 5
    assert b"not what the recording holds of step 1" in shown.stdout


def test_closed_callbacks_vanish_with_their_keys_and_forgotten_ones_are_closed(settings: Settings) -> None:
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    store = callback_store(settings, keys)
    day = 86_400.0
    old = store.keep(CallbackRequest("loans", "+85291234567", "c1", "en", 100 * day))
    store.take(old.callback_id, by="os:anna", at=100 * day)
    store.close(old.callback_id, CallbackState.DONE, by="os:anna", at=100 * day, result="reached")
    idle = store.keep(CallbackRequest("loans", "+85299999999", "c2", "en", 101 * day))
    young = store.keep(CallbackRequest("loans", "+85288888888", "c3", "en", 125 * day))
    (wrapped,) = store.closed(before=200 * day).values()
    keeper = CallbackKeeper(store, keys, log, keep_days=30, wall=lambda: 132 * day)
    keeper.round()
    keeper.round()
    left = {one.callback_id: one.state for one in store.find(pending=False)}
    assert left == {idle.callback_id: CallbackState.EXPIRED, young.callback_id: CallbackState.OPEN}
    assert not keys.alive(wrapped)
    log.publish()
    told = [(entry.action, entry.subject) for _, entry in log.entries() if entry.action.startswith("callback.")]
    assert told == [("callback.expired", idle.callback_id), ("callback.forgotten", old.callback_id)]
