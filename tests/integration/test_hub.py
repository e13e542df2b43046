"""The hub over its real socket, with cells played by hand: keys, records, agents, alarms, and deaths."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import pytest

from ivr.adapters.files.attempts import AttemptFile
from ivr.core.alarms import AlarmKind
from ivr.core.audit.denial import Denial
from ivr.core.audit.entry import AuditEntry
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.orders.evidence import CallOutcome
from ivr.core.queueing.directory import AgentEntry
from ivr.core.queueing.happening import Happening, What
from ivr.core.queueing.rules import QueueRules
from ivr.core.sip.dialog import Dialog, Farewell
from ivr.engine.bus.attempts import AttemptAnswered, AttemptPassed, AttemptUnanswered, AttemptWanted
from ivr.engine.bus.callbacks import CallbackAnswered, CallbackWanted
from ivr.engine.bus.calls import CallSaved, CallStored, StepsKept, StepTold
from ivr.engine.bus.cells import Alarm, CellHello, CellState, Counted
from ivr.engine.bus.codec import decode, encode
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, NoAgent, Offered, OfferResult, Queued
from ivr.engine.bus.staff import AgentsChanged, AgentTaken, AgentTold, StatusReport, StatusWanted, WhyReport, WhyWanted
from ivr.engine.bus.stock import KeysHeld, KeysIssued, KeysRotated, KeysVoided, KeysWanted, StocksVoided
from ivr.engine.hub import chronicle, stocks
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.chronicle import ChronicleConfig
from ivr.engine.hub.config import HubConfig, HubPorts
from ivr.engine.hub.server import Hub
from ivr.errors import EnvironmentFault, PeerError, SealError
from ivr.ports.callbacks import CallbackStore
from ivr.ports.keys import DataKey
from ivr.testing.fake_queue_lines import MemoryQueueLines
from ivr.testing.fake_stores import MemoryAgentChoices, MemoryCallbackStore, MemoryCallStore, MemoryKeyStore
from ivr.testing.ports import free_port

Said = TypeVar("Said", bound=Message)

RECORD = CallRecord("c1", 1000.0, 1001.0, None, caller="sip:13912345678@x", called="service", dialplan="line@1")


class FullDatabase(MemoryCallStore):
    """A store that refuses while `full`."""

    full = False

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


class EdgeByHand:
    """An edge whose phones come and go at the test's word."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, str | None]] = {}
        self.phones: frozenset[str] = frozenset()
        self.down = False
        self.taken: dict[int, str] = {}
        self.spoken: str | None = None

    def word(self) -> str | None:
        return self.spoken

    def put_word(self, word: str) -> None:
        self.spoken = word

    def cells(self) -> Mapping[int, str]:
        return dict(self.taken)

    def free_cell(self, cell: int) -> None:
        del self.taken[cell]

    def agents(self) -> Mapping[str, tuple[str, str | None]]:
        if self.down:
            raise PeerError("no edge")
        return dict(self.known)

    def put_agent(self, entry: AgentEntry) -> None:
        self.known[entry.name] = (entry.target, entry.ha1)

    def drop_agent(self, name: str) -> None:
        del self.known[name]

    def registered(self) -> frozenset[str]:
        return self.phones

    def know_dialog(self, cell: int, dialog: Dialog) -> None:
        raise AssertionError("no call is up")

    def hang_up(self, bye: Farewell) -> None:
        raise AssertionError("no cell died in a call")

    def denials(self) -> list[Denial]:
        return []

    def forget_denials(self, denials: Sequence[Denial]) -> None:
        raise AssertionError("there were none")

    def agent_uri(self, name: str) -> str:
        return f"sip:{name}@edge"


@dataclass(slots=True)
class Directory:
    """Agents in memory."""

    entries: tuple[AgentEntry, ...] = ()

    def read(self) -> tuple[AgentEntry, ...]:
        return self.entries


