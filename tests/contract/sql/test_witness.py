"""PostgreSQL says who is cut off from it, and takes no more records of a machine that leads no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from ivr.adapters.sql.database import open_database
from ivr.adapters.sql.witness import PostgresWitness, session_name, witness_options
from ivr.core.leading import Term
from ivr.errors import EnvironmentFault


@pytest.fixture
def opened(postgres_url: str) -> Iterator[list[Engine]]:
    """Engines that tests open, ended by them."""
    made: list[Engine] = []
    yield made
    for one in made:
        one.dispose()


def witness(url: str, opened: list[Engine]) -> PostgresWitness:
    opened.append(open_database(url, options=witness_options()))
    return PostgresWitness(opened[-1])


def test_a_server_that_answers_is_reached_again_after_it_ended_the_connection(
    postgres_url: str, opened: list[Engine]
) -> None:
    asked = witness(postgres_url, opened)
    assert asked.reached()
    opened.append(open_database(postgres_url))
    with opened[-1].connect() as connection:
        named = "SELECT pg_terminate_backend(pid, 3000) FROM pg_stat_activity WHERE application_name = 'ivr witness'"
        assert connection.execute(text(named)).scalars().all()
    assert [asked.reached(), asked.reached()] == [False, True]


def test_no_server_is_not_reached_and_that_is_found_out_soon(opened: list[Engine]) -> None:
    assert not witness("postgresql://ivr@/postgres?host=/nonexistent", opened).reached()
    with pytest.raises(EnvironmentFault):
        witness("postgresql://ivr@/postgres?host=/nonexistent", opened).end_older(Term(1, "a"))


def test_sessions_of_other_terms_end_and_no_others(postgres_url: str, opened: list[Engine]) -> None:
    names = {name: session_name(*of) for name, of in {"old": ("a", 1), "command": ("a", None), "new": ("b", 2)}.items()}
    connections = {}
    for name, shown in {**names, "another program": "psql"}.items():
        opened.append(open_database(postgres_url, options={"application_name": shown}))
        connections[name] = opened[-1].connect()
        connections[name].execute(text("SELECT 1"))
    asked = witness(postgres_url, opened)
    assert asked.machines() == {"a", "b"}
    asked.end_older(Term(2, "b"))
    assert asked.machines() == {"b"}
    for name in ("new", "another program"):
        assert connections[name].execute(text("SELECT 1")).scalar_one() == 1
    for name in ("old", "command"):
        with pytest.raises(SQLAlchemyError):
            connections[name].execute(text("SELECT 1"))
    for connection in connections.values():
        connection.close()


def test_a_session_that_is_in_the_middle_of_writing_writes_nothing_any_more(
    postgres_url: str, opened: list[Engine]
) -> None:
    for name in (session_name("a", 1), "psql"):
        opened.append(open_database(postgres_url, options={"application_name": name}))
    old, reader = opened[0].connect(), opened[1].connect()
    reader.execute(text("CREATE TABLE fenced (n int)"))
    reader.commit()
    old.execute(text("INSERT INTO fenced VALUES (1)"))
    witness(postgres_url, opened).end_older(Term(2, "b"))
    with pytest.raises(SQLAlchemyError):
        old.commit()
    assert reader.execute(text("SELECT count(*) FROM fenced")).scalar_one() == 0
    old.close()
    reader.close()


def test_lines_in_other_databases_of_the_server_are_left_alone(postgres_url: str, opened: list[Engine]) -> None:
    opened.append(open_database(postgres_url))
    with opened[-1].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE another_line"))
    elsewhere = postgres_url.replace("/postgres?", "/another_line?")
    opened.append(open_database(elsewhere, options={"application_name": session_name("a", 7)}))
    other = opened[-1].connect()
    other.execute(text("SELECT 1"))
    asked = witness(postgres_url, opened)
    assert asked.machines() == set()
    asked.end_older(Term(2, "b"))
    assert other.execute(text("SELECT 1")).scalar_one() == 1
    other.close()


def test_a_connection_that_the_fence_refuses_is_none(postgres_url: str, opened: list[Engine]) -> None:
    leads = [True]

    def fence() -> None:
        if not leads[0]:
            raise EnvironmentFault("b leads")

    opened.append(open_database(postgres_url, fence=fence))
    with opened[-1].connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    leads[0] = False
    opened[-1].dispose()
    with pytest.raises(EnvironmentFault, match="b leads"), opened[-1].connect():
        pytest.fail("it connected")
