"""All records from one database into another: SQLite to PostgreSQL, or back.

Rule: the other one has all rows or none. They are copied in one transaction, and read back before it ends. Sealed
columns go as they are: the same key store opens them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

from sqlalchemy import Connection, Engine, RowMapping, func, insert, select, text
from sqlalchemy import Table as SqlTable
from sqlalchemy.exc import SQLAlchemyError

from ivr.adapters.sql.database import ROWS_AT_ONCE, reason
from ivr.adapters.sql.model import Table
from ivr.errors import EnvironmentFault, OperatorError

_TOLD_ROWS = 100_000
"""Rows between two words about how far it is."""
_DIGEST_BITS = 256

Tell = Callable[[str], None]


def carry(source: Engine, target: Engine, tell: Tell) -> Mapping[str, int]:
    """Copy every table, both being in this version's form; returns how many rows each has.

    `tell` hears how far it is. A target that holds the very rows already is taken as done: the move was interrupted
    after them. Raises OperatorError when it holds others, EnvironmentFault when a database fails; then it is as it was.
    """
    try:
        with source.connect() as reading, target.begin() as writing:
            counts = {table.name: _count(reading, table) for table in _tables()}
            if any(_count(writing, table) for table in _tables()):
                _check_same(reading, writing, "it holds other records already: name an empty one")
                return counts
            for table in _tables():
                _copy(reading, writing, table, counts[table.name], tell)
            tell("reading all of it back")
            _check_same(reading, writing, "it did not keep what was copied: nothing was moved")
            return counts
    except SQLAlchemyError as error:
        raise EnvironmentFault(f"the records cannot be moved: {reason(error)}") from error


def _tables() -> list[SqlTable]:
    return list(Table.metadata.sorted_tables)


def _count(connection: Connection, table: SqlTable) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _rows(connection: Connection, table: SqlTable) -> Iterator[Sequence[RowMapping]]:
    """All of them, some at a time."""
    streamed = connection.execution_options(yield_per=ROWS_AT_ONCE)
    yield from streamed.execute(select(table)).mappings().partitions()


def _copy(reading: Connection, writing: Connection, table: SqlTable, count: int, tell: Tell) -> None:
    if not count:
        return
    done = told = 0
    for part in _rows(reading, table):
        writing.execute(insert(table), [dict(row) for row in part])
        done += len(part)
        if done - told >= _TOLD_ROWS:
            told = done
            tell(f"{table.name}: {done} of {count} rows")
    tell(f"{table.name}: {count} rows")
    _count_on(writing, table)


def _count_on(writing: Connection, table: SqlTable) -> None:
    """PostgreSQL numbers new rows by a sequence, which rows that bring their numbers do not move."""
    column = table.autoincrement_column
    if writing.dialect.name != "postgresql" or column is None:
        return
    sequence = writing.execute(
        text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}
    ).scalar_one()
    if sequence is not None:
        last = writing.execute(select(func.max(column))).scalar_one()
        number = {"sequence": sequence, "next": max(last, 0) + 1}  # our own numbers begin at 0, a sequence's at 1
        writing.execute(text("SELECT setval(CAST(:sequence AS regclass), :next, false)"), number)


def _check_same(one: Connection, other: Connection, fault: str) -> None:
    """Raises OperatorError unless each table holds the same rows."""
    for table in _tables():
        if _digest(one, table) != _digest(other, table):
            raise OperatorError(f"the database that is named cannot take the records: {fault} (table {table.name})")


def _digest(connection: Connection, table: SqlTable) -> tuple[int, int]:
    """Rows, and the sum of their hashes: databases sort texts each in their own way, and a sum has no order."""
    total = rows = 0
    for row in chain.from_iterable(_rows(connection, table)):
        rows += 1
        said = "\n".join(f"{name}={_exact(value)!r}" for name, value in sorted(row.items()))
        total += int.from_bytes(hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest())
    return rows, total % (1 << _DIGEST_BITS)


def _exact(value: object) -> object:
    """The same from every database: bytes may come as a view of them."""
    return bytes(value) if isinstance(value, memoryview | bytearray) else value