@dataclass(slots=True)
class AuditByHand:
    """An audit log that can be full."""

    entries: list[AuditEntry] = field(default_factory=list)
    full: bool = False

    def append(self, entries: Sequence[AuditEntry]) -> None:
        if self.full:
            raise EnvironmentFault("No space left on device")
        self.entries += entries

    def known(self, call_id: str, since: float) -> set[int]:
        return {int(str(one.details["step"])) for one in self.entries if one.subject == call_id}

    def steps(self, call_id: str) -> list[object]:
        return [one.details["step"] for one in self.entries if one.subject == call_id]


@dataclass(slots=True)
class House:
    """A running hub and what it touches."""

    hub: Hub
    path: Path
    metrics_port: int
    keys: ClosedKeys
    calls: FullDatabase
    edge: EdgeByHand
    directory: Directory
    log: AuditByHand
    lost: list[CallRecord]
    recoverable: dict[str, CallRecord]
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
        self.say(CellState(0, "busy", record.call_id), CallSaved(record_to_json(record)))


@asynccontextmanager
async def house(*, agents: tuple[AgentEntry, ...] = (), lost: Iterable[CallRecord] = (),
                log: AuditByHand | None = None,
                callbacks: CallbackStore | None = None,
                attempts: AttemptFile | None = None,
                lines: MemoryQueueLines | None = None,
                rules: Callable[[str], QueueRules] | None = None,
                open_sites: Callable[[float], frozenset[str]] | None = None,
                choices: MemoryAgentChoices | None = None) -> AsyncIterator[House]:  # fmt: skip
    directory = Path(tempfile.mkdtemp(prefix="hub"))
    keys, calls, edge, book = ClosedKeys(), FullDatabase(), EdgeByHand(), Directory(agents)
    log = log or AuditByHand()
    on_disk, recoverable = list(lost), dict[str, CallRecord]()
    events: list[str] = []

    def recover(call_id: str) -> CallRecord:
        if call_id not in recoverable:
            raise EnvironmentFault("no such recording")
        return recoverable[call_id]

    ports = HubPorts(
        keys=keys, calls=calls, directory=book, edge=edge, queue_rules=rules or (lambda queue: QueueRules()),
        open_sites=lambda at: open_sites(at) if open_sites else frozenset(),
        choices=choices or MemoryAgentChoices(), chance=lambda: 0.5,
        lost_records=lambda on_damage: on_disk, recover=recover, audit=log.append,
        callbacks=callbacks or MemoryCallbackStore(),
        attempts=attempts or AttemptFile(directory / "attempts.json", keys, wall=time.time),
        lines=lines if lines is not None else MemoryQueueLines(),
        known_steps=log.known, known_denials=lambda since: (), new_word=lambda: "sesame",
        monotonic=time.monotonic, wall=time.time,
        log=lambda event, data: events.append(event),
    )  # fmt: skip
    port = free_port()
    kept = ChronicleConfig(lambda queue: 20.0, {}, 1e9, lambda at: at // 86_400 * 86_400)
    config = HubConfig(directory / "hub.sock", directory / "alarms.jsonl", "127.0.0.1", port, "run", 2, kept)
    hub = Hub(config, ports)
    stop = asyncio.Event()
    task = asyncio.create_task(hub.run(stop))
    made = House(hub, directory / "hub.sock", port, keys, calls, edge, book, log, on_disk, recoverable, events)
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


async def test_keys_are_issued_and_open_again() -> None:
    async with house() as home:
        cell = await home.cell()
        cell.say(KeysWanted(3))
        issued = await cell.hears(KeysIssued)
        assert len({key for key, _, _ in issued.keys}) == 3


async def test_a_key_is_retired_only_when_every_cell_said_that_it_holds_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stocks, "ANSWER_SECONDS", 0.3)
    async with house() as home:
        one, person = await home.cell(0), await home.person()

        async def ask(*old: str) -> StocksVoided:
            person.say(KeysRotated(old))
            return await person.hears(StocksVoided)

        assert await ask("kek-1") == StocksVoided((), 2)  # one of two is there, and says nothing
        two = await home.cell(1)
        assert (await two.hears(KeysVoided)).kek_ids == ("kek-1",)  # also who comes later
        two.say(KeysHeld((), ()))  # to an earlier question
        one.say(KeysHeld(("kek-1",), ("kek-1",)))
        assert await ask("kek-1") == StocksVoided((), 2)
        asked = asyncio.create_task(ask("kek-1"))
        while not asked.done():
            one.say(KeysHeld(("kek-1",), ("kek-1",)))
            two.say(KeysHeld((), ("kek-1",)))
            await asyncio.sleep(0.05)
        assert await asked == StocksVoided(("kek-1",), 0)


