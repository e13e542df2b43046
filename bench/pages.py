"""Pages of the console among many calls: python -m bench.pages [--calls 1000000] [--keep DIRECTORY].

Each kind of search, then every page that needs no hub, as a browser asks for them; beside them, in the same run,
`ivr recordings find`. Printed, never asserted.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from bench.console_house import HOUR, House, house
from bench.search_calls import CHINESE, ENGLISH, FIRST, SECONDS_APART
from ivr.apps.web import pages
from ivr.apps.web.operation import OPERATIONS
from ivr.testing.console_visitor import ConsoleVisitor
from ivr.testing.engine import cpu_seconds

DAY_SECONDS = 86400.0


def day(calls: int, back: int) -> str:
    """So many days before the last call, UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(FIRST + calls * SECONDS_APART - back * DAY_SECONDS))


def searches(calls: int) -> dict[str, str]:
    """What the recordings page is asked for: name -> path."""
    asked = {
        "newest": {},
        "word, frequent": {"q": ENGLISH[0]},
        "word, rare": {"q": ENGLISH[-1]},
        "words, two frequent": {"q": f"{ENGLISH[0]} {ENGLISH[1]}"},
        "words that never meet": {"q": f"{ENGLISH[0]} {CHINESE[0]}"},
        "Chinese sentence": {"q": CHINESE[0] + CHINESE[1]},
        "agent": {"q": "agent:agent7"},
        "caller": {"q": "caller:+4420000007"},
        "outcome, frequent": {"outcome": "completed"},
        "outcome, rare": {"outcome": "crashed"},
        "flag": {"flag": "voice_unsure"},
        "flag and outcome": {"flag": "voice_unsure", "outcome": "failed"},
        "one day": {"since": day(calls, 100), "until": day(calls, 100)},
        "word in a week": {"q": ENGLISH[1], "since": day(calls, 107), "until": day(calls, 100)},
        "told and word": {"q": f"told:{ENGLISH[1]} {ENGLISH[2]}"},
        "disclosure and dialplan": {"q": "disclosure:loan_rate dialplan:loan"},
    }
    return {name: f"/recordings?{urlencode(one)}" for name, one in asked.items()}


def others(calls: int) -> dict[str, str]:
    """All other pages: name -> path."""
    pages.load()
    span = {"since": day(calls, 29), "until": day(calls, 0)}
    found = {
        path: path for (method, path), one in OPERATIONS.items() if method == "GET" and one.page and "{" not in path
    }
    found |= {
        "a call of an hour": f"/recordings/{HOUR}",
        "its waveform": f"/api/recordings/{HOUR}/waveform",
        "its thumbnail": f"/recordings/{HOUR}/thumbnail.svg",
        "warnings, 30 days": f"/warnings?{urlencode(span)}",
        "log, one new call": f"/audit?subject={calls - 7:032x}",
        "log, one old call": f"/audit?subject={7:032x}",
        "log, an action that never was": "/audit?action=key.retired",
        "log, one day": f"/audit?since={day(calls, 100)}&until={day(calls, 100)}",
        "log, an entry with its proof": f"/audit/{calls // 2}",
    }
    return found


class Asked:
    """Pages asked for, and how long each took."""

    def __init__(self, visitor: ConsoleVisitor, console: int, times: int) -> None:
        self._visitor, self._console, self._times = visitor, console, times

    def table(self, title: str, paths: dict[str, str]) -> None:
        """One row each, then all together."""
        print(f"{title + ', ms':40}{'p50':>8}{'p95':>8}{'most':>8}{'CPU':>8}")
        together: list[float] = []
        for name, path in paths.items():
            status = self._visitor.ask("GET", path).status
            if status != 200:
                print(f"{name:40} answers {status} here")
                continue
            before = cpu_seconds(self._console)
            took = [timed(partial(self._visitor.ask, "GET", path)) for _ in range(self._times)]
            spent = (cpu_seconds(self._console) - before) / self._times
            together += took
            print(f"{name:40}{row(took)}{spent * 1000:8.1f}", flush=True)
        print(f"{'together':40}{row(together)}")


def row(seconds: list[float], *parts: int) -> str:
    """Percentiles, milliseconds."""
    return "".join(f"{1000 * float(np.percentile(seconds, part)):8.1f}" for part in parts or (50, 95, 100))


def timed(work: Callable[[], object]) -> float:
    """Seconds that it took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def command_line(at: House, times: int) -> None:
    """The same search by the command line: a process each time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = [timed(lambda: at.command("recordings", "find", ENGLISH[0], "--limit", "25")) for _ in range(times)]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{'ivr recordings find, a frequent word':40}{row(took)}{spent / times * 1000:8.1f}")


def main() -> None:
    """Make the house, ask, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40, help="that each page is asked for")
    parser.add_argument("--keep", type=Path, help="directory to keep all in, or to ask again when it is there")
    options = parser.parse_args()
    with house(options.calls, options.keep) as at, at.open() as (visitor, console):
        print(f"load {os.getloadavg()[0]:.1f}")
        asked = Asked(visitor, console, options.times)
        asked.table("recordings page", searches(options.calls))
        command_line(at, 5)
        asked.table("other pages", others(options.calls))


if __name__ == "__main__":
    main()
