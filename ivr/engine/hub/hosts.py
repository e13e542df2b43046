"""Other hosts: which cells they have, what they may say, and whether the edge may give them calls.

Rule: a host is named by the certificate of its connection and by nothing that it says. It may say what cells say, of
cells of its own and of calls that no other host carries.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from ivr.core.alarms import AlarmKind
from ivr.engine.bus.attempts import AccountProofWanted, AttemptPassed, AttemptUnanswered, AttemptWanted
from ivr.engine.bus.callbacks import CallbackWanted, CalleeRefused
from ivr.engine.bus.calls import CallSaved, DialogsHeld, StepTold
from ivr.engine.bus.cells import Alarm, CellHello, CellState, CellStatus, Counted
from ivr.engine.bus.counts import CountWanted
from ivr.engine.bus.desk import ColleagueWanted, DeskTold
from ivr.engine.bus.hosts import (
    FileKind,
    FilePart,
    FileWanted,
    JournalPart,
    JournalsHeld,
    JournalTaken,
    ServedTold,
    ServedWanted,
)
from ivr.engine.bus.live import CallStands, TalkSaid, WordsReport
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, OfferResult
from ivr.engine.bus.staff import AgentProofWanted
from ivr.engine.bus.stock import KeysHeld, KeysWanted
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.config import CellsOfHost, HubPorts
from ivr.engine.hub.peers import CellPeers
from ivr.engine.hub.records import CallRecords
from ivr.errors import PeerError, SealError

PIECE_BYTES = 1 << 20
KEYS_AT_ONCE = 16
"""A cell wants four."""
LOOK_SECONDS = 1.0
AWAY_SECONDS = 1.0
"""Whoever is without any connection for so long is away."""
HELD_BY_DOUBT = frozenset({"asked", "suspect", "busy"})
"""What the edge notes of a cell that carries no call and is passed over for a while."""
LEFT_OVER_SECONDS = 10.0
"""An idle cell that the edge holds for one call for so long has ended it while it was cut off: a call that is offered
is taken, or let go of, within two seconds."""
CELLS_SAY = (
    CellHello | CellState | KeysWanted | KeysHeld | CallSaved | DialogsHeld | StepTold | CallStands | TalkSaid
    | WordsReport | AgentWanted | AgentNotWanted | OfferResult | CallbackWanted | CalleeRefused | CountWanted
    | AttemptWanted | AttemptPassed | AttemptUnanswered | ColleagueWanted | DeskTold | Alarm | Counted
    | AgentProofWanted | AccountProofWanted
)  # fmt: skip
HOSTS_SAY = ServedWanted | FileWanted | JournalPart | JournalsHeld


class Hosts:
    """All other hosts."""

    def __init__(
        self,
        cells_of: Mapping[str, CellsOfHost],
        ports: HubPorts,
        *,
        cells: CellPeers,
        records: CallRecords,
        alarms: Alarms,
    ) -> None:
        self._cells_of, self._ports = cells_of, ports
        self._cells, self._records, self._alarms = cells, records, alarms
        self._connections: Counter[str] = Counter()
        self._held: dict[str, tuple[frozenset[str], float]] = {}
        """By which keys the journals of a host are wrapped, and when it said so."""
        self._left_over: dict[int, tuple[str, float]] = {}
        """Idle cells that the edge holds for a call, and since when (monotonic)."""
        self._look_now = asyncio.Event()

    # --- what a host says -------------------------------------------------------------------------------------------

    def checked(self, host: str, message: Message) -> Message:
        """What a host said, as it is to be understood here. Raises PeerError for what it may not say."""
        if not isinstance(message, CELLS_SAY | HOSTS_SAY):
            raise PeerError(f"the host {host} sent {type(message).__name__}, which no host may send")
        call_id = message.record.get("call_id") if isinstance(message, CallSaved) else getattr(message, "call_id", None)
        if call_id is not None and any(peer.call_id == call_id and peer.host != host for peer in self._cells):
            raise PeerError(f"the host {host} spoke of a call that it does not carry")
        match message:
            case CellHello():
                own = self._cells_of.get(host)
                if own is None or not 0 <= message.cell < own.count:
                    raise PeerError(f"the host {host} has no cell {message.cell} by our settings (hosts.cells)")
                return replace(message, cell=own.first + message.cell)
            case KeysWanted():
                return replace(message, count=max(0, min(message.count, KEYS_AT_ONCE)))
            case Alarm():
                return replace(message, text=f"{host}: {message.text}")
            case _:
                return message

    async def answer(self, host: str, message: ServedWanted | FileWanted | JournalPart | JournalsHeld) -> Message:
        """To what only hosts ask. Raises IvrError."""
        if not host:
            raise PeerError("what a host asks came over no host's connection")
        match message:
            case ServedWanted() | JournalsHeld():
                if isinstance(message, JournalsHeld):
                    self._held[host] = frozenset(message.kek_ids), self._ports.monotonic()
                files = self._ports.served
                return ServedTold("" if files is None else await asyncio.to_thread(files.served))
            case FileWanted():
                return await asyncio.to_thread(self._part, message)
            case JournalPart():
                return await self._journal(host, message)

    def _part(self, wanted: FileWanted) -> FilePart:
        if self._ports.served is None or wanted.offset < 0:
            return FilePart("", -1)
        read = self._ports.served.prompt if wanted.kind is FileKind.PROMPT else self._ports.served.publication
        data = read(wanted.name)
        if data is None:
            return FilePart("", -1)
        return FilePart(b64encode(data[wanted.offset : wanted.offset + PIECE_BYTES]).decode(), len(data))

    async def _journal(self, host: str, part: JournalPart) -> JournalTaken:
        inbox = self._ports.inbox
        if inbox is None:
            raise PeerError("no journals are taken here")
        data = b64decode(part.data, validate=True)
        try:
            taken = await asyncio.to_thread(inbox.take, host, (part.day, part.call_id), part.offset, data, part.sha256)
        except SealError as error:
            text = f"{host}: the recording of a call is not what it should be and was not taken: {error}"
            self._alarms.raise_alarm(AlarmKind.RECORDING_DAMAGED, text, part.call_id)
            return JournalTaken(0, refused=str(error))
        if taken.whole:
            self._ports.log("journal_taken", {"host": host, "call_id": part.call_id})
            self._records.arrived(part.call_id)
        return JournalTaken(taken.have, taken.whole)

    def journals_held(self, since: float) -> tuple[frozenset[str], int]:
        """By which keys journals on other hosts are wrapped, and how many hosts did not say so since then (monotonic).

        A host that has or had cells here, and is away, has not.
        """
        told = {host: kek_ids for host, (kek_ids, at) in self._held.items() if at >= since}
        return frozenset[str]().union(*told.values()), len((self._cells_of.keys() | self._held.keys()) - told.keys())

    # --- whether it is there ----------------------------------------------------------------------------------------

    def connected(self, host: str) -> None:
        """One more connection; "": of this host, which is not counted."""
        if not host:
            return
        self._connections[host] += 1
        if self._connections[host] == 1:
            self._ports.log("host_there", {"host": host})

    def disconnected(self, host: str) -> None:
        """One connection less."""
        if not host:
            return
        self._connections[host] -= 1
        self.look_now()

    def look_now(self) -> None:
        """A cell of a host came, went, or is about to go."""
        self._look_now.set()

    async def run(self) -> None:
        """Keep the edge's table true of cells on other hosts, and tell of hosts that went, until cancelled."""
        there: frozenset[str] = frozenset()
        while True:
            self._look_now.clear()
            now = frozenset(host for host, count in self._connections.items() if count > 0)
            if there - now:
                await asyncio.sleep(AWAY_SECONDS)  # a hub link that was started anew is back by then
                now = frozenset(host for host, count in self._connections.items() if count > 0)
                for host in sorted(there - now):
                    text = f"the host {host} went away: no new calls go to its cells"
                    self._alarms.raise_alarm(AlarmKind.HOST, text)
            there = now
            await self._tell_edge()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._look_now.wait()
            except TimeoutError:
                pass

    async def _tell_edge(self) -> None:
        edge = self._ports.edge
        if edge is None or not self._cells_of:
            return
        numbers = [n for own in self._cells_of.values() for n in range(own.first, own.first + own.count)]
        reached = {host for host in self._cells_of if self._ports.reached(host)}
        states = {peer.hello.cell: peer.state for peer in self._cells if peer.host in reached and not peer.away}
        try:
            held = await asyncio.to_thread(edge.cells)
            for number in numbers:
                noted, state = held.get(number), states.get(number)
                if self._is_held_in_vain(number, noted, state):
                    await asyncio.to_thread(edge.free_cell, number)
                elif state in (None, CellStatus.DRAINING) and (noted is None or noted in HELD_BY_DOUBT):
                    await asyncio.to_thread(edge.down_cell, number)
        except PeerError:
            return  # without an edge no calls come; the next one begins with all of them down

    def _is_held_in_vain(self, number: int, noted: str | None, state: CellStatus | None) -> bool:
        """Whether a cell that is free is not offered, by what the edge notes of it."""
        if state is not CellStatus.IDLE or noted is None or noted in HELD_BY_DOUBT:
            self._left_over.pop(number, None)
            return False
        now = self._ports.monotonic()
        before, since = self._left_over.get(number, (noted, now))
        self._left_over[number] = noted, since if before == noted else now
        return noted == "down" or now - self._left_over[number][1] > LEFT_OVER_SECONDS
