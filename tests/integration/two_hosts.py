"""An engine and another host for it, a network namespace of this machine: it is cut off, dies, and comes back."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ivr.engine.bus.client import HubClient
from ivr.engine.bus.staff import StatusReport, StatusWanted
from ivr.testing.certificates import Authority
from ivr.testing.engine import IVR, Engine, process_name
from ivr.testing.ports import free_port
from ivr.testing.robot import RobotCaller
from ivr.testing.robot_call import RobotCall
from tests.integration.conftest import Line, until
from tests.integration.linked_hosts import PATIENT_MENU, Namespace, another_host

AUTHORITY = Authority()
FAR = {1, 2}
"""Its cells."""
DIALPLAN = {
    "name": "elsewhere", "version": "1", "languages": ["en"], "start": "menu",
    "states": PATIENT_MENU,
}  # fmt: skip


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

    def named(self, program: str) -> list[int]:
        """Of those of one name."""
        return [pid for pid in self.host.pids() if process_name(pid) == program]

    def ends(self) -> None:
        """Told to; killed where it does not."""
        self.host.each(signal.SIGTERM)
        assert self.process is not None
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.dies()

    def dies(self) -> None:
        """The power is cut, as far as processes can tell."""
        self.host.each(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def journals(self) -> list[Path]:
        return list((self.folder / "recordings").rglob("*.ivrj"))


@dataclass(frozen=True)
class TwoHosts:
    """An engine with cells of its own, mostly one, and a host with two for it."""

    line: Line
    far: Elsewhere
    tls_port: int
    theirs: frozenset[int] = frozenset(FAR)
    """Cells of the other host: their numbers come after those of our own."""

    def robot(self) -> RobotCaller:
        here, port = self.far.host.here, self.line.engine.port
        return RobotCaller(target=(here, port), uri=f"sip:service@{here}:{port}", host=here)

    def secret_robot(self) -> RobotCaller:
        """Speaks by TLS."""
        here, port, tls = self.far.host.here, self.tls_port, AUTHORITY.context()
        uri = f"sip:service@{here}:{port};transport=tls"
        return RobotCaller(target=(here, port), uri=uri, host=here, transport="tls", tls=tls)

    def cells(self) -> dict[int, dict[str, Any]]:
        return {int(cell["cell"]): cell for cell in self.status()["cells"]}

    def status(self) -> dict[str, Any]:
        """As the hub tells it: the command takes a second."""
        return HubClient(self.line.engine.run_dir / "hub.sock", "the engine").ask(StatusWanted(), StatusReport).report

    def offered(self) -> bool:
        return (
            not self.line.engine.withheld() & {"all", *(f"c{number}" for number in self.theirs)}
            and self.cells().keys() >= self.theirs
        )

    async def comes_back(self) -> None:
        """Its cells are offered calls."""
        deadline = time.monotonic() + 45.0
        while not await asyncio.to_thread(self.offered):
            if time.monotonic() > deadline:
                told = (self.far.folder / "var" / "log" / "ivr.jsonl").read_text()[-2000:]
                raise AssertionError(f"{self.cells()}\nwithheld: {self.line.engine.withheld()}\n{told}")
            await asyncio.sleep(0.3)

    async def dials(self, robot: RobotCaller, calls: dict[int, RobotCall], *, srtp: bool = False) -> int:
        """One more call; returns the cell that it is on."""
        call = await robot.dial(srtp=srtp)
        await until(lambda: len(self.busy() - calls.keys()) == 1, "the hub knows of no new call")
        [cell] = self.busy() - calls.keys()
        calls[cell] = call
        return cell

    async def dials_far(self, robot: RobotCaller, calls: dict[int, RobotCall], *, srtp: bool = False) -> int:
        """Calls until one is on the other host: its cell. Another one is hung up."""
        while not set(calls) & self.theirs:
            await self.dials(robot, calls, srtp=srtp)
        for cell in set(calls) - self.theirs:
            await calls.pop(cell).hang_up()
        [cell] = calls
        return cell

    async def dials_both(self, robot: RobotCaller, calls: dict[int, RobotCall]) -> tuple[int, int]:
        """Calls until one is here and one on the other host: their cells. Others are hung up."""
        while not (set(calls) & self.theirs and set(calls) - self.theirs):
            await self.dials(robot, calls)
        here, there = min(calls), max(calls)
        for cell in set(calls) - {here, there}:
            await calls.pop(cell).hang_up()
        return here, there

    def told_that_it_went(self) -> bool:
        return any("the host hk2 went away" in alarm["text"] for alarm in self.status()["alarms"])

    def busy(self) -> set[int]:
        return {number for number, cell in self.cells().items() if cell["call_id"]}


def for_browsers(address: str, console: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings by which browsers call, by TLS: of all, and of `sip`."""
    port = free_port()
    web = {"enabled": True, "listen": f"127.0.0.1:{console}", "sign_in": {"second_factor_for": []}}
    socket = {"listen": f"{address}:{port}", "url": f"wss://{address}:{port}"}
    return {"console": web, "browser_calls": True}, {"websocket": socket}


@contextmanager
def two_hosts(folder: Path, *, console: int | None = None, here: int = 1) -> Iterator[TwoHosts]:
    """Both, running; callers must encrypt. `console`: its port, where browsers call too; `here`: cells of our own."""
    (folder / "plan.yaml").write_text(yaml.safe_dump(DIALPLAN))
    with another_host() as host:
        port, tls = free_port(count=2), free_port()
        hosts = {"listen": f"{host.here}:{port}", "edge": f"{host.here}:{port + 1}"}
        cells = {"hk2": {"address": host.there, "count": len(FAR), "base_port": 5070}}
        identity, file, pair = folder / "hk2.pem", folder / "hk2.yaml", AUTHORITY.issue(folder, hosts=(host.here,))
        line = {"listen": f"{host.here}:{tls}", "certificate": str(pair.certificate), "key": str(pair.key)}
        more, sip = for_browsers(host.here, console) if console is not None else ({}, {})
        engine = Engine(
            folder / "engine", dialplan=folder / "plan.yaml", cells=here,
            settings={
                "hosts": {**hosts, "cells": cells}, "sip": {"calls_per_source": 3, "tls": line, **sip},
                "media": {"relay": "auto", "srtp": "required", "plain_from": [f"{host.here}/32"]}, **more,
            },
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
            made = TwoHosts(Line(engine, lambda clip: b"", {}, 0, 0), far, tls, frozenset(range(here, here + len(FAR))))
            deadline = time.monotonic() + 90
            while not made.offered():
                assert time.monotonic() < deadline, (far.folder / "host.log").read_text()[-3000:]
                time.sleep(0.3)
            yield made
        finally:
            try:
                far.ends()
            finally:
                engine.stop()
            shutil.rmtree(far.run_dir, ignore_errors=True)
    assert not engine.left_behind
