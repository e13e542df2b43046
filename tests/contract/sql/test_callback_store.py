"""What every store of callbacks must do; and what a database must not show of a number."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from ivr.adapters.sql.callback_store import SqlCallbackStore
from ivr.adapters.sql.database import open_database, upgrade
from ivr.adapters.sql.model import CallbackRow
from ivr.core.queueing.callback import CallbackRequest, CallbackState
from ivr.errors import EnvironmentFault, OperatorError, SealError
from ivr.ports.callbacks import CallbackStore
from ivr.testing.fake_stores import MemoryCallbackStore, MemoryKeyStore
from tests.contract.sql.conftest import postgres, sqlite

NUMBER = "+85291234567"
REQUEST = CallbackRequest("loans", NUMBER, "call-1", "zh", 1000.0)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CallbackStore]:
    if request.param == "memory":
        yield MemoryCallbackStore()
        return
    with sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url")) as made:
        upgrade(made)
        yield SqlCallbackStore(made, MemoryKeyStore())


def another(number: str = NUMBER, *, queue: str = "loans", at: float = 2000.0, call: str = "call-2") -> CallbackRequest:
    return CallbackRequest(queue, number, call, "en", at)


def test_a_request_waits_until_somebody_takes_it_and_says_what_came_of_it(store: CallbackStore) -> None:
    kept = store.keep(REQUEST)
    assert (kept.state, kept.queue, kept.call_id, kept.language) == (CallbackState.OPEN, "loans", "call-1", "zh")
    assert store.take(kept.callback_id, by="os:anna", at=1100.0) == NUMBER
    (taken,) = store.find()
    assert (taken.state, taken.by, taken.changed_at) == (CallbackState.TAKEN, "os:anna", 1100.0)
    store.close(kept.callback_id, CallbackState.DONE, by="os:anna", at=1200.0, result="reached")
    assert store.find() == []
    (done,) = store.find(pending=False)
    assert (done.state, done.result) == (CallbackState.DONE, "reached")


def test_a_second_request_of_one_number_in_one_queue_renews_the_first(store: CallbackStore) -> None:
    first = store.keep(REQUEST)
    again = store.keep(another(NUMBER.removeprefix("+")))
    assert (again.callback_id, again.requested_at, again.renewed_at) == (first.callback_id, 1000.0, 2000.0)
    store.take(first.callback_id, by="os:anna", at=2100.0)
    assert store.keep(another(at=2200.0)).state is CallbackState.TAKEN
    assert len(store.find()) == 1


def test_another_number_another_queue_and_a_closed_request_are_others(store: CallbackStore) -> None:
    first = store.keep(REQUEST)
    store.keep(another("+85299999999"))
    store.keep(another(queue="cards"))
    store.close(first.callback_id, CallbackState.CANCELLED, by="os:ben", at=1500.0)
    store.keep(another(at=3000.0))
    assert len(store.find()) == 3
    assert len(store.find(pending=False)) == 4
    assert len(store.find(queue="cards")) == 1


def test_who_asked_first_is_first(store: CallbackStore) -> None:
    second = store.keep(another("+85299999999", at=2000.0))
    first = store.keep(REQUEST)
    store.keep(another("+85299999999", at=500.0))
    assert [one.callback_id for one in store.find()] == [first.callback_id, second.callback_id]
    assert len(store.find(limit=1)) == 1


def test_nobody_takes_what_another_took_or_closes_what_is_not_theirs(store: CallbackStore) -> None:
    name = store.keep(REQUEST).callback_id
    with pytest.raises(OperatorError, match="cannot be done"):
        store.close(name, CallbackState.DONE, by="os:ben", at=1.0, result="reached")
    store.take(name, by="os:anna", at=1100.0)
    with pytest.raises(OperatorError, match="taken by os:anna"):
        store.take(name, by="os:ben", at=1200.0)
    with pytest.raises(OperatorError, match="cannot be done"):
        store.close(name, CallbackState.DONE, by="os:ben", at=1200.0, result="reached")
    store.close(name, CallbackState.CANCELLED, by="os:boss", at=1300.0)
    with pytest.raises(OperatorError, match="cannot be cancelled"):
        store.close(name, CallbackState.CANCELLED, by="os:boss", at=1400.0)


def test_a_callback_that_does_not_exist_is_no_callback(store: CallbackStore) -> None:
    with pytest.raises(OperatorError, match="no callback"):
        store.take("nothing", by="os:anna", at=1.0)
    with pytest.raises(OperatorError, match="no callback"):
        store.close("nothing", CallbackState.CANCELLED, by="os:anna", at=1.0)


def test_what_nobody_took_is_closed_in_time_and_what_is_closed_is_forgotten(store: CallbackStore) -> None:
    old = store.keep(REQUEST)
    renewed = store.keep(another("+85299999999", at=1000.0))
    store.keep(another("+85299999999", at=5000.0))
    assert store.expire(before=4000.0, at=6000.0) == [old.callback_id]
    assert [one.callback_id for one in store.find()] == [renewed.callback_id]
    assert store.closed(before=6000.0) == {}
    assert set(store.closed(before=6001.0)) == {old.callback_id}
    store.forget([old.callback_id])
    assert store.closed(before=9000.0) == {}
    assert len(store.find(pending=False)) == 1


# --- what the engine dials -----------------------------------------------------------------------------------------


def test_a_request_keeps_the_place_of_its_caller_and_is_due_when_it_may_be_dialled(store: CallbackStore) -> None:
    later = store.keep(another("+85299999999", at=1010.0))
    waited = store.keep(CallbackRequest("loans", NUMBER, "call-1", "zh", 1020.0, waited=60.0, priority=2))
    assert (waited.counts_from, waited.priority) == (960.0, 2)
    assert [one.callback_id for one in store.due(at=2000.0, limit=9)] == [waited.callback_id, later.callback_id]
    assert len(store.due(at=2000.0, limit=1)) == 1
    store.put_off(waited.callback_id, until=3000.0, attempts=0, by="engine", at=2000.0)
    assert [one.callback_id for one in store.due(at=2999.0, limit=9)] == [later.callback_id]
    assert [one.callback_id for one in store.due(at=3000.0, limit=9)] == [waited.callback_id, later.callback_id]
    assert store.number(waited.callback_id) == NUMBER


def test_what_the_engine_dials_nobody_takes_and_it_is_dialled_once(store: CallbackStore) -> None:
    name = store.keep(REQUEST).callback_id
    store.dial(name, "call-9", by="engine", at=1100.0)
    (dialled,) = store.find()
    assert (dialled.state, dialled.by, dialled.dialled_as, dialled.attempts) == (
        CallbackState.DIALLED, "engine", "call-9", 1,
    )  # fmt: skip
    assert store.due(at=9000.0, limit=9) == []
    with pytest.raises(OperatorError, match="cannot be dialled"):
        store.dial(name, "call-10", by="engine", at=1200.0)
    with pytest.raises(OperatorError, match="cannot be taken"):
        store.take(name, by="os:anna", at=1200.0)
    assert store.keep(another(at=1300.0)).callback_id == name
    store.close(name, CallbackState.DONE, by="engine", at=1400.0, result="reached")
    assert store.find() == []


def test_who_was_not_reached_is_due_again_and_who_is_unclear_is_a_persons(store: CallbackStore) -> None:
    name = store.keep(REQUEST).callback_id
    store.dial(name, "call-9", by="engine", at=1100.0)
    store.put_off(name, until=2000.0, attempts=1, by="engine", at=1200.0)
    (again,) = store.due(at=2000.0, limit=9)
    assert (again.state, again.attempts, again.by) == (CallbackState.OPEN, 1, "")
    store.dial(name, "call-10", by="engine", at=2000.0)
    store.give_to_person(name, why="nobody knows", at=2100.0)
    assert store.due(at=9000.0, limit=9) == []
    (unclear,) = store.find()
    assert (unclear.state, unclear.result) == (CallbackState.UNCLEAR, "nobody knows")
    assert store.take(name, by="os:anna", at=2200.0) == NUMBER
    changes: tuple[Callable[[], object], ...] = (
        lambda: store.put_off(name, until=1.0, attempts=0, by="engine", at=2300.0),
        lambda: store.give_to_person(name, why="late", at=2300.0),
        lambda: store.close(name, CallbackState.DONE, by="engine", at=2300.0, result="reached"),
        lambda: store.dial(name, "call-11", by="engine", at=2300.0),
    )
    for change in changes:
        with pytest.raises(OperatorError, match="taken by os:anna"):
            change()
    assert store.find()[0].by == "os:anna"


# --- what a database shows ------------------------------------------------------------------------------------------


def test_the_number_is_nowhere_in_clear(engine: Engine) -> None:
    SqlCallbackStore(engine, MemoryKeyStore()).keep(REQUEST)
    with engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT * FROM callbacks").one()
    assert NUMBER.removeprefix("+").encode() not in b"".join(
        value if isinstance(value, bytes) else str(value).encode() for value in row
    )


def test_a_row_that_was_altered_shows_no_number(engine: Engine) -> None:
    store = SqlCallbackStore(engine, MemoryKeyStore())
    name = store.keep(REQUEST).callback_id
    with Session(engine) as session:
        session.execute(update(CallbackRow).values(queue="cards"))
        session.commit()
    with pytest.raises(SealError, match="altered"):
        store.take(name, by="os:anna", at=1.0)
    assert store.find()[0].state is CallbackState.OPEN


def test_keys_are_rotated_and_shredded(engine: Engine) -> None:
    keys = MemoryKeyStore()
    store = SqlCallbackStore(engine, keys)
    name = store.keep(REQUEST).callback_id
    assert [kek_id for _, _, kek_id in store.wrapped_keys()] == [keys.ring.active.kek_id]
    assert store.rewrap(lambda wrapped, kek_id: (wrapped, "kek-2"), "kek-2") == 1
    assert [kek_id for _, _, kek_id in store.wrapped_keys()] == ["kek-2"]
    assert store.rewrap(lambda wrapped, kek_id: (wrapped, keys.ring.active.kek_id), keys.ring.active.kek_id) == 1
    store.close(name, CallbackState.CANCELLED, by="os:anna", at=1500.0)
    keys.shred(list(store.closed(before=2000.0).values()))
    with pytest.raises(SealError):
        keys.open(store.closed(before=2000.0)[name], keys.ring.active.kek_id)


def test_all_rows_are_wrapped_anew_some_at_a_time_and_what_is_done_stays_done(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.adapters.sql.sealed_rows.ROWS_AT_ONCE", 2)
    store = SqlCallbackStore(engine, MemoryKeyStore())
    names = sorted(store.keep(another(number=f"+44207123456{one}")).callback_id for one in range(5))
    done: list[bytes] = []

    def rewrap(wrapped: bytes, kek_id: str) -> tuple[bytes, str]:
        if len(done) == 3:
            raise EnvironmentFault("the module is gone")
        done.append(wrapped)
        return wrapped, "kek-2"

    with pytest.raises(EnvironmentFault):
        store.rewrap(rewrap, "kek-2")
    assert [kek_id for _, _, kek_id in sorted(store.wrapped_keys())].count("kek-2") == 2
    done.clear()
    assert store.rewrap(rewrap, "kek-2") == 3
    assert sorted(name for name, _, _ in store.wrapped_keys()) == names
    assert {kek_id for _, _, kek_id in store.wrapped_keys()} == {"kek-2"}


def test_many_requests_of_one_number_at_once_are_one(engine: Engine) -> None:
    store = SqlCallbackStore(engine, MemoryKeyStore())
    threads = [threading.Thread(target=store.keep, args=(another(at=float(at)),)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.find(pending=False)) == 1


def test_of_many_who_take_one_request_one_gets_it(engine: Engine) -> None:
    store = SqlCallbackStore(engine, MemoryKeyStore())
    name = store.keep(REQUEST).callback_id
    got: list[str] = []

    def take(who: int) -> None:
        with suppress(OperatorError):
            got.append(store.take(name, by=f"os:{who}", at=1.0))

    threads = [threading.Thread(target=take, args=(who,)) for who in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [NUMBER]


_COUNT = """
import sys
from sqlalchemy import text
from ivr.adapters.sql.database import open_database, upgrade
engine = open_database(sys.argv[1])
upgrade(engine)
with engine.connect() as connection:
    print(connection.execute(text("SELECT count(*) FROM callbacks")).scalar())
engine.dispose()
"""


def test_what_one_process_writes_others_read_however_often_it_opened_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ivr.db'}"
    engines = [open_database(url), open_database(url)]
    upgrade(engines[0])
    store = SqlCallbackStore(engines[0], MemoryKeyStore())
    store.keep(REQUEST)
    again = open_database(url)
    upgrade(again)
    seen = []
    for number in ("+85211111111", "+85222222222"):
        command = [sys.executable, "-c", _COUNT, url]
        seen.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
        store.keep(another(number))
    seen.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    for one in (*engines, again):
        one.dispose()
    assert seen == ["1", "2", "3"], "another process that left took the write-ahead log with it"
