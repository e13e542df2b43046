"""What every store of inspections must do; and what a database must not show of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.database import upgrade
from ivr.adapters.sql.inspection_store import SqlInspectionStore
from ivr.adapters.sql.model import InspectionRow
from ivr.core.call.record import CallRecord
from ivr.core.call.transcription import AGENT, Transcription, Utterance, Word
from ivr.core.compliance.findings import CallFindings, RulesUsed
from ivr.core.compliance.rule import Found, Severity
from ivr.errors import OperatorError, SealError
from ivr.ports.inspections import InspectionStore
from ivr.testing.fake_inspections import MemoryInspectionStore
from ivr.testing.fake_stores import MemoryKeyStore
from tests.contract.sql.conftest import postgres, sqlite

SAID = Utterance(AGENT, 800, 2400, "en", "risk free", 0.9, (Word("risk", 800, 1600), Word("free", 1600, 2400)))
READ = Transcription("c1", 10.0, 99.0, ("tiny.en",), (SAID,))
FOUND = Found("rules/no_risk", Severity.CRITICAL, "Art. 44", "a forbidden phrase", "risk free", 800, 2400, 0.9, "agent")
FINDINGS = CallFindings("c1", 10.0, 99.0, (RulesUsed("rules", "1", "ab" * 32),), (FOUND,), ("rules/other",))
Ended = Callable[[str, float], None]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[InspectionStore, Ended]]:
    """A store, and what tells it of a call that ended and has a recording."""
    if request.param == "memory":
        memory = MemoryInspectionStore()
        yield memory, memory.ended.__setitem__
        return
    with sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url")) as made:
        upgrade(made)
        keys = MemoryKeyStore()
        calls = SqlCallStore(made, keys)

        def ended(call: str, at: float) -> None:
            calls.save(CallRecord(call, 1.0, 1.0, at, caller="", recording_id=f"20260101-{call}"))

        yield SqlInspectionStore(made, keys), ended


def test_what_was_read_in_a_call_is_kept_and_goes_with_it(stored: tuple[InspectionStore, Ended]) -> None:
    store, ended = stored
    for call in ("c1", "c2"):
        ended(call, 1.0)
    store.put_transcription(READ)
    store.put_findings(FINDINGS)
    store.put_findings(replace(FINDINGS, call_id="c2", started_at=20.0))
    assert store.transcription("c1") == READ
    assert store.transcription("c2") is None
    assert store.findings(["c1", "c3"]) == {"c1": FINDINGS}
    assert sorted(store.calls()) == ["c1", "c2"]
    store.forget_call("c1")
    assert store.transcription("c1") is None
    assert store.findings(["c1", "c2"]).keys() == {"c2"}


def test_what_is_read_anew_takes_the_place_of_what_was_read(stored: tuple[InspectionStore, Ended]) -> None:
    store, ended = stored
    ended("c1", 1.0)
    for at in (99.0, 100.0):
        store.put_transcription(replace(READ, at=at))
        store.put_findings(replace(FINDINGS, at=at, found=()))
    assert store.transcription("c1") == replace(READ, at=100.0)
    assert store.findings(["c1"])["c1"].at == 100.0


def test_findings_are_found_by_when_their_calls_began(stored: tuple[InspectionStore, Ended]) -> None:
    store, ended = stored
    for call, began in (("a", 10.0), ("b", 20.0), ("c", 30.0)):
        ended(call, 99.0)
        store.put_findings(replace(FINDINGS, call_id=call, started_at=began))
    assert [one.call_id for one in store.findings_between(10.0, 30.0, limit=9)] == ["b", "a"]
    assert [one.call_id for one in store.findings_between(0.0, 99.0, limit=1)] == ["c"]


def test_every_recorded_call_that_ended_waits_until_rules_were_run(stored: tuple[InspectionStore, Ended]) -> None:
    store, ended = stored
    for call, at in (("b", 20.0), ("a", 10.0), ("c", 20.0)):
        ended(call, at)
    assert list(store.waiting(0.0, limit=2)) == [(10.0, "a"), (20.0, "b")]
    assert list(store.waiting(0.0, limit=2, after=(20.0, "b"))) == [(20.0, "c")]
    assert list(store.waiting(11.0, limit=9)) == [(20.0, "b"), (20.0, "c")]
    store.put_transcription(replace(READ, call_id="a"))
    assert list(store.waiting(0.0, limit=1)) == [(10.0, "a")]
    store.put_findings(replace(FINDINGS, call_id="a"))
    assert list(store.waiting(0.0, limit=9)) == [(20.0, "b"), (20.0, "c")]


def test_of_a_call_that_was_erased_meanwhile_nothing_is_kept(stored: tuple[InspectionStore, Ended]) -> None:
    store, _ = stored
    with pytest.raises(OperatorError, match="no call c1 any more"):
        store.put_transcription(READ)
    with pytest.raises(OperatorError, match="no call c1 any more"):
        store.put_findings(FINDINGS)
    assert list(store.calls()) == []


def test_what_was_read_stands_sealed_and_one_that_was_altered_hides_no_other(engine: Engine) -> None:
    keys = MemoryKeyStore()
    store, calls = SqlInspectionStore(engine, keys), SqlCallStore(engine, keys)
    for call in ("c1", "c2"):
        calls.save(CallRecord(call, 1.0, 1.0, 2.0, caller=""))
    store.put_transcription(READ)
    for call in ("c1", "c2"):
        store.put_findings(replace(FINDINGS, call_id=call))
    with engine.connect() as connection:
        stored = repr(connection.exec_driver_sql("SELECT * FROM inspections").all())
    assert "risk" not in stored
    assert "critical" not in stored
    assert len(store.keys_of_call("c1")) == 2
    with Session(engine) as session:
        session.execute(update(InspectionRow).where(InspectionRow.call_id == "c1").values(started_at=11.0))
        session.commit()
    told: list[str] = []
    assert store.findings(["c1", "c2"], on_damage=lambda call, why: told.append(call)).keys() == {"c2"}
    assert told == ["c1"]
    with pytest.raises(SealError, match="c1/transcript was altered"):
        store.transcription("c1")
