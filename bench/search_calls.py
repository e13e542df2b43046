"""Many calls like a bank's, loaded in bulk: three lines, each with its own warning, Zipf's words, two languages.

The rows are what the call store writes, each sealed with a key of its own; tests compare them. Only the way into the
database is another: a block at a time, PostgreSQL's by COPY.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, text

from ivr.adapters.sql.call_search import hashed, record_terms
from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.model import BlockTermRow, CallBlockRow, CallRow, IndexedCallRow, Table
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.orders.evidence import CallOutcome, DisclosureHeard, MessageLeft
from ivr.core.vault.sealed import NONCE_BYTES, seal
from ivr.core.vault.search import ENGINE_SAID, INDEXED, word_terms
from ivr.core.vault.slots import BLOCK_CALLS, pack
from ivr.ports.keys import KeyStore

SECONDS_APART = 20.0
FIRST = 1_700_000_000.0
WORDS_A_CALL = 40
PROMPTS = 60
"""Of a line, in one language."""
PROMPTS_A_CALL = 12
ENGLISH = [f"word{number}" for number in range(20_000)]
CHINESE = [chr(0x4E00 + 7 * number % 5000) + chr(0x4E00 + 11 * number % 5000) for number in range(3_000)]
"""Words of two characters: each is found by its pair, and has two terms of one character beside."""
LINES = (("wealth", "fund_risk", 0.5), ("card", "card_fees", 0.3), ("loan", "loan_rate", 0.2))
OLD_CARD = "plastic"
"""What the card line was called in the older half."""
STATES = ("greeting", "menu", "identify", "serve", "goodbye")
OUTCOMES = ("completed", "abandoned", "transferred", "failed", "crashed")
OUTCOME_SHARES = (0.7, 0.2, 0.089, 0.01, 0.001)


class Calls:
    """What happened in each of the many calls; the same every time."""

    def __init__(self, calls: int) -> None:
        rng = np.random.default_rng(1)
        self.count = calls
        self.line = rng.choice(len(LINES), size=calls, p=[share for *_, share in LINES]).tolist()
        self.warned = (rng.random(calls) < 0.6).tolist()
        self.unsure = (rng.random(calls) < 0.1).tolist()
        self.message = (rng.random(calls) < 0.02).tolist()
        self.english = (rng.random(calls) < 0.6).tolist()
        self.outcome = rng.choice(len(OUTCOMES), size=calls, p=OUTCOME_SHARES).tolist()
        self.agent = np.where(rng.random(calls) < 0.3, rng.integers(0, 200, calls), -1).tolist()
        self.caller = rng.integers(0, 300_000, calls).tolist()
        self._said = {True: _picks(rng, len(ENGLISH), calls), False: _picks(rng, len(CHINESE), calls)}
        self._told = rng.integers(0, PROMPTS, (calls, PROMPTS_A_CALL)).tolist()

    def record(self, number: int) -> CallRecord:
        """The record of one."""
        name, disclosure, _ = LINES[self.line[number]]
        if name == "card" and number < self.count // 2:
            name = OLD_CARD
        evidence = DisclosureHeard(disclosure, "en", "0" * 64, 800, 9600, 55, 0.0, 1, "key", "1", None, 1.0)
        agent = self.agent[number]
        return CallRecord(
            f"{number:032x}",
            FIRST + number * SECONDS_APART,
            FIRST + number * SECONDS_APART + 5,
            FIRST + number * SECONDS_APART + 180,
            f"sip:+44{20_000_000 + self.caller[number]}@192.0.2.1",
            dialplan=f"{name}@1",
            language="en" if self.english[number] else "zh",
            outcome=CallOutcome(OUTCOMES[self.outcome[number]]),
            recording_id=f"20260102-{number:032x}",
            agents=(f"agent{agent}",) if agent >= 0 else (),
            states=STATES,
            disclosures=(evidence,) if self.warned[number] else (),
            looked_up=(("reference", f"{1_000_000 + number}"),) if self.warned[number] else (),
            voicemails=(MessageLeft("complaints", 8000, 96000),) if self.message[number] else (),
            marks=("voice_unsure",) if self.unsure[number] else (),
        )

    def words(self, number: int) -> list[str]:
        """What was said in it."""
        vocabulary = ENGLISH if self.english[number] else CHINESE
        return [vocabulary[at] for at in self.said(number)]

    def told(self, number: int) -> list[str]:
        """What the engine said in it."""
        return [prompt(self.line[number], self.english[number], heard) for heard in self._told[number]]

    def said(self, number: int) -> NDArray[np.uint16]:
        """The same, as places in the vocabulary of the call's language."""
        found: NDArray[np.uint16] = self._said[self.english[number]][number]
        return found


def prompt(line: int, english: bool, number: int) -> str:
    """One of a line's prompts, of twelve words: its own are rarer than those of callers, some are in many prompts."""
    vocabulary = ENGLISH if english else CHINESE
    places = (line * 300 + (number * 12 + at) ** 2 % 300 for at in range(12))
    return (" " if english else "").join(vocabulary[place] for place in places)


