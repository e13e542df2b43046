"""An hour of calls: memory and descriptors of what lives on grow by no more than one in a hundred."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.testing.engine import alive, private_memory_bytes, process_name
from ivr.testing.robot import RobotCaller
from tests.integration.conftest import Line, start_line

MINUTES = float(os.environ.get("IVR_SOAK_MINUTES", "60"))
SETTLE = 0.25
"""Share of the time that is no part of the comparison: what is made once has been made by then."""
GROWTH = 1.01
ROOM_BYTES = 1 << 20
"""A megabyte either way is the allocator's."""
CALLERS = int(os.environ.get("IVR_SOAK_CALLERS", "4"))
"""At once."""
SPARE = 2
"""Cells more than callers: some are being replaced after their share of calls."""
FEW = 8
"""Samples whose median is compared, so that a call in progress does not count."""


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    line = start_line(tmp_path_factory.mktemp("soak"), cells=CALLERS + SPARE)
    yield line
    line.engine.stop()


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds."""

    memory: int
    descriptors: int


def held(pid: int) -> Held:
    return Held(private_memory_bytes(pid), len(list(Path(f"/proc/{pid}/fd").iterdir())))


async def calls(line: Line, until: float) -> int:
    """One caller after another, each through the menu."""
    count = 0
    while time.monotonic() < until:
        async with RobotCaller(target=line.engine.target) as robot:
            call = await robot.dial()
            await call.hears_sound()
            await call.press("1")
            await asyncio.sleep(3.0)
            await call.press("4")
            await asyncio.sleep(5.0)
            await call.hang_up()
        count += 1
        await asyncio.sleep(0.3)
    return count


@pytest.mark.soak
async def test_an_hour_of_calls_leaves_nothing_behind(soaked: Line) -> None:
    until = time.monotonic() + MINUTES * 60
    pids = [soaked.engine.pid, *soaked.engine.children()]
    lives = [pid for pid in pids if not process_name(pid).startswith("ivr-cell")]
    working = [asyncio.ensure_future(calls(soaked, until)) for _ in range(CALLERS)]
    await asyncio.sleep(MINUTES * 60 * SETTLE)
    seen: dict[int, list[Held]] = {pid: [] for pid in lives}
    while time.monotonic() < until:
        for pid in lives:
            assert alive(pid), f"{process_name(pid)} ended"
            seen[pid].append(held(pid))
        await asyncio.sleep(5.0)
    served = await asyncio.gather(*working, return_exceptions=True)
    for pid, samples in seen.items():
        first, last = (_median(part) for part in (samples[:FEW], samples[-FEW:]))
        told = f"{process_name(pid)}: {first} at first, {last} at the end"
        assert last.memory <= first.memory * GROWTH + ROOM_BYTES, told
        assert last.descriptors <= first.descriptors * GROWTH + 1, told
    assert sum(one for one in served if isinstance(one, int)) > MINUTES * CALLERS * 2, served


def _median(samples: list[Held]) -> Held:
    middle = len(samples) // 2
    return Held(
        sorted(one.memory for one in samples)[middle], sorted(one.descriptors for one in samples)[middle]
    )  # fmt: skip
