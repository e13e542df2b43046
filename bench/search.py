"""First pages of searches among many calls: python -m bench.search [--calls 1000000] [--postgres].

Every kind of question, and those that are hardest: frequent things that never meet; then what a call more costs.
Printed, never asserted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, text

from bench.search_calls import CHINESE, ENGLISH, FIRST, OLD_CARD, SECONDS_APART, Calls, Filler, prompt, settle, sizes
from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.database import open_database, upgrade
from ivr.core.vault.search import CallQuery
from ivr.testing.fake_stores import MemoryKeyStore
from ivr.testing.postgres import find_postgres, running_postgres

DAY_SECONDS = 86400.0
PAGE = 50
TIMES = 21


def queries(made: Calls) -> dict[str, CallQuery]:
    """Questions of every kind, among them those that are hardest: two frequent things that never meet."""
    middle = FIRST + made.count // 2 * SECONDS_APART
    day = CallQuery(since=middle, until=middle + DAY_SECONDS)
    return {
        "newest": CallQuery(),
        "of one day": day,
        "caller": CallQuery(caller=made.record(made.count // 2).caller),
        "agent": CallQuery(agent="agent7"),
        "dialplan": CallQuery(dialplan="card"),
        "dialplan, only long ago": CallQuery(dialplan=OLD_CARD),
        "outcome, frequent": CallQuery(outcome="completed"),
        "outcome, rare": CallQuery(outcome="crashed"),
        "disclosure": CallQuery(disclosure="fund_risk"),
        "state, in every call": CallQuery(state="menu"),
        "flag": CallQuery(flag="voice_unsure"),
        "flag, rarer, and agent": CallQuery(flag="failed", agent="agent7"),
        "mailbox": CallQuery(mailbox="complaints"),
        "mailbox, language and flag": CallQuery(mailbox="complaints", language="zh", flag="voice_unsure"),
        "told, a prompt's words": CallQuery(told=prompt(0, True, 7)),
        "told, and a rare word said": CallQuery(told=prompt(0, True, 7), words=ENGLISH[-1]),
        "looked up": CallQuery(looked_up=f"reference={1_000_000 + made.warned.index(True)}"),
        "word, frequent": CallQuery(words=ENGLISH[0]),
        "word, rare": CallQuery(words=ENGLISH[-1]),
        "words, two frequent": CallQuery(words=f"{ENGLISH[0]} {ENGLISH[1]}"),
        "words, four frequent": CallQuery(words=" ".join(ENGLISH[:4])),
        "words, ten frequent": CallQuery(words=" ".join(ENGLISH[:10])),
        "words, frequent and rare": CallQuery(words=f"{ENGLISH[0]} {ENGLISH[-1]}"),
        "words, two rare that never meet": CallQuery(words=f"{ENGLISH[-1]} {ENGLISH[-2]}"),
        "words, frequent, that never meet": CallQuery(words=f"{ENGLISH[0]} {CHINESE[0]}"),
        "words, four that never meet": CallQuery(words=f"{ENGLISH[0]} {ENGLISH[1]} {CHINESE[0]} {CHINESE[1]}"),
        "Chinese, one word": CallQuery(words=CHINESE[0]),
        "Chinese, a sentence": CallQuery(words=CHINESE[0] + CHINESE[1]),
        "Chinese, a sentence of three": CallQuery(words="".join(CHINESE[:3])),
        "Chinese, one character": CallQuery(words=CHINESE[0][0]),
        "Chinese, two characters apart": CallQuery(words=f"{CHINESE[0][0]} {CHINESE[1][0]}"),
        "word, agent and outcome": CallQuery(words=ENGLISH[3], agent="agent7", outcome="completed"),
        "word in one day": replace(day, words=ENGLISH[1]),
        "all of a line in the oldest day": CallQuery(dialplan=OLD_CARD, until=FIRST + DAY_SECONDS),
        "dialplan, disclosure, outcome": CallQuery(dialplan="loan", disclosure="loan_rate", outcome="failed"),
        "never together: dialplan, disclosure": CallQuery(dialplan="card", disclosure="fund_risk"),
        "never together: language, word": CallQuery(language="zh", words=ENGLISH[0]),
        "never together: three": CallQuery(language="zh", words=ENGLISH[1], outcome="completed"),
        "a word never said": CallQuery(words="xylophone"),
    }


def search(engine: Engine, calls: int, *, filled: bool = False) -> None:
    """First pages, then the page after for the same question."""
    keys, made = MemoryKeyStore(seed=bytes(range(32))), Calls(calls)
    if not filled:
        upgrade(engine)
        took = _timed(lambda: Filler(engine, keys).fill(made))[0] / 1000
        settle(engine)
        print(f"{calls:,} calls in {engine.dialect.name}: loaded in {took:.0f} s")
        print("bytes a call: " + ", ".join(f"{name} {size / calls:,.0f}" for name, size in sizes(engine).items()))
    store, cpu = SqlCallStore(engine, keys), cpu_clock(engine)
    print(f"{'ms:':61}{'p50':>7}{'most':>7}{'CPU p50':>9}{'most':>7}{'next page':>11}")
    slowest, dearest = 0.0, 0.0
    for name, query in queries(made).items():
        found = store.search(query, limit=PAGE)
        times = Times([_timed(partial(store.search, query, limit=PAGE), cpu) for _ in range(TIMES)])
        line = f"{engine.dialect.name:11}{name:38}{len(found):3} found {times}"
        if len(found) == PAGE:
            last = (found[-1].started_at, found[-1].call_id)
            line += f"{_timed(partial(store.search, query, limit=PAGE, before=last), cpu)[0]:11.1f}"
        print(line, flush=True)
        slowest, dearest = max(slowest, times.wall[TIMES // 2]), max(dearest, times.cpu[TIMES // 2])
    print(f"{engine.dialect.name}: the slowest kind takes {slowest:.1f} ms, the dearest {dearest:.1f} ms of CPU (p50)")
    if not filled:
        write(engine.dialect.name, store, made, cpu)


def write(name: str, store: SqlCallStore, made: Calls, cpu: Callable[[], float]) -> None:
    """What a call more costs, and forgetting one of a full block."""
    records = [replace(made.record(number), call_id=f"new-{number}") for number in range(min(TIMES, made.count))]
    steps: dict[str, Callable[[int], None]] = {
        "store a call that ended": lambda number: store.save(records[number]),
        "index its words": lambda number: store.index_words(
            records[number].call_id, made.words(number), made.told(number)
        ),
        "forget an old call": lambda number: store.forget(made.record(number).call_id),
    }
    for step, work in steps.items():
        times = Times([_timed(partial(work, number), cpu) for number in range(len(records))])
        print(f"{name:11}{step:47} {times}", flush=True)


class Times:
    """Wall clock and CPU of one thing done some times, milliseconds, each in order."""

    def __init__(self, times: list[tuple[float, float]]) -> None:
        self.wall = sorted(wall for wall, _ in times)
        self.cpu = sorted(cpu for _, cpu in times)

    def __str__(self) -> str:
        middle = len(self.wall) // 2
        return f"{self.wall[middle]:8.1f}{self.wall[-1]:7.1f}{self.cpu[middle]:9.1f}{self.cpu[-1]:7.1f}"


def cpu_clock(engine: Engine) -> Callable[[], float]:
    """Seconds of CPU of this process and of the PostgreSQL server that serves it: other load does not change them."""
    if engine.dialect.name == "sqlite":
        return time.process_time
    with engine.connect() as connection:
        server = Path(f"/proc/{connection.execute(text('SELECT pg_backend_pid()')).scalar()}/schedstat")
    return lambda: time.process_time() + int(server.read_text().split()[0]) / 1e9


def _timed(work: Callable[[], object], cpu: Callable[[], float] = time.process_time) -> tuple[float, float]:
    """Milliseconds of wall clock, and of CPU."""
    began, worked = time.perf_counter(), cpu()
    work()
    return (time.perf_counter() - began) * 1000, (cpu() - worked) * 1000


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of our own."""
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
