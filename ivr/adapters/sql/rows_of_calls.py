"""Sealed rows that belong to a call, and go with it."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import delete, select

from ivr.adapters.sql.model import SealedRow
from ivr.adapters.sql.sealed_rows import SealedRows

Row = TypeVar("Row", bound=SealedRow)


class SealedRowsOfCalls(SealedRows[Row]):
    """One table of them; it has a column `call_id`."""

    def calls(self) -> list[str]:
        """Every call that something is kept of."""
        with self._session() as session:
            return list(session.scalars(select(self._call).distinct()))

    def keys_of_call(self, call_id: str) -> list[bytes]:
        """Wrapped keys of all that is kept of a call."""
        with self._session() as session:
            return list(session.scalars(select(self._table.wrapped).where(self._call == call_id)))

    def forget_call(self, call_id: str) -> None:
        """Remove it. (Shred its keys before: a backup of the database still holds the rows.)"""
        with self._session() as session:
            session.execute(delete(self._table).where(self._call == call_id))
            session.commit()

    @property
    def _call(self) -> Any:
        return self._table.call_id  # type: ignore[attr-defined]
