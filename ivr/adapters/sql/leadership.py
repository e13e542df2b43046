"""Who leads, by a lock that PostgreSQL gives to one connection and takes back when that ends, however it ends."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from ivr.adapters.sql.database import reason
from ivr.errors import EnvironmentFault

_LEADER_LOCK = 0x69767268
"""Number of PostgreSQL's advisory lock ("ivrh")."""


class PostgresLeadership:
    """An advisory lock of PostgreSQL's, held by a connection of its own. The server frees it when the client dies."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def take(self) -> bool:
        """Try the lock."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            taken = self._connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LEADER_LOCK})
            return bool(taken.scalar_one())
        except SQLAlchemyError as error:
            self.give_up()
            raise EnvironmentFault(f"the database does not say who leads: {reason(error)}") from error

    def held(self) -> bool:
        """Whether the connection, and with it the lock, is there."""
        if self._connection is None:
            return False
        try:
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    def give_up(self) -> None:
        """Free the lock, if the server still hears us, and end the connection: by that alone it is free only soon."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.execute(text("SELECT pg_advisory_unlock_all()"))
            with suppress(SQLAlchemyError):
                connection.invalidate()
                connection.close()
