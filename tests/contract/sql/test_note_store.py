"""What every store of notes must do; and what a database must not show of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from ivr.adapters.sql.database import upgrade
from ivr.adapters.sql.model import NoteRow
from ivr.adapters.sql.note_store import SqlNoteStore
from ivr.core.call.note import CallNote
from ivr.errors import SealError
from ivr.ports.notes import NoteStore
from ivr.testing.fake_notes import MemoryNoteStore
from ivr.testing.fake_stores import MemoryKeyStore
from tests.contract.sql.conftest import postgres, sqlite

NOTE = CallNote("n1", "c1", "alice", 10.0, "paid", "asked for a form")


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NoteStore]:
    if request.param == "memory":
        yield MemoryNoteStore()
        return
    with sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url")) as made:
        upgrade(made)
        yield SqlNoteStore(made, MemoryKeyStore())


def test_what_an_agent_writes_anew_takes_the_place_of_what_they_wrote(store: NoteStore) -> None:
    other = replace(NOTE, note_id="n2", agent="bob", at=20.0)
    anew = replace(NOTE, note_id="n3", at=30.0, text="and got it")
    for one in (NOTE, other, anew, replace(NOTE, note_id="n4", call_id="c2")):
        store.put(one)
    assert list(store.of_call("c1")) == [other, anew]
    assert sorted(store.calls()) == ["c1", "c2"]
    store.forget_call("c1")
    assert (list(store.of_call("c1")), len(store.of_call("c2"))) == ([], 1)


def test_a_note_stands_sealed_and_one_that_was_altered_does_not_open(engine: Engine) -> None:
    store = SqlNoteStore(engine, MemoryKeyStore())
    store.put(NOTE)
    with engine.connect() as connection:
        stored = repr(connection.exec_driver_sql("SELECT * FROM call_notes").all())
    assert "form" not in stored
    assert "paid" not in stored
    assert len(store.keys_of_call("c1")) == 1
    with Session(engine) as session:
        session.execute(update(NoteRow).values(agent="eve"))
        session.commit()
    with pytest.raises(SealError, match="n1 was altered"):
        store.of_call("c1")
