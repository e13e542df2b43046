"""Rows that hold what is personal sealed, each under a key of its own that the key store wraps: opened, wrapped anew.

What a row holds sealed is bound to its table and its id. A row that stands in for another does not open.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from sqlalchemy import Engine, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from ivr.adapters.sql.database import ROWS_AT_ONCE, reason
from ivr.adapters.sql.model import SealedRow
from ivr.core.vault.sealed import NONCE_BYTES, seal, unseal
from ivr.errors import EnvironmentFault, SealError
from ivr.ports.keys import KeyStore

Row = TypeVar("Row", bound=SealedRow)


class SealedRows(Generic[Row]):
    """One table of them. Each method is one transaction; usable from several threads."""

    def __init__(self, engine: Engine, keys: KeyStore, table: type[Row], name: str) -> None:
        """On a database that `upgrade` has prepared. `name` is what a row is of, in what is sealed and in messages."""
        self._engine, self._keys, self._table, self._name = engine, keys, table, name
        (key,) = inspect(table).primary_key
        self._id: InstrumentedAttribute[str] = getattr(table, key.name)

    def rewrap(self, rewrap: Callable[[bytes, str], tuple[bytes, str]], active: str) -> int:
        """Wrap every row's key that another key than `active` wraps again; returns how many.

        In transactions of some rows each: what was done stays done when it is interrupted.
        """
        count, after = 0, ""
        while True:
            with self._session() as session:
                query = select(self._table).where(self._table.kek_id != active, self._id > after)
                rows = session.scalars(query.order_by(self._id).limit(ROWS_AT_ONCE)).all()
                for row in rows:
                    anew = rewrap(row.wrapped, row.kek_id)
                    count += anew != (row.wrapped, row.kek_id)
                    row.wrapped, row.kek_id = anew
                    after = self._id_of(row)
                session.commit()
            if len(rows) < ROWS_AT_ONCE:
                return count

    def wrapped_keys(self) -> Iterator[tuple[str, bytes, str]]:
        """Of every row: its id, its wrapped key, and what wrapped it."""
        with self._session() as session:
            query = select(self._id, self._table.wrapped, self._table.kek_id)
            rows = session.execute(query).yield_per(ROWS_AT_ONCE)
            yield from ((name, wrapped, kek_id) for name, wrapped, kek_id in rows)

    def _seal(self, row: Row, plain: bytes, key: bytes) -> None:
        """Put something into a row that has its id and its key."""
        row.sealed = seal(plain, key=key, context=self._context(row), nonce=os.urandom(NONCE_BYTES))

    def _unseal(self, row: Row) -> bytes:
        """What a row holds. Raises SealError when it was altered, or its key was shredded."""
        key = self._keys.open(row.wrapped, row.kek_id)
        try:
            return unseal(row.sealed, key=key, context=self._context(row))
        except SealError as error:
            raise self._altered(row, str(error)) from error

    def _altered(self, row: Row, how: str) -> SealError:
        return SealError(f"the database's row of {self._name} {self._id_of(row)} was altered: {how}")

    def _context(self, row: Row) -> bytes:
        return f"ivr-{self._name}-row/1 {self._id_of(row)}".encode()

    def _id_of(self, row: Row) -> str:
        return str(getattr(row, self._id.key))

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """A transaction, the database's errors translated."""
        try:
            with Session(self._engine, expire_on_commit=False) as session:
                yield session
        except SQLAlchemyError as error:
            raise EnvironmentFault(f"the database does not answer: {reason(error)}") from error
