"""A real Kamailio on free ports with our configuration, and robots in the place of cells."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ivr.adapters.files.tls_pair import read_pair
from ivr.adapters.kamailio import daemon as edge_daemon
from ivr.adapters.kamailio.config import EdgeConfig, Interface, Listener, RelayUse, WebSockets
from ivr.adapters.kamailio.control import EdgeControl
from ivr.adapters.kamailio.render import render, render_tls
from ivr.adapters.kamailio.trunks import write_trunks
from ivr.adapters.rtpengine import daemon
from ivr.adapters.rtpengine.daemon import RelayConfig, RelaySide
from ivr.core.queueing.directory import AgentEntry, password_hash
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.certificates import Authority, Files
from ivr.testing.ports import free_port
from ivr.testing.robot import RobotCaller
from ivr.testing.robot_call import RobotCall
from ivr.testing.sip import SipRequest, respond
from ivr.testing.sip_wire import Arrived, token

LOOPBACK = Interface("127.0.0.1", "127.0.0.0/8")
REALM = "bank.test"
PASSWORD = "correct horse"
WORD = "the hub's word"
PAGE = "https://console.bank.test"
"""Whose pages may have a WebSocket."""
MEDIA_PORTS = 60
"""Of a bench's relay."""


class RobotCell(RobotAgent):
    """Answers like a cell, and counts what it was offered. `silent`: takes the INVITE and says nothing. `early`: says
    something before its answer."""

    def __init__(self, *, silent: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.silent, self.early = silent, False
        self.offered = 0
        self.invites: list[SipRequest] = []

    def on_invite(self, arrived: Arrived) -> None:
        assert isinstance(arrived.message, SipRequest)
        self.offered += 1
        self.invites.append(arrived.message)
        if self.early:
            arrived.reply(bytes(respond(arrived.message, 183, "Session Progress", to_tag=token())))
        if not self.silent:
            super().on_invite(arrived)


class BenchRelay:
    """A real rtpengine on free ports of loopback. `kill` ends it as a fault would; `start` starts another."""

    def __init__(self, folder: Path) -> None:
        first = free_port(count=MEDIA_PORTS + 1)
        self.config = RelayConfig(
            first + MEDIA_PORTS, (RelaySide("cell", "127.0.0.1"),), (first, first + MEDIA_PORTS - 1)
        )
        self._log = folder / "relay.log"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        return ["setpriv", "--pdeathsig", "TERM", *daemon.command("rtpengine", self.config)]

    async def takes_orders(self) -> bool:
        return await daemon.alive(self.config.control_port)

    def _open(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(self.command(), stdout=log, stderr=log)

    async def start(self) -> None:
        self._process = self._open()
        async with asyncio.timeout(20):
            while not await self.takes_orders():
                assert self._process.poll() is None, self._log.read_text()
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def said(self) -> str:
        return self._log.read_text()


@dataclass(slots=True)
class EdgeBench:
    """The edge under test."""

    config: EdgeConfig
    control: EdgeControl
    process: subprocess.Popen[bytes]
    cells: list[RobotCell] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        """Told to stop while it still starts its workers, Kamailio takes a minute; stopping is not what is tested."""
        os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    async def restart(self) -> None:
        """Another one is there, on the same ports, which knows nothing."""
        self.kill()
        self.process = _kamailio(self.config)
        async with asyncio.timeout(20):
            while not self.control.alive():
                assert self.process.poll() is None, (self.config.run_dir / "log").read_text()
                await asyncio.sleep(0.05)

    @property
    def word(self) -> tuple[tuple[str, str], ...]:
        """What a cell says when it dials."""
        return (("X-Ivr-Cell", WORD),)

    @property
    def target(self) -> tuple[str, int]:
        return "127.0.0.1", self.config.port

    @property
    def tls_target(self) -> tuple[str, int]:
        assert self.config.tls is not None
        return "127.0.0.1", self.config.tls.port

    def tls_caller(self, authority: Authority, user: str = "bank", **more: Any) -> RobotCaller:
        """Dials over TLS."""
        uri = f"sip:{user}@127.0.0.1:{self.tls_target[1]};transport=tls"
        return RobotCaller(target=self.tls_target, transport="tls", tls=authority.context(), **{"uri": uri, **more})

    @property
    def browser_target(self) -> tuple[str, int]:
        assert self.config.websockets is not None
        return "127.0.0.1", self.config.websockets.listener.port

    def browser(self, **more: Any) -> RobotCaller:
        """Dials as a page of ours does, by ws."""
        uri = f"sip:bank@127.0.0.1:{self.config.port}"
        return RobotCaller(**{"target": self.browser_target, "uri": uri, "transport": "ws", "origin": PAGE, **more})

    def caller(self, user: str = "bank", **more: Any) -> RobotCaller:
        return RobotCaller(target=self.target, uri=f"sip:{user}@127.0.0.1:{self.config.port}", **more)

    def phone(self, user: str, password: str = PASSWORD, **more: Any) -> RobotAgent:
        return RobotAgent(user=user, registrar=self.target, password=password, **more)

    def employ(self, name: str, *, uri: str | None = None) -> None:
        ha1 = None if uri else password_hash(name, REALM, PASSWORD)
        self.control.put_agent(AgentEntry(name=name, ha1=ha1, uri=uri))

    async def cell_dials(self, cell: RobotCell, agent: str) -> RobotCall:
        """What a cell does to reach an agent: an INVITE from its own SIP port."""
        cell.target = self.target
        cell.uri = f"sip:{agent}@127.0.0.1:{self.config.port}"
        return await cell.dial(extra=self.word)


@asynccontextmanager
async def tls_bench(files: Files, cells: int = 0, **changes: Any) -> AsyncIterator[EdgeBench]:
    """The same, which takes TLS too, with this certificate."""
    async with edge_bench(cells, tls_files=files, **changes) as bench:
        yield bench


@asynccontextmanager
async def relay_bench(files: Files, cells: int = 1, **changes: Any) -> AsyncIterator[tuple[EdgeBench, BenchRelay]]:
    """The same, with a relay: SRTP is served."""
    relay = BenchRelay(files.certificate.parent)
    await relay.start()
    try:
        use = RelayUse(relay.config.control_port, **changes.pop("use", {}))
        async with tls_bench(files, cells, relay=use, **changes) as bench:
            yield bench, relay
    finally:
        relay.kill()


@asynccontextmanager
async def edge_bench(cells: int = 0, *, robots: int | None = None, **changes: Any) -> AsyncIterator[EdgeBench]:
    """Kamailio for `cells` cells, of which the first `robots` (all, if not given) are there."""
    process, config = await _started(max(cells, 1), changes)
    bench = EdgeBench(config, _control(config), process)
    try:
        async with AsyncExitStack() as stack:
            bench.control.put_word(WORD)
            for number in range(cells if robots is None else robots):
                robot = RobotCell(user=f"cell{number}", port=config.cell_first_port + number, rings=0.05)
                bench.cells.append(await stack.enter_async_context(robot))
            yield bench
    finally:
        bench.kill()
        shutil.rmtree(config.run_dir, ignore_errors=True)


async def _started(count: int, changes: dict[str, Any]) -> tuple[subprocess.Popen[bytes], EdgeConfig]:
    """A Kamailio that takes orders; on other ports if someone took the first ones meanwhile."""
    said = ""
    files: Files | None = changes.pop("tls_files", None)
    browsers: bool = changes.pop("browsers", False)
    for _ in range(3):
        port = free_port(count=count + 1 + bool(files) + browsers)
        config = EdgeConfig(
            run_dir=Path(tempfile.mkdtemp(prefix="edge")), interfaces=(LOOPBACK,), port=port, public_address=None,
            local_networks=("127.0.0.0/8",), trunks=("127.0.0.0/8",), realm=REALM, cell_count=count,
            cell_first_port=port + 1, retry_after_seconds=7, max_message_bytes=16384, flood_requests=60,
            flood_seconds=2, trunk_requests_per_second=500,
        )  # fmt: skip
        config = replace(config, **changes)
        if files is not None:
            config = replace(config, tls=Listener((LOOPBACK,), port + count + 1))
        if browsers:
            listener = Listener((LOOPBACK,), port + count + 1 + bool(files))
            config = replace(config, websockets=WebSockets(listener, (PAGE,), secure=files is not None))
        if files is not None:
            show(config, files)
            write_trunks(config)
            config.tls_file.write_text(render_tls(config))
        config.config_file.write_text(render(config))
        write_trunks(config)
        process = _kamailio(config)
        async with asyncio.timeout(20):
            while process.poll() is None:
                if _control(config).alive():
                    return process, config
                await asyncio.sleep(0.05)
        said = (config.run_dir / "log").read_text()
        shutil.rmtree(config.run_dir, ignore_errors=True)
    raise AssertionError(said)


@asynccontextmanager
async def running_kamailio(config: EdgeConfig, control: EdgeControl) -> AsyncIterator[None]:
    """The edge of a configuration whose files are written. Whoever asks `control` is answered."""
    process = _kamailio(config)
    try:
        async with asyncio.timeout(20):
            while not control.alive():
                assert process.poll() is None, (config.run_dir / "log").read_text()
                await asyncio.sleep(0.05)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def are_kept_apart(workers: Iterable[int]) -> bool:
    """Whether each of these processes of Kamailio's has what keeps its TLS from the others (ADR 86)."""
    found = ["/_fork." in Path(f"/proc/{worker}/maps").read_text() for worker in workers]
    return len(found) > 4 and all(found)


def show(config: EdgeConfig, files: Files) -> None:
    """Put a certificate and its key where the edge reads them."""
    config.tls_pair.touch(mode=0o600)
    config.tls_pair.write_bytes(read_pair(files.certificate, files.key).pem)


def _control(config: EdgeConfig) -> EdgeControl:
    names = [trunk.name for trunk in config.outbound]
    return EdgeControl(config.control_socket, f"127.0.0.1:{config.port}", names)


def _kamailio(config: EdgeConfig) -> subprocess.Popen[bytes]:
    program = shutil.which("kamailio", path="/usr/sbin:/usr/bin") or "kamailio"
    environment = {**os.environ, **edge_daemon.environment(encrypts=config.encrypts)}
    with (config.run_dir / "log").open("wb") as log:
        return subprocess.Popen(
            edge_daemon.command(program, config), stdout=log, stderr=log, start_new_session=True, env=environment
        )
