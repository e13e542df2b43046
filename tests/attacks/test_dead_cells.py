"""Whoever talked with a cell that died is told so by a BYE within seconds: nobody listens to nothing for a minute.

The caller, an agent, the target of a transfer; also when the hub died at the same moment, and without an edge.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.engine.bus.calls import DialogsHeld
from ivr.engine.hub.kept_dialogs import KeptDialogs
from ivr.testing.engine import alive
from ivr.testing.fake_stores import MemoryKeyStore
from ivr.testing.robot_call import RobotCall
from tests.integration.conftest import Line, start_line, until

SECONDS = 20.0
"""A hub starts again within some."""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    running = start_line(tmp_path_factory.mktemp("dead"), cells=3)
    yield running
    running.engine.stop()


def busy_cell(line: Line) -> int:
    """Process of the one cell with a call."""
    (pid,) = [cell["pid"] for cell in line.engine.status()["cells"] if cell["call_id"]]
    assert isinstance(pid, int)
    return pid


def hub(line: Line) -> int:
    """Process of the hub."""
    for pid in line.engine.children():
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"ivr.apps.wiring.process" in words and b"hub" in words:
            return pid
    raise AssertionError("there is no hub")


async def kill(line: Line, *pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: not any(alive(pid) for pid in pids), "what was killed is gone")


async def told(*calls: RobotCall) -> None:
    for call in calls:
        await call.wait_ended(SECONDS)
        assert call.ended_by_peer


def kept(line: Line) -> list[Path]:
    return list((line.engine.run_dir / "dialogs").glob("*"))


async def test_an_agent_and_their_caller_are_told(line: Line) -> None:
    async with line.desk() as agent, line.caller() as robot:
        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        await call.press("3")
        desk = await agent.takes_call()
        await call.silence(0.5)
        await kill(line, await asyncio.to_thread(busy_cell, line))
        await told(call, desk)
    await until(line.engine.ready, "the cell is replaced")
    await until(lambda: kept(line) == [], "what was done is forgotten")


async def test_the_target_of_a_transfer_is_told(line: Line) -> None:
    async with line.office() as office, line.caller() as robot:
        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        await call.press("8")
        far = await office.takes_call()
        await call.silence(0.5)
        await kill(line, await asyncio.to_thread(busy_cell, line))
        await told(call, far)
    await until(line.engine.ready, "the cell is replaced")


async def test_a_hub_that_dies_with_the_cell_is_followed_by_one_that_tells(line: Line) -> None:
    async with line.caller() as robot:
        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        cell = await asyncio.to_thread(busy_cell, line)
        await until(lambda: bool(kept(line)), "the hub notes nothing")
        await kill(line, hub(line), cell)
        await told(call)
    await until(line.engine.ready, "hub and cell are replaced", seconds=60)
    await until(lambda: kept(line) == [], "what was done is forgotten")


async def test_a_call_that_ends_leaves_nothing_noted(line: Line) -> None:
    async with line.caller() as robot:
        call = await robot.dial()
        await until(lambda: kept(line), "it is noted")
        await call.hang_up()
        await until(lambda: kept(line) == [], "a note outlives its call")


async def test_without_an_edge_the_hub_tells_by_itself(tmp_path: Path) -> None:
    line = await asyncio.to_thread(lambda: start_line(tmp_path, cells=1, edge=False))
    try:
        for transport in ("udp", "tcp"):
            async with line.caller(transport=transport) as robot:
                call = await robot.dial()
                await call.hears_sound(since=call.invited_at)
                await kill(line, await asyncio.to_thread(busy_cell, line))
                await told(call)
            await until(line.engine.ready, "the cell is replaced", seconds=60)
    finally:
        await asyncio.to_thread(line.engine.stop)


def test_a_note_counts_when_its_process_is_dead_and_damage_is_taken_away(tmp_path: Path) -> None:
    notes = KeptDialogs(tmp_path / "dialogs", MemoryKeyStore())
    held = DialogsHeld("call-1", (("received", "a", "b", "c", "d"),))
    notes.keep(os.getpid(), held)
    (mine,) = (tmp_path / "dialogs").iterdir()
    assert mine.stat().st_mode & 0o077 == 0
    assert "received" not in mine.read_text(), "addresses of callers are sealed"
    assert list(notes.left()) == []
    mine.rename(mine.with_name("4194305.json"))  # beyond any process id
    (tmp_path / "dialogs" / "7.json").write_text("{")
    assert [one.held for one in notes.left()] == [held]
    assert not (tmp_path / "dialogs" / "7.json").exists()
    notes.forget(4194305)
    assert list(notes.left()) == []
    notes.keep(os.getpid(), held)
    notes.keep(os.getpid(), DialogsHeld("call-1", ()))
    assert list((tmp_path / "dialogs").iterdir()) == []