async def test_without_a_key_store_there_is_an_alarm() -> None:
    async with house() as home:
        home.keys.closed = True
        cell = await home.cell()
        cell.say(KeysWanted(3))
        await home.until(lambda: "keys" in home.alarms(), "no alarm")
        home.keys.closed = False
        cell.say(KeysWanted(1))
        await cell.hears(KeysIssued)


def told(number: int, *, began: float = 5.0, call_id: str = "c1") -> StepTold:
    return StepTold(call_id, began, number, began + number, "state.entered", {"step": number, "hash": "ab"})


async def test_a_calls_steps_are_acknowledged_when_the_log_holds_them_and_entered_once_whoever_repeats_them() -> None:
    async with house() as home:
        cell = await home.cell(3)
        cell.say(told(1), told(2), told(2), told(1), told(3))
        while (await cell.hears(StepsKept)).number != 3:
            pass
        cell.say(told(2), told(3), told(4))
        while (await cell.hears(StepsKept)).number != 4:
            pass
        assert home.log.steps("c1") == [1, 2, 3, 4]
        assert {one.actor for one in home.log.entries if one.subject == "c1"} == {"cell 3"}


async def test_a_hub_that_comes_after_another_asks_the_log_what_it_holds() -> None:
    log = AuditByHand()
    async with house(log=log) as home:
        cell = await home.cell()
        cell.say(told(1), told(2))
        while (await cell.hears(StepsKept)).number != 2:
            pass
    async with house(log=log) as home:
        cell = await home.cell(call_id="c1")
        cell.say(told(1), told(2), told(3))
        while (await cell.hears(StepsKept)).number != 3:
            pass
    assert log.steps("c1") == [1, 2, 3]


async def test_a_log_that_takes_nothing_is_an_alarm_and_nothing_is_lost() -> None:
    async with house() as home:
        home.log.full = True
        cell = await home.cell()
        cell.say(told(1))
        await home.until(lambda: "audit" in home.alarms(), "no alarm")
        cell.say(told(2))
        home.log.full = False
        while (await cell.hears(StepsKept)).number != 2:
            pass
        assert home.log.steps("c1") == [1, 2]


async def test_the_list_of_agents_and_every_change_of_it_is_in_the_log() -> None:
    async with house(agents=(ANN,)) as home:
        await home.until(lambda: home.log.entries, "nothing was entered")
        home.directory.entries = (AgentEntry("ben", uri="sip:ben@127.0.0.1"),)
        cell = await home.cell()
        cell.say(AgentsChanged())
        await home.until(lambda: len(home.log.entries) == 2, "the change was not entered")
        assert home.log.entries[0].details == {"agents": ["ann"]}
        assert home.log.entries[1].details == {"added": ["ben"], "removed": ["ann"], "changed": []}


async def test_a_final_record_is_acknowledged_when_it_is_stored() -> None:
    async with house() as home:
        cell = await home.cell()
        cell.begin(RECORD)
        final = replace(RECORD, ended_at=1060.0, outcome=CallOutcome.COMPLETED)
        cell.say(CallSaved(record_to_json(final), final=True))
        assert (await cell.hears(CallStored)).call_id == "c1"
        assert home.calls.get("c1") == final
        assert 'ivr_calls_total{outcome="completed"} 1.0' in (await home.get("/metrics"))[1]


