"""What every call store must do: the one in memory, on SQLite, on PostgreSQL."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.database import upgrade
from ivr.core.call.record import CallRecord
from ivr.core.orders.evidence import CallOutcome
from ivr.errors import OperatorError
from ivr.ports.calls import CallStore, ErasableCallStore, IndexedCallStore
from ivr.testing.fake_stores import MemoryCallStore, MemoryKeyStore
from tests.contract.sql.conftest import postgres, sqlite
from tests.contract.sql.records import RECORD, record


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ErasableCallStore]:
    if request.param == "memory":
        yield MemoryCallStore()
        return
    with sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url")) as engine:
        upgrade(engine)
        yield SqlCallStore(engine, MemoryKeyStore())


def test_a_record_comes_back_as_it_was(store: CallStore) -> None:
    store.save(RECORD)
    assert store.get("call-1") == RECORD


def test_a_record_of_a_call_that_just_began_comes_back(store: CallStore) -> None:
    begun = CallRecord("call-9", 5.0, None, None, caller="")
    store.save(begun)
    assert store.get("call-9") == begun


def test_saving_again_replaces(store: CallStore) -> None:
    store.save(dataclasses.replace(RECORD, ended_at=None, outcome=CallOutcome.OPEN))
    store.save(RECORD)
    assert store.get("call-1") == RECORD
    assert list(store.recent()) == [RECORD]


def test_a_call_that_is_not_there_is_named(store: CallStore) -> None:
    with pytest.raises(OperatorError, match="call-7"):
        store.get("call-7")


def test_recent_calls_come_newest_first_page_by_page(store: CallStore) -> None:
    for number in (3, 1, 5, 2, 4):
        store.save(record(number))
    first = list(store.recent(limit=2))
    assert [one.call_id for one in first] == ["call-5", "call-4"]
    second = list(store.recent(limit=2, before=first[-1].started_at))
    assert [one.call_id for one in second] == ["call-3", "call-2"]
    assert list(store.recent(before=1.0)) == []


def never(call_id: str, reason: str) -> None:
    raise AssertionError(f"{call_id}: {reason}")


def test_the_ended_calls_of_a_number_are_told_newest_first_however_it_was_written(store: CallStore) -> None:
    callers = ("sip:+85291234567@trunk", "+852 9123 4567", "sip:0085291234567@other", "sip:+85291230000@trunk")
    for number, caller in enumerate(callers, start=1):
        store.save(dataclasses.replace(record(number), caller=caller))
    running = dataclasses.replace(record(5), caller=callers[0], ended_at=None, outcome=CallOutcome.OPEN)
    store.save(running)
    assert store.of_caller("+85291234567", since=0.0, limit=10) == ["call-3", "call-2", "call-1"]
    assert store.of_caller("+85291234567", since=0.0, limit=1) == ["call-3"]
    assert store.of_caller("+85291234567", since=record(2).started_at, limit=10) == ["call-3", "call-2"]
    assert store.of_caller("+85200000000", since=0.0, limit=10) == []


def test_the_ended_calls_about_a_value_are_told_newest_first(store: CallStore) -> None:
    for number, value in enumerate(("4711", "4712", "4711"), start=1):
        store.save(dataclasses.replace(record(number), looked_up=(("account", value), ("card", "4711"))))
    running = dataclasses.replace(record(5), looked_up=(("account", "4711"),), ended_at=None, outcome=CallOutcome.OPEN)
    store.save(running)
    assert store.with_value("account", "4711", since=0.0, limit=10) == ["call-3", "call-1"]
    assert store.with_value("account", "4711", since=0.0, limit=1) == ["call-3"]
    assert store.with_value("account", "4711", since=record(2).started_at, limit=10) == ["call-3"]
    assert store.with_value("other", "4711", since=0.0, limit=10) == []


def test_calls_without_a_recording_are_told_and_can_be_forgotten(store: ErasableCallStore) -> None:
    for number in (3, 1, 2):
        store.save(dataclasses.replace(record(number), recording_id=None))
    store.save(record(0))
    assert [one.call_id for one in store.unrecorded(before=1003.0, on_damage=never)] == ["call-1", "call-2"]
    store.forget("call-1")
    store.forget("call-never")
    assert [one.call_id for one in store.unrecorded(before=1003.0, on_damage=never)] == ["call-2"]
    with pytest.raises(OperatorError):
        store.get("call-1")


def test_calls_whose_words_nobody_brought_are_told(store: IndexedCallStore) -> None:
    calls = ["call-1", "call-2", "call-3"]
    for number in (1, 2):
        store.save(record(number))
    assert sorted(store.unindexed(calls)) == calls
    for call_id in ("call-1", "call-3"):
        store.index_words(call_id, ["buy a fund"], ["What can we do for you?"])
    assert sorted(store.unindexed(calls)) == ["call-2", "call-3"], "a call that is not here has no words"
    store.save(record(1))
    assert "call-1" not in store.unindexed(calls)
    store.forget("call-1")
    assert sorted(store.unindexed(calls)) == calls


def test_any_text_is_kept(store: CallStore) -> None:
    odd = dataclasses.replace(RECORD, caller="'; DROP TABLE calls; --\n\\x", called="你好😀", states=("", "é"))
    store.save(odd)
    assert store.get("call-1") == odd


def test_several_threads_save_at_once(store: CallStore) -> None:
    failures: list[Exception] = []

    def save(start: int) -> None:
        try:
            for number in range(start, start + 10):
                store.save(record(number))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=save, args=(start,)) for start in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(list(store.recent(limit=100))) == 40
