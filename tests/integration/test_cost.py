"""What an idle engine and a call cost, counted, as counts do not depend on the machine: wakes, calls of the kernel."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ivr.adapters.pjsip.media_clock import MediaClock
from ivr.testing.engine import process_name
from ivr.testing.ports import free_port
from tests.integration.conftest import Line, start_line

SECONDS = 4.0
WAKES_MOST = 90
"""A second: 50 frames are sent, and a block is sealed and written five to six times, each with a wait or two of the
recorder's for Python: some 60. Looking at all else after each block, and Python for each frame, made 83 and 150."""
CALLS_MOST = 7.0
"""System calls for each packet that is sent: five a frame (sleep, look, receive, find nothing more, send), and some for
each block of nine: about 5.7 in all."""
SYNCS_MOST = 0.06
"""What is made durable for each packet: once a second, and some facts."""
WINDOWS_MOST = 5
IDLE_MOST = {
    "ivr-cell": 0.0, "ivr-supervisor": 5.0, "ivr-hub": 20.0, "ivr-console": 5.0, "ivr-keeper": 5.0,
    "ivr-inspector": 5.0, "kamailio": 45.0,
}  # fmt: skip
"""Wakes a second while nobody calls, of all threads of all processes of a name. Kamailio's own clock makes 16; one
question a second to the edge makes some 7 of the hub; the console looks at the clock."""
ROUND_SECONDS = 7.0
"""Holds at least one round of the supervisor, which asks every 5 s the cells that did not sleep since."""
ROUNDS_MOST = 20
"""A crowded machine needs some until all is started and each cell was seen asleep; one in a minute holds the question
to all of them."""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """Its cells have had no call yet: for a while after one, a cell looks again and again."""
    console = {"enabled": True, "listen": f"127.0.0.1:{free_port()}"}
    settings = {"console": console, "inspection": None}
    running = start_line(tmp_path_factory.mktemp("cost"), cells=4, settings=settings)
    yield running
    running.engine.stop()


async def test_there_are_times_in_which_cells_sleep_and_the_others_wake_seldom_while_nobody_calls(line: Line) -> None:
    for _ in range(ROUNDS_MOST):
        found = await idle_round(line)
        if all(name in found and found[name] <= most for name, most in IDLE_MOST.items()):
            return
    raise AssertionError(f"wakes a second of the last round: {found}")


async def idle_round(line: Line) -> dict[str, float]:
    """Wakes a second by name."""
    pids = [line.engine.pid, *line.engine.children()]
    before, began = {pid: wakes(pid) for pid in pids}, time.monotonic()
    await asyncio.sleep(ROUND_SECONDS)
    found: dict[str, float] = {}
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            name = "ivr-supervisor" if pid == line.engine.pid else name_of(pid)
            found[name] = found.get(name, 0.0) + (wakes(pid) - before[pid]) / (time.monotonic() - began)
    return found


def name_of(pid: int) -> str:
    """As `ps` shows it, without a number."""
    return re.sub(r"-\d+$", "", process_name(pid))


def busiest(pids: list[int], before: dict[int, int]) -> int:
    """The cell that woke most often."""
    return max(pids, key=lambda pid: wakes(pid) - before[pid])


def wakes(pid: int) -> int:
    """Sleeps of all its threads so far, each of which ended in a wake."""
    found = 0
    with suppress(FileNotFoundError, ProcessLookupError):  # it ends just now, or one of its threads
        for task in Path(f"/proc/{pid}/task").iterdir():
            counted = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text(), re.MULTILINE)
            found += int(counted[1]) if counted else 0
    return found


def system_calls(pid: int, seconds: float) -> dict[str, int]:
    """By name, as strace counts them."""
    words = ["timeout", "-s", "INT", f"{seconds:g}", "strace", "-c", "-f", "-p", str(pid)]
    told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds + 20).stderr
    if "Operation not permitted" in told:
        pytest.skip(f"no process may be traced here: {told.strip()}")
    rows = [line.split() for line in told.splitlines()]
    counts = {row[-1]: int(row[3]) for row in rows if len(row) >= 5 and row[3].isdigit() and row[-1] != "total"}
    assert counts, told
    return counts


async def wakes_a_second(pid: int) -> float:
    """Of one cell, in the quietest of some looks: on a crowded machine frames come late, and pass one by one."""
    quietest = float("inf")
    for _ in range(WINDOWS_MOST):
        first, began = wakes(pid), time.monotonic()
        await asyncio.sleep(SECONDS)
        quietest = min(quietest, (wakes(pid) - first) / (time.monotonic() - began))
        if quietest < WAKES_MOST:
            break
    return quietest


async def test_a_silent_recorded_call_wakes_seldom_and_asks_the_kernel_for_little(line: Line) -> None:
    if not MediaClock.is_built():
        pytest.skip("no C was built here: each frame is moved by Python")
    async with line.caller() as robot:
        await robot.dial()
        await asyncio.sleep(1.0)
        pids = line.engine.cell_pids()
        before = {pid: wakes(pid) for pid in pids}
        await asyncio.sleep(1.0)
        pid = busiest(pids, before)
        assert await wakes_a_second(pid) < WAKES_MOST
        for _ in range(WINDOWS_MOST):
            counts = await asyncio.to_thread(system_calls, pid, SECONDS)
            if calls_a_packet(counts) < CALLS_MOST:
                break
    assert calls_a_packet(counts) < CALLS_MOST, counts
    assert counts.get("fdatasync", 0) < SYNCS_MOST * counts["sendto"], counts


def calls_a_packet(counts: dict[str, int]) -> float:
    """Fifty packets a second are sent, however busy the machine is and however long it was looked at."""
    return sum(counts.values()) / max(1, counts.get("sendto", 0))