async def test_a_record_that_cannot_be_stored_now_is_stored_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.engine.hub.records.RETRY_SECONDS", 0.05)
    async with house() as home:
        home.calls.full = True
        cell = await home.cell()
        cell.say(CallSaved(record_to_json(replace(RECORD, ended_at=1060.0)), final=True))
        await home.until(lambda: "database" in home.alarms(), "no alarm")
        await asyncio.sleep(0.2)
        assert home.alarms() == ["database"], "one alarm, not one a try"
        home.calls.full = False
        assert (await cell.hears(CallStored)).call_id == "c1"
        assert home.calls.get("c1").ended_at == 1060.0


async def test_calls_that_ended_without_a_hub_are_taken_in_at_the_start() -> None:
    lost = replace(RECORD, call_id="old", ended_at=900.0, outcome=CallOutcome.CRASHED)
    async with house(lost=[lost]) as home:
        await home.until(lambda: "calls_taken_in" in home.events, "nothing is taken in")
        assert home.calls.get("old") == lost


async def test_a_cell_that_dies_in_a_call_leaves_a_record_an_alarm_and_a_free_agent() -> None:
    async with house(agents=(ANN,)) as home:
        home.edge.phones = frozenset({"ann"})
        cell = await home.cell(pid=ended_pid())
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        offer = await cell.hears(Offered)
        cell.say(OfferResult("c1", offer.offer_id, "answered"))
        await home.until(
            lambda: home.hub.switchboard.queues.agents["ann"].state == "talking", "the answer is not noticed"
        )
        home.recoverable["c1"] = replace(RECORD, states=("menu", "agent"))
        cell.writer.close()
        await home.until(lambda: "cell_lost" in home.alarms(), "no alarm")
        assert home.hub.switchboard.queues.agents["ann"].state == "available"
        await home.until(lambda: home.calls.get("c1").outcome == "crashed", "no record")
        assert home.calls.get("c1").states == ("menu", "agent"), "what the recording knew is kept"


async def test_a_cell_that_only_lost_its_connection_has_lost_nothing() -> None:
    async with house() as home:
        cell = await home.cell()
        cell.begin(RECORD)
        await home.until(lambda: "c1" in home.hub.records.running, "the call is not noticed")
        cell.writer.close()
        again = await home.cell(call_id="c1")
        again.say(
            CallSaved(record_to_json(replace(RECORD, ended_at=1060.0, outcome=CallOutcome.COMPLETED)), final=True)
        )
        await again.hears(CallStored)
        await asyncio.sleep(0.1)
        assert home.alarms() == []
        assert home.calls.get("c1").outcome == "completed"


async def test_a_call_waits_until_an_agents_phone_registers_and_is_then_offered_through_the_edge() -> None:
    async with house(agents=(ANN,)) as home:
        await home.until(lambda: "ann" in home.edge.known, "the edge is not told of the agent")
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        assert (await cell.hears(Queued)).position == 1
        home.edge.phones = frozenset({"ann"})
        offer = await cell.hears(Offered)
        assert (offer.agent, offer.uri) == ("ann", "sip:ann@edge")


async def test_a_refused_offer_goes_to_the_next_agent() -> None:
    bob = AgentEntry("bob", ha1="1" * 32)
    async with house(agents=(ANN, bob)) as home:
        home.edge.phones = frozenset({"ann", "bob"})
        await home.until(lambda: len(home.hub.switchboard.queues.agents) == 2, "agents are unknown")
        await asyncio.sleep(0.1)
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        first = await cell.hears(Offered)
        cell.say(OfferResult("c1", first.offer_id, "failed", 486))
        second = await cell.hears(Offered)
        assert {first.agent, second.agent} == {"ann", "bob"}


async def test_a_changed_directory_reaches_the_edge() -> None:
    async with house(agents=(ANN,)) as home:
        await home.until(lambda: "ann" in home.edge.known, "the agent is not put")
        home.directory.entries = (AgentEntry("ann", uri="sip:ann@10.0.0.9"), AgentEntry("bob", ha1="1" * 32))
        _, writer = await asyncio.open_unix_connection(home.path)
        writer.write(encode(AgentsChanged()))
        await home.until(lambda: home.edge.known.get("ann") == ("sip:ann@10.0.0.9", None), "ann is not changed")
        home.directory.entries = ()
        writer.write(encode(AgentsChanged()))
        await home.until(lambda: not home.edge.known, "the agents are not dropped")


