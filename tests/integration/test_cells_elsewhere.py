"""Calls on cells of another host, which is a network namespace of this machine: it is cut off, dies, and comes back."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr.engine.bus.client import HubClient
from ivr.engine.bus.staff import StatusReport, StatusWanted
from ivr.testing.engine import IVR, Engine
from ivr.testing.ports import free_port
from ivr.testing.robot import RobotCaller
from ivr.testing.robot_call import RobotCall
from tests.integration.conftest import Line, until
from tests.integration.linked_hosts import Namespace, another_host

AVOIDED_SECONDS = 5.0
"""New calls avoid a host that was cut off by then."""
FAR = {1, 2}
"""Its cells."""
DIALPLAN = {
    "name": "elsewhere", "version": "1", "languages": ["en"], "start": "menu",
    "states": {
        "menu": {
            "ask": {"en": "Press seven."},
            "choices": {"seven": {"press": 7, "go": "bye"}},
            "silence": {"attempts": 9, "otherwise": "bye"},
            "nomatch": {"attempts": 3, "otherwise": "bye"},
        },
        "bye": {"hang_up": "completed"},
    },
}  # fmt: skip

pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="only root makes network namespaces"),
    pytest.mark.slow,
]


@dataclass
class Elsewhere:
    """`ivr host serve` on the other host."""

    host: Namespace
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    run_dir: str = field(default_factory=lambda: tempfile.mkdtemp(prefix="ivr"))

    def start(self) -> None:
        words = ["/usr/sbin/ip", "netns", "exec", self.host.name, *IVR, "host", "serve"]
        environment = {**os.environ, "IVR_CONFIG": str(self.folder / "ivr.yaml")}
        with (self.folder / "host.log").open("ab") as log:
            self.process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)

    def pids(self) -> list[int]:
        """Of all that runs there."""
        found = subprocess.run(["/usr/sbin/ip", "netns", "pids", self.host.name], capture_output=True, check=True)
        return [int(word) for word in found.stdout.split()]

    def dies(self) -> None:
        """The power is cut, as far as processes can tell."""
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def journals(self) -> list[Path]:
        return list((self.folder / "recordings").rglob("*.ivrj"))


@dataclass(frozen=True)
class TwoHosts:
    """An engine with one cell, and a host with two for it."""

    line: Line
    far: Elsewhere

    def robot(self) -> RobotCaller:
        here, port = self.far.host.here, self.line.engine.port
        return RobotCaller(target=(here, port), uri=f"sip:service@{here}:{port}", host=here)

    def cells(self) -> dict[int, dict[str, Any]]:
        return {int(cell["cell"]): cell for cell in self.status()["cells"]}

    def status(self) -> dict[str, Any]:
        """As the hub tells it: the command takes a second."""
        return HubClient(self.line.engine.run_dir / "hub.sock", "the engine").ask(StatusWanted(), StatusReport).report

    def offered(self) -> bool:
        return not self.line.engine.withheld() & {"all", "c1", "c2"} and self.cells().keys() >= FAR

    async def comes_back(self) -> None:
        """Its cells are offered calls."""
        deadline = time.monotonic() + 45.0
        while not await asyncio.to_thread(self.offered):
            if time.monotonic() > deadline:
                told = (self.far.folder / "var" / "log" / "ivr.jsonl").read_text()[-2000:]
                raise AssertionError(f"{self.cells()}\nwithheld: {self.line.engine.withheld()}\n{told}")
            await asyncio.sleep(0.3)

    async def dials(self, robot: RobotCaller, calls: dict[int, RobotCall]) -> int:
        """One more call; returns the cell that it is on."""
        call = await robot.dial()
        await until(lambda: len(self.busy() - calls.keys()) == 1, "the hub knows of no new call")
        [cell] = self.busy() - calls.keys()
        calls[cell] = call
        return cell

    def told_that_it_went(self) -> bool:
        return any("the host hk2 went away" in alarm["text"] for alarm in self.status()["alarms"])

    def busy(self) -> set[int]:
        return {number for number, cell in self.cells().items() if cell["call_id"]}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoHosts]:
    folder = tmp_path_factory.mktemp("two")
    (folder / "plan.yaml").write_text(yaml.safe_dump(DIALPLAN))
    with another_host() as host:
        hub, identity, file = f"{host.here}:{free_port()}", folder / "hk2.pem", folder / "hk2.yaml"
        cells = {"hk2": {"address": host.there, "count": len(FAR), "base_port": 5070}}
        engine = Engine(
            folder / "engine", dialplan=folder / "plan.yaml", cells=1,
            settings={"hosts": {"listen": hub, "cells": cells}, "sip": {"calls_per_source": 3}},
        )  # fmt: skip
        settings = yaml.safe_load(engine.settings_file.read_text())
        settings["sip"]["listen"] = f"0.0.0.0:{engine.port}"
        engine.settings_file.write_text(yaml.safe_dump(settings))
        added = ("host", "add", "hk2", "--to", str(identity), "--settings", str(file), "--reason", "more calls")
        for words in (("keys", "init"), added):
            done = engine.command(*words)
            assert done.returncode == 0, done.stderr
        far = Elsewhere(host, folder / "far")
        far.folder.mkdir()
        theirs = yaml.safe_load(file.read_text()) | {
            "data_dir": str(far.folder / "var"), "run_dir": far.run_dir,
            "recordings_dir": str(far.folder / "recordings"), "voiceprints_dir": str(far.folder / "voiceprints"),
        }  # fmt: skip
        (far.folder / "ivr.yaml").write_text(yaml.safe_dump(theirs))
        identity.rename(far.folder / identity.name)
        far.start()
        try:
            engine.start()
            made = TwoHosts(Line(engine, lambda clip: b"", {}, 0, 0), far)
            deadline = time.monotonic() + 90
            while not made.offered():
                assert time.monotonic() < deadline, (far.folder / "host.log").read_text()[-3000:]
                time.sleep(0.3)
            yield made
        finally:
            for pid in far.pids():
                os.kill(pid, signal.SIGTERM)
            assert far.process is not None
            try:
                far.process.wait(20)
            except subprocess.TimeoutExpired:
                far.dies()
            engine.stop()
            shutil.rmtree(far.run_dir, ignore_errors=True)
    assert not engine.left_behind


async def test_a_call_on_another_host_is_kept_where_all_calls_are(two: TwoHosts) -> None:
    since, calls = time.time(), dict[int, RobotCall]()
    async with two.robot() as robot:
        while not set(calls) & FAR:
            await two.dials(robot, calls)
        [cell] = set(calls) & FAR
        call_id = str(two.cells()[cell]["call_id"])
        assert two.cells()[cell]["host"] == "hk2"
        await asyncio.sleep(2.0)
        for call in calls.values():
            await call.hang_up()
    records = {record["call_id"]: record for record in two.line.records()}
    await until(lambda: not two.far.journals(), "the journal is not sent")
    record = two.line.record(since)
    assert call_id in records or record["call_id"] == call_id
    spoken, heard = two.line.recorded(call_id, "caller.out", "caller.in")
    assert len(spoken) > 8000 * 2
    assert any(spoken)
    assert len(heard) == len(spoken)


async def test_new_calls_avoid_a_host_that_is_cut_off_and_its_own_call_is_kept_when_it_is_back(two: TwoHosts) -> None:
    calls = dict[int, RobotCall]()
    async with two.robot() as robot:
        while not set(calls) & FAR:
            await two.dials(robot, calls)
        here = calls.pop(0, None)
        if here is not None:
            await here.hang_up()
        [cell] = set(calls) & FAR
        call_id = str(two.cells()[cell]["call_id"])
        [idle] = FAR - {cell}
        two.far.host.cut()
        cut = time.monotonic()
        await until(lambda: f"c{idle}" in two.line.engine.withheld(), "its idle cell is still offered")
        assert time.monotonic() - cut < AVOIDED_SECONDS + 2.0  # of a busy machine
        began = time.monotonic()
        other = await robot.dial()
        assert time.monotonic() - began < 2.0
        await until(lambda: two.cells()[0]["call_id"], "the call is elsewhere")
        await other.hang_up()
        await until(two.told_that_it_went, "nobody is told")
        two.far.host.mend()
        await two.comes_back()
        assert two.cells()[cell]["call_id"] == call_id
        await calls[cell].hang_up()
    await until(lambda: not two.far.journals(), "the journal is not sent")
    found = {record["call_id"]: record for record in two.line.records()}[call_id]
    assert found["ended_at"]
    assert found["outcome"] != "crashed"


async def test_what_a_host_had_recorded_before_it_died_is_recovered_when_it_is_back(two: TwoHosts) -> None:
    calls = dict[int, RobotCall]()
    async with two.robot() as robot:
        while not set(calls) & FAR:
            await two.dials(robot, calls)
        [cell] = set(calls) & FAR
        call_id = str(two.cells()[cell]["call_id"])
        await asyncio.sleep(2.0)
        two.far.dies()
        assert two.far.journals()
        await until(lambda: not FAR & two.cells().keys() - {cell}, "a cell of a dead host is there")
        two.far.start()
        await two.comes_back()
        await until(lambda: not two.far.journals(), "its journal is not sent")

        def kept() -> bool:
            record = {one["call_id"]: one for one in two.line.records()}.get(call_id)
            return record is not None and record["outcome"] == "crashed"

        await until(kept, "the call's record is not kept")
        assert any(two.line.recorded(call_id, "caller.out", salvage=True)[0])
