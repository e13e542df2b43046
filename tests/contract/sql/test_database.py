"""The database: what its rows must not show, what was altered in it, how it is migrated, and when it is gone."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, String, delete, update
from sqlalchemy.orm import Session

from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.database import open_database, upgrade
from ivr.adapters.sql.model import CallRow, Table
from ivr.core.orders.evidence import CallOutcome
from ivr.errors import EnvironmentFault, SealError, SettingsError
from ivr.testing.fake_stores import MemoryKeyStore
from tests.contract.sql.conftest import sqlite
from tests.contract.sql.records import CALLER, RECORD, record


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


def of_another_type(context: MigrationContext, *columns: Any) -> bool | None:
    """Whether the model says so. SQLite holds no text to a length, so no migration changes one there."""
    *_, in_database, in_model = columns
    texts = isinstance(in_database, String) and isinstance(in_model, String)
    return False if texts and context.dialect.name == "sqlite" else None


def test_the_migrations_make_what_the_model_says(engine: Engine) -> None:
    upgrade(engine)  # a second time: nothing to do
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": of_another_type})
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


def test_a_postgresql_database_without_an_encoding_keeps_texts_of_every_language(postgres_url: str) -> None:
    """What initdb makes in the C locale: without `client_encoding` its texts come back as bytes."""
    server = open_database(postgres_url)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS plain")
        connection.exec_driver_sql(
            "CREATE DATABASE plain ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
    plain = open_database(server.url.set(database="plain").render_as_string(hide_password=False))
    try:
        upgrade(plain)
        kept = dataclasses.replace(RECORD, dialplan="理财@3")
        SqlCallStore(plain, MemoryKeyStore()).save(kept)
        with Session(plain) as session:
            assert session.query(CallRow.dialplan).all() == [("理财@3",)]
    finally:
        plain.dispose()
        server.dispose()
