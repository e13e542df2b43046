"""`python -m bench.idle`: what an engine costs while nobody calls, a process at a time.

    python -m bench.idle                         32 cells and the console
    python -m bench.idle --beside ../before      and the engine of another checkout, in turns, in one run

Counted are the CPU (user and system) and the wakes of all its processes, in ms and times a second, by the kernel's own
counts of each thread. Once in a minute every cell is asked whether it lives: rounds of a minute hold one such question.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ivr.errors import IvrError
from ivr.testing.engine import Engine, descendants
from ivr.testing.ports import free_port

DIALPLAN = Path(__file__).resolve().parent / "dialplans" / "prompt.yaml"
SETTLE_SECONDS = 10.0
"""After its start: the first questions are answered by then."""
MODULE = b"ivr.apps.wiring.process"


class OtherCheckout(Engine):
    """The engine of another directory's code, run by this one's interpreter."""

    code = ""

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "PYTHONPATH": self.code}


@dataclass(slots=True)
class Side:
    """One engine."""

    name: str
    pid: int
    cost: list[dict[str, float]] = field(default_factory=list)
    """Of each round: ms a second by process."""
    wakes: list[dict[str, float]] = field(default_factory=list)


def spent(pid: int) -> tuple[float, int]:
    """ms of CPU and wakes of all its threads so far."""
    milliseconds, wakes = 0.0, 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        milliseconds += int((task / "schedstat").read_text().split()[0]) / 1e6
        told = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines() if ":" in line)
        wakes += int(told["voluntary_ctxt_switches"])
    return milliseconds, wakes


def name_of(pid: int) -> str:
    """What the table calls it."""
    name = Path(f"/proc/{pid}/comm").read_text().strip()
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    if name.startswith("ivr-cell"):
        return "cells"
    if MODULE in words:
        return words[words.index(MODULE) + 1].decode()
    return "supervisor" if b"serve" in words else name


def measure(side: Side, seconds: float) -> None:
    """One round."""
    pids = [side.pid, *descendants(side.pid)]
    names, before, began = {pid: name_of(pid) for pid in pids}, {pid: spent(pid) for pid in pids}, time.monotonic()
    time.sleep(seconds)
    cost, wakes, passed = defaultdict[str, float](float), defaultdict[str, float](float), time.monotonic() - began
    for pid in pids:
        milliseconds, times = spent(pid)
        cost[names[pid]] += (milliseconds - before[pid][0]) / passed
        wakes[names[pid]] += (times - before[pid][1]) / passed
    side.cost.append(cost)
    side.wakes.append(wakes)


@contextmanager
def engine(name: str, cells: int, code: Path) -> Iterator[Side]:
    """One of its own, with its console."""
    with tempfile.TemporaryDirectory(prefix="ivridle") as directory:
        console = {"enabled": True, "listen": f"127.0.0.1:{free_port()}"}
        settings = {"console": console, "inspection": None, "media": {"relay": None, "relay_ports": None}}
        made = OtherCheckout(Path(directory), dialplan=DIALPLAN, cells=cells, settings=settings)
        made.code = str(code)
        made.start()
        try:
            yield Side(name, made.pid)
        finally:
            made.stop()


def report(sides: list[Side]) -> str:
    """A table a side, and the ratio."""
    lines: list[str] = []
    totals = [[sum(cost.values()) for cost in side.cost] for side in sides]
    for side, total in zip(sides, totals, strict=True):
        rounds = " ".join(f"{cost:.2f}" for cost in total)
        lines.append(f"{side.name}: {statistics.median(total):.2f} ms a second ({rounds})")
        for process in sorted(side.cost[0]):
            cost = statistics.median(one[process] for one in side.cost)
            wakes = statistics.median(one[process] for one in side.wakes)
            lines.append(f"  {process:<14}{cost:>8.2f} ms {wakes:>8.1f} wakes a second")
    if len(sides) > 1:
        first, second = (statistics.median(total) for total in totals)
        lines.append(f"ratio to {sides[1].name}: {first / second:.2f}")
    lines.append(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return "\n".join(lines)


def run(cells: int, seconds: float, rounds: int, beside: Path | None, say: Callable[[str], None]) -> list[Side]:
    """Start what is to be measured, all at once, and measure it in turns."""
    with ExitStack() as stack:
        sides = [stack.enter_context(engine("ivr", cells, Path(__file__).resolve().parent.parent))]
        if beside is not None:
            sides.append(stack.enter_context(engine(beside.name, cells, beside.resolve())))
        time.sleep(SETTLE_SECONDS)
        for number in range(rounds):
            for side in sides:
                say(f"round {number + 1} of {rounds}: {side.name}")
                measure(side, seconds)
    return sides


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description="What an engine costs that nobody calls.")
    parser.add_argument("--cells", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--beside", type=Path, metavar="DIRECTORY", help="another checkout, to compare with")
    options = parser.parse_args()
    try:
        sides = run(
            options.cells, options.seconds, options.rounds, options.beside, lambda text: print(text, file=sys.stderr)
        )
    except IvrError as error:
        sys.exit(f"bench.idle: {error}")
    sys.stdout.write(report(sides) + "\n")


if __name__ == "__main__":
    main()
