"""What was shredded stays unreadable, also from backups; what is held stays; and the log proves both."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ivr.adapters.files.audit.log import AuditLog
from ivr.apps.settings import Settings
from ivr.apps.wiring.archive import compactor
from ivr.apps.wiring.archive import eraser as build
from ivr.apps.wiring.retention import EXAMPLES, read_classes, retention_plan
from ivr.apps.wiring.vault import audit_log, call_store, inspection_store, open_key_store, recording_files
from ivr.core.call.record import CallRecord
from ivr.core.orders.evidence import CallOutcome
from ivr.core.vault.guard import Guard
from ivr.core.vault.retention import DAY_SECONDS, RetentionClass, RetentionPlan
from ivr.engine.archive.eraser import Eraser, Judged
from ivr.engine.archive.log_clock import LogClock
from ivr.errors import DeniedError, OperatorError, SealError, SettingsError
from ivr.ports.keys import ManagedKeyStore
from tests.contract.sql.test_inspection_store import FINDINGS, READ
from tests.integration.vault.conftest import Ivr

STARTED_AT = 1767312000.0
TRUSTING = Guard(most_a_day=1000, lead_days=1e6)
PLAN = RetentionPlan({"year": RetentionClass("year", 30, 365, "a test")}, "year")


@dataclass
class Clock:
    """Days after the calls."""

    days: float = 0.0

    def __call__(self) -> float:
        return STARTED_AT + self.days * DAY_SECONDS


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def eraser(settings: Settings, clock: Clock) -> Eraser:
    """On an installation whose two calls are in their long-term form."""
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    assert len(list(compactor(settings, keys, log, actor="hub").run(never))) == 2
    return eraser_of(settings, keys, log, clock)


def eraser_of(
    settings: Settings, keys: ManagedKeyStore, log: AuditLog, clock: Clock, guard: Guard = TRUSTING
) -> Eraser:
    """One that takes a test's clock for granted, unless it is given another guard."""
    worker = build(settings, keys, log, actor="test")
    worker._clock, worker._guard = clock, guard
    worker._log_clock = LogClock(log, guard)
    return worker


def never(where: str, reason: str) -> None:
    raise AssertionError(f"{where}: {reason}")


def untold(call_id: str, reason: str) -> None:
    raise AssertionError(f"{call_id}: {reason}")


def names(found: list[Judged]) -> set[str]:
    return {one.found.call_id for one in found}


def enter(settings: Settings, action: str, call: str, hold: str = "") -> None:
    from ivr.core.audit.entry import AuditEntry

    log = audit_log(settings, open_key_store(settings))
    log.append([AuditEntry(STARTED_AT, "test", action, call, details={"hold": hold} if hold else {})])
    log.close()


def test_what_has_expired_goes_and_nothing_before(settings: Settings, eraser: Eraser, clock: Clock) -> None:
    clock.days = 364.9
    assert list(eraser.run(PLAN, never)) == []
    clock.days = 366
    assert names(list(eraser.run(PLAN, never))) == {"call-closed", "call-crashed"}
    assert [path for path in settings.recordings_dir.rglob("*") if path.is_file()] == []
    assert list(eraser.run(PLAN, never)) == []
    with pytest.raises(OperatorError):
        call_store(settings, open_key_store(settings)).get("call-closed")


