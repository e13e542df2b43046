"""What may never bring the line down: hostile messages, too many calls, and the death of any part of it."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import time
from pathlib import Path

import pytest

from ivr.errors import PeerError
from ivr.testing.engine import alive, answers_options
from ivr.testing.hearing import hears
from ivr.testing.hostile_sip import damaged, hostile
from ivr.testing.listening import find
from ivr.testing.robot import CallRefused, RobotCall
from tests.integration.conftest import Dialled, Line
from tests.integration.test_agent_leg import voice_of


async def serves(line: Line) -> None:
    """A caller is greeted."""
    async with line.caller() as robot:
        call = await robot.dial()
        await hears(call, line.prompt("Welcome"))


async def until(check: object, *, seconds: float = 20.0) -> None:
    """Wait until `check()` holds."""
    assert callable(check)
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(check):
        assert time.monotonic() < deadline, "it did not come back"
        await asyncio.sleep(0.3)


def test_no_hostile_message_costs_a_process(line: Line) -> None:
    before = sorted(line.engine.children())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        port = sender.getsockname()[1]
        for name, data in hostile("service", "127.0.0.1", port):
            sender.sendto(data, line.engine.target)
            time.sleep(0.02)
            assert answers_options(line.engine.target, seconds=5), f"no answer after: {name}"
        for data in damaged("service", "127.0.0.1", port, count=300, seed=20261121):
            sender.sendto(data, line.engine.target)
            time.sleep(0.002)
    time.sleep(1.0)
    assert answers_options(line.engine.target, seconds=5)
    assert sorted(line.engine.children()) == before


def test_no_hostile_message_costs_a_cell_that_it_reaches(line: Line) -> None:
    before = line.engine.status()["cells"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        port = sender.getsockname()[1]
        host, cell_port = before[0]["sip"].split(":")
        for name, data in hostile("service", "127.0.0.1", port):
            sender.sendto(data, (host, int(cell_port)))
            time.sleep(0.02)
            assert alive(before[0]["pid"]), f"the cell died of: {name}"
        for data in damaged("service", "127.0.0.1", port, count=300, seed=7):
            sender.sendto(data, (host, int(cell_port)))
            time.sleep(0.004)
    time.sleep(1.0)
    assert [cell["pid"] for cell in line.engine.status()["cells"]] == [cell["pid"] for cell in before]


async def test_the_line_still_serves_after_hostility(line: Line) -> None:
    def idle() -> bool:
        return all(cell["state"] == "idle" for cell in line.engine.status()["cells"])

    await until(idle, seconds=45)
    await serves(line)


async def test_more_callers_than_cells_are_told_to_come_back(line: Line) -> None:
    count = line.engine.settings["cells"]["count"]
    async with line.caller() as robot:
        outcomes = await asyncio.gather(*(robot.dial() for _ in range(count + 6)), return_exceptions=True)
        answered = [call for call in outcomes if isinstance(call, RobotCall)]
        refused = [error for error in outcomes if isinstance(error, CallRefused)]
        assert len(answered) == count
        assert [error.code for error in refused] == [503] * 6
        assert all(error.response.headers.get("retry-after") for error in refused)
        await asyncio.gather(*(hears(call, line.prompt("Welcome")) for call in answered))
    await asyncio.sleep(0.3)
    await serves(line)


async def test_a_killed_cell_costs_its_own_call_only_and_its_recording_opens(line: Line) -> None:
    began, said = time.time(), voice_of(31)
    async with line.caller() as robot:
        doomed, other = await asyncio.gather(robot.dial(), robot.dial())
        await doomed.press("7")
        await doomed.say(said)
        await doomed.silence(0.5)
        cells = (await asyncio.to_thread(line.engine.status))["cells"]
        assert doomed.theirs is not None
        victim = next(cell for cell in cells if f":{port_of(doomed)}" in cell["sip"])
        os.kill(victim["pid"], signal.SIGKILL)
        await asyncio.sleep(0.5)
        spoken = await other.press("1")
        await hears(other, line.prompt("Forwarding"), since=spoken.began)
        quiet = await doomed.hears(0.5)
        assert not any(quiet)
        await doomed.close()
        robot.calls = {name: call for name, call in robot.calls.items() if call is not doomed}

    def restored() -> bool:
        return len(line.engine.status()["cells"]) == len(cells)

    await until(restored)
    record = next(found for found in line.records() if found["call_id"] == victim["call_id"])
    assert record["started_at"] >= began - 1
    assert record["outcome"] == "crashed"
    (kept,) = await asyncio.to_thread(line.recorded, victim["call_id"], "caller.in", salvage=True)
    assert find(said, kept).score > 0.98
    await serves(line)


def port_of(call: RobotCall) -> int:
    """SIP port of the cell that carries a call, from its Contact."""
    return int(call.dialog.target.split(":")[-1].split(";")[0])


async def test_a_killed_speech_service_leaves_the_keys_working(line: Line, dial: Dialled) -> None:
    async with dial() as call:
        await hears(call, line.prompt("Welcome"))
        os.kill(speech_pid(line), signal.SIGKILL)
        spoken = await call.press("1")
        await hears(call, line.prompt("Forwarding"), since=spoken.began)
        spoken = await call.press("2")
        await hears(call, line.prompt("A telephone number"), since=spoken.began)
    await until(line.engine.ready, seconds=60)


def speech_pid(line: Line) -> int:
    """Of the process that listens on the speech socket."""
    for pid in line.engine.children():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"speech" in words:
            return pid
    raise AssertionError("no speech service runs")


async def test_a_killed_hub_ends_no_call_and_new_ones_are_served(line: Line, dial: Dialled) -> None:
    hub = (await asyncio.to_thread(line.engine.status))["hub"]["pid"]
    async with dial() as call:
        await hears(call, line.prompt("Welcome"))
        os.kill(hub, signal.SIGKILL)
        spoken = await call.press("1")
        await hears(call, line.prompt("Forwarding"), since=spoken.began)
        await serves(line)
    await until(line.engine.ready, seconds=30)


async def test_a_call_that_can_no_longer_be_recorded_is_ended_with_an_apology(line: Line) -> None:
    async with line.caller() as robot:
        call = await robot.dial()
        await hears(call, line.prompt("Welcome"))
        cells = (await asyncio.to_thread(line.engine.status))["cells"]
        pid = next(cell["pid"] for cell in cells if f":{port_of(call)}" in cell["sip"])
        # A disk that takes no more: the kernel refuses every write beyond this size (EFBIG).
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        failed = time.monotonic()
        try:
            await hears(call, line.prompt("We are sorry. We cannot"), since=failed)
            await call.wait_ended(20)
            with pytest.raises(PeerError):  # the same cell cannot record the next one: refused, others serve
                await refused_by(line, pid)
        finally:
            if alive(pid):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    alarms = (await asyncio.to_thread(line.engine.status))["alarms"]
    assert any(alarm["kind"] == "recording" for alarm in alarms)
    await serves(line)


async def refused_by(line: Line, pid: int) -> None:
    """Dial that one cell directly, past the edge."""
    from ivr.testing.robot import RobotCaller

    cells = (await asyncio.to_thread(line.engine.status))["cells"]
    host, port = next(cell["sip"] for cell in cells if cell["pid"] == pid).split(":")
    async with RobotCaller(target=(host, int(port))) as robot:
        call = await robot.ring()
        await robot.progressed(call, 183)
        await hears(call, line.prompt("We are sorry. We cannot"))
        await robot.answered(call)