async def test_an_edge_started_anew_is_told_of_the_agents_again() -> None:
    async with house(agents=(ANN,)) as home:
        await home.until(lambda: "ann" in home.edge.known, "the agent is not put")
        home.edge.down = True
        await home.until(lambda: not home.hub.presence.edge_alive, "its absence is not noticed")
        assert (await home.get("/healthz"))[0] == 503
        home.edge.known, home.edge.down = {}, False
        await home.until(lambda: "ann" in home.edge.known, "the agent is not put again")


async def test_a_cell_that_the_edge_forgot_to_free_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.engine.hub.presence.LEAK_SECONDS", 0.5)
    monkeypatch.setattr("ivr.engine.hub.presence.POLL_SECONDS", 0.05)
    async with house() as home:
        idle, busy = await home.cell(0), await home.cell(1)
        idle.say(CellState(0, "idle"))
        busy.say(CellState(1, "busy", "c2"))
        home.edge.taken = {0: "old call", 1: "its call", 2: "down"}
        await home.until(lambda: 0 not in home.edge.taken, "the forgotten cell stays taken")
        await asyncio.sleep(1.0)
        assert home.edge.taken == {1: "its call", 2: "down"}


async def test_a_new_hub_learns_whom_a_running_call_holds() -> None:
    async with house(agents=(ANN,)) as home:
        home.edge.phones = frozenset({"ann"})
        await home.until(lambda: "ann" in home.hub.switchboard.queues.agents, "the agent is unknown")
        cell = await home.cell(call_id="c1")
        cell.say(CallSaved(record_to_json(RECORD)), OfferResult("c1", "before-7", "answered", agent="ann"))
        other = await home.cell(1)
        other.say(CellState(1, "busy", "c2"), AgentWanted("c2", "desk"))
        await other.hears(Queued)
        engagement = home.hub.switchboard.queues.agents["ann"].engagement
        assert engagement is not None
        assert engagement.call_id == "c1"
        cell.say(OfferResult("c1", "before-7", "ended", agent="ann"))
        assert (await other.hears(Offered)).agent == "ann"


async def ask(home: House, question: Message) -> Message:
    """As the command line does."""
    reader, writer = await asyncio.open_unix_connection(home.path)
    writer.write(encode(question))
    answer = decode(await reader.readline())
    writer.close()
    return answer


async def test_a_pause_told_at_the_command_line_keeps_its_reason_over_a_restart_and_is_in_the_log() -> None:
    choices = MemoryAgentChoices()
    async with house(agents=(ANN,), choices=choices) as home:
        home.edge.phones = frozenset({"ann"})
        await home.until(lambda: "ann" in home.hub.switchboard.queues.agents, "the agent is unknown")
        told = await ask(home, AgentTold("ann", "pause", "training", "sue"))
        assert told == AgentTaken("ann", "paused")
        assert await ask(home, AgentTold("nobody", "pause", "training", "sue")) == AgentTaken("nobody", "")
        await home.until(lambda: any(e.action == "agent.pause" for e in home.log.entries), "it is not in the log")
        entry = next(e for e in home.log.entries if e.action == "agent.pause")
        assert (entry.subject, entry.details) == ("ann", {"by": "sue", "reason": "training"})
    async with house(agents=(ANN,), choices=choices) as again:
        again.edge.phones = frozenset({"ann"})
        caller = await again.cell()
        caller.begin(RECORD)
        agents = again.hub.switchboard.queues.agents
        await again.until(lambda: "ann" in agents and agents["ann"].reachable, "the agent is unknown")
        caller.say(AgentWanted("c1", "desk"))
        await caller.hears(Queued)
        report = again.hub.switchboard.report()["agents"]
        assert isinstance(report, list)
        assert (report[0]["state"], report[0]["reason"], report[0]["by"]) == ("paused", "training", "sue")
        assert await ask(again, AgentTold("ann", "resume", by="sue")) == AgentTaken("ann", "offered")
        assert (await caller.hears(Offered)).agent == "ann"


