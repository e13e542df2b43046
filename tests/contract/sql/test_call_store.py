"""What every call store must do; and what a database must not show of a caller."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, delete, update
from sqlalchemy.orm import Session

from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.database import open_database, upgrade
from ivr.adapters.sql.model import CallRow, Table
from ivr.core.call.record import CallRecord
from ivr.core.identity.level import Level
from ivr.core.orders.evidence import CallOutcome, DisclosureHeard, MessageLeft
from ivr.core.vault.search import ENDS, CallQuery
from ivr.errors import EnvironmentFault, OperatorError, SealError, SettingsError
from ivr.ports.calls import CallStore, ErasableCallStore
from ivr.testing.fake_stores import MemoryCallStore, MemoryKeyStore
from tests.contract.sql.conftest import postgres, sqlite

CALLER = "sip:+8613912345678@192.0.2.7"
EVIDENCE = DisclosureHeard(
    disclosure="fund_risk",
    language="zh",
    audio_sha256="ab" * 32,
    first_sample=1600,
    last_sample=96000,
    packets_sent=590,
    loss=0.013,
    plays=2,
    acknowledged_by="speech",
    answer="我明白",
    confidence=0.93,
    at=13.25,
)
RECORD = CallRecord(
    call_id="call-1",
    started_at=1767312000.25,
    answered_at=1767312001.5,
    ended_at=1767312099.125,
    caller=CALLER,
    called="95588",
    dialplan="wealth@3",
    dialplan_sha256="cd" * 32,
    language="zh",
    outcome=CallOutcome.COMPLETED,
    recording_id="20260102-call-1",
    identity=Level.STRONG,
    agents=("alice", "bob"),
    transfers=("head_office",),
    voicemails=(MessageLeft("complaints", 8000, 96000),),
    states=("greeting", "menu", "buy"),
    disclosures=(
        EVIDENCE,
        dataclasses.replace(EVIDENCE, loss=None, confidence=None, acknowledged_by="key", answer="1"),
    ),
    hangup_code=200,
    hangup_by_caller=True,
)


@pytest.fixture
def keys() -> MemoryKeyStore:
    return MemoryKeyStore()


@pytest.fixture
def sql(engine: Engine, keys: MemoryKeyStore) -> SqlCallStore:
    return SqlCallStore(engine, keys)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ErasableCallStore]:
    if request.param == "memory":
        yield MemoryCallStore()
        return
    with sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url")) as engine:
        upgrade(engine)
        yield SqlCallStore(engine, MemoryKeyStore())


def record(number: int, started_at: float | None = None) -> CallRecord:
    at = 1000.0 + number if started_at is None else started_at
    return dataclasses.replace(RECORD, call_id=f"call-{number}", started_at=at)


# --- every store ----------------------------------------------------------------------------------------------------


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


# --- databases ------------------------------------------------------------------------------------------------------


def ids(found: Iterable[CallRecord]) -> list[str]:
    return [one.call_id for one in found]


def test_calls_are_found_by_everything_their_records_hold(sql: SqlCallStore) -> None:
    other = dataclasses.replace(
        record(2),
        caller="sip:other@192.0.2.8",
        agents=("carol",),
        outcome=CallOutcome.ABANDONED,
        disclosures=(),
        states=(),
        voicemails=(),
    )
    for one in (record(1), other, record(3)):
        sql.save(one)
    both = ["call-3", "call-1"]
    assert ids(sql.search(CallQuery())) == ["call-3", "call-2", "call-1"]
    assert ids(sql.search(CallQuery(caller="+86 139 1234 5678"))) == both
    assert ids(sql.search(CallQuery(caller="other"))) == ["call-2"]
    assert ids(sql.search(CallQuery(agent="Alice"))) == both
    assert ids(sql.search(CallQuery(mailbox="complaints"))) == both
    assert ids(sql.search(CallQuery(mailbox="praise"))) == []
    assert ids(sql.search(CallQuery(outcome="abandoned"))) == ["call-2"]
    assert ids(sql.search(CallQuery(disclosure="fund_risk", agent="bob", state="menu"))) == both
    assert ids(sql.search(CallQuery(dialplan="wealth", language="zh"))) == ["call-3", "call-2", "call-1"]
    assert ids(sql.search(CallQuery(agent="alice", outcome="abandoned"))) == []
    assert ids(sql.search(CallQuery(agent="alice", since=1002.0))) == ["call-3"]
    assert ids(sql.search(CallQuery(agent="alice", until=1003.0))) == ["call-1"]


def test_calls_are_found_by_what_was_said_also_in_chinese(sql: SqlCallStore) -> None:
    for number, said in ((1, "I want to buy a fund"), (2, "我想购买基金"), (3, "What is my balance? 我的余额")):
        sql.save(record(number))
        sql.index_words(f"call-{number}", [said])
    sql.index_words("call-nowhere", ["nothing"])
    assert ids(sql.search(CallQuery(words="Buy FUND"))) == ["call-1"]
    assert ids(sql.search(CallQuery(words="购买基金"))) == ["call-2"]
    assert ids(sql.search(CallQuery(words="金"))) == ["call-2"]
    assert ids(sql.search(CallQuery(words="我"))) == ["call-3", "call-2"]
    assert ids(sql.search(CallQuery(words="balance 余额", agent="alice"))) == ["call-3"]
    assert ids(sql.search(CallQuery(words="基金 fund"))) == []


def test_calls_are_found_by_what_the_engine_said_and_by_what_was_looked_up(sql: SqlCallStore) -> None:
    for number in (1, 2):
        sql.save(dataclasses.replace(record(number), looked_up=(("reference", f"47{number}"),)))
    sql.index_words("call-1", ["fund"], ["You may lose money."])
    assert ids(sql.search(CallQuery(told="lose money"))) == ["call-1"]
    assert ids(sql.search(CallQuery(words="money"))) == []
    assert ids(sql.search(CallQuery(looked_up="reference=472"))) == ["call-2"]
    assert ids(sql.search(CallQuery(looked_up="471", told="money", words="fund"))) == ["call-1"]


def test_calls_that_are_not_indexed_whole_are_known(sql: SqlCallStore) -> None:
    for number in (1, 2, 3):
        sql.save(record(number))
    sql.index_words("call-2", ["fund"], ["money"])
    assert sql.unindexed([f"call-{number}" for number in range(5)]) == ["call-0", "call-1", "call-3", "call-4"]
    sql.forget("call-2")
    assert sql.unindexed(["call-2"]) == ["call-2"]
    assert sql.unindexed([]) == []


def test_pages_follow_one_another_also_among_calls_of_one_moment(sql: SqlCallStore) -> None:
    for number in range(7):
        sql.save(record(number, started_at=1000.0 + number // 3))
    for query in (CallQuery(), CallQuery(agent="alice")):
        seen: list[str] = []
        before: tuple[float, str] | None = None
        while page := sql.search(query, limit=2, before=before):
            seen += ids(page)
            before = (page[-1].started_at, page[-1].call_id)
        assert seen == [f"call-{number}" for number in (6, 5, 4, 3, 2, 1, 0)]


def test_a_running_call_is_found_once_it_has_ended(sql: SqlCallStore) -> None:
    sql.save(dataclasses.replace(RECORD, ended_at=None, outcome=CallOutcome.OPEN, agents=()))
    assert ids(sql.search(CallQuery(language="zh"))) == []
    sql.save(RECORD)
    sql.save(RECORD)
    assert ids(sql.search(CallQuery(agent="bob"))) == ["call-1"]


def test_a_call_whose_start_is_mended_is_found_where_it_belongs(sql: SqlCallStore) -> None:
    for number in (1, 2, 3):
        sql.save(record(number))
    sql.save(record(2, started_at=900.0))
    assert ids(sql.search(CallQuery(agent="bob"))) == ["call-3", "call-1", "call-2"]
    assert ids(sql.search(CallQuery(agent="bob", until=1000.0))) == ["call-2"]
    assert ids(sql.search(CallQuery(agent="bob"), before=(1001.0, "call-1"))) == ["call-2"]


def test_a_forgotten_call_is_found_no_more(engine: Engine, sql: SqlCallStore) -> None:
    sql.save(RECORD)
    sql.index_words("call-1", ["buy a fund"])
    assert sql.wrapped_key("call-1") is not None
    sql.forget("call-1")
    assert sql.wrapped_key("call-1") is None
    assert ids(sql.search(CallQuery(words="fund"))) == []
    with engine.connect() as connection:
        for table in ("block_terms", "call_blocks", "indexed_calls"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


def test_all_rows_are_wrapped_anew_some_at_a_time(sql: SqlCallStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.adapters.sql.call_store.ROWS_AT_ONCE", 2)
    names = [f"call-{number}" for number in range(5)]
    for name in names:
        sql.save(dataclasses.replace(RECORD, call_id=name))
    before = {name: wrapped for name, wrapped, _ in sql.wrapped_keys()}
    assert sorted(before) == names
    assert sql.rewrap(lambda wrapped, kek_id: (b"anew" + wrapped, "kek-2"), "kek-2") == 5
    assert {name: wrapped for name, wrapped, _ in sql.wrapped_keys()} == {
        name: b"anew" + wrapped for name, wrapped in before.items()
    }
    assert sql.rewrap(lambda wrapped, kek_id: (wrapped, kek_id), "") == 0, "nothing changed"


def test_the_index_of_terms_shows_no_word(engine: Engine, sql: SqlCallStore) -> None:
    sql.save(RECORD)
    sql.index_words("call-1", ["buy a fund"])
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT term FROM block_terms").all()
    words, states, agents, fields = (
        3,
        3,
        2,
        len(("outcome", "language", "dialplan", "disclosure", "mailbox", "flag")) + len(ENDS),
    )
    assert len(rows) == words + states + agents + fields + 1, "and that the words are indexed"
    assert all(isinstance(term, int) for (term,) in rows)


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "abandoned"},
        {"started_at": 1.0},
        {"recording_id": "20260102-call-2"},
        {"caller_fingerprint": bytes(32)},
        {"sealed": b"\x01" + bytes(60)},
        {"sealed": b""},
        {"wrapped": bytes(47)},
        {"kek_id": "kek-9"},
    ],
)
def test_a_row_altered_behind_our_back_is_an_error(
    engine: Engine, sql: SqlCallStore, change: dict[str, object]
) -> None:
    sql.save(RECORD)
    with Session(engine) as session:
        session.execute(update(CallRow).values(change))
        session.commit()
    with pytest.raises(SealError):
        sql.get("call-1")


def test_a_row_that_stands_in_for_another_is_an_error(engine: Engine, sql: SqlCallStore) -> None:
    sql.save(record(1))
    sql.save(record(2))
    with Session(engine) as session:
        session.execute(delete(CallRow).where(CallRow.call_id == "call-1"))
        session.execute(update(CallRow).where(CallRow.call_id == "call-2").values(call_id="call-1"))
        session.commit()
    with pytest.raises(SealError, match="altered"):
        sql.get("call-1")


def test_the_migrations_make_what_the_model_says(engine: Engine) -> None:
    upgrade(engine)  # a second time: nothing to do
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Table.metadata) == []


def test_processes_that_start_at_once_migrate_once(request: pytest.FixtureRequest, engine: Engine) -> None:
    Table.metadata.drop_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    failures: list[Exception] = []

    def migrate() -> None:
        try:
            mine = open_database(engine.url.render_as_string(hide_password=False))
            upgrade(mine)
            mine.dispose()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_nothing_of_a_caller_is_in_clear_in_the_rows(engine: Engine, sql: SqlCallStore) -> None:
    sql.save(RECORD)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM calls").all()
    text = repr([tuple(map(bytes_or_text, row)) for row in rows])
    for secret in ("13912345678", "192.0.2.7", "我明白", "alice", "0.93"):
        assert secret not in text
        assert secret.encode().hex() not in text


def bytes_or_text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def test_a_database_that_is_gone_is_the_environments_fault_and_tells_no_data(engine: Engine, sql: SqlCallStore) -> None:
    Table.metadata.drop_all(engine)
    with pytest.raises(EnvironmentFault) as caught:
        sql.save(RECORD)
    assert CALLER not in str(caught.value)
    assert "INSERT" not in str(caught.value)


# --- SQLite's files -------------------------------------------------------------------------------------------------


def test_no_caller_is_in_clear_in_any_file_while_the_database_is_open_and_after(tmp_path: Path) -> None:
    with sqlite(tmp_path) as engine:
        upgrade(engine)
        store = SqlCallStore(engine, MemoryKeyStore())
        store.save(RECORD)
        store.save(dataclasses.replace(RECORD, outcome=CallOutcome.FAILED))
        with Session(engine):  # a reader keeps the write-ahead log from being folded in
            list(store.recent())
            names = check_no_caller(tmp_path)
            assert any(name.endswith("-wal") for name in names)
    check_no_caller(tmp_path)


def check_no_caller(directory: Path) -> list[str]:
    names = []
    for path in directory.rglob("*"):
        if path.is_file():
            names.append(path.name)
            assert path.stat().st_mode & 0o777 == 0o600
            for secret in ("13912345678", "192.0.2.7", "我明白"):
                assert secret.encode() not in path.read_bytes()
    return names


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/db", "oracle://x"])
def test_a_url_without_sense_is_the_operators_error(url: str) -> None:
    with pytest.raises(SettingsError, match=r"database\.url"):
        open_database(url)


def test_a_database_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault):
        open_database(f"sqlite:///{tmp_path / 'file' / 'ivr.db'}")


def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    engine = open_database(f"postgresql://ivr@/db?host={tmp_path}", password="secret of the database")
    with pytest.raises(EnvironmentFault) as caught:
        upgrade(engine)
    assert "secret" not in str(caught.value)


def test_a_database_file_that_was_cut_says_what_to_do(tmp_path: Path) -> None:
    with sqlite(tmp_path) as opened:
        upgrade(opened)
        file = Path(str(opened.url.database))
    size = file.stat().st_size
    with file.open("r+b") as damaged:
        damaged.truncate(size // 2 + 100)
        damaged.seek(100)
        damaged.write(b"\x00" * 3000)
    with sqlite(tmp_path) as again, pytest.raises(EnvironmentFault, match=r"damaged.*backup"):
        upgrade(again)
