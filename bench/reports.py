"""Reports of many calls: how long each takes, and its memory. `python -m bench.reports [--calls 200000] [--keep HERE]`

Calls are sealed as a bank's are (bench.search_calls), so close together that half a year holds them all. Every one was
read by the shipped rules, one in twenty with a finding. Each report is made through the office, as a person makes it,
with its receipt, in a process of its own; beside it a process that only comes up. Printed, never asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from bench.console_house import House, house
from bench.search_calls import FIRST, SECONDS_APART, Calls
from ivr.adapters.sql.database import open_database
from ivr.adapters.sql.inspection_store import FOUND, SqlInspectionStore
from ivr.adapters.sql.model import InspectionRow
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.office import office
from ivr.apps.wiring.vault import open_key_store
from ivr.core.codec import plain
from ivr.core.compliance.findings import CallFindings, RulesUsed
from ivr.core.compliance.rule import Found, Ruleset, Severity
from ivr.core.compliance.rules_file import load_rules
from ivr.core.reports.definitions import DEFINITIONS
from ivr.core.reports.records import Kept, Records
from ivr.core.reports.report import MOST_DAYS, Days, day_of
from ivr.core.review.machine import FoundIn
from ivr.engine.office.reports import MakeReport, make

RULES = Path(__file__).parent.parent / "dialplans" / "rules" / "service-uk.yaml"
AT_ONCE = 4096
FINDING = 20
"""One call in so many has one."""
MEBI = 1024
"""KiB."""


def main() -> None:
    """Make the house, make each report, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.reports", description=__doc__)
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--keep", type=Path, help="directory to keep all in, or to ask again when it is there")
    parser.add_argument("--memory", action="store_true", help="the figures alone, of records that are in memory")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        _in_memory(options.calls)
        return
    if options.one:
        print(json.dumps(_made(options.keep, options.one, options.calls)))
        return
    with house(options.calls, options.keep) as at:
        if not (at.directory / "read").exists():
            _read(at, options.calls)
        print(f"{options.calls:,} calls, load {os.getloadavg()[0]:.1f}")
        print(f"{'report':16}{'seconds':>10}{'CPU':>8}{'MiB':>8}{'figures':>10}")
        for name in ("nothing", *DEFINITIONS):
            command = [sys.executable, "-m", "bench.reports", "--one", name, "--keep", str(at.directory)]
            ran = subprocess.run([*command, "--calls", str(options.calls)], capture_output=True, text=True, check=False)
            if ran.returncode:
                raise SystemExit(ran.stderr[-2000:])
            one = json.loads(ran.stdout)
            print(f"{name:16}{one['wall']:10.1f}{one['cpu']:8.1f}{one['rss']:8.0f}{one['figures']:10,}", flush=True)


def _made(directory: Path, name: str, calls: int) -> dict[str, float]:
    settings = load_settings(directory / "ivr.yaml", {})
    # The last day is left out: it also holds the house's own call, which would be one too many.
    last = FIRST + calls * SECONDS_APART - 86400.0
    since, until = max(FIRST, last - (MOST_DAYS - 2) * 86400.0), last
    if name in ("access", "retention"):
        since, until = time.time() - 86400.0, time.time()  # entries are of when the house was made
    began, before, figures = time.perf_counter(), time.process_time(), 0
    with office(settings) as at:
        if name in DEFINITIONS:
            figures = sum(1 for _ in make(at, MakeReport(name, day_of(since), day_of(until))).report.figures())
    return {
        "wall": time.perf_counter() - began,
        "cpu": time.process_time() - before,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBI,
        "figures": figures,
    }


def _in_memory(calls: int) -> None:
    """What a report costs beyond opening its records: memory of them all, then of each report's figures."""
    made, rules = Calls(calls), load_rules(RULES.read_text(encoding="utf-8"), source=RULES.name)
    before = _resident()
    read = frozenset(f"{rules.name}/{one.head.name}" for one in rules.rules)
    found, records = _findings(rules), [made.record(number) for number in range(calls)]
    of_calls = {
        one.call_id: FoundIn(found if number % FINDING == 0 else (), read) for number, one in enumerate(records)
    }
    days = Days.of(day_of(FIRST), day_of(FIRST + (MOST_DAYS - 1) * 86400.0))
    kept = {one.call_id: Kept.SEALED for one in records}
    given = Records(days, records, kept=kept, findings=of_calls, rules=(rules,))
    print(f"{calls:,} calls in memory: {_resident() - before:.0f} MiB, load {os.getloadavg()[0]:.1f}")
    print(f"{'report':16}{'CPU':>8}{'MiB':>8}{'figures':>10}")
    for name, definition in DEFINITIONS.items():
        before, began = _resident(), time.process_time()
        report = definition.report(given)
        figures, _ = sum(1 for _ in report.figures()), (report.sha256, report.calls_sha256)
        spent = time.process_time() - began
        print(f"{name:16}{spent:8.1f}{_resident() - before:8.0f}{figures:10,}", flush=True)


def _resident() -> float:
    """MiB that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def _findings(rules: Ruleset) -> tuple[Found, ...]:
    return (Found(f"{rules.name}/complaint", Severity.MAJOR, "a test", "complaint", "made", 0, 8000, 0.9, "caller"),)


def _read(at: House, calls: int) -> None:
    """Every call was read by the published rules."""
    at.command("inspect", "publish", str(RULES), "--reason", "bench")
    rules = load_rules(RULES.read_text(encoding="utf-8"), source=RULES.name)
    keys, engine = open_key_store(at.settings), open_database(at.settings.database_url)
    store, made = SqlInspectionStore(engine, keys), Calls(calls)
    for first in range(0, calls, AT_ONCE):
        with Session(engine) as session:
            session.add_all(_rows(store, made, rules, range(first, min(calls, first + AT_ONCE))))
            session.commit()
    (at.directory / "read").touch()


def _rows(store: SqlInspectionStore, made: Calls, rules: Ruleset, numbers: range) -> Iterator[InspectionRow]:
    """As the store writes them."""
    found = _findings(rules)
    for number in numbers:
        record = made.record(number)
        there = found if number % FINDING == 0 else ()
        kept = CallFindings(record.call_id, record.started_at, record.started_at, (RulesUsed.of(rules),), there)
        issued = store._keys.issue()
        row = InspectionRow(
            inspection_id=f"{kept.call_id}/{FOUND}", call_id=kept.call_id, part=FOUND, started_at=kept.started_at,
            at=kept.at, kek_id=issued.kek_id, wrapped=issued.wrapped,
        )  # fmt: skip
        store._seal(row, json.dumps(plain(kept), ensure_ascii=False).encode(), issued.key)
        yield row


if __name__ == "__main__":
    main()
