"""The hub: one asyncio process that cells and the command line talk to over a Unix socket.

It issues data keys, keeps the call records, queues calls for agents and raises alarms. It may die at any time: cells
serve on with the keys in hand and tell the next hub what it must know.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import asdict

from ivr.core.alarms import AlarmKind
from ivr.core.call.record_json import record_from_json
from ivr.engine.bus.alarms import AlarmAcknowledged, AlarmsReport, AlarmsWanted
from ivr.engine.bus.attempts import AccountProofWanted, AttemptPassed, AttemptUnanswered, AttemptWanted
from ivr.engine.bus.callbacks import CallbackWanted, CalleeRefused
from ivr.engine.bus.calls import CallSaved, CallStored, DialogsHeld, StepTold
from ivr.engine.bus.cells import Alarm, CellHello, CellState, Counted
from ivr.engine.bus.codec import LINE_MAX, decode, encode
from ivr.engine.bus.counts import CountWanted
from ivr.engine.bus.desk import ColleagueWanted, DeskAsked, DeskTold, PhoneKeyMade, SupervisorAsked
from ivr.engine.bus.edge import DialWord, EdgeEnds, EdgeSettled
from ivr.engine.bus.hosts import FileWanted, JournalPart, JournalsHeld, ServedWanted
from ivr.engine.bus.inspector import InspectorTold
from ivr.engine.bus.live import CallStands, CallsWanted, OwnCallWanted, TalkSaid, WordsReport, WordsWanted
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, OfferResult
from ivr.engine.bus.shipping import ShippingTold
from ivr.engine.bus.staff import (
    AgentProofWanted,
    AgentsChanged,
    AgentTold,
    DispositionTold,
    MessageHeard,
    StatusReport,
    StatusWanted,
    WhyReport,
    WhyWanted,
)
from ivr.engine.bus.stock import KeysHeld, KeysRotated, KeysWanted
from ivr.engine.hub.accounts import Accounts
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.attempts import Attempts
from ivr.engine.hub.call_counts import CallCounts
from ivr.engine.hub.callbacks import Callbacks
from ivr.engine.hub.centre import Centre
from ivr.engine.hub.certificate import CertificateWatch
from ivr.engine.hub.config import HubConfig, HubPorts
from ivr.engine.hub.denials import Denials
from ivr.engine.hub.gauges import Gauges
from ivr.engine.hub.hosts import Hosts
from ivr.engine.hub.inspection import InspectorWatch
from ivr.engine.hub.keys import issue_keys
from ivr.engine.hub.live import LiveCalls
from ivr.engine.hub.live_rules import LiveRules
from ivr.engine.hub.metrics import Metrics, MetricsServer
from ivr.engine.hub.peers import CellPeer, CellPeers
from ivr.engine.hub.records import CallRecords
from ivr.engine.hub.room import Room
from ivr.engine.hub.shipping import ShippingWatch
from ivr.engine.hub.steps import Steps
from ivr.engine.hub.stocks import Stocks
from ivr.engine.hub.trunks import TrunkWatch
from ivr.errors import EnvironmentFault, IvrError, PeerError


class Hub:
    """Everything the hub does, until `run` is cancelled."""

    def __init__(self, config: HubConfig, ports: HubPorts) -> None:
        self._config = config
        self._ports = ports
        self.metrics = Metrics()
        self.inspection = InspectorWatch(self.metrics.registry, wall=ports.wall)
        self.shipping = ShippingWatch(self.metrics.registry)
        self.alarms = Alarms(
            config.alarms, wall=ports.wall, log=ports.log, count=lambda kind: self.metrics.alarms.labels(kind).inc()
        )
        self.records = CallRecords(
            ports,
            self.alarms,
            count=lambda o: self.metrics.calls.labels(o or "unknown").inc(),
            left=lambda record: self.centre.messages_left(record),
        )
        self.callbacks = Callbacks(ports, self.alarms)
        self.attempts = Attempts(ports, self.alarms)
        self.accounts = Accounts(ports, self.alarms)
        self.counts = CallCounts(ports, self.records.running)
        self.room = Room(
            ports.disks,
            self.alarms,
            least_bytes=config.least_free_bytes,
            monotonic=ports.monotonic,
            looked=lambda disk: self.metrics.free.labels(disk.place).set(disk.free_bytes),
        )
        self.certificate = CertificateWatch(
            ports.certificate_ends_at, self.alarms, wall=ports.wall, of_trunks=ports.trunk_papers
        )
        self.cells = CellPeers(ports, start=self._start, lost=self._lost)
        self.hosts = Hosts(config.cells_of, ports, cells=self.cells, records=self.records, alarms=self.alarms)
        self.steps = Steps(ports, self.alarms)
        self.centre = Centre(
            config,
            ports,
            alarms=self.alarms,
            metrics=self.metrics,
            records=self.records,
            steps=self.steps,
            cells=self.cells,
        )
        self.live = LiveCalls(self.cells, self.records.running, self.centre.switchboard.queues)
        self.live_rules = LiveRules(
            ports.rules, count=self.inspection.counted_live, monotonic=ports.monotonic, wall=ports.wall
        )
        self.denials = Denials(
            ports, self.alarms, count=lambda kind, requests: self.metrics.denied.labels(kind).inc(requests)
        )
        self.trunks = TrunkWatch(ports, self.alarms, self.metrics.registry)
        self.stocks = Stocks(
            cells=config.cells, send=self.cells.send, connected=lambda: self.cells.numbers,
            journals=self.hosts.journals_held, monotonic=ports.monotonic,
        )  # fmt: skip
        self._tasks: set[asyncio.Task[None]] = set()
        self._started_at = ports.wall()

    async def run(self, stop: asyncio.Event, *beside: Coroutine[None, None, None]) -> None:
        """Serve until `stop`. Raises EnvironmentFault when it cannot listen. What runs `beside` it never ends: if it
        does, it was by a fault of ours, and the hub raises."""
        path = self._config.socket
        with suppress(FileNotFoundError):
            path.unlink()
        gauges = Gauges(self.metrics, cells=self.cells, centre=self.centre, records=self.records)
        web = MetricsServer(self.metrics, health=self.health, refresh=gauges.refresh)
        try:
            await web.start(self._config.metrics_host, self._config.metrics_port)
            server = await asyncio.start_unix_server(self.serve, path, limit=LINE_MAX)
        except OSError as error:
            where = f"{self._config.metrics_host}:{self._config.metrics_port} or {path}"
            raise EnvironmentFault(f"the hub cannot listen on {where}: {error.strerror}") from error
        path.chmod(0o600)
        self.centre.begin()
        self.records.take_in_lost()
        self._start(self.cells.part())
        always = {
            asyncio.create_task(work)
            for work in (
                self.denials.run(),
                self.room.run(),
                self.trunks.run(),
                self.certificate.run(),
                self.hosts.run(),
                *self.centre.always(),
                *beside,
            )
        }
        self._ports.log("hub_ready", {"pid": os.getpid()})
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({stopping, *always}, return_when=asyncio.FIRST_COMPLETED)
            for task in always:
                if task.done() and not stop.is_set():
                    task.result()
                    raise RuntimeError(f"what never ends came to an end: {task!r}")  # end with it, and be started again
        finally:
            stopping.cancel()
            for task in always:
                task.cancel()
            server.close()
            await web.close()
            self.cells.close()
            await self.centre.close()
            await self.records.close()
            await self.steps.close()
            with suppress(FileNotFoundError):
                path.unlink()

    # --- connections ------------------------------------------------------------------------------------------------

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str = "") -> None:
        """One connection, to its end. `host`: the other one that its certificate names; "": it is of this one."""
        peer: CellPeer | None = None
        self.hosts.connected(host)
        try:
            while line := await reader.readline():
                message = decode(line)
                if host:
                    message = self.hosts.checked(host, message)
                match message:
                    case StatusWanted():
                        writer.write(encode(StatusReport(self.report())))
                    case EdgeEnds():
                        await self.denials.settle()
                        writer.write(encode(EdgeSettled()))
                    case KeysRotated(old=old):
                        writer.write(encode(await self.stocks.void(old)))
                    case AgentsChanged():
                        self.centre.presence.look_now()
                    case AgentTold():
                        writer.write(encode(self.centre.agent_told(message)))
                    case DispositionTold():
                        self.centre.switchboard.said(message)
                    case AgentProofWanted():
                        writer.write(encode(await self.centre.agent_proved(message)))
                    case AccountProofWanted():
                        writer.write(encode(await self.accounts.take(message)))
                    case MessageHeard():
                        self.centre.message_heard(message)
                    case DeskAsked():
                        writer.write(encode(self.centre.floor.asked(message)))
                    case SupervisorAsked():
                        writer.write(encode(self.centre.floor.supervise(message)))
                    case WhyWanted(call_id=call_id):
                        writer.write(encode(WhyReport(self.centre.switchboard.why(call_id))))
                    case CallsWanted():
                        writer.write(encode(self.live.calls()))
                    case PhoneKeyMade():
                        writer.write(encode(await self.centre.phone_key(message)))
                    case OwnCallWanted():
                        writer.write(encode(self.live.own_call(message)))
                    case WordsWanted():
                        writer.write(encode(await self.live.words(message)))
                    case AlarmsWanted():
                        writer.write(encode(AlarmsReport(tuple(reversed(self.alarms.latest)))))
                    case AlarmAcknowledged():
                        writer.write(encode(self.alarms.acknowledge(message)))
                    case Alarm() if peer is None:  # the supervisor's
                        self.alarms.raise_alarm(message.kind, message.text, message.call_id)
                    case InspectorTold():
                        self.inspection.take(message)
                    case ShippingTold():
                        self.shipping.take(message)
                    case CellHello():
                        peer = self._welcome(message, writer, host)
                    case ServedWanted() | FileWanted() | JournalPart() | JournalsHeld():
                        writer.write(encode(await self.hosts.answer(host, message)))
                    case _ if peer is None:
                        raise PeerError("a cell spoke before its hello")
                    case _:
                        self._hear(peer, message)
        except (IvrError, ValueError) as error:  # ValueError: a line longer than the limit
            self._ports.log("connection_refused", {"reason": str(error), **({"host": host} if host else {})})
        except OSError:
            pass  # the other end is gone: its process ended
        finally:
            writer.close()
            self.hosts.disconnected(host)
            if peer is not None:
                self.cells.disconnected(peer)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task of ours that failed is told, not lost with its object."""
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._ports.log("hub_task_failed", {"exception": type(fault).__name__, "level": "error"})

    def _welcome(self, hello: CellHello, writer: asyncio.StreamWriter, host: str) -> CellPeer:
        peer = self.cells.welcome(hello, writer, host)
        self.hosts.look_now()
        self.stocks.greet(hello.cell)
        if self.centre.presence.word is not None:
            peer.send(DialWord(self.centre.presence.word))
        return peer

    def _lost(self, peer: CellPeer) -> bool:
        """A cell went away in a call. That call is over, if it was running."""
        call_id = peer.call_id
        if call_id is not None:
            self.centre.dialler.lost(call_id)
        if call_id is None or call_id not in self.records.running:
            return False
        text = f"cell {peer.hello.cell} died in a call; what it had recorded is kept"
        self.alarms.raise_alarm(AlarmKind.CELL_LOST, text, call_id)
        self.centre.switchboard.call_over(call_id)
        self.records.crashed(call_id)
        return True

    # --- messages ---------------------------------------------------------------------------------------------------

    def _hear(self, peer: CellPeer, message: Message) -> None:
        match message:
            case CellState():
                peer.state, peer.call_id = message.state, message.call_id
                peer.calls_served = message.calls_served
                if peer.host:
                    self.hosts.look_now()
            case StepTold():
                self.steps.take(message, actor=f"cell {peer.hello.cell}", kept=peer.send)
            case CallbackWanted():
                self.callbacks.take(message, actor=f"cell {peer.hello.cell}", answer=peer.send)
            case AttemptWanted():
                actor = f"cell {peer.hello.cell}"
                self.attempts.take(message, actor=actor, answer=peer.send)
            case CountWanted():
                self.counts.take(message, answer=peer.send)
            case AttemptPassed() | AttemptUnanswered():
                self.attempts.ended(message)
            case KeysHeld():
                self.stocks.answered(peer.hello.cell, message)
            case KeysWanted():
                self._start(self._issue(peer, message.count))
            case CallSaved():
                self._save(peer, message)
            case DialogsHeld():
                self.cells.hold(peer, message)
            case CallStands():
                peer.stands = message
            case WordsReport():
                self.live.told(message)
            case TalkSaid():
                self._start(self.live_rules.said(message, peer.send))
            case AgentWanted() | AgentNotWanted() | OfferResult():
                self.centre.hear(message)
            case CalleeRefused(call_id=call_id):
                self.cells.not_taken(peer, call_id)
                self.centre.dialler.refused(message)
            case ColleagueWanted() | DeskTold():
                self.centre.floor.hear(message)
            case Alarm():
                self.alarms.raise_alarm(message.kind, message.text, message.call_id)
            case Counted():
                self.metrics.add(message.counters)
            case _:
                raise PeerError(f"a cell sent {type(message).__name__}, which only the hub may send")

    async def _issue(self, peer: CellPeer, count: int) -> None:
        """In a thread: a hardware security module may take its time."""
        try:
            issued = await asyncio.to_thread(issue_keys, self._ports.keys, count)
        except IvrError as error:
            self.alarms.raise_alarm(AlarmKind.KEYS, f"no data keys can be issued, so calls will be refused: {error}")
            return
        self.metrics.keys.inc(len(issued.keys))
        peer.send(issued)

    def _save(self, peer: CellPeer, message: CallSaved) -> None:
        record = record_from_json(message.record)
        if message.final:
            self.centre.dialler.over(record)
            self.centre.switchboard.call_over(record.call_id)
            if peer.call_id == record.call_id:
                peer.call_id = None
        else:
            peer.call_id = record.call_id
        stored, begins = CallStored(record.call_id), record.call_id not in self.records.running
        self.records.save(record, final=message.final, stored=lambda: peer.send(stored) if message.final else None)
        if begins and not message.final:
            self.centre.earlier_talks.begun(record)

    # --- what is told of it -----------------------------------------------------------------------------------------

    def health(self) -> dict[str, object]:
        """Whether calls can be served now, and all that is kept of them be kept. A database that is away ends no call:
        records wait for it."""
        cells, edge = len(self.cells), self.centre.presence.edge_alive
        fault = self.room.fault or self.steps.fault
        return {"ok": cells > 0 and edge and not fault, "cells": cells, "edge": edge, "disk": fault}

    def report(self) -> dict[str, object]:
        """What `ivr status` shows."""
        return {
            "hub": {
                "pid": os.getpid(),
                "since": self._started_at,
                "records_pending": self.records.pending,
                "steps_pending": self.steps.pending,
                "lines_pending": self.centre.chronicle.pending,
            },
            "health": self.health(),
            "cells_wanted": self._config.cells,
            "cells": self.cells.report(),
            "has_edge": self._ports.edge is not None,
            "alarms": self.alarms.recent(),
            "inspection": self.inspection.report(),
            "shipping": self.shipping.report(),
            "trunks": self.trunks.report(),
            **self.centre.switchboard.report(),
            "mailboxes": self.centre.mailboxes(),
            "today": asdict(self.centre.chronicle.today()),
        }
