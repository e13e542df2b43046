"""The engine as a family of processes: whichever dies, the calls that it does not carry go on, and it comes back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.engine.supervisor.pulse import MISSES_MAX, PING_SECONDS
from ivr.engine.supervisor.rest import ASK_AFTER_SECONDS
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.engine import IVR, Engine, alive, freeze
from ivr.testing.hearing import hears
from ivr.testing.robot import CallRefused, RobotCaller
from ivr.testing.robot_call import RobotCall
from tests.integration.conftest import DIALPLANS, Line, port_of, start_line, until

RECOVERY_SECONDS = 30.0


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """An engine whose processes are killed one after another."""
    running = start_line(tmp_path_factory.mktemp("family"), cells=2, settings={"drain_seconds": 20})
    yield running
    children = running.engine.children()
    running.engine.stop()
    assert not [pid for pid in children if alive(pid)], "the engine left processes behind"


def named(engine: Engine, name: str) -> int:
    """Pid of the child of that name."""
    found = engine.named(name)
    assert found, f"there is no {name}"
    return found[0]


async def dials(robot: RobotCaller) -> RobotCall:
    """Dial like a caller who was told 503 with Retry-After: again, while the engine recovers."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            return await robot.dial()
        except CallRefused as refusal:
            if refusal.code != 503 or time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.3)


async def is_served(line: Line, call: RobotCall) -> None:
    """The call goes on: a key is answered, pressed when the cell has learnt where its caller sends from."""
    await hears(call, line.prompt("Welcome"))
    spoken = await call.press("1")
    await hears(call, line.prompt("Forwarding is what"), since=spoken.began)


async def test_a_cell_killed_in_a_call_costs_that_call_and_no_other(family: Line) -> None:
    began = time.time()
    async with family.caller() as one, family.caller() as other:
        victim, survivor = await dials(one), await dials(other)
        await until(lambda: len(_busy(family)) == 2, "the hub does not know of the calls")
        (killed,) = [cell for cell in _busy(family) if cell["sip"].endswith(f":{port_of(victim)}")]
        await hears(victim, family.prompt("Welcome"))
        os.kill(killed["pid"], signal.SIGKILL)
        await victim.wait_ended(timeout=20)  # a BYE in the dead cell's name: nobody listens to nothing for a minute
        await is_served(family, survivor)
        await until(family.engine.ready, "the killed cell is not replaced")
        alarms = [alarm["kind"] for alarm in family.engine.status()["alarms"]]
        assert "cell_died" in alarms
        assert "cell_lost" in alarms
        await survivor.hang_up()
    await until(lambda: _outcomes(family, began).count("crashed") == 1, "the lost call has no record")
    crashed = next(one for one in family.records() if one["outcome"] == "crashed")
    call_id = crashed["call_id"]
    assert crashed["states"] == ["menu"], "what the log has of the call is in its record"
    assert "nobody hung up: our process died" in family.engine.command("recordings", "show", call_id).stdout
    (audio,) = await asyncio.to_thread(lambda: family.recorded(call_id, "caller.out", salvage=True))
    assert len(audio) > 8000, "what was recorded until then is kept"


async def test_a_killed_hub_is_back_and_the_call_it_knew_ends_up_in_the_database(family: Line) -> None:
    began = time.time()
    async with family.caller() as robot:
        call = await dials(robot)
        await until(lambda: len(_busy(family)) == 1, "the hub does not know of the call")
        os.kill(named(family.engine, "ivr-hub"), signal.SIGKILL)
        await is_served(family, call)
        await until(family.engine.ready, "the hub is not back")
        await until(lambda: len(_busy(family)) == 1, "the new hub does not know of the call")
        await call.hang_up()
    record = await asyncio.to_thread(family.record, began)
    assert record["outcome"] in ("abandoned", "completed")


async def test_a_call_that_ends_while_there_is_no_hub_is_stored_when_there_is_one(family: Line) -> None:
    began = time.time()
    async with family.caller() as robot:
        call = await dials(robot)
        await until(lambda: len(_busy(family)) == 1, "the hub does not know of the call")
        os.kill(named(family.engine, "ivr-hub"), signal.SIGKILL)
        await call.hang_up()
    await until(family.engine.ready, "the hub is not back")
    assert (await asyncio.to_thread(family.record, began))["ended_at"]


