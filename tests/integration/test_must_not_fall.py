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
from ivr.testing.dialog import Dialog
from ivr.testing.engine import alive, answers_options
from ivr.testing.hearing import heard_well, hears, voice_of
from ivr.testing.hostile_sip import damaged, hostile
from ivr.testing.robot import CallRefused, RobotCall
from ivr.testing.sip import Headers, SipRequest, SipResponse, parse
from ivr.testing.sip_wire import token
from tests.integration.conftest import Dialled, Line, port_of, until


async def serves(line: Line) -> None:
    """A caller is greeted."""
    async with line.caller() as robot:
        call = await robot.dial()
        await hears(call, line.prompt("Welcome"))


async def every_cell_serves(line: Line) -> None:
    """As many callers as cells are answered, after a while at the latest."""
    # A call whose Via was damaged cannot be hung up by its maker: its cell waits 32 s for the ACK (RFC 3261 13.3.1.4).
    deadline = time.monotonic() + 60
    while True:
        async with line.caller() as robot:
            outcomes = await asyncio.gather(
                *(robot.dial() for _ in range(line.engine.settings["cells"]["count"])), return_exceptions=True
            )
            if all(isinstance(call, RobotCall) for call in outcomes):
                return
        assert time.monotonic() < deadline, "a cell is held by a call that is long over"
        await asyncio.sleep(1.0)


class Attacker:
    """Sends what it likes; hangs up what is answered after all, so that no cell waits for its ACK."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])

    def send(self, data: bytes, *, pause_seconds: float) -> None:
        """One message, and what follows from it."""
        self.socket.sendto(data, self.target)
        deadline = time.monotonic() + pause_seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                self._hang_up(self.socket.recv(65535))
            except TimeoutError:
                return

    def _hang_up(self, data: bytes) -> None:
        try:
            message = parse(data)
        except PeerError:
            return
        if isinstance(message, SipResponse) and message.code == 200 and "INVITE" in message.headers.get("cseq"):
            number = int(message.headers.get("cseq").split()[0])
            contact = f"<sip:a@127.0.0.1:{self.port}>"
            invite = SipRequest("INVITE", "sip:a@127.0.0.1", message.headers)
            dialog = Dialog.of_answer(invite, message, contact)
            for request in (dialog.request("ACK", sequence=number), dialog.request("BYE")):
                via = ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{token()};rport")
                data = bytes(SipRequest(request.method, request.uri, Headers((via, *request.headers))))
                self.socket.sendto(data, dialog.next_hop())


async def test_no_hostile_message_costs_a_process_and_every_cell_serves_after(line: Line) -> None:
    await asyncio.to_thread(attack_the_edge, line)
    await every_cell_serves(line)


def attack_the_edge(line: Line) -> None:
    """Every hostile message, and after each a sign of life."""
    before = sorted(line.engine.children())
    attacker = Attacker(line.engine.target)
    with attacker.socket:
        for name, data in hostile("service", "127.0.0.1", attacker.port):
            attacker.send(data, pause_seconds=0.03)
            assert answers_options(line.engine.target, seconds=5), f"no answer after: {name}"
        for data in damaged("service", "127.0.0.1", attacker.port, count=300, seed=20261121):
            attacker.send(data, pause_seconds=0.01)
        attacker.send(b"\r\n\r\n", pause_seconds=1.0)
    assert answers_options(line.engine.target, seconds=5)
    assert sorted(line.engine.children()) == before


async def test_no_hostile_message_costs_a_cell_that_it_reaches(line: Line) -> None:
    await asyncio.to_thread(attack_a_cell, line)
    await every_cell_serves(line)


def attack_a_cell(line: Line) -> None:
    """The same without an edge in between."""
    cells = line.engine.status()["cells"]
    host, port = cells[0]["sip"].split(":")
    attacker = Attacker((host, int(port)))
    with attacker.socket:
        for name, data in hostile("service", "127.0.0.1", attacker.port):
            attacker.send(data, pause_seconds=0.03)
            assert alive(cells[0]["pid"]), f"the cell died of: {name}"
        for data in damaged("service", "127.0.0.1", attacker.port, count=300, seed=7):
            attacker.send(data, pause_seconds=0.01)
        attacker.send(b"\r\n\r\n", pause_seconds=1.0)
    assert [cell["pid"] for cell in line.engine.status()["cells"]] == [cell["pid"] for cell in cells]


async def test_twenty_callers_at_once_fill_eight_cells_and_the_rest_are_told_to_come_back(line: Line) -> None:
    assert line.engine.settings["cells"]["count"] == 8
    async with line.caller() as robot:
        outcomes = await asyncio.gather(*(robot.dial() for _ in range(20)), return_exceptions=True)
        answered = [call for call in outcomes if isinstance(call, RobotCall)]
        refused = [error for error in outcomes if isinstance(error, CallRefused)]
        assert len(answered) == 8
        assert [error.code for error in refused] == [503] * 12
        assert all(error.response.headers.get("retry-after") for error in refused)
        await asyncio.gather(*(hears(call, line.prompt("Welcome")) for call in answered))
    await every_cell_serves(line)


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
        pids = line.engine.cell_pids()
        return victim["pid"] not in pids and len(pids) == len(cells)

    await until(restored, "it did not come back")
    await until(lambda: line.ended(victim["call_id"]), "the lost call has no record")
    record = line.ended(victim["call_id"])
    assert record["started_at"] >= began - 1
    assert record["outcome"] == "crashed"
    (kept,) = await asyncio.to_thread(line.recorded, victim["call_id"], "caller.in", salvage=True)
    assert heard_well(said, kept)
    await serves(line)


async def test_a_killed_speech_service_leaves_the_keys_working(line: Line, dial: Dialled) -> None:
    async with dial() as call:
        await hears(call, line.prompt("Welcome"))
        os.kill(speech_pid(line), signal.SIGKILL)
        spoken = await call.press("1")
        forwarding = await hears(call, line.prompt("Forwarding"), since=spoken.began)
        await hears(call, line.prompt("Welcome"), since=forwarding)
        spoken = await call.press("2")
        await hears(call, line.prompt("A telephone number"), since=spoken.began)
    await until(line.engine.ready, "the engine is not ready", seconds=60)


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
    await until(line.engine.ready, "the engine is not ready", seconds=30)


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
            await hears(call, line.prompt("We are sorry. A technical problem"), since=failed)
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
        await hears(call, line.prompt("We are sorry. A technical problem"))
        await robot.answered(call)
