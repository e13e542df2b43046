"""Searching says what going through all the calls one by one would say, on either database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bench.search import queries
from bench.search_calls import FIRST, SECONDS_APART, Calls, Filler
from ivr.adapters.sql import call_search, database
from ivr.adapters.sql.call_search import add_terms, hashed, record_terms, take_turn
from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.database import open_database
from ivr.adapters.sql.model import BlockTermRow, CallBlockRow, IndexedCallRow
from ivr.core.call.record import CallRecord
from ivr.core.orders.evidence import CallOutcome
from ivr.core.vault.search import CallQuery, spoken_terms
from ivr.core.vault.slots import BITMAP_BYTES, BLOCK_CALLS, has_slot, place
from ivr.testing.fake_stores import MemoryKeyStore
from tests.contract.sql.records import ids


@dataclass(frozen=True)
class Call:
    """A call as who has no index knows it."""

    record: CallRecord
    said: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @cached_property
    def terms(self) -> frozenset[str]:
        return spoken_terms(self.said, self.told) | (
            record_terms(self.record) if self.record.ended_at is not None else frozenset()
        )

    def fits(self, query: CallQuery) -> bool:
        since = query.since is None or self.record.started_at >= query.since
        return since and (query.until is None or self.record.started_at < query.until) and query.terms() <= self.terms


def one_by_one(calls: Iterable[Call], query: CallQuery) -> list[str]:
    """What a search must find: ids, newest first."""
    found = [(call.record.started_at, call.record.call_id) for call in calls if call.fits(query)]
    return [call_id for _, call_id in sorted(found, reverse=True)]


def page_by_page(store: SqlCallStore, query: CallQuery, *, limit: int) -> list[str]:
    """All pages of a search."""
    found: list[str] = []
    before: tuple[float, str] | None = None
    while page := store.search(query, limit=limit, before=before):
        assert len(page) <= limit
        found += ids(page)
        before = (page[-1].started_at, page[-1].call_id)
    return found


# --- any story of calls ---------------------------------------------------------------------------------------------

NAMES = [f"call-{number}" for number in range(40)]
SAYINGS = ["fund", "fund card", "loan", "基金", "余额 loan", "fund 余额"]
STEPS = ["begin", "end", "end", "say", "say", "forget", "many others"]
QUESTIONS = [
    CallQuery(),
    CallQuery(outcome="completed"),
    CallQuery(words="fund"),
    CallQuery(words="fund card"),
    CallQuery(words="基金", outcome="abandoned"),
    CallQuery(words="额", since=1.0),
    CallQuery(words="loan", since=1.0, until=3.0),
    CallQuery(language="en", until=2.0),
]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("few", [1, 256], ids=["by blocks", "one by one"])
def test_any_story_of_calls_is_searched_like_a_list(
    engine: Engine, seed: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_search, "FEW_CALLS", few)
    random, store, calls = Random(seed), SqlCallStore(engine, MemoryKeyStore()), dict[str, Call]()
    for number in range(150):
        live(random, engine, store, calls)
        if number % 30 == 29:
            for query in QUESTIONS:
                for limit in (2, 5):
                    found = page_by_page(store, query, limit=limit)
                    assert found == one_by_one(calls.values(), query), (query, limit)
    for call_id in calls:
        store.forget(call_id)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(BlockTermRow)) == 0


def live(random: Random, engine: Engine, store: SqlCallStore, calls: dict[str, Call]) -> None:
    """One thing that happens to one of the calls, if it can."""
    step, call_id = random.choice(STEPS), random.choice(NAMES)
    call = calls.get(call_id)
    if step == "many others":
        let_others_pass(engine, random.randrange(1, BLOCK_CALLS))
    elif call is None:
        calls[call_id] = Call(CallRecord(call_id, float(random.randrange(5)), None, None, caller="", language="en"))
        store.save(calls[call_id].record)
    elif step == "end" and call.record.ended_at is None:
        outcome = random.choice([CallOutcome.COMPLETED, CallOutcome.ABANDONED])
        calls[call_id] = replace(call, record=replace(call.record, ended_at=9.0, outcome=outcome))
        store.save(calls[call_id].record)
    elif step == "say":
        said = random.choice(SAYINGS)
        calls[call_id] = replace(call, said=(*call.said, said))
        store.index_words(call_id, [said])
    elif step == "forget":
        del calls[call_id]
        store.forget(call_id)


def let_others_pass(engine: Engine, count: int) -> None:
    """As if so many calls without a term had ended meanwhile."""
    with Session(engine) as session:
        last = session.scalar(select(func.max(IndexedCallRow.ordinal)))
        ordinal = count if last is None else last + count
        session.add(IndexedCallRow(ordinal=ordinal, started_at=0.0, call_id=f"other-{ordinal}"))
        if session.get(CallBlockRow, place(ordinal)[0]) is None:
            session.add(CallBlockRow(block=place(ordinal)[0], earliest=0.0, latest=0.0))
        session.commit()


# --- many calls -----------------------------------------------------------------------------------------------------


def test_what_the_benchmark_loads_is_what_the_store_writes(engine: Engine) -> None:
    made, keys = Calls(40), MemoryKeyStore()
    store = SqlCallStore(engine, keys)
    for number in range(made.count):
        store.save(made.record(number))
        store.index_words(made.record(number).call_id, made.words(number), made.told(number))
    written = contents(engine)
    for number in range(made.count):
        store.forget(made.record(number).call_id)
    Filler(engine, keys).fill(made)
    assert contents(engine) == written
    assert store.get(made.record(7).call_id) == made.record(7)


def contents(engine: Engine) -> list[list[tuple[object, ...]]]:
    tables = (IndexedCallRow, CallBlockRow, BlockTermRow)
    with engine.connect() as connection:
        return [
            [tuple(row) for row in connection.execute(select(table.__table__).order_by(*table.__table__.primary_key))]
            for table in tables
        ]


def test_among_some_thousand_calls_every_kind_of_question_finds_what_fits(engine: Engine) -> None:
    made, keys = Calls(BLOCK_CALLS + 300), MemoryKeyStore()
    Filler(engine, keys).fill(made)
    calls = [
        Call(made.record(number), tuple(made.words(number)), tuple(made.told(number))) for number in range(made.count)
    ]
    store = SqlCallStore(engine, keys)
    late = replace(made.record(0), call_id="late", started_at=FIRST + 40.5 * SECONDS_APART)
    store.save(late)  # its hub was dead for a day
    calls.append(Call(late))
    for name, query in queries(made).items():
        fits = one_by_one(calls, query)
        page = store.search(query, limit=50)
        assert ids(page) == fits[:50], name
        if len(page) == 50:
            last = (page[-1].started_at, page[-1].call_id)
            assert ids(store.search(query, limit=50, before=last)) == fits[50:100], name
    behind = (FIRST + 45 * SECONDS_APART, "")
    deep = ids(store.search(CallQuery(state="menu"), limit=10, before=behind))
    assert deep == one_by_one(calls, CallQuery(until=behind[0]))[:10]
    assert "late" in deep


def test_nothing_is_left_of_a_forgotten_call_among_many(engine: Engine) -> None:
    made, keys = Calls(600), MemoryKeyStore()
    Filler(engine, keys).fill(made)
    store = SqlCallStore(engine, keys)
    store.forget(made.record(256).call_id)  # its slot is 00 01, as halves of others' are
    with Session(engine) as session:
        rows = session.execute(select(BlockTermRow.slots)).all()
    assert any(len(slots) == BITMAP_BYTES for (slots,) in rows)
    assert not any(has_slot(slots, 256) for (slots,) in rows)
    assert any(has_slot(slots, 255) for (slots,) in rows)
    everyone = [made.record(number).call_id for number in reversed(range(made.count)) if number != 256]
    assert ids(store.search(CallQuery(state="menu"), limit=made.count)) == everyone


# --- writers beside one another -------------------------------------------------------------------------------------


def index_words(store: SqlCallStore) -> None:
    store.index_words("call-1", ["fund", "loan"])


def forget(store: SqlCallStore) -> None:
    store.forget("call-1")


@pytest.mark.parametrize(("write", "fund"), [(index_words, ["call-1", "call-0"]), (forget, ["call-0"])])
def test_hub_and_keeper_take_turns_and_no_term_is_lost(
    engine: Engine, write: Callable[[SqlCallStore], None], fund: list[str]
) -> None:
    keys = MemoryKeyStore()
    hub = SqlCallStore(engine, keys)
    for number in range(2):
        hub.save(CallRecord(f"call-{number}", float(number), None, 9.0, caller=""))
    hub.index_words("call-1", ["fund"])
    with another_process(engine) as keepers, Session(engine) as session:
        keeper = threading.Thread(target=write, args=(SqlCallStore(keepers, keys),))
        take_turn(session)
        add_terms(session, keys, "call-0", 0.0, ["word:fund"])
        keeper.start()
        keeper.join(timeout=0.3)
        assert keeper.is_alive()
        session.commit()
        keeper.join()
    assert ids(hub.search(CallQuery(words="fund"))) == fund


def test_many_writers_at_once_lose_nothing(engine: Engine) -> None:
    keys = MemoryKeyStore()
    ended = CallRecord("", 0.0, None, 99.0, caller="", outcome=CallOutcome.COMPLETED)
    records = [replace(ended, call_id=f"call-{number}", started_at=float(number)) for number in range(24)]

    def write(some: Iterable[CallRecord]) -> None:
        with another_process(engine) as mine:
            store = SqlCallStore(mine, keys)
            for record in some:
                store.save(record)
                store.index_words(record.call_id, ["fund"])

    threads = [threading.Thread(target=write, args=(records[first::3],)) for first in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = SqlCallStore(engine, keys)
    everyone = [record.call_id for record in reversed(records)]
    assert ids(store.search(CallQuery(outcome="completed"))) == everyone
    assert ids(store.search(CallQuery(words="fund"))) == everyone


@contextmanager
def another_process(engine: Engine) -> Iterator[Engine]:
    """The same database, opened a second time."""
    opened = open_database(engine.url.render_as_string(hide_password=False))
    yield opened
    opened.dispose()


# --- an index of before ---------------------------------------------------------------------------------------------


def test_an_index_of_one_row_a_term_is_brought_over_and_back(engine: Engine) -> None:
    keys = MemoryKeyStore()
    store = SqlCallStore(engine, keys)
    for number in range(5):
        store.save(CallRecord(f"call-{number}", float(number), None, 9.0, caller="", outcome=CallOutcome.COMPLETED))
        store.index_words(f"call-{number}", ["fund", "loan"][: 1 + number % 2])
    migrate(engine, "0004", down=True)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT term, started_at, call_id FROM call_terms").all()
    assert len(rows) == 5 + 5 + 5 + 2 + 5, "outcomes, days, words, and that they are indexed"
    assert {call_id for term, _, call_id in rows if term == hashed(keys, "word:loan")} == {"call-1", "call-3"}
    migrate(engine, "head")
    assert ids(store.search(CallQuery(outcome="completed"))) == [f"call-{number}" for number in (4, 3, 2, 1, 0)]
    assert ids(store.search(CallQuery(words="loan fund"))) == ["call-3", "call-1"]
    store.save(CallRecord("call-9", 9.0, None, 9.0, caller="", outcome=CallOutcome.COMPLETED))
    assert ids(store.search(CallQuery(outcome="completed"), limit=2)) == ["call-9", "call-4"]


def migrate(engine: Engine, revision: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(database._MIGRATIONS))
    config.attributes["engine"] = engine
    (command.downgrade if down else command.upgrade)(config, revision)