async def test_why_a_call_waits_is_told_agent_by_agent() -> None:
    async with house(agents=(ANN, AgentEntry("bob", ha1="0" * 32, queues=("loans",)))) as home:
        await home.until(lambda: len(home.hub.switchboard.queues.agents) == 2, "agents are unknown")
        caller = await home.cell()
        caller.begin(RECORD)
        caller.say(AgentWanted("c1", "desk"))
        await caller.hears(Queued)
        answer = await ask(home, WhyWanted("c1"))
        assert isinstance(answer, WhyReport)
        agents = answer.report["agents"]
        assert isinstance(agents, list)
        assert [(one["agent"], one["verdict"]) for one in agents] == [
            ("ann", "their phone is not registered"),
            ("bob", "does not serve desk"),
        ]
        assert await ask(home, WhyWanted("another")) == WhyReport({})


@pytest.mark.parametrize(
    "line",
    [b"nonsense\n", b'{"is":"KeysWanted","count":1}\n', b'{"is":"KeysIssued","keys":[]}\n', b"x" * 5_000_000 + b"\n"],
)
async def test_whoever_speaks_nonsense_is_cut_off_and_the_others_are_served(line: bytes) -> None:
    async with house() as home:
        reader, writer = await asyncio.open_unix_connection(home.path)
        writer.write(line)
        assert await CellByHand(reader, writer).is_cut_off()
        cell = await home.cell()
        cell.say(KeysWanted(1))
        await cell.hears(KeysIssued)


async def test_a_cells_alarm_is_counted_kept_and_shown() -> None:
    async with house() as home:
        cell = await home.cell()
        cell.say(Alarm(AlarmKind.RECORDING, "the recorder stopped", "c1"))
        await home.until(lambda: home.alarms() == ["recording"], "no alarm")
        kept = [json.loads(line) for line in (home.path.parent / "alarms.jsonl").read_text().splitlines()]
        assert [(one["kind"], one["call_id"]) for one in kept] == [("recording", "c1")]
        assert 'ivr_alarms_total{kind="recording"} 1.0' in (await home.get("/metrics"))[1]
        asking = CellByHand(*await asyncio.open_unix_connection(home.path))
        asking.say(StatusWanted())
        report = (await asking.hears(StatusReport)).report
        assert [alarm["kind"] for alarm in report["alarms"]] == ["recording"]  # type: ignore[attr-defined]
        with (home.path.parent / "alarms.jsonl").open("a") as file:
            file.write('{"torn')
        later = Alarms(home.path.parent / "alarms.jsonl", wall=time.time, log=lambda *_: None, count=lambda _: None)
        assert [alarm.kind for alarm in later.latest] == ["recording"], "the next hub shows them too"


async def test_metrics_and_health_and_nothing_else() -> None:
    async with house(agents=(ANN,)) as home:
        assert (await home.get("/healthz"))[0] == 503, "no cell, no service"
        cell = await home.cell()
        cell.say(Counted({"frames_lost": 2.0, "bad name!": 1.0, "ivr_frames_total": 1.0}))
        await home.until(lambda: home.hub.health()["ok"], "not well")
        assert (await home.get("/healthz"))[0] == 200
        text = (await home.get("/metrics"))[1]
        assert "ivr_cell_frames_lost_total 2.0" in text
        assert "ivr_cell_counters_refused_total 2.0" in text, "the hub says whose they are"
        assert 'ivr_cells{state="idle"} 1.0' in text
        assert "13912345678" not in text
        assert (await home.get("/secrets"))[0] == 404
        assert (await home.get("/metrics", "POST"))[0] == 405


