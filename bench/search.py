"""First pages of searches among many calls: python -m bench.search [--calls 1000000] [--postgres].

The calls are like a bank's: three lines, each with its own warning, two languages, Zipf's words, callers who return.
Every call has its sealed row and all its terms; only the loading is in bulk. Printed, never asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, insert, text

from ivr.adapters.sql.call_search import hashed, record_terms
from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.database import open_database, upgrade
from ivr.adapters.sql.model import CallRow
from ivr.core.call.record import CallRecord, DisclosureEvidence
from ivr.core.call.record_json import record_to_json
from ivr.core.vault.sealed import NONCE_BYTES, seal
from ivr.core.vault.search import CallQuery, word_terms
from ivr.ports import DataKey
from ivr.testing.fake_stores import MemoryKeyStore

BATCH = 20_000
SECONDS_APART = 20.0
FIRST = 1_700_000_000.0
DAY_SECONDS = 86400.0
WORDS_A_CALL = 16
ENGLISH = [f"word{number}" for number in range(20_000)]
CHINESE = [chr(0x4E00 + 7 * number % 5000) + chr(0x4E00 + 11 * number % 5000) for number in range(3_000)]
"""Words of two characters: each is found by its pair, and has two terms of one character beside."""
ENGLISH_TERMS = [word_terms([word]) for word in ENGLISH]
CHINESE_TERMS = [word_terms([word]) for word in CHINESE]
LINES = (("wealth", "fund_risk", 0.5), ("card", "card_fees", 0.3), ("loan", "loan_rate", 0.2))
OUTCOMES = ("completed", "abandoned", "agent", "failed", "recording_lost")
OUTCOME_SHARES = (0.7, 0.2, 0.089, 0.01, 0.001)
PAGE = 50


class Calls:
    """What happened in each of the many calls; the same every time."""

    def __init__(self, calls: int) -> None:
        rng = np.random.default_rng(1)
        self.line = rng.choice(len(LINES), size=calls, p=[share for *_, share in LINES]).tolist()
        self.warned = (rng.random(calls) < 0.6).tolist()
        self.unsure = (rng.random(calls) < 0.1).tolist()
        self.english = (rng.random(calls) < 0.6).tolist()
        self.outcome = rng.choice(len(OUTCOMES), size=calls, p=OUTCOME_SHARES).tolist()
        self.agent = np.where(rng.random(calls) < 0.3, rng.integers(0, 200, calls), -1).tolist()
        self.caller = rng.integers(0, 300_000, calls).tolist()
        self.said = {True: _picks(rng, len(ENGLISH), calls), False: _picks(rng, len(CHINESE), calls)}

    def record(self, number: int) -> CallRecord:
        """The record of one."""
        name, disclosure, _ = LINES[self.line[number]]
        evidence = DisclosureEvidence(disclosure, "en", "0" * 64, 800, 9600, 55, 0.0, 1, "key", "1", None, 1.0)
        agent = self.agent[number]
        return CallRecord(
            f"{number:032x}",
            FIRST + number * SECONDS_APART,
            FIRST + number * SECONDS_APART + 180,
            None,
            f"sip:+44{20_000_000 + self.caller[number]}@192.0.2.1",
            dialplan=f"{name}@1",
            language="en" if self.english[number] else "zh",
            outcome=OUTCOMES[self.outcome[number]],
            agents=(f"agent{agent}",) if agent >= 0 else (),
            disclosures=(evidence,) if self.warned[number] else (),
            marks=("voice_unsure",) if self.unsure[number] else (),
        )

    def words(self, number: int) -> frozenset[str]:
        """Terms of what was said in it."""
        vocabulary = ENGLISH_TERMS if self.english[number] else CHINESE_TERMS
        return frozenset().union(*(vocabulary[at] for at in self.said[self.english[number]][number]))


class Filler:
    """Puts many calls into an empty database."""

    def __init__(self, engine: Engine, keys: MemoryKeyStore) -> None:
        self.engine, self.keys = engine, keys
        self.store = SqlCallStore(engine, keys)
        self._numbers: dict[str, int] = {}

    def fill(self, calls: int) -> None:
        """Rows, then terms in the order of their index."""
        made = Calls(calls)
        terms, numbers = [], []
        for first in range(0, calls, BATCH):
            rows, found, whose = [], list[int](), list[int]()
            key = self.keys.issue()
            for number in range(first, min(first + BATCH, calls)):
                record = made.record(number)
                rows.append(self._row(record, key))
                of_this = [self._number(term) for term in record_terms(record) | made.words(number)]
                found += of_this
                whose += [number] * len(of_this)
            with self.engine.begin() as connection:
                connection.execute(insert(CallRow), rows)
            terms.append(np.array(found, np.int64))
            numbers.append(np.array(whose, np.int64))
            print(f"\r{first + len(rows):,} calls", end="", file=sys.stderr, flush=True)
        all_terms, all_numbers = np.concatenate(terms), np.concatenate(numbers)
        order = np.lexsort((all_numbers, all_terms))
        print(f"\n{len(order):,} terms", file=sys.stderr, flush=True)
        load = _copy if self.engine.dialect.name == "postgresql" else _append
        load(self.engine, all_terms[order], all_numbers[order])

    def _row(self, record: CallRecord, key: DataKey) -> dict[str, object]:
        plain = json.dumps(record_to_json(record), ensure_ascii=False).encode()
        context = b"ivr-call-row/1 " + record.call_id.encode()
        sealed = seal(plain, key=key.key, context=context, nonce=os.urandom(NONCE_BYTES))
        clear = self.store._clear(record)
        return {"call_id": record.call_id, "sealed": sealed, "kek_id": key.kek_id, "wrapped": key.wrapped, **clear}

    def _number(self, term: str) -> int:
        number = self._numbers.get(term)
        if number is None:
            number = self._numbers[term] = hashed(self.keys, term)
        return number


def _picks(rng: np.random.Generator, words: int, calls: int) -> NDArray[np.int64]:
    weights = 1 / np.arange(1, words + 1)
    return rng.choice(words, size=(calls, WORDS_A_CALL), p=weights / weights.sum())


def _rows(terms: NDArray[np.int64], numbers: NDArray[np.int64]) -> Iterator[list[tuple[int, float, str]]]:
    for at in range(0, len(terms), 500_000):
        part = numbers[at : at + 500_000].tolist()
        yield [
            (term, FIRST + number * SECONDS_APART, f"{number:032x}")
            for term, number in zip(terms[at : at + 500_000].tolist(), part, strict=True)
        ]


def _append(engine: Engine, terms: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
    connection = engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("DROP INDEX ix_call_terms_call")
    cursor.execute("PRAGMA synchronous=OFF")
    for rows in _rows(terms, numbers):
        cursor.executemany("INSERT INTO call_terms (term, started_at, call_id) VALUES (?, ?, ?)", rows)
        connection.commit()
    cursor.execute("CREATE INDEX ix_call_terms_call ON call_terms (call_id)")
    connection.commit()
    connection.close()


def _copy(engine: Engine, terms: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
    connection = engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("DROP INDEX ix_call_terms_call")
    cursor.execute("ALTER TABLE call_terms DROP CONSTRAINT call_terms_pkey")
    with cursor.copy("COPY call_terms (term, started_at, call_id) FROM STDIN") as copy:
        for rows in _rows(terms, numbers):
            copy.write("".join(f"{term}\t{started!r}\t{call_id}\n" for term, started, call_id in rows))
    cursor.execute("ALTER TABLE call_terms ADD PRIMARY KEY (term, started_at, call_id)")
    cursor.execute("CREATE INDEX ix_call_terms_call ON call_terms (call_id)")
    connection.commit()
    connection.close()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as plain:
        plain.execute(text("VACUUM ANALYZE"))  # as autovacuum does in its time


def queries(calls: int) -> dict[str, CallQuery]:
    """Questions of every kind, among them those that are hardest: two frequent things that never meet."""
    middle = FIRST + calls / 2 * SECONDS_APART
    return {
        "newest": CallQuery(),
        "of one day": CallQuery(since=middle, until=middle + DAY_SECONDS),
        "caller": CallQuery(caller="+4420001235"),
        "agent": CallQuery(agent="agent7"),
        "dialplan": CallQuery(dialplan="card"),
        "outcome, frequent": CallQuery(outcome="completed"),
        "outcome, rare": CallQuery(outcome="recording_lost"),
        "disclosure": CallQuery(disclosure="fund_risk"),
        "flag": CallQuery(flag="voice_unsure"),
        "flag, rarer, and agent": CallQuery(flag="failed", agent="agent7"),
        "word, frequent": CallQuery(words=ENGLISH[0]),
        "word, rare": CallQuery(words=ENGLISH[-1]),
        "words, two frequent": CallQuery(words=f"{ENGLISH[0]} {ENGLISH[1]}"),
        "words, four frequent": CallQuery(words=" ".join(ENGLISH[:4])),
        "words, frequent and rare": CallQuery(words=f"{ENGLISH[0]} {ENGLISH[-1]}"),
        "Chinese, one word": CallQuery(words=CHINESE[0]),
        "Chinese, a sentence": CallQuery(words=CHINESE[0] + CHINESE[1]),
        "Chinese, one character": CallQuery(words=CHINESE[0][0]),
        "word, agent and outcome": CallQuery(words=ENGLISH[3], agent="agent7", outcome="completed"),
        "word in one day": CallQuery(words=ENGLISH[1], since=middle, until=middle + DAY_SECONDS),
        "dialplan, disclosure, outcome": CallQuery(dialplan="loan", disclosure="loan_rate", outcome="failed"),
        "never together: dialplan, disclosure": CallQuery(dialplan="card", disclosure="fund_risk"),
        "never together: language, word": CallQuery(language="zh", words=ENGLISH[0]),
        "never together: three": CallQuery(language="zh", words=ENGLISH[1], outcome="completed"),
        "a word never said": CallQuery(words="xylophone"),
    }


def search(engine: Engine, calls: int, *, filled: bool = False) -> None:
    """First pages, then the page after for the same question."""
    keys = MemoryKeyStore(seed=bytes(range(32)))
    if not filled:
        upgrade(engine)
        took = _timed(lambda: Filler(engine, keys).fill(calls))
        print(f"{calls:,} calls in {engine.dialect.name}: loaded in {took:.0f} s")
    store = SqlCallStore(engine, keys)
    for name, query in queries(calls).items():
        found = store.search(query, limit=PAGE)
        times = sorted(_timed(partial(store.search, query, limit=PAGE)) * 1000 for _ in range(15))
        line = f"{engine.dialect.name:11}{name:38}{len(found):3} found, p50 {times[7]:6.1f}, most {times[-1]:6.1f} ms"
        if len(found) == PAGE:
            last = (found[-1].started_at, found[-1].call_id)
            line += f", next page {_timed(partial(store.search, query, limit=PAGE, before=last)) * 1000:6.1f} ms"
        print(line, flush=True)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of our own."""
    from tests.contract.postgres import find_postgres, running_postgres

    binaries = find_postgres()
    if binaries is None:
        sys.exit("PostgreSQL is not installed: apt install postgresql")
    with running_postgres(binaries) as url:
        yield url


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--postgres", action="store_true", help="in a PostgreSQL of its own too")
    parser.add_argument("--keep", type=Path, help="SQLite file to keep, or to search again when it is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as name:
        path = options.keep or Path(name) / "ivr.db"
        filled = path.exists()
        search(open_database(f"sqlite:///{path}"), options.calls, filled=filled)
    if options.postgres:
        with postgres() as url:
            search(open_database(url), options.calls)


if __name__ == "__main__":
    main()
