"""The first calls: whether a start is a newcomer's, and that the robot's process costs the engine nothing."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.first_calls import BEGINS, FirstCalls, robot, wanted

WAITS = """
import signal, sys, time
def leave(number, frame):
    open(sys.argv[1], "w").write("hung up")
    sys.exit(1)
signal.signal(signal.SIGINT, leave)
open(sys.argv[1], "w").write("calls")
time.sleep(60)
"""


class Said(list[str]):
    """What the operator reads."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def append(self, line: str) -> None:
        super().append(line)
        self._more.set()

    async def lines(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self) < count:
                self._more.clear()
                await self._more.wait()


def newcomers(tmp_path: Path, settings: str = "") -> bool:
    file = tmp_path / "ivr.yaml"
    file.write_text(settings)
    (tmp_path / "recordings").mkdir(exist_ok=True)
    return wanted(load_settings(file, {}))


def test_the_examples_are_called_until_something_is_recorded(tmp_path: Path) -> None:
    assert newcomers(tmp_path)
    (tmp_path / "recordings" / "README.md").touch()
    assert newcomers(tmp_path)
    (tmp_path / "recordings" / "2026" / "11" / "29").mkdir(parents=True)
    assert not newcomers(tmp_path)


@pytest.mark.parametrize(
    "settings",
    ["demo_calls: false", "dialplans: [{file: line.yaml}]", "sources: {bank: {url: https://bank.example}}"],
    ids=["refused", "own dialplans", "own systems"],
)
def test_nobody_calls_a_banks_own_line_or_where_it_was_refused(tmp_path: Path, settings: str) -> None:
    assert not newcomers(tmp_path, settings)


async def test_whoever_refuses_hears_nothing_of_it() -> None:
    said = list[str]()
    calls = FirstCalls((), said.append)
    calls.begin()
    calls.stop()
    await calls.over()
    assert said == []


async def test_the_robot_gives_way_and_what_became_of_its_calls_is_told() -> None:
    said = Said()
    ours = robot(None).index(sys.executable)
    looks = "import os, sys; sys.exit(os.nice(0) != 10)"
    calls = FirstCalls([*robot(None)[:ours], sys.executable, "-c", looks], said.append)
    calls.begin()
    assert said == [BEGINS]
    await said.lines(2)
    assert said[1].startswith("The demo's first calls are made")
    await calls.over()


async def test_calls_that_fail_are_told_with_the_way_to_make_them_again() -> None:
    said = Said()
    calls = FirstCalls([sys.executable, "-c", "print('a line'); raise SystemExit('nobody answers')"], said.append)
    calls.begin()
    await said.lines(2)
    assert "nobody answers" in said[1]
    assert "`ivr demo`" in said[1]
    none = FirstCalls(["/nowhere/robot"], said.append)
    none.begin()
    await said.lines(4)
    assert "does not start" in said[3]


async def test_an_engine_that_stops_lets_the_robot_hang_up_and_is_not_kept_from_stopping(tmp_path: Path) -> None:
    said, trace = list[str](), tmp_path / "trace"
    calls = FirstCalls([sys.executable, "-c", WAITS, str(trace)], said.append)
    calls.begin()
    async with asyncio.timeout(20):
        while not (trace.exists() and trace.read_text()):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)
        calls.stop()
        await calls.over()
    assert trace.read_text() == "hung up"
    assert len(said) == 1