async def test_a_hub_whose_watch_over_what_the_edge_denies_has_failed_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is started again: denials that nobody brings into the log are lost with the edge."""

    async def broken(denials: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("ivr.engine.hub.denials.Denials.run", broken)
    with pytest.raises(ZeroDivisionError):
        async with house():
            pass


async def test_only_its_owner_may_speak_with_the_hub() -> None:
    async with house() as home:
        assert home.path.stat().st_mode & 0o077 == 0


WANTED = CallbackWanted("c1", 7, "loans", "+85291234567", "en")


async def test_a_wish_to_be_called_back_is_stored_and_audited_before_it_is_acknowledged() -> None:
    store = MemoryCallbackStore()
    async with house(callbacks=store) as made:
        cell = await made.cell()
        cell.begin(RECORD)
        cell.say(WANTED)
        assert await cell.hears(CallbackAnswered) == CallbackAnswered("c1", 7, kept=True)
        (kept,) = store.find()
        assert (kept.queue, kept.call_id, kept.language) == ("loans", "c1", "en")
        (entry,) = [one for one in made.log.entries if one.action == "callback.wished"]
        assert entry.subject == kept.callback_id
        assert "85291234567" not in str(entry)


async def test_a_wish_that_the_log_does_not_take_is_not_acknowledged() -> None:
    async with house(log=AuditByHand(full=True)) as made:
        cell = await made.cell()
        cell.begin(RECORD)
        cell.say(WANTED)
        assert not (await cell.hears(CallbackAnswered)).kept
        await made.until(lambda: "callback" in made.alarms(), "no alarm")


async def test_attempts_at_an_account_are_counted_over_calls_and_restarts_until_it_is_locked(tmp_path: Path) -> None:
    now, keys = [1000.0], MemoryKeyStore()
    counter = AttemptFile(tmp_path / "attempts.json", keys, wall=lambda: now[0])

    async def attempts(*calls: str, account: str = "bank|10000001") -> list[bool]:
        async with house(attempts=counter) as made:  # each time another hub
            cell = await made.cell()
            told = []
            for call in calls:
                cell.say(AttemptWanted(call, 3, account))
                answer = await cell.hears(AttemptAnswered)
                assert (answer.call_id, answer.lookup_id) == (call, 3)
                told.append(answer.allowed)
            entries.extend(made.log.entries)
            return told

    entries: list[AuditEntry] = []
    assert await attempts("a", "b", "c") == [True] * 3
    assert await attempts("d", "e", "f", "g") == [True, True, False, False]
    assert await attempts("h", account="bank|10000002") == [True]
    now[0] += 3601
    assert await attempts("i") == [True]
    locked = [entry for entry in entries if entry.action == "identity.locked"]
    assert [entry.details["call"] for entry in locked] == ["f", "g"]
    assert "10000001" not in str(locked) + (tmp_path / "attempts.json").read_text()


async def test_a_success_clears_what_is_held_and_what_cannot_be_counted_is_not_allowed(tmp_path: Path) -> None:
    counter = AttemptFile(tmp_path / "attempts.json", MemoryKeyStore(), wall=time.time)
    async with house(attempts=counter) as made:
        cell = await made.cell()
        for _ in range(4):
            cell.say(AttemptWanted("c1", 3, "bank|1"))
            assert (await cell.hears(AttemptAnswered)).allowed
        cell.say(AttemptUnanswered("c1", "bank|1"))
        await made.until(lambda: "[3, 0," in (tmp_path / "attempts.json").read_text(), "it is not given back")
        cell.say(AttemptPassed("c1", "bank|1"))
        await made.until(lambda: "{}" in (tmp_path / "attempts.json").read_text(), "the count stays")
        (tmp_path / "attempts.json").write_text("{damaged")
        cell.say(AttemptWanted("c1", 4, "bank|1"))
        assert not (await cell.hears(AttemptAnswered)).allowed
        assert "identity" in made.alarms()


async def test_what_happens_in_a_queue_is_kept_counted_and_told_again_by_the_next_hub() -> None:
    kept = MemoryQueueLines()
    async with house(agents=(ANN,), lines=kept) as home:
        home.edge.phones = frozenset({"ann"})
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        offer = await cell.hears(Offered)
        cell.say(OfferResult("c1", offer.offer_id, "answered"))
        other = await home.cell(1)
        other.say(CellState(1, "busy", "c2"), AgentWanted("c2", "desk"), AgentNotWanted("c2", gave_up=True))
        await home.until(lambda: What.GAVE_UP in {one.what for one in kept.lines}, "the lines are not written")
        page = (await home.get("/metrics"))[1]
        assert 'ivr_queue_answer_seconds_count{queue="desk"} 1.0' in page
        assert 'ivr_queue_abandon_seconds_count{queue="desk"} 1.0' in page
        assert 'ivr_queue_offered_total{queue="desk"} 2.0' in page
    told = [one for one in kept.lines if one.what is not What.WAS]
    assert [(one.what, one.call_id) for one in told if one.call_id == "c1"] == [
        (What.CAME, "c1"), (What.RUNG, "c1"), (What.TAKEN, "c1"),
    ]  # fmt: skip
    assert "talking" in {one.state for one in kept.lines if one.agent == "ann"}, "told when the hub ended"
    async with house(agents=(ANN,), lines=kept) as home:
        await home.until(lambda: "desk" in home.hub.chronicle.today().queues, "today's figures are gone")
        desk = home.hub.chronicle.today().queues["desk"]
        assert (desk.offered, desk.answered, desk.abandoned) == (2, 1, 1)


async def test_lines_that_the_database_does_not_take_now_are_written_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chronicle, "RETRY_SECONDS", 0.05)

    class Full(MemoryQueueLines):
        full = True

        def append(self, lines: Sequence[Happening]) -> None:
            if self.full:
                raise EnvironmentFault("the database does not answer")
            super().append(lines)

    kept = Full()
    async with house(agents=(ANN,), lines=kept) as home:
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        await home.until(lambda: "queue_lines" in home.alarms(), "no alarm")
        kept.full = False
        await home.until(lambda: What.CAME in {one.what for one in kept.lines}, "the lines are lost")
        assert [one.what for one in kept.lines].count(What.CAME) == 1


async def test_a_caller_whose_line_dropped_gets_the_place_back_when_they_dial_in_again() -> None:
    async with house(agents=(ANN,)) as home:  # her phone is not registered: everybody waits
        first, other, again = [await home.cell(number) for number in (0, 1, 2)]
        caller = "sip:+85291234567@example.com"
        first.begin(replace(RECORD, caller=caller))
        first.say(AgentWanted("c1", "desk"))
        assert (await first.hears(Queued)).position == 1
        await asyncio.sleep(0.3)
        other.say(CellState(1, "busy", "c2"), AgentWanted("c2", "desk"))
        assert (await other.hears(Queued)).position == 2
        first.say(AgentNotWanted("c1", gave_up=True))
        back = replace(RECORD, call_id="c3", caller=caller)
        again.say(CellState(2, "busy", "c3"), CallSaved(record_to_json(back)), AgentWanted("c3", "desk"))
        assert (await again.hears(Queued)).position == 1
        stranger = replace(RECORD, call_id="c4", caller="sip:anonymous@anonymous.invalid")
        first.say(CellState(0, "busy", "c4"), CallSaved(record_to_json(stranger)), AgentWanted("c4", "desk"))
        assert (await first.hears(Queued)).position == 3


async def test_a_queue_whose_sites_are_closed_says_so_at_once() -> None:
    open_now = {"hk"}
    rules = QueueRules(sites=("hk",))
    async with house(agents=(ANN,), rules=lambda queue: rules, open_sites=lambda at: frozenset(open_now)) as home:
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        assert (await cell.hears(Queued)).position == 1
        open_now.clear()
        cell.say(AgentNotWanted("c1"), AgentWanted("c1", "desk"))
        assert (await cell.hears(NoAgent)).reason == "the queue is closed at this hour"
