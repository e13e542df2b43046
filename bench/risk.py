"""What a call's risk costs: python -m bench.risk [--calls 100000]. Scoring it, and counting the calls before it.

Printed, never asserted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.search_calls import FIRST, SECONDS_APART, Calls, Filler, settle
from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.database import open_database, upgrade
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.runtime.weighing import Weighing
from ivr.core.orders.calls import CallArrived
from ivr.testing.fake_stores import MemoryKeyStore

TIMES = 201
SCORES = 20_000
DIALPLAN = """\
name: bank
version: "1"
languages: [en]
start: bye
values: {bank_risk: text, registered: text}
hours: {awake: {weekly: {mon-sun: "07:00-22:00"}}}
risk:
  signals:
    withheld: 30
    unvouched: 10
    diverted: 10
    attestation: {A: 0, B: 10, C: 20, failed: 60, none: 10}
    new_number: {days: 90, points: 10}
    many_calls: {from: 5, hours: 1, points: 25}
    odd_hour: {outside: awake, points: 15}
    failures: {from: 3, points: 60}
    bank: {value: bank_risk, points: {low: 0, medium: 40, high: 80}}
    mismatch: {value: registered, points: 20}
    duress: {phrases: {en: [they made me call]}, points: 60}
states:
  bye: {lookup: b.q, given: {}, keep: {bank_risk: a, registered: b}, go: end, failed: end}
  end: {hang_up: completed}
"""


def scored() -> float:
    """Microseconds of processor time for a look at everything that is known."""
    plan = load_dialplan(DIALPLAN, source="bench")
    weighing = Weighing(plan.risk, CallArrived("c", "sip:+85291234567@t", "1", FIRST))
    values = {"bank_risk": "low", "registered": "+85291234567"}
    began = time.thread_time()
    for number in range(SCORES):
        weighing.weigh(values, failures=0, hours=plan.hours, wall=FIRST + number, passed=float(number))
    return (time.thread_time() - began) / SCORES * 1e6


def counted(calls: int) -> dict[str, tuple[float, float]]:
    """Question -> (median, 99th percentile) in ms, among so many calls."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'calls.db'}")
        upgrade(engine)
        keys, made = MemoryKeyStore(), Calls(calls)
        Filler(engine, keys).fill(made)
        settle(engine)
        store, now = SqlCallStore(engine, keys), FIRST + calls * SECONDS_APART
        callers = [made.record(number).caller for number in range(0, calls, max(1, calls // TIMES))]
        return {
            "of a number, an hour": _timed(callers, lambda one: store.of_caller(one, since=now - 3600, limit=5)),
            "of a number, 90 days": _timed(callers, lambda one: store.of_caller(one, since=now - 90 * 86400, limit=1)),
            "about a value, a day": _timed(
                callers, lambda one: store.with_value("reference", one[-6:], since=now - 86400, limit=5)
            ),
        }


def _timed(asked: list[str], ask: Callable[[str], object]) -> tuple[float, float]:
    took = []
    for one in asked:
        began = time.perf_counter()
        ask(one)
        took.append((time.perf_counter() - began) * 1e3)
    took.sort()
    return took[len(took) // 2], took[int(len(took) * 0.99)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    calls = parser.parse_args().calls
    print(f"one look at all signals: {scored():.1f} µs of processor time")
    for question, (median, late) in counted(calls).items():
        print(f"calls {question:22} median {median:6.2f} ms  p99 {late:6.2f} ms   among {calls} calls")


if __name__ == "__main__":
    main()
