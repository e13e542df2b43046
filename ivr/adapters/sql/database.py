"""Opening the database: SQLite in a private file with a write-ahead log, or PostgreSQL by URL. Migrating it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from ivr.durable import locked
from ivr.errors import EnvironmentFault, SettingsError

BUSY_SECONDS = 5.0
"""How long a writer waits for another one (the command line beside the hub)."""
ROWS_AT_ONCE = 1000
"""Of a long piece of work: kept in memory, and in one transaction."""
TEXT_AS_UTF8 = {"client_encoding": "utf8"}
"""Of a PostgreSQL's connection. Where a database has no encoding (SQL_ASCII) its texts come as bytes without it."""
_UPGRADE_LOCK = 0x697672
"""Number of PostgreSQL's advisory lock ("ivr")."""
_MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(
    url: str,
    *,
    password: str | None = None,
    options: Mapping[str, object] | None = None,
    fence: Callable[[], None] | None = None,
) -> Engine:
    """An engine for `url`. Raises SettingsError when the URL has no sense, EnvironmentFault when nothing answers.

    Of PostgreSQL alone, `options`: how to connect (libpq); `fence` is called for each connection that begins, and ends
    it by what it raises.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        if parsed.get_backend_name() != "postgresql":
            raise SettingsError(f"database.url: {parsed.get_backend_name()} is not served: use sqlite or postgresql")
        driver = parsed.set(drivername="postgresql+psycopg")
        named = driver.set(password=password) if password else driver
        engine = create_engine(named, pool_pre_ping=True, connect_args=TEXT_AS_UTF8 | dict(options or {}))
        if fence is not None:
            event.listen(engine, "connect", lambda connection, entry: fence())
        return engine
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsError("database.url is not a database's URL: write sqlite:///FILE or postgresql://…") from error
    except ModuleNotFoundError as error:
        raise SettingsError("PostgreSQL needs the package psycopg: tools/install extras") from error


def upgrade(engine: Engine) -> None:
    """Bring the tables to this version's form. Does nothing when they are."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["engine"] = engine
    try:
        with _alone(engine):
            command.upgrade(config, "head")
    except SQLAlchemyError as error:
        raise EnvironmentFault(f"the database cannot be prepared: {reason(error)}") from error


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Several processes start at once: one of them migrates, the others wait."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _UPGRADE_LOCK})
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _UPGRADE_LOCK})
    elif engine.url.database and engine.url.database != ":memory:":
        # A file of its own: closing any descriptor of the database would drop all of this process's locks on it
        # (fcntl(2)), and the next process to leave would delete the write-ahead log that this one still writes.
        with locked(Path(f"{engine.url.database}.lock"), "the database cannot be prepared"):
            yield
    else:
        yield


def reason(error: SQLAlchemyError) -> str:
    """What went wrong, without the statement and its parameters (they may hold a caller's data)."""
    original = getattr(error, "orig", None)
    if type(original) is sqlite3.DatabaseError:  # none of its kinds: the file is no database, or a part of it is gone
        return (
            "its file is damaged. Stop the engine, put a backup of it in its place and start again: calls that were "
            "sealed since are taken in again"
        )
    name = type(original if original is not None else error).__name__
    return f"{name}; see whether the database runs and its disk has room"


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        _create_private(Path(url.database))
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _create_private(path: Path) -> None:
    """The file must be its owner's only; SQLite gives its log and journal the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():  # one that exists is never opened here: closing it would drop this process's locks on it
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise EnvironmentFault(f"the database {path} cannot be opened: {error.strerror}") from error


def _prepare_sqlite(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a record that was acknowledged survives a power loss
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
    cursor.close()
