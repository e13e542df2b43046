"""PostgreSQL as the witness of two machines, by a connection of its own; and the end of an older term's sessions.

Each session of an engine has the machine and the number of its term in its name (`application_name`), so that who takes
over ends those of before: none of them writes a record any more.
"""

from __future__ import annotations

from collections.abc import Set
from contextlib import suppress

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from ivr.adapters.sql.database import reason
from ivr.core.leading import Term
from ivr.errors import EnvironmentFault

SESSION = "ivr/"
"""Names of sessions begin so."""
_OF_ENGINES = "datname = current_database() AND starts_with(application_name, :engines)"
_OF_A_COMMAND = "command"
ANSWER_MS = 1500
ENDED_MS = 3000


def session_name(machine: str, number: int | None) -> str:
    """Of a process's sessions; `number` of its engine's term, None: it is a command."""
    return f"{SESSION}{_OF_A_COMMAND if number is None else number}/{machine}"[:63]  # NAMEDATALEN


def witness_options() -> dict[str, object]:
    """How the witness connects (libpq): a server that was cut off is found out within two seconds."""
    return {
        "connect_timeout": 2,
        "tcp_user_timeout": ANSWER_MS,
        "keepalives_idle": 1,
        "keepalives_interval": 1,
        "keepalives_count": 1,
        "options": f"-c statement_timeout={ANSWER_MS}",
        "application_name": "ivr witness",
    }


class PostgresWitness:
    """`Witness`. `engine` connects with `witness_options`; used from one thread at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def reached(self) -> bool:
        """By a question that costs nothing. It must take writes, too: a copy of the database is no witness."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            asked = self._connection.execute(text("SELECT pg_is_in_recovery()"))
            return not asked.scalar_one()
        except SQLAlchemyError:
            self._forget()
            return False

    def machines(self) -> Set[str]:
        """By the names of sessions."""
        asking = text(f"SELECT application_name FROM pg_stat_activity WHERE {_OF_ENGINES}")  # noqa: S608 - a constant
        try:
            with self._engine.connect() as connection:
                names = connection.execute(asking, {"engines": SESSION}).scalars().all()
        except SQLAlchemyError as error:
            raise EnvironmentFault(f"the database does not say which machines use it: {reason(error)}") from error
        parts = [str(name).removeprefix(SESSION).partition("/") for name in names]
        return {machine for number, _, machine in parts if number != _OF_A_COMMAND}

    def end_older(self, term: Term) -> None:
        """End all sessions of engines and commands but this term's, and wait until they have ended."""
        ending = text(  # what stands in it is a constant
            "SELECT count(*) FROM (SELECT pg_terminate_backend(pid, :wait) AS ended FROM pg_stat_activity"  # noqa: S608
            f" WHERE {_OF_ENGINES} AND application_name <> :ours) AS older WHERE NOT ended"
        )
        try:
            with self._engine.connect() as connection:
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                values = {"wait": ENDED_MS, "engines": SESSION, "ours": session_name(term.machine, term.number)}
                left = connection.execute(ending, values).scalar_one()
        except SQLAlchemyError as error:
            raise EnvironmentFault(f"older sessions in the database cannot be ended: {reason(error)}") from error
        if left:
            raise EnvironmentFault(f"{left} sessions of the machine that led do not end in the database")

    def _forget(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.invalidate()
                connection.close()
