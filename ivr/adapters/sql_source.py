"""Lookups in a database: each query is one statement of the operator's, its parameters bound by name, one row back.

Only the settings hold SQL; what a caller keyed in or said arrives as bound parameters. A statement that was sent is
never sent again, since it may be an order. It commits when it gave its row in time, and is rolled back otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from ivr.errors import EnvironmentFault, PeerError, SettingsError

SQLITE_STEPS = 1000
"""Instructions of SQLite's machine between two looks at the clock."""
CONNECT_SECONDS = 2
"""For a connection, the least that libpq knows."""
TEXT_MAX = 4000
"""Characters of one column: more is no answer to a caller."""


class SqlSource:
    """A data source that is a database: PostgreSQL by URL, or an SQLite file that exists.

    A connection is made for each question: a cell asks a few in a call, and sleeps between calls.
    """

    def __init__(self, url: str, queries: Mapping[str, str], *, password_file: Path | None = None) -> None:
        self._engine = _engine(url, password_file)
        self._queries = {name: (_statement(name, sql), parameters(sql)) for name, sql in queries.items()}

    def query(self, name: str, params: dict[str, object], *, timeout: float) -> dict[str, object]:
        """The row that a named query gives within `timeout` seconds, with `found: true`; `found: false` for none.

        Raises PeerError; its text holds no parameter or value.
        """
        if name not in self._queries:
            raise PeerError("the settings of the data source have no such query")
        statement, wanted = self._queries[name]
        # What the statement does not name is not sent; what it names and nobody gave is an error, not NULL.
        if missing := wanted - set(params):
            raise PeerError(f"query {name} wants {', '.join(sorted(missing))}, which the dialplan does not give")
        deadline = time.monotonic() + timeout
        try:
            with self._engine.connect() as connection, connection.begin():
                _limit(connection, name, deadline)
                result = connection.execute(statement, {key: params[key] for key in wanted})
                if not result.returns_rows:
                    return {"found": result.rowcount > 0}
                return _answer(name, [dict(row) for row in result.mappings().fetchmany(2)])
        except SQLAlchemyError as error:
            late = time.monotonic() >= deadline
            why = "no answer in time" if late else type(getattr(error, "orig", None) or error).__name__
            raise PeerError(f"the data source broke off query {name}: {why}") from None  # its text may hold values


def parameters(sql: str) -> frozenset[str]:
    """The names that a statement binds."""
    return frozenset(text(sql).compile().params)


def _statement(name: str, sql: str) -> TextClause:
    if not sql.strip():
        raise SettingsError(f"the query {name} is empty: write one SQL statement with :parameters")
    return text(sql)


def _engine(url: str, password_file: Path | None) -> Engine:
    try:
        parsed = make_url(url)
        # hide_parameters: an error's text must not hold what a caller keyed in.
        if parsed.get_backend_name() == "sqlite":
            return create_engine(_existing(parsed), poolclass=NullPool, hide_parameters=True)
        if parsed.get_backend_name() != "postgresql":
            raise SettingsError(f"a data source in {parsed.get_backend_name()} is not served: use postgresql or sqlite")
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_SECONDS, "client_encoding": "utf8"},
        )
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsError(
            f"'{url}' is not a database's URL: write postgresql://USER@HOST/NAME or sqlite:///FILE"
        ) from error
    except ModuleNotFoundError as error:
        raise SettingsError("PostgreSQL needs the package psycopg: tools/install extras") from error
    if password_file is not None:
        event.listen(engine, "do_connect", lambda *args: args[-1].update(password=_secret(password_file)))
    return engine


def _existing(url: URL) -> URL:
    """SQLite makes a file that is not there; a bank's data is there or it is an error."""
    return url.set(database=f"file:{url.database}", query={"mode": "rw", "uri": "true"})


def _limit(connection: Connection, name: str, deadline: float) -> None:
    """The database itself stops a statement that takes too long: nothing happens after we gave up."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise PeerError(f"the data source could not be reached in time for query {name}")
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL statement_timeout = {max(1, int(left * 1000))}"))
        return
    driver: Any = connection.connection.dbapi_connection
    driver.execute(f"PRAGMA busy_timeout = {max(1, int(left * 1000))}")
    driver.set_progress_handler(lambda: int(time.monotonic() > deadline), SQLITE_STEPS)


def _answer(name: str, rows: list[dict[str, object]]) -> dict[str, object]:
    if len(rows) > 1:
        raise PeerError(f"query {name} gave more than one row: a lookup wants one")
    if not rows:
        return {"found": False}
    found: dict[str, object] = {"found": True}
    for column, value in rows[0].items():
        if value is not None:
            found[column] = _plain(name, column, value)
    return found


def _plain(name: str, column: str, value: object) -> object:
    """As a source behind HTTP would write it: amounts as text, so that no cent is lost."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and len(value) <= TEXT_MAX:
        return value
    kind = type(value).__name__
    raise PeerError(f"query {name}: the column {column} is a {kind}: cast it to numeric, text, date or boolean")


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EnvironmentFault(f"the password file {path} cannot be read: {error.strerror}") from error