async def test_without_speech_a_call_goes_on_by_keys_and_speech_comes_back(family: Line) -> None:
    async with family.caller() as robot:
        call = await dials(robot)
        os.kill(named(family.engine, "ivr-speech"), signal.SIGKILL)
        await is_served(family, call)
        await call.hang_up()
    before = named(family.engine, "ivr-nursery")
    await until(lambda: named(family.engine, "ivr-speech"), "speech is not back", seconds=60)
    await until(family.engine.ready, "the engine is not well again", seconds=60)
    assert named(family.engine, "ivr-nursery") == before


async def test_a_killed_edge_is_back_for_new_callers_and_running_calls_do_not_notice(family: Line) -> None:
    async with family.caller() as robot, family.caller() as newcomer:
        call = await dials(robot)
        back = family.engine.kill_edge()
        await is_served(family, call)
        await until(back, "the edge is not back")
        await until(lambda: all(map(alive, family.engine.children())), "zombies of the killed edge stay")
        other = await dials(newcomer)
        await is_served(family, other)
        await other.hang_up()
        await call.hang_up()
    idle = lambda: not any(cell["call_id"] for cell in family.engine.status()["cells"])  # noqa: E731
    await until(idle, "a BYE is lost", seconds=10)


async def test_a_call_that_we_end_after_the_edge_was_killed_ends_for_the_caller_too(family: Line) -> None:
    async with family.caller() as robot:
        call = await dials(robot)
        await until(family.engine.kill_edge(), "the edge is not back")
        await until(lambda: family.engine.edge_table("calls"), "the new edge is not told of the call")
        await call.press("9")
        await call.wait_ended(timeout=10)


async def test_a_killed_nursery_leaves_running_calls_alone_and_new_cells_come(family: Line) -> None:
    async with family.caller() as robot:
        call = await dials(robot)
        await until(lambda: len(_busy(family)) == 1, "the hub does not know of the call")
        before = family.engine.cell_pids()
        os.kill(named(family.engine, "ivr-nursery"), signal.SIGKILL)
        await is_served(family, call)
        await call.hang_up()
    await until(lambda: not set(before) & set(family.engine.cell_pids()), "the old cells do not end")
    await until(family.engine.ready, "there are no new cells")
    async with family.caller() as robot:
        call = await dials(robot)
        await is_served(family, call)
        await call.hang_up()