class Backups:
    """Copies of recordings and database, made at several times of a call's life."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self._settings, self._directory = settings, directory

    def take(self, name: str) -> None:
        """Copy what is there now."""
        shutil.copytree(self._settings.recordings_dir, self._directory / name / "recordings")
        for part in self._settings.data_dir.glob("ivr.db*"):
            shutil.copy(part, self._directory / name / part.name)

    def restore(self, name: str) -> None:
        """Put a copy in the place of what is there now."""
        shutil.rmtree(self._settings.recordings_dir)
        shutil.copytree(self._directory / name / "recordings", self._settings.recordings_dir)
        for part in self._settings.data_dir.glob("ivr.db*"):
            part.unlink()
        for part in (self._directory / name).glob("ivr.db*"):
            shutil.copy(part, self._settings.data_dir / part.name)


def test_any_older_backup_of_files_and_database_gives_nothing_back(
    settings: Settings, clock: Clock, tmp_path: Path, ivr: Ivr
) -> None:
    """Of the journal, of the long-term file, from before and after the keys were rotated; what was read and found in
    the call, too."""
    backups = Backups(settings, tmp_path / "backups")
    read = inspection_store(settings, open_key_store(settings))
    read.put_transcription(replace(READ, call_id="call-closed"))
    read.put_findings(replace(FINDINGS, call_id="call-closed"))
    backups.take("journals")
    assert ivr("recordings", "compact").returncode == 0
    backups.take("long-term files")
    assert ivr("keys", "rotate").returncode == 0
    backups.take("wrapped anew")
    names_of = ("journals", "long-term files", "wrapped anew")
    for name in names_of:  # until then each of them opens: or the rest would prove nothing
        backups.restore(name)
        keys = open_key_store(settings)
        assert recording_files(settings, keys).open("call-closed").timeline.samples == 50 * 160
        assert call_store(settings, keys).get("call-closed").outcome == "completed"
        kept = inspection_store(settings, keys)
        assert kept.transcription("call-closed") is not None
        assert kept.findings(["call-closed"])["call-closed"].found == FINDINGS.found
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    eraser = eraser_of(settings, keys, log, clock)
    clock.days = 400
    assert names(list(eraser.run(PLAN, never))) == {"call-closed", "call-crashed"}
    log.close()
    for name in names_of:
        backups.restore(name)
        keys = open_key_store(settings)
        for call in ("call-closed", "call-crashed"):
            with pytest.raises(SealError, match="shredded"):
                recording_files(settings, keys).open(call)
            with pytest.raises(SealError, match="shredded"):
                recording_files(settings, keys).open(call, salvage=True)
        with pytest.raises(SealError, match="shredded"):
            call_store(settings, keys).get("call-closed")
        kept = inspection_store(settings, keys)
        with pytest.raises(SealError, match="shredded"):
            kept.transcription("call-closed")
        with pytest.raises(SealError, match="shredded"):
            kept.findings(["call-closed"])
        log = audit_log(settings, keys)
        again = eraser_of(settings, keys, log, clock)
        assert names(list(again.run(PLAN, never))) == {"call-closed", "call-crashed"}  # what came back is cleared away
        assert list(settings.recordings_dir.rglob("*.ivr?")) == []
        assert list(kept.calls()) == []
        assert kept.transcription("call-closed") is None
        log.close()


def test_records_of_calls_that_were_never_recorded_go_too(settings: Settings, eraser: Eraser, clock: Clock) -> None:
    store = call_store(settings, open_key_store(settings))
    for call in ("refused", "held"):
        store.save(CallRecord(call, STARTED_AT, None, STARTED_AT, caller="+4420", outcome=CallOutcome.REFUSED))
    enter(settings, "hold.placed", "held", "case-1")
    clock.days = 364
    assert list(eraser.run_records(PLAN, untold)) == []
    clock.days = 366
    assert list(eraser.run_records(PLAN, untold)) == ["refused"]
    assert store.get("held").outcome == "refused"
    with pytest.raises(OperatorError):
        store.get("refused")


def test_a_hold_wins_over_retention_and_over_the_owners_wish(settings: Settings, eraser: Eraser, clock: Clock) -> None:
    for number in range(40):
        enter(settings, "hold.placed", "call-closed", f"case-{number}")
    enter(settings, "erasure.requested", "call-closed")
    clock.days = 4000
    assert names(list(eraser.run(PLAN, never))) == {"call-crashed"}
    with pytest.raises(DeniedError, match="held for case-0"):
        eraser.shred("call-closed", PLAN, "please")
    for number in range(39):
        enter(settings, "hold.released", "call-closed", f"case-{number}")
    assert list(eraser.run(PLAN, never)) == []
    enter(settings, "hold.released", "call-closed", "case-39")
    assert names(list(eraser.run(PLAN, never))) == {"call-closed"}


def test_the_owners_wish_waits_until_its_class_allows_it(settings: Settings, eraser: Eraser, clock: Clock) -> None:
    enter(settings, "erasure.requested", "call-closed")
    clock.days = 29
    assert list(eraser.run(PLAN, never)) == []
    with pytest.raises(DeniedError, match="keeps it 30 days"):
        eraser.shred("call-closed", PLAN, "please")
    clock.days = 31
    assert names(list(eraser.run(PLAN, never))) == {"call-closed"}
    assert recording_files(settings, open_key_store(settings)).open("call-crashed").crashed


def test_a_shredding_leaves_a_proof(settings: Settings, eraser: Eraser, clock: Clock) -> None:
    clock.days = 31
    eraser.shred("call-closed", PLAN, "customer asked")
    log = audit_log(settings, open_key_store(settings))
    log.publish()
    sealed, shredded = (
        [one for _, one in log.entries() if one.action == action and one.subject == "20260102-call-closed"]
        for action in ("recording.sealed", "recording.shredded")
    )
    assert shredded[0].reason == "customer asked"
    assert shredded[0].details["sha256"] == sealed[0].details["sha256"]
    log.verify()


def test_a_crash_after_the_key_went_is_finished_by_the_next_run(
    settings: Settings, eraser: Eraser, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.days = 31

    real = Path.unlink

    def crash(path: Path, missing_ok: bool = False) -> None:
        if path.suffix.startswith(".ivr"):
            raise KeyboardInterrupt
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", crash)
    with pytest.raises(KeyboardInterrupt):
        eraser.shred("call-closed", PLAN, "customer asked")
    monkeypatch.undo()
    with pytest.raises(SealError, match="shredded"):
        recording_files(settings, open_key_store(settings)).open("call-closed")
    assert names(list(eraser.run(PLAN, never))) == {"call-closed"}
    assert list(settings.recordings_dir.rglob("call-closed*")) == []


def test_a_recording_that_was_dated_back_is_not_erased_early(settings: Settings, eraser: Eraser, clock: Clock) -> None:
    clock.days = 31
    (key_file,) = settings.recordings_dir.rglob("call-closed.ivrk")
    content = json.loads(key_file.read_text())
    content["started_at"] -= 4000 * DAY_SECONDS
    key_file.write_text(json.dumps(content))
    damaged: list[str] = []
    assert list(eraser.run(PLAN, lambda path, reason: damaged.append(reason))) == []
    assert "altered" in damaged[0]
    clock.days = 29
    with pytest.raises(DeniedError, match="keeps it 30 days"):  # by its record's date
        eraser.shred("call-closed", PLAN, "please")


def test_the_key_file_of_an_expired_recording_does_not_erase_another(
    settings: Settings, eraser: Eraser, clock: Clock
) -> None:
    enter(settings, "hold.placed", "call-closed", "case-1")
    (held,) = settings.recordings_dir.rglob("call-closed.ivrk")
    (expired,) = settings.recordings_dir.rglob("call-crashed.ivrk")
    saved = held.read_bytes()
    shutil.copy(expired, held)
    clock.days = 400
    damaged: list[str] = []
    assert names(list(eraser.run(PLAN, lambda path, reason: damaged.append(path)))) == {"call-crashed"}
    held.write_bytes(saved)
    assert recording_files(settings, open_key_store(settings)).open("call-closed").timeline.samples


def test_a_dead_key_put_beside_a_recording_destroys_neither_its_record_nor_what_is_held(
    settings: Settings, eraser: Eraser, clock: Clock
) -> None:
    (dead,) = settings.recordings_dir.rglob("call-crashed.ivrk")
    content = json.loads(dead.read_text())
    clock.days = 31
    eraser.shred("call-crashed", PLAN, "asked")
    content.update(call_id="call-closed", recording_id="20260102-call-closed")
    (victim,) = settings.recordings_dir.rglob("call-closed.ivrk")
    victim.write_text(json.dumps(content))
    enter(settings, "hold.placed", "call-closed", "case-1")
    damaged: list[str] = []
    assert list(eraser.run(PLAN, lambda path, reason: damaged.append(reason))) == []
    assert "held" in damaged[0]
    enter(settings, "hold.released", "call-closed", "case-1")
    assert len(list(eraser.run(PLAN, never))) == 1
    assert call_store(settings, open_key_store(settings)).get("call-closed").outcome == "completed"


def test_the_commands_do_what_they_say(settings: Settings, ivr: Ivr) -> None:
    ivr("recordings", "compact")
    assert ivr("retention", "hold", "call-closed", "--name", "case-1", "--reason", "a court asks").returncode == 0
    assert ivr("retention", "hold", "call-none", "--name", "case-1", "--reason", "a court asks").returncode == 2
    assert ivr("retention", "release", "call-closed", "--name", "case-2", "--reason", "over").returncode == 2
    shown = ivr("retention", "show").stdout.decode()
    assert "held   20260102-call-closed  held for case-1" in shown
    assert "keep   20260102-call-crashed  every class keeps it 1826 days" in shown
    denied = ivr("retention", "shred", "call-closed", "--reason", "please")
    assert denied.returncode == 6
    told = [json.loads(line) for line in ivr("audit", "log", "--json").stdout.splitlines()]
    assert [(one["action"], one["outcome"]) for one in told[-2:]] == [
        ("hold.placed", "done"),
        ("shredding.ordered", "denied"),
    ]
    assert b"0 shredded" in ivr("retention", "run").stdout
    assert b"check with counsel" in ivr("retention", "classes").stdout.lower()


def test_every_class_that_ships_names_its_source_and_says_to_check_it() -> None:
    classes = read_classes(EXAMPLES)
    assert {name.partition("-")[0] for name in classes} == {"eu", "uk", "hk", "cn", "us"}
    assert all(one.source.endswith("Check with counsel.") for one in classes.values())


@pytest.mark.parametrize(
    "text", ["", "[]", "a: 1", "a: {earliest_days: 1}", "a: {earliest_days: 1.5, latest_days: 2, source: x}", "a: ["]
)
def test_classes_that_make_no_sense_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "classes.yaml").write_text(text)
    with pytest.raises(SettingsError):
        read_classes(tmp_path / "classes.yaml")


def test_a_class_that_is_not_there_is_a_settings_error(settings: Settings) -> None:
    wrong = settings.model_copy(update={"retention": settings.retention.model_copy(update={"default": "mars"})})
    with pytest.raises(SettingsError, match="mars"):
        retention_plan(wrong)
