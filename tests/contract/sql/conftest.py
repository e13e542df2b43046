"""Databases that stores are tested on: a SQLite file of the test's own; a PostgreSQL that a worker's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.database import open_database, upgrade
from ivr.testing.fake_stores import MemoryKeyStore
from ivr.testing.postgres import find_postgres, running_postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Of a running server. Fails, not skips, where PostgreSQL is missing: `make test` installs it."""
    binaries = find_postgres()
    assert binaries is not None, "PostgreSQL is not installed (apt-get install postgresql)"
    with running_postgres(binaries) as url:
        yield url


@contextmanager
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """A file that is not there yet."""
    engine = open_database(f"sqlite:///{tmp_path / 'db' / 'ivr.db'}")
    yield engine
    engine.dispose()


@contextmanager
def postgres(url: str) -> Iterator[Engine]:
    """The server's database, empty, whatever the test before left in it."""
    engine = open_database(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database in this version's form, empty."""
    with sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url")) as opened:
        upgrade(opened)
        yield opened


@pytest.fixture
def keys() -> MemoryKeyStore:
    return MemoryKeyStore()


@pytest.fixture
def sql(engine: Engine, keys: MemoryKeyStore) -> SqlCallStore:
    return SqlCallStore(engine, keys)
