"""What every store of reviews must do; and what a database must not show of one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from ivr.adapters.sql.database import upgrade
from ivr.adapters.sql.model import ReviewRow
from ivr.adapters.sql.review_store import SqlReviewStore
from ivr.core.review.review import AppealOutcome, Decided, Review, Said
from ivr.core.review.scorecard import Answer, Score
from ivr.errors import OperatorError, SealError
from ivr.ports.reviews import ReviewStore
from ivr.testing.fake_reviews import MemoryReviewStore
from ivr.testing.fake_stores import MemoryKeyStore
from tests.contract.sql.conftest import postgres, sqlite

SAID = Said("user:alice", 50.0, "they asked me not to")


def review(name: str, *, call: str = "c1", by: str = "user:anna", at: float = 10.0, agent: str = "alice") -> Review:
    answers = (("greeting", Answer.YES), ("risk", Answer.NO))
    return Review(
        name, call, 1.0, by, at, "service@1", "ab", agent, ("crashed", "sample"), answers, Score(0, False, ("risk",)),
        "a note of its own",
    )  # fmt: skip


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReviewStore]:
    if request.param == "memory":
        yield MemoryReviewStore()
        return
    with sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url")) as made:
        upgrade(made)
        yield SqlReviewStore(made, MemoryKeyStore())


def test_a_review_comes_back_as_it_was_handed_in(store: ReviewStore) -> None:
    first, second = review("r1"), review("r2", by="user:ben", at=20.0)
    store.add(first)
    store.add(second)
    store.add(review("r3", call="c2", at=30.0, agent="bob"))
    assert store.get("r1") == first
    assert store.of_calls(["c1", "c9"]) == {"c1": (first, second)}
    assert [one.review_id for one in store.of_agent("alice", limit=9)] == ["r2", "r1"]
    assert list(store.since(15.0, limit=9)) == ["c2", "c1"]
    assert store.since(15.0, limit=9)["c1"] == (first, second)
    assert list(store.since(0.0, limit=1)) == ["c2"]
    assert sorted(store.calls()) == ["c1", "c2"]
    with pytest.raises(OperatorError, match="no such review"):
        store.get("r9")


def test_nobody_judges_twice_and_no_third_person_does(store: ReviewStore) -> None:
    store.add(review("r1"))
    with pytest.raises(OperatorError, match="you judged this call before"):
        store.add(review("r2"))
    store.add(review("r2", by="user:ben"))
    with pytest.raises(OperatorError, match="2 persons have judged"):
        store.add(review("r3", by="user:carl"))


def test_an_appeal_is_made_once_waits_and_is_decided_once(store: ReviewStore) -> None:
    store.add(review("r1"))
    store.add(review("r2", call="c2", at=5.0))
    decided = Decided(AppealOutcome.VOID, replace(SAID, by="user:carl"))
    with pytest.raises(OperatorError, match="no appeal against it waits"):
        store.decide("r1", decided)
    store.appeal("r1", SAID)
    store.appeal("r2", SAID)
    with pytest.raises(OperatorError, match="appealed against before"):
        store.appeal("r1", SAID)
    with pytest.raises(OperatorError, match="its agent appealed"):
        store.add(review("r3", by="user:ben"))
    assert [one.review_id for one in store.appealed()] == ["r2", "r1"]
    store.decide("r1", decided)
    assert [one.review_id for one in store.appealed()] == ["r2"]
    assert (store.get("r1").appeal, store.get("r1").decided, store.get("r1").counts) == (SAID, decided, False)
    with pytest.raises(OperatorError, match="no such review"):
        store.decide("r9", decided)
    with pytest.raises(OperatorError, match="no such review"):
        store.appeal("r9", SAID)


def test_reviews_go_with_their_call(store: ReviewStore) -> None:
    store.add(review("r1"))
    store.add(review("r2", call="c2"))
    store.forget_call("c1")
    assert store.of_calls(["c1", "c2"]).keys() == {"c2"}
    assert store.keys_of_call("c1") == []


def test_of_many_who_hand_in_at_once_two_do(engine: Engine) -> None:
    store, refused, ready = SqlReviewStore(engine, MemoryKeyStore()), list[str](), threading.Barrier(6)

    def hand_in(number: int) -> None:
        ready.wait()
        try:
            store.add(review(f"r{number}", by=f"user:{number % 3}"))
        except OperatorError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=hand_in, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    kept = store.of_calls(["c1"])["c1"]
    assert len(kept) == 6 - len(refused) <= 2
    assert len({one.by for one in kept}) == len(kept)


def test_a_row_that_was_altered_does_not_open_and_hides_no_other(engine: Engine) -> None:
    store, told = SqlReviewStore(engine, MemoryKeyStore()), list[str]()
    store.add(review("r1"))
    store.add(review("r2", call="c2"))
    for change in ({"by": "user:eve"}, {"agent": "bob", "by": "user:anna"}, {"state": "decided", "agent": "alice"}):
        with Session(engine) as session:
            session.execute(update(ReviewRow).where(ReviewRow.review_id == "r1").values(**change))
            session.commit()
        with pytest.raises(SealError, match="r1 was altered"):
            store.get("r1")
    found = store.since(0.0, limit=9, on_damage=lambda call, why: told.append(call))
    assert (list(found), told) == (["c2"], ["c1"])


def test_nothing_that_was_said_stands_in_the_database(engine: Engine) -> None:
    SqlReviewStore(engine, MemoryKeyStore()).add(review("r1"))
    with engine.connect() as connection:
        stored = repr(connection.exec_driver_sql("SELECT * FROM reviews").all())
    assert "a note" not in stored
    assert "greeting" not in stored
    assert "crashed" not in stored
