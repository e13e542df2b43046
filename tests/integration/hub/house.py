"""A running hub over its real socket, with its cells, its edge and its directory played by hand."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ivr.adapters.files.attempts import AttemptFile
from ivr.core.audit.entry import AuditEntry
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.queueing.directory import AgentEntry
from ivr.core.queueing.rules import QueueRules
from ivr.engine.bus.calls import CallSaved
from ivr.engine.bus.cells import CellHello, CellState, CellStatus
from ivr.engine.bus.codec import decode, encode
from ivr.engine.bus.messages import Message
from ivr.engine.hub.chronicle import ChronicleConfig
from ivr.engine.hub.config import CellsOfHost, HubConfig, HubPorts
from ivr.engine.hub.server import Hub
from ivr.errors import EnvironmentFault, SealError
from ivr.ports.accounts import AccountStore
from ivr.ports.callbacks import CallbackStore
from ivr.ports.hosting import JournalInbox, ServedFiles
from ivr.ports.keys import DataKey
from ivr.testing.fake_accounts import MemoryAccountStore
from ivr.testing.fake_audit import MemoryAuditLog
from ivr.testing.fake_edge import MemoryEdge
from ivr.testing.fake_queue_lines import MemoryQueueLines
from ivr.testing.fake_recordings import MemoryRecordings
from ivr.testing.fake_stores import (
    MemoryAgentChoices,
    MemoryAgentDirectory,
    MemoryCallbackStore,
    MemoryCallStore,
    MemoryDisks,
    MemoryKeyStore,
)
from ivr.testing.ports import free_port

Said = TypeVar("Said", bound=Message)
LEAST = 64 << 20
"""Bytes that a disk must have left."""

RECORD = CallRecord("c1", 1000.0, 1001.0, None, caller="sip:13912345678@x", called="service", dialplan="line@1")


class FullDatabase(MemoryCallStore):
    """A store that refuses while `full`, and does not even answer while `away`."""

    full = False
    away = False

    def get(self, call_id: str) -> CallRecord:
        if self.away:
            raise EnvironmentFault("the database does not answer")
        return super().get(call_id)

    def save(self, record: CallRecord) -> None:
        if self.full:
            raise EnvironmentFault("disk full")
        super().save(record)


class ClosedKeys(MemoryKeyStore):
    """A key store that cannot issue while `closed`."""

    closed = False

    def issue(self) -> DataKey:
        if self.closed:
            raise SealError("the key store is gone")
        return super().issue()


class HubLog(MemoryAuditLog):
    """An audit log, and what a test asks of it."""

    def told(self) -> list[AuditEntry]:
        self.publish()
        return [entry for _, entry in self.entries()]

    def steps(self, call_id: str) -> list[object]:
        return [one.details["step"] for one in self.told() if one.subject == call_id]


@dataclass(slots=True)
class House:
    """A running hub and what it touches."""

    hub: Hub
    path: Path
    metrics_port: int
    keys: ClosedKeys
    calls: FullDatabase
    edge: MemoryEdge
    directory: MemoryAgentDirectory
    log: HubLog
    recordings: MemoryRecordings
    disks: MemoryDisks
    events: list[str] = field(default_factory=list)

    async def cell(self, number: int = 0, *, pid: int | None = None, call_id: str | None = None) -> CellByHand:
        reader, writer = await asyncio.open_unix_connection(self.path)
        cell = CellByHand(reader, writer)
        cell.say(CellHello(number, pid or os.getpid(), f"127.0.0.1:{5070 + number}", call_id))
        return cell

    async def person(self) -> CellByHand:
        """A command's end of the bus, which needs no hello."""
        return CellByHand(*await asyncio.open_unix_connection(self.path))

    async def until(self, fact: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + 8
        while not fact():
            assert time.monotonic() < deadline, what
            await asyncio.sleep(0.02)

    def alarms(self) -> list[str]:
        return [alarm.kind for alarm in self.hub.alarms.latest]

    async def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.metrics_port)
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = (await reader.read()).decode()
        writer.close()
        return int(answer.split()[1]), answer.partition("\r\n\r\n")[2]


