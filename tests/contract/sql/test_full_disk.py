"""A database whose disk is full: each write is told, what was kept is read on, and all goes on when there is room."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from ivr.adapters.sql.access_stores import SqlSessionStore
from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.callback_store import SqlCallbackStore
from ivr.adapters.sql.database import open_database, upgrade
from ivr.adapters.sql.review_store import SqlReviewStore
from ivr.core.access.session import Factor, Session
from ivr.core.call.record import CallRecord
from ivr.core.queueing.callback import CallbackRequest
from ivr.errors import EnvironmentFault
from ivr.testing.fake_stores import MemoryKeyStore
from tests.contract.sql.test_review_store import review
from tests.small_disk import SmallDisk, mounted

MOST = 200
"""Writes that may still fit into what SQLite has on disk already."""


@pytest.fixture
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    with mounted(tmp_path_factory.mktemp("disk") / "small", megabytes=3) as made:
        yield made


def record(number: int) -> CallRecord:
    return CallRecord(f"c{number}", 1000.0 + number, None, 1060.0 + number, caller="sip:13912345678@x", called="2000")


def session(number: int) -> Session:
    now = time.time()
    return Session(f"{number:012x}", f"{number:064x}", "user:a", frozenset({Factor.PASSWORD}), now, now, "192.0.2.1")


def fails_by_then(write: Callable[[int], object]) -> int:
    """The first write that is told to have failed."""
    for number in range(1, MOST):
        try:
            write(number)
        except EnvironmentFault as error:
            if "disk has room" not in str(error):
                raise
            return number
    raise AssertionError("nothing is told of a disk that is full")


def test_what_a_full_disk_does_not_take_is_told_and_what_it_took_is_there(disk: SmallDisk) -> None:
    engine, keys = open_database(f"sqlite:///{disk.path / 'ivr.db'}"), MemoryKeyStore()
    upgrade(engine)
    calls, sessions, callbacks = (
        SqlCallStore(engine, keys), SqlSessionStore(engine, keys), SqlCallbackStore(engine, keys)
    )  # fmt: skip
    calls.save(record(0))
    disk.fill()
    kept = fails_by_then(lambda number: calls.save(record(number)))
    begun = fails_by_then(lambda number: sessions.begin(session(number)))
    fails_by_then(lambda n: callbacks.keep(CallbackRequest("q", "+85212345678", f"c{n}", "en", 1000.0, 1.0, 0)))
    fails_by_then(lambda n: SqlReviewStore(engine, keys).add(review(f"r{n}", call=f"c{n}")))
    assert len(list(calls.recent(limit=MOST))) == kept, "all that were not told to have failed, and no half one"
    assert [sessions.find(f"{number:064x}") is not None for number in range(begun + 1)] == [
        0 < number < begun for number in range(begun + 1)
    ]
    disk.empty()
    calls.save(record(MOST))
    assert calls.get(f"c{MOST}") == record(MOST)
    engine.dispose()


def test_a_database_on_a_disk_that_is_mounted_read_only_is_no_python_error(disk: SmallDisk) -> None:
    engine = open_database(f"sqlite:///{disk.path / 'ivr.db'}")
    upgrade(engine)
    engine.dispose()
    disk.read_only(True)
    refused = open_database(f"sqlite:///{disk.path / 'ivr.db'}")
    with pytest.raises(EnvironmentFault, match="Read-only"):
        upgrade(refused)
    refused.dispose()
    disk.read_only(False)