async def test_an_agent_added_while_it_runs_registers_and_talks_with_a_caller(family: Line, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n")
    assert family.engine.command("agents", "remove", "desk").returncode == 0
    added = family.engine.command("agents", "add", "alice", "--password-file", str(secret))
    assert added.returncode == 0, added.stderr

    def agent() -> str:
        return str({one["name"]: one["state"] for one in family.engine.status()["agents"]}.get("alice"))

    await until(lambda: agent() == "unreachable", "the hub does not know the new agent")
    await until(lambda: "alice" in (family.engine.edge_table("ha1") or ()), "the edge is not told of the agent")
    phone = RobotAgent(user="alice", registrar=family.engine.target, password="correct horse")
    async with phone, family.caller() as robot:
        await until(lambda: agent() == "available", "the registration is not noticed")
        call = await dials(robot)
        await hears(call, family.prompt("Welcome"))
        await call.press("3")
        desk = await phone.takes_call(30.0)
        await until(lambda: agent() == "talking", "the hub does not know that they talk")
        os.kill(named(family.engine, "ivr-hub"), signal.SIGKILL)
        await until(family.engine.ready, "the hub is not back")
        await until(lambda: agent() == "talking", "the new hub would offer an agent who is talking")
        await call.hang_up()
        await desk.wait_ended()
        await until(lambda: agent() == "available", "the agent stays taken")
    await until(lambda: agent() == "unreachable", "the phone's going is not noticed")


@pytest.mark.slow
async def test_a_cell_that_hangs_is_noticed_and_replaced(family: Line) -> None:
    victim = family.engine.cell_pids()[0]
    freeze(victim)
    # Stopped in the half second after an answer it is taken for asleep, and asked again a minute later (`rest`).
    noticed = ASK_AFTER_SECONDS + MISSES_MAX * 2 * PING_SECONDS
    await until(lambda: not alive(victim), "the hanging cell lives on", seconds=noticed)
    await until(family.engine.ready, "the hanging cell is not replaced")


def test_a_second_engine_on_the_same_data_is_refused_and_told_of_the_first(family: Line) -> None:
    second = family.engine.command("serve", timeout_seconds=30)
    assert second.returncode == 2
    assert f"(pid {family.engine.pid})" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_that_is_taken_is_said_with_who_holds_it(family: Line, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        engine = Engine(tmp_path, dialplan=DIALPLANS / "early.yaml", settings={"sip": {"listen": f"127.0.0.1:{port}"}})
        refused = engine.command("serve", timeout_seconds=30)
    assert refused.returncode == 4
    assert f"UDP port {port} on 127.0.0.1" in refused.stderr
    assert f"(pid {os.getpid()})" in refused.stderr
    assert "sip.listen" in refused.stderr


async def test_told_to_stop_it_refuses_new_callers_lets_the_call_end_and_leaves_nothing(tmp_path: Path) -> None:
    line = await asyncio.to_thread(lambda: start_line(tmp_path, cells=2, settings={"drain_seconds": 20}))
    family = line.engine.children()
    supervisor = line.engine._process
    assert supervisor is not None
    try:
        async with line.caller() as robot, line.caller() as late:
            call = await robot.dial()
            supervisor.send_signal(signal.SIGTERM)
            await until(lambda: "running calls may end" in line.engine.log_text(), "SIGTERM is not noticed")
            with pytest.raises(CallRefused) as refusal:
                await late.dial(timeout_seconds=10)
            assert refusal.value.code == 503
            await is_served(line, call)
            assert supervisor.poll() is None
            await call.hang_up()
        code = await asyncio.to_thread(supervisor.wait, 15)
        assert code == 0
        assert not [pid for pid in family if alive(pid)]
        assert not list(line.engine.run_dir.glob("**/*.sock"))
        log = await asyncio.to_thread(line.engine.command, "audit", "log", "--json")
        denied = [one for one in map(json.loads, log.stdout.splitlines()) if one["action"] == "edge.denied"]
        assert [(one["subject"], one["details"]["count"], one["details"]["part"]) for one in denied] == [
            ("closing", 1, True)
        ]
    finally:
        await asyncio.to_thread(line.engine.stop)


async def test_a_supervisor_killed_under_a_call_costs_no_call_and_the_next_one_takes_it_in(tmp_path: Path) -> None:
    line = await asyncio.to_thread(lambda: start_line(tmp_path, cells=2))
    engine, began = line.engine, time.time()
    try:
        family = engine.children()
        assert len(family) > 5
        async with line.caller() as robot, line.caller() as newcomer:
            call = await robot.dial()
            await until(lambda: _busy(line), "the hub does not know of the call")
            busy = {cell["pid"] for cell in _busy(line)}
            os.kill(engine.pid, signal.SIGKILL)
            await is_served(line, call)
            await asyncio.to_thread(engine.start)
            assert "1 running calls go on" in engine.log_text()
            assert busy < set(engine.cell_pids()), "the cell with the call is taken in"
            await is_served(line, call)
            other = await dials(newcomer)
            await is_served(line, other)
            await call.hang_up()
            await until(lambda: not [pid for pid in family if alive(pid)], "something of the first engine lives on")
            await until(engine.ready, "the cell is not replaced")
            await other.hang_up()
        await until(lambda: _outcomes(line, began) == ["abandoned"] * 2, "a call is not in the database as it was")
    finally:
        await asyncio.to_thread(engine.stop)


async def test_a_supervisor_killed_outright_leaves_no_process_behind(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "engine", dialplan=DIALPLANS / "early.yaml", cells=1)
    await asyncio.to_thread(engine.start)
    try:
        family = engine.children()
        os.kill(engine.pid, signal.SIGKILL)
        await until(lambda: not [pid for pid in family if alive(pid)], "processes outlive their supervisor", seconds=15)
    finally:
        await asyncio.to_thread(engine.stop)


def _busy(line: Line) -> list[dict[str, Any]]:
    """Cells that carry a call, as far as the hub knows."""
    return [cell for cell in line.engine.status()["cells"] if cell["state"] == "busy" and cell["call_id"]]


def _outcomes(line: Line, since: float) -> list[str]:
    return [record["outcome"] for record in line.records() if record["started_at"] >= since]


def test_help_of_serve_runs_without_an_engine() -> None:
    shown = subprocess.run([*IVR, "serve", "--help"], capture_output=True, text=True, check=True, timeout=30)
    assert "--no-edge" in shown.stdout
