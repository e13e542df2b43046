"""On a host with cells: the engine's edge, at the address and port of loopback that it has on its own machine.

Rule: what comes from the edge goes to cells of this host and to its relay; nowhere else. What cells send there, and
what the relay answers, goes to the edge.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import suppress

from ivr.engine.link.cells_there import LOOPBACK, Places
from ivr.engine.link.datagrams import Datagram, Kind, Sender, connect_to, listen_at, receive
from ivr.engine.link.relay_streams import RelayThere
from ivr.errors import EnvironmentFault

ASKERS_MAX = 64
"""The edge's processes that order the relay about, each from a port of its own: those that did last."""


class EdgeThere:
    """One connection to the edge's host."""

    def __init__(self, places: Places, edge_port: int, *, relay: bool) -> None:
        """`edge_port`: of the edge's SIP on loopback; `relay`: whether this host has one."""
        self._places, self._edge, self._relay = places, (LOOPBACK, edge_port), relay
        self._askers: OrderedDict[int, asyncio.DatagramTransport] = OrderedDict()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        """Until the connection ends; returns how many datagrams found no room. Raises EnvironmentFault, PeerError."""
        sender = Sender(writer)
        streams = RelayThere(self._places.relay_port, sender)
        try:
            cells = await listen_at(self._edge, lambda data, source: self._said(data, source, sender))
        except OSError as error:
            where = f"{LOOPBACK}:{self._edge[1]}"
            raise EnvironmentFault(f"the edge cannot appear at {where} (UDP): {error.strerror}") from error
        try:
            while (datagram := await receive(reader)) is not None:
                if datagram.kind is Kind.SIP:
                    self._to_cell(datagram, cells)
                elif not self._relay:
                    continue
                elif datagram.kind is Kind.RELAY_STREAM:
                    streams.take(datagram)
                else:
                    await self._order(datagram, sender)
        finally:
            cells.close()
            streams.close()
            for socket in self._askers.values():
                socket.close()
        return sender.dropped

    def _said(self, data: bytes, source: tuple[str, int], sender: Sender) -> None:
        address, port = source
        number = port - self._places.first_port
        if address == self._places.address and 0 <= number < self._places.count:
            sender.send(Datagram(Kind.SIP, number, data))

    def _to_cell(self, datagram: Datagram, cells: asyncio.DatagramTransport) -> None:
        if datagram.number < self._places.count:
            cells.sendto(datagram.payload, (self._places.address, self._places.first_port + datagram.number))

    async def _order(self, datagram: Datagram, sender: Sender) -> None:
        """Each asker has a socket of its own here, too: whose an answer is shows by where it comes."""
        asker = datagram.number
        socket = self._askers.get(asker)
        if socket is None:

            def answered(data: bytes, source: tuple[str, int]) -> None:
                sender.send(Datagram(Kind.RELAY, asker, data))

            with suppress(OSError):  # no descriptor is left: the edge sees that no answer comes
                socket = self._askers[asker] = await connect_to((LOOPBACK, self._places.relay_port), answered)
            if len(self._askers) > ASKERS_MAX:
                self._askers.popitem(last=False)[1].close()
        if socket is not None:
            self._askers.move_to_end(asker)
            socket.sendto(datagram.payload)
