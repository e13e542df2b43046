"""All records from SQLite into PostgreSQL and back: every row of every table, or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Engine, Float, Integer, LargeBinary, func, insert, select
from sqlalchemy import Table as SqlTable

from ivr.adapters.sql import carry as carrying
from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.carry import carry
from ivr.adapters.sql.database import open_database, upgrade
from ivr.adapters.sql.model import CallRow, QueueLineRow, Table
from ivr.adapters.sql.queue_lines import SqlQueueLines
from ivr.core.queueing.happening import Happening, What
from ivr.errors import EnvironmentFault, OperatorError
from ivr.testing.fake_stores import MemoryKeyStore
from tests.contract.sql.conftest import postgres, sqlite
from tests.contract.sql.records import record

ROWS = 3


def quiet(line: str) -> None:
    """Nobody listens."""


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Engine]:
    with sqlite(tmp_path) as opened:
        upgrade(opened)
        yield opened


@pytest.fixture
def server(postgres_url: str) -> Iterator[Engine]:
    with postgres(postgres_url) as opened:
        upgrade(opened)
        yield opened


def value(column: Column[Any], number: int) -> object:
    """One of the column's kind, different in each row, and such as databases are known to change."""
    if isinstance(column.type, LargeBinary):
        return bytes([0, 255, number])
    if isinstance(column.type, Boolean):
        return bool(number % 2)
    if isinstance(column.type, Float):
        return 1_767_312_000.1 + number / 3
    if isinstance(column.type, Integer):
        return number + 1
    return f"{'Zürich 你好' if number % 2 else 'a b'}{number}"


def fill(engine: Engine) -> None:
    with engine.begin() as writing:
        for table in Table.metadata.sorted_tables:
            rows = [{column.name: value(column, number) for column in table.columns} for number in range(ROWS)]
            writing.execute(insert(table), rows)


def rows(engine: Engine, table: SqlTable) -> list[dict[str, Any]]:
    with engine.connect() as reading:
        found = [dict(row) for row in reading.execute(select(table)).mappings()]
    return sorted(found, key=repr)


def test_every_row_of_every_table_goes_there_and_back(lite: Engine, server: Engine, tmp_path: Path) -> None:
    fill(lite)
    counts = carry(lite, server, quiet)
    assert counts == dict.fromkeys([table.name for table in Table.metadata.sorted_tables], ROWS)
    back = open_database(f"sqlite:///{tmp_path / 'back.db'}")
    upgrade(back)
    carry(server, back, quiet)
    for table in Table.metadata.sorted_tables:
        assert rows(lite, table) == rows(server, table) == rows(back, table)
    back.dispose()


def test_what_was_sealed_opens_there_and_new_rows_take_new_numbers(lite: Engine, server: Engine) -> None:
    keys = MemoryKeyStore()
    line = Happening(What.CAME, at=12.0, seconds=2.0, queue="loans", call_id="call-1")
    SqlCallStore(lite, keys).save(record(1))
    SqlCallStore(lite, keys).index_words("call-1", "caller words", "bank words")
    SqlQueueLines(lite).append([line, line])
    carry(lite, server, quiet)
    there = SqlCallStore(server, keys)
    assert there.get("call-1") == record(1)
    SqlQueueLines(server).append([line])
    there.save(record(2))
    there.index_words("call-2", "caller words", "bank words")
    with server.connect() as reading:
        assert reading.execute(select(func.count()).select_from(QueueLineRow)).scalar_one() == 3


def test_a_database_that_holds_other_records_is_refused_and_left_as_it_was(lite: Engine, server: Engine) -> None:
    keys = MemoryKeyStore()
    SqlCallStore(lite, keys).save(record(1))
    SqlCallStore(server, keys).save(record(2))
    with pytest.raises(OperatorError, match="other records"):
        carry(lite, server, quiet)
    with server.connect() as reading:
        assert reading.scalars(select(CallRow.call_id)).all() == ["call-2"]


def test_a_move_that_was_interrupted_after_its_rows_is_finished(lite: Engine, server: Engine) -> None:
    fill(lite)
    assert carry(lite, server, quiet) == carry(lite, server, quiet)


def test_a_move_that_fails_half_way_leaves_nothing(
    lite: Engine, server: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(lite)

    def stop(line: str) -> None:
        raise EnvironmentFault("told to stop")

    with pytest.raises(EnvironmentFault, match="told to stop"):
        carry(lite, server, stop)
    assert not any(rows(server, table) for table in Table.metadata.sorted_tables)
    digest = carrying._digest
    monkeypatch.setattr(carrying, "_digest", lambda on, table: (on.dialect.name, digest(on, table)))
    with pytest.raises(OperatorError, match="did not keep what was copied"):
        carry(lite, server, quiet)
    assert not any(rows(server, table) for table in Table.metadata.sorted_tables)
