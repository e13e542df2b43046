"""At the edge: cells of another host, each at an address and port of this machine's loopback, and their host's relay.

Rule: what comes from a host goes to the edge from the cells of that host, and to whoever asked its relay something;
nowhere else. The sockets are there while the connection stands.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from ivr.engine.link.datagrams import Datagram, Kind, Sender, listen_at, receive
from ivr.engine.link.relay_streams import RelayHere
from ivr.errors import EnvironmentFault, PeerError

LOOPBACK = "127.0.0.1"
ASKERS_MAX = 256
"""Ports of this machine that asked the relay last, which may be answered: the edge's processes."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where cells of one host are spoken to, on their host as at the edge's, and its relay."""

    address: str
    """Of loopback."""
    first_port: int
    count: int
    relay_port: int
    """Where the relay takes orders: at the same address for the edge, on its own host at 127.0.0.1."""


class CellsThere:
    """One connection of one host."""

    def __init__(self, places: Places, edge_port: int, *, relay: bool) -> None:
        """`edge_port`: of the edge's SIP on loopback; `relay`: whether the host has one."""
        self._places, self._edge, self._relay = places, (LOOPBACK, edge_port), relay
        self._askers: OrderedDict[int, None] = OrderedDict()
        self._cells: list[asyncio.DatagramTransport] = []
        self._orders: asyncio.DatagramTransport | None = None
        self._streams: RelayHere | None = None

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stands: Callable[[], None]
    ) -> int:
        """Until the connection ends; `stands()` once the cells are there. Returns how many datagrams found no room.

        Raises EnvironmentFault, PeerError.
        """
        sender = Sender(writer)
        try:
            await self._open(sender)
            stands()
            while (datagram := await receive(reader)) is not None:
                self._take(datagram)
        finally:
            for socket in (*self._cells, *([self._orders] if self._orders else ())):
                socket.close()
            if self._streams is not None:
                self._streams.close()
        return sender.dropped

    async def _open(self, sender: Sender) -> None:
        places = self._places
        try:
            for number in range(places.count):
                self._cells.append(await self._cell(number, sender))
            if self._relay:
                self._orders = await listen_at(
                    (places.address, places.relay_port), lambda data, source: self._ordered(data, source, sender)
                )
                self._streams = RelayHere((places.address, places.relay_port), sender)
                await self._streams.open()
        except OSError as error:
            where = f"{places.address}, port {places.first_port} and up"
            raise EnvironmentFault(f"cells of another host cannot appear at {where}: {error.strerror}") from error

    async def _cell(self, number: int, sender: Sender) -> asyncio.DatagramTransport:
        def heard(data: bytes, source: tuple[str, int]) -> None:
            if source == self._edge:  # as the cells of this machine, they are spoken to by nobody else
                sender.send(Datagram(Kind.SIP, number, data))

        return await listen_at((self._places.address, self._places.first_port + number), heard)

    def _ordered(self, data: bytes, source: tuple[str, int], sender: Sender) -> None:
        address, port = source
        if address != LOOPBACK:
            return
        self._askers[port] = None
        self._askers.move_to_end(port)
        if len(self._askers) > ASKERS_MAX:
            self._askers.popitem(last=False)
        sender.send(Datagram(Kind.RELAY, port, data))

    def _take(self, datagram: Datagram) -> None:
        if datagram.kind is Kind.SIP:
            if datagram.number >= self._places.count:
                raise PeerError("it spoke for a cell that it does not have")
            self._cells[datagram.number].sendto(datagram.payload, self._edge)
        elif datagram.kind is Kind.RELAY_STREAM:
            if self._streams is not None:
                self._streams.take(datagram)
        elif self._orders is not None and datagram.number in self._askers:
            self._orders.sendto(datagram.payload, (LOOPBACK, datagram.number))
