"""What precedes a journal's removal, beside recordings, a database and a log in memory: seconds of nobody's time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.step import CallStep, step_entry, step_salt
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.call.transcript import Span
from ivr.core.vault.journal_frame import Closed, JournalEntry, JournalFrame
from ivr.engine.archive.compaction import Compacted, Compactor, readmit
from ivr.engine.archive.sealing import Sealing
from ivr.errors import EnvironmentFault, OperatorError
from ivr.ports.recordings import Form, StoredRecording
from ivr.testing.fake_audit import MemoryAuditLog
from ivr.testing.fake_recordings import MemoryRecordings, sealed_journal
from ivr.testing.fake_stores import MemoryCallStore, MemoryKeyStore

AT = 1_767_312_000.0
RECORD = CallRecord("call-1", AT, AT + 1, AT + 9, caller="sip:anna@192.0.2.1", dialplan="wealth@1")
STEPS = tuple(CallStep(number, AT + number, "state.entered", {"state": f"s{number}"}) for number in (1, 2, 3))


class Watched(MemoryRecordings):
    """Says what the log held when a journal went."""

    def __init__(self, keys: MemoryKeyStore, log: MemoryAuditLog) -> None:
        super().__init__(keys)
        self._log = log
        self.held: list[str] = []

    def remove_journal(self, journal: StoredRecording) -> None:
        self._log.publish()
        self.held = [entry.action for _, entry in self._log.entries()]
        super().remove_journal(journal)


@dataclass
class Desk:
    """One recorded call, and all that is known of it elsewhere."""

    keys: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    log: MemoryAuditLog = field(default_factory=MemoryAuditLog)
    calls: MemoryCallStore = field(default_factory=MemoryCallStore)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recordings = Watched(self.keys, self.log)
        sealing = Sealing(self.keys, self.calls, self.log, actor="keeper", wall=lambda: AT + 60)
        self.compactor = Compactor(self.recordings, sealing)

    def record(self, *frames: JournalFrame, steps: Sequence[CallStep] = STEPS, closed: bool = True) -> StoredRecording:
        entries: list[JournalFrame] = [JournalEntry(step.to_json()) for step in steps]
        entries += [JournalEntry({"record": record_to_json(RECORD)}), *frames, *([Closed({})] if closed else [])]
        return self.recordings.put(sealed_journal(self.keys, "call-1", AT, entries))

    def run(self) -> list[Compacted]:
        self.told.clear()
        return list(self.compactor.run(lambda where, why: self.told.append(why)))

    def enter(self, stored: StoredRecording, *steps: CallStep) -> None:
        header = self.recordings.header(stored)
        salt = step_salt(self.keys.open(header.wrapped, header.kek_id))
        self.log.append([step_entry("call-1", one.at, "cell 0", one.action, one.public(salt)) for one in steps])

    def entries(self) -> list[AuditEntry]:
        self.log.publish()
        return [entry for _, entry in self.log.entries()]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_when_the_journal_goes_the_log_holds_every_step_and_the_hash(desk: Desk) -> None:
    desk.record()
    (done,) = desk.run()
    assert desk.recordings.held == ["state.entered"] * 3 + ["recording.sealed"]
    assert desk.recordings.stored() == [done.archive]
    assert done.archive.form is Form.ARCHIVE
    sealed = desk.entries()[-1]
    assert (sealed.subject, sealed.details["sha256"]) == ("20260102-call-1", desk.recordings.sha256(done.archive))


def test_what_the_log_holds_already_is_not_entered_again(desk: Desk) -> None:
    desk.enter(desk.record(), *STEPS[:2])
    desk.run()
    told = [(entry.details.get("step"), entry.actor) for entry in desk.entries()]
    assert told == [(1, "cell 0"), (2, "cell 0"), (3, "keeper"), (None, "keeper")]


def test_the_death_of_a_cell_is_entered_behind_its_last_step(desk: Desk) -> None:
    desk.record(closed=False)
    desk.run()
    assert [entry.action for entry in desk.entries()][-2:] == ["call.lost", "recording.sealed"]


def test_the_record_and_the_words_are_kept_before_too(desk: Desk) -> None:
    desk.record(JournalEntry({"span": Span("caller", 0, 800, "en", "buy a fund", 0.9).to_json()}))
    desk.run()
    assert desk.calls.get("call-1").recording_id == "20260102-call-1"
    assert desk.calls.words["call-1"][0][0] == "buy a fund"


def test_while_the_log_takes_nothing_the_journal_stays_and_it_is_nobodys_fault(desk: Desk) -> None:
    stored = desk.record()
    desk.log.full = True
    for _ in range(5):
        with pytest.raises(EnvironmentFault):
            desk.run()
        assert desk.told == []
        assert desk.recordings.find("call-1") == stored
    assert desk.recordings.trouble(stored).tries == 0
    desk.log.full = False
    assert len(desk.run()) == 1
    assert [entry.action for entry in desk.entries()].count("recording.sealed") == 1


def test_a_journal_that_lacks_what_the_log_knows_is_set_aside_until_it_is_readmitted(desk: Desk) -> None:
    whole = desk.record()
    data = desk.recordings.bytes_of(whole)
    desk.enter(whole, *STEPS, CallStep(4, AT + 400, "call.ended", {}))
    assert desk.run() == []
    assert "it was cut" in desk.told[0]
    assert desk.run() == []
    assert desk.told[0].startswith("set aside")
    assert desk.recordings.bytes_of(whole) == data
    readmit(desk.recordings, whole)
    assert desk.recordings.trouble(whole).aside is None
    with pytest.raises(OperatorError, match="was not set aside"):
        readmit(desk.recordings, whole)


def test_a_running_call_and_one_that_somebody_else_seals_are_left_alone(desk: Desk) -> None:
    stored = desk.record()
    desk.recordings.running.add("call-1")
    assert desk.run() == []
    desk.recordings.running.clear()
    desk.recordings.busy = True
    assert desk.run() == []
    assert (desk.told, desk.recordings.stored()) == ([], [stored])
    desk.recordings.busy = False
    assert len(desk.run()) == 1


def test_an_archive_that_does_not_hold_it_all_never_takes_its_place(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = desk.record()
    seal = desk.recordings.seal

    def spoilt(journal: StoredRecording, outlined: object) -> None:
        seal(journal, outlined)  # type: ignore[arg-type]
        archive = desk.recordings.archive_of(journal)
        data = desk.recordings.bytes_of(archive)
        desk.recordings.alter(archive, data[:-1] + bytes([data[-1] ^ 1]))

    with monkeypatch.context() as disk:
        disk.setattr(desk.recordings, "seal", spoilt)
        assert desk.run() == []
    assert "does not hold what it holds" in desk.told[0]
    assert desk.recordings.find("call-1") == stored
    assert desk.entries() == []
    assert len(desk.run()) == 1


def test_a_fault_of_the_machine_is_no_try(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = desk.record()

    def full(*_: object) -> None:
        raise EnvironmentFault("No space left on device")

    monkeypatch.setattr(desk.recordings, "seal", full)
    for _ in range(4):
        with pytest.raises(EnvironmentFault, match="No space left on device"):
            desk.run()
        assert desk.told == []
    assert desk.recordings.trouble(stored).aside is None
