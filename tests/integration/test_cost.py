"""What a call costs, counted, as counts do not depend on the machine: how often a cell wakes, and calls the kernel."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from ivr.adapters.pjsip.media_clock import MediaClock
from tests.integration.conftest import Line

SECONDS = 4.0
WAKES_MOST = 130
"""A second: 50 frames are sent, and a block is sealed and written five to six times. One wake a frame of Python and of
the recorder, each with its waits for the other, made 150 and more."""
CALLS_MOST = 420
"""System calls a second: five a frame (sleep, look, receive, find nothing more, send), and some for each block."""


def busiest(pids: list[int], before: dict[int, int]) -> int:
    """The cell that woke most often."""
    return max(pids, key=lambda pid: wakes(pid) - before[pid])


def wakes(pid: int) -> int:
    """Sleeps of all its threads so far, each of which ended in a wake."""
    found = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        counted = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text(), re.MULTILINE)
        found += int(counted[1]) if counted else 0
    return found


def system_calls(pid: int, seconds: float) -> dict[str, int] | None:
    """By name, as strace counts them; None where it is not there, or may not look."""
    if shutil.which("strace") is None:
        return None
    words = ["timeout", "-s", "INT", f"{seconds:g}", "strace", "-c", "-f", "-p", str(pid)]
    told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds + 20).stderr
    rows = [line.split() for line in told.splitlines()]
    counts = {row[-1]: int(row[3]) for row in rows if len(row) >= 5 and row[3].isdigit() and row[-1] != "total"}
    return counts or None


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
        first, began = wakes(pid), time.monotonic()
        await asyncio.sleep(SECONDS)
        assert (wakes(pid) - first) / (time.monotonic() - began) < WAKES_MOST
        counts = await asyncio.to_thread(system_calls, pid, SECONDS)
    if counts is not None:
        assert sum(counts.values()) / SECONDS < CALLS_MOST, counts
        assert counts.get("fdatasync", 0) / SECONDS < 8, counts