class Filler:
    """Puts many calls into an empty database."""

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        self._engine, self._keys = engine, keys
        self._store = SqlCallStore(engine, keys)
        self._hashes: dict[str, int] = {}
        self._prompts: dict[str, list[int]] = {}
        self._english = [self._hashed(word_terms([word])) for word in ENGLISH]
        self._chinese = [self._hashed(word_terms([word])) for word in CHINESE]

    def fill(self, made: Calls) -> None:
        """All rows of all tables, a block at a time."""
        for first in range(0, made.count, BLOCK_CALLS):
            records = [made.record(number) for number in range(first, min(first + BLOCK_CALLS, made.count))]
            block = first // BLOCK_CALLS
            names = [(record.started_at, record.call_id) for record in records]
            self._load(CallRow, list(map(self._row, records)))
            self._load(IndexedCallRow, [(first + slot, *name) for slot, name in enumerate(names)])
            self._load(CallBlockRow, [(block, names[0][0], names[-1][0])])
            self._load(BlockTermRow, list(_block_terms(block, [self._terms(made, first, one) for one in records])))
            print(f"\r{first + len(records):,} calls", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)

    def _terms(self, made: Calls, first: int, record: CallRecord) -> list[int]:
        number = int(record.call_id, 16)
        words = self._english if made.english[number] else self._chinese
        found = self._hashed(record_terms(record))
        for at in made.said(number).tolist():
            found += words[at]
        for told in made.told(number):
            if told not in self._prompts:
                self._prompts[told] = self._hashed(word_terms([told], ENGINE_SAID))
            found += self._prompts[told]
        return found + self._hashed([INDEXED])

    def _hashed(self, terms: Iterable[str]) -> list[int]:
        for term in terms:
            if term not in self._hashes:
                self._hashes[term] = hashed(self._keys, term)
        return [self._hashes[term] for term in terms]

    def _row(self, record: CallRecord) -> tuple[object, ...]:
        issued = self._keys.issue()
        plain = json.dumps(record_to_json(record), ensure_ascii=False).encode()
        context = b"ivr-call-row/1 " + record.call_id.encode()
        sealed = seal(plain, key=issued.key, context=context, nonce=os.urandom(NONCE_BYTES))
        own = {"call_id": record.call_id, "kek_id": issued.kek_id, "wrapped": issued.wrapped, "sealed": sealed}
        row = {**self._store._clear(record), **own}
        return tuple(row[column] for column in _columns(CallRow))

    def _load(self, table: type[Table], rows: Sequence[tuple[object, ...]]) -> None:
        names = ", ".join(_columns(table))
        if self._engine.dialect.name == "sqlite":
            marks = ", ".join("?" * len(rows[0]))
            with self._engine.begin() as connection:
                connection.exec_driver_sql(f"INSERT INTO {table.__tablename__} ({names}) VALUES ({marks})", list(rows))
            return
        raw = self._engine.raw_connection()
        with raw.cursor().copy(f"COPY {table.__tablename__} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        raw.commit()
        raw.close()


def settle(engine: Engine) -> None:
    """What a database does by itself in its time: statistics, and SQLite's log folded in."""
    statement = "PRAGMA wal_checkpoint(TRUNCATE)" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


def sizes(engine: Engine) -> dict[str, int]:
    """Bytes of each table of calls, with its indexes."""
    found = {}
    for table in (CallRow, IndexedCallRow, CallBlockRow, BlockTermRow):
        name = table.__tablename__
        if engine.dialect.name == "sqlite":
            query = f"SELECT sum(pgsize) FROM dbstat JOIN sqlite_master USING (name) WHERE tbl_name = '{name}'"
        else:
            query = f"SELECT pg_total_relation_size('{name}')"
        with engine.connect() as connection:
            found[name] = int(connection.execute(text(query)).scalar() or 0)
    return found


def _block_terms(block: int, terms: Sequence[Sequence[int]]) -> Iterator[tuple[int, int, bytes]]:
    """Rows of one block, in order; of each of its calls all terms are given."""
    slots = np.repeat(np.arange(len(terms)), [len(of_call) for of_call in terms])
    found = np.concatenate([np.array(of_call, np.int64) for of_call in terms])
    order = np.argsort(found, kind="stable")
    names, starts = np.unique(found[order], return_index=True)
    for name, of_term in zip(names.tolist(), np.split(slots[order], starts[1:]), strict=True):
        yield block, name, pack(of_term)


def _picks(rng: np.random.Generator, words: int, calls: int) -> NDArray[np.uint16]:
    weights = 1 / np.arange(1, words + 1)
    shares = np.cumsum(weights) / weights.sum()
    shares[-1] = 1.0
    return np.searchsorted(shares, rng.random((calls, WORDS_A_CALL), np.float32)).astype(np.uint16)


def _columns(table: type[Table]) -> list[str]:
    return [column.name for column in table.__table__.columns]