@dataclass(slots=True)
class CellByHand:
    """A cell's end of the bus."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, *messages: Message) -> None:
        for message in messages:
            self.writer.write(encode(message))

    async def hears(self, kind: type[Said]) -> Said:
        async with asyncio.timeout(8):
            while True:
                line = await self.reader.readline()
                assert line, "the hub hung up"
                message = decode(line)
                if isinstance(message, kind):
                    return message

    async def is_cut_off(self) -> bool:
        try:
            async with asyncio.timeout(8):
                return await self.reader.read() == b""
        except ConnectionResetError:
            return True

    def begin(self, record: CallRecord) -> None:
        self.say(CellState(0, CellStatus.BUSY, record.call_id), CallSaved(record_to_json(record)))


@asynccontextmanager
async def house(*, agents: tuple[AgentEntry, ...] = (), lost: Iterable[CallRecord] = (),
                log: HubLog | None = None,
                callbacks: CallbackStore | None = None,
                attempts: AttemptFile | None = None,
                accounts: AccountStore | None = None,
                lines: MemoryQueueLines | None = None,
                disks: MemoryDisks | None = None,
                rules: Callable[[str], QueueRules] | None = None,
                open_sites: Callable[[float], frozenset[str]] | None = None,
                calls: FullDatabase | None = None,
                choices: MemoryAgentChoices | None = None,
                has_edge: bool = True,
                cells_of: Mapping[str, CellsOfHost] | None = None,
                served: ServedFiles | None = None,
                inbox: JournalInbox | None = None,
                reached: Callable[[str], bool] = lambda host: True,
                beside: Iterable[Coroutine[None, None, None]] = ()) -> AsyncIterator[House]:  # fmt: skip
    directory = Path(tempfile.mkdtemp(prefix="hub"))
    keys, edge, book = ClosedKeys(), MemoryEdge(), MemoryAgentDirectory(agents)
    log, calls = log or HubLog(), calls or FullDatabase()
    recordings, disks = MemoryRecordings(keys), disks or MemoryDisks()
    for record in lost:
        recordings.record(record)
    events: list[str] = []
    ports = HubPorts(
        keys=keys, calls=calls, directory=book, edge=edge if has_edge else None,
        queue_rules=rules or (lambda queue: QueueRules()),
        open_sites=lambda at: open_sites(at) if open_sites else frozenset(),
        choices=choices or MemoryAgentChoices(), chance=lambda: 0.5,
        recordings=recordings, audit=log, rules=tuple, disks=disks,
        callbacks=callbacks or MemoryCallbackStore(),
        attempts=attempts or AttemptFile(directory / "attempts.json", keys, wall=time.time),
        accounts=accounts or MemoryAccountStore(),
        lines=lines if lines is not None else MemoryQueueLines(),
        new_word=lambda: "sesame",
        monotonic=time.monotonic, wall=time.time,
        log=lambda event, data: events.append(event),
        served=served, inbox=inbox, reached=reached,
    )  # fmt: skip
    port = free_port()
    kept = ChronicleConfig(lambda queue: 20.0, {}, 1e9, lambda at: at // 86_400 * 86_400)
    config = HubConfig(directory / "hub.sock", directory / "alarms.jsonl", "127.0.0.1", port, "run", 2, kept, LEAST,
                       cells_of=cells_of or {})  # fmt: skip
    hub = Hub(config, ports)
    stop = asyncio.Event()
    task = asyncio.create_task(hub.run(stop, *beside))
    made = House(hub, directory / "hub.sock", port, keys, calls, edge, book, log, recordings, disks, events)
    try:
        await made.until(lambda: "hub_ready" in events or task.done(), "the hub does not start")
        yield made
    finally:
        stop.set()
        await task
        shutil.rmtree(directory)


def ended_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


ANN = AgentEntry("ann", ha1="0" * 32)


async def ask(home: House, question: Message) -> Message:
    """As the command line does."""
    reader, writer = await asyncio.open_unix_connection(home.path)
    writer.write(encode(question))
    answer = decode(await reader.readline())
    writer.close()
    return answer
