"""One hub leads, by a lock of PostgreSQL's; whoever dies leads no more."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest
from sqlalchemy import Engine, text

from ivr.adapters.sql.database import open_database
from ivr.adapters.sql.leadership import PostgresLeadership
from ivr.errors import EnvironmentFault


@pytest.fixture
def database(postgres_url: str) -> Iterator[Engine]:
    """Of a running server."""
    opened = open_database(postgres_url)
    yield opened
    opened.dispose()


def test_one_leads_and_the_next_one_when_it_gives_up(database: Engine) -> None:
    first, second = PostgresLeadership(database), PostgresLeadership(database)
    assert first.take()
    assert first.held()
    assert not second.take()
    first.give_up()
    assert not first.held()
    assert second.take()
    second.give_up()
    second.give_up()


def lead(url: str, pipe: Connection) -> None:
    pipe.send(PostgresLeadership(open_database(url)).take())
    time.sleep(60.0)


def test_one_that_is_killed_leads_no_more(database: Engine) -> None:
    url = database.url.render_as_string(hide_password=False)
    ours, theirs = multiprocessing.Pipe()
    leader = multiprocessing.get_context("spawn").Process(target=lead, args=(url, theirs), daemon=True)
    leader.start()
    assert ours.poll(30.0)
    assert ours.recv() is True
    standby = PostgresLeadership(database)
    assert not standby.take()
    assert leader.pid is not None
    os.kill(leader.pid, 9)
    leader.join()
    deadline = time.monotonic() + 10.0
    while not standby.take():
        assert time.monotonic() < deadline, "the lock outlives its holder"
        time.sleep(0.05)
    standby.give_up()


def test_a_leader_whose_connection_the_server_ended_knows_it(database: Engine) -> None:
    leader, standby = PostgresLeadership(database), PostgresLeadership(database)
    assert leader.take()
    with database.connect() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        connection.execute(text(others))
    assert not leader.held()
    assert standby.take(), "and another one may lead"
    standby.give_up()
    leader.give_up()


def test_a_database_that_is_away_is_said() -> None:
    away = open_database("postgresql://ivr@/postgres?host=/nonexistent")
    with pytest.raises(EnvironmentFault):
        PostgresLeadership(away).take()
