"""The cells that are connected, and what becomes of a call whose cell is gone.

Rule: a cell whose process lives may have lost only its connection, and has a moment to come back; one that died takes
its call with it, whose dialogs are ended. Of a cell on another host it is not known whether it lives, so it has longer;
its dialogs are ended only when another one has its place there.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass

from ivr.core.sip.dialog import Dialog
from ivr.engine.bus.calls import DialogsHeld
from ivr.engine.bus.cells import CellHello, CellStatus
from ivr.engine.bus.codec import encode
from ivr.engine.bus.edge import DialWord
from ivr.engine.bus.live import CallStands
from ivr.engine.bus.messages import Message
from ivr.engine.hub.config import HubPorts
from ivr.engine.hub.farewells import Farewells
from ivr.errors import IvrError

RECONNECT_GRACE_SECONDS = 3.0
"""A cell whose process lives may have lost only its connection: it is back within this."""
HOST_GRACE_SECONDS = 30.0
"""The same of a cell on another host, which may have been cut off."""
UNREAD_MAX_BYTES = 4 * 1024 * 1024
"""A cell that does not read so much is cut off."""


@dataclass(slots=True)
class CellPeer:
    """A connected cell."""

    hello: CellHello
    writer: asyncio.StreamWriter
    state: CellStatus = CellStatus.IDLE
    call_id: str | None = None
    calls_served: int = 0
    dialogs: DialogsHeld | None = None
    """Of the call that it carries."""
    stands: CallStands | None = None
    """Where that call is."""
    host: str = ""
    """The other host that it is on; "": it is here."""

    @property
    def away(self) -> bool:
        """Its connection has ended."""
        return self.writer.is_closing()

    def send(self, message: Message) -> None:
        """Say something, unless the cell is going or has long stopped reading."""
        if self.away:
            return
        if self.writer.transport.get_write_buffer_size() > UNREAD_MAX_BYTES:
            self.writer.transport.abort()
            return
        self.writer.write(encode(message))


class CellPeers:
    """Every connected cell, by its number."""

    def __init__(
        self,
        ports: HubPorts,
        *,
        start: Callable[[Coroutine[None, None, None]], None],
        lost: Callable[[CellPeer], bool],
    ) -> None:
        """`start` runs work beside the hub's. `lost(peer)` is told of a cell that went away in a call.

        It returns whether that call was still running.
        """
        self._start = start
        self._lost = lost
        self._ports = ports
        self._farewells = Farewells(ports)
        self._peers: dict[int, CellPeer] = {}

    def __iter__(self) -> Iterator[CellPeer]:
        return iter(self._peers.values())

    def __len__(self) -> int:
        return len(self._peers)

    @property
    def numbers(self) -> frozenset[int]:
        """Numbers of the cells that are there."""
        return frozenset(self._peers)

    def send(self, number: int, message: Message) -> None:
        """Say something to a cell that is there."""
        self._peers[number].send(message)

    def tell_call(self, call_id: str, message: Message) -> None:
        """Say something to the cell that carries a call, if one does."""
        for peer in self:
            if peer.call_id == call_id:
                peer.send(message)
                return

    def give(self, call_id: str, message: Message, *, leave: int) -> bool:
        """Have an idle cell make a call, if so many others stay idle; returns whether one was told."""
        idle = sorted(self.idle())
        if len(idle) <= leave:
            return False
        peer = self._peers[idle[0]]
        peer.state, peer.call_id = CellStatus.BUSY, call_id
        peer.send(message)
        return True

    def not_taken(self, peer: CellPeer, call_id: str) -> None:
        """The cell did not make it."""
        if peer.call_id == call_id:
            peer.state, peer.call_id = CellStatus.IDLE, None

    def tell_word(self, word: str) -> None:
        """Say to every cell what it must say to the edge when it dials."""
        for peer in self:
            peer.send(DialWord(word))

    def welcome(self, hello: CellHello, writer: asyncio.StreamWriter, host: str = "") -> CellPeer:
        """A cell is there; it takes the place of one of the same number. `host`: the other one that it is on."""
        before = self._peers.get(hello.cell)
        state = CellStatus.BUSY if hello.call_id else CellStatus.IDLE
        peer = CellPeer(hello, writer, call_id=hello.call_id, state=state, host=host)
        self._peers[hello.cell] = peer
        if before is not None and before.call_id and before.call_id != hello.call_id:
            self._gone(before, died=_died(before, successor=hello.pid))
        return peer

    def hold(self, peer: CellPeer, held: DialogsHeld) -> None:
        """It has these dialogs now: noted, so that they can be ended when it died together with the hub."""
        peer.dialogs = held
        notes = self._ports.kept_dialogs
        try:
            if notes is not None and not peer.host:  # which processes live on another host is not known here
                notes.keep(peer.hello.pid, held)
        except (OSError, IvrError) as error:  # this hub knows them: only a death of both at once leaves people waiting
            self._ports.log("dialogs_not_noted", {"call_id": held.call_id, "reason": str(error), "level": "warning"})

    def disconnected(self, peer: CellPeer) -> None:
        """A connection ended. Nothing comes of it if another took its place."""
        if self._peers.get(peer.hello.cell) is peer:
            self._start(self._wait_for(peer))

    async def part(self) -> None:
        """End the dialogs of cells that died while there was no hub."""
        await self._farewells.say_to_the_left()

    def close(self) -> None:
        """End every connection."""
        for peer in self:
            peer.writer.close()

    def idle(self) -> frozenset[int]:
        """Cells without a call."""
        return frozenset(n for n, peer in self._peers.items() if peer.state is CellStatus.IDLE and not peer.away)

    def dialogs(self) -> tuple[tuple[int, Dialog], ...]:
        """(Cell, dialog) of each that is up."""
        return tuple(
            (number, Dialog.of(words))
            for number, peer in self._peers.items()
            if peer.dialogs is not None and peer.call_id == peer.dialogs.call_id
            for words in peer.dialogs.dialogs
        )

    def report(self) -> list[dict[str, object]]:
        """What `ivr status` shows of them."""
        return [
            {
                "cell": number,
                "pid": peer.hello.pid,
                "sip": peer.hello.sip,
                "state": peer.state,
                "call_id": peer.call_id,
                "calls_served": peer.calls_served,
                "publication": peer.hello.publication,
                "host": peer.host,
            }
            for number, peer in sorted(self._peers.items())
        ]

    # --- a cell that is gone ----------------------------------------------------------------------------------------

    async def _wait_for(self, peer: CellPeer) -> None:
        if peer.host:
            await asyncio.sleep(HOST_GRACE_SECONDS if peer.call_id is not None else 0.0)
        elif _alive(peer.hello.pid):
            await asyncio.sleep(RECONNECT_GRACE_SECONDS)
        if self._peers.get(peer.hello.cell) is peer:
            del self._peers[peer.hello.cell]
            self._gone(peer, died=_died(peer))

    def _gone(self, peer: CellPeer, *, died: bool) -> None:
        if peer.call_id is None or not self._lost(peer):
            return
        held = peer.dialogs
        if held is not None and held.call_id == peer.call_id and died:
            self._start(self._farewells.say(held, pid=peer.hello.pid))


def _died(peer: CellPeer, *, successor: int | None = None) -> bool:
    """Whether its process is known to be gone. `successor`: process id of the cell that took its place."""
    if peer.host:
        return successor is not None and successor != peer.hello.pid
    return not _alive(peer.hello.pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
