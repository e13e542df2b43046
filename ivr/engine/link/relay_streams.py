"""Connections by TCP to another host's relay, carried over the link in frames: which calls it carries is no datagram.

Rule: what is long waits for its turn. At most `Sender` holds of it what leaves room for SIP.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ivr.engine.link.datagrams import Datagram, Kind, Sender

LOOPBACK = "127.0.0.1"
STREAMS_MAX = 16
"""At a time: two processes ask, and seldom."""
CHUNK = 1 << 14
"""Octets of a frame: a datagram of SIP waits behind a few of them."""
UNREAD_MAX = 4 << 20
"""Octets that may wait for one who asked and stands still: then their connection ends."""
ORDERS_MAX = 64
"""Frames that may wait for the relay to take them."""
OPEN_SECONDS = 1.0
NUMBERS = 1 << 16


class RelayHere:
    """At the edge's machine: the place of the other host's relay. Who is there is told to the other host, and what that
    answers to them."""

    def __init__(self, place: tuple[str, int], sender: Sender) -> None:
        self._place, self._sender = place, sender
        self._askers: dict[int, asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self._number = 0

    async def open(self) -> None:
        """Raises OSError."""
        self._server = await asyncio.start_server(self._came, *self._place)

    def close(self) -> None:
        """Nobody is there any more."""
        if self._server is not None:
            self._server.close()
        for asker in tuple(self._askers.values()):
            asker.transport.abort()

    def take(self, datagram: Datagram) -> None:
        """A frame from the other host. Of a connection that is over nothing is said."""
        asker = self._askers.get(datagram.number)
        if asker is None:
            return
        if not datagram.payload:
            asker.close()
        elif asker.transport.get_write_buffer_size() > UNREAD_MAX:
            asker.transport.abort()
        else:
            asker.write(datagram.payload)

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address, _ = writer.get_extra_info("peername")
        if address != LOOPBACK or len(self._askers) >= STREAMS_MAX:
            writer.transport.abort()
            return
        self._number = (self._number + 1) % NUMBERS  # what comes late for one that is over meets no other
        number = self._number
        self._askers[number] = writer
        try:
            await _carry(reader, number, self._sender)
        finally:
            del self._askers[number]
            writer.transport.abort()


class RelayThere:
    """On the host with the relay: opens a connection to it for each that comes over the link."""

    def __init__(self, port: int, sender: Sender) -> None:
        self._port, self._sender = port, sender
        self._orders: dict[int, asyncio.Queue[bytes]] = {}
        self._work: dict[int, asyncio.Task[None]] = {}

    def close(self) -> None:
        """The link has ended."""
        for work in tuple(self._work.values()):
            work.cancel()

    def take(self, datagram: Datagram) -> None:
        """A frame from the edge's machine. Whoever sends more than the relay takes loses their connection."""
        number, octets = datagram.number, datagram.payload
        if number not in self._work:
            if not octets or len(self._work) >= STREAMS_MAX:
                return
            self._begin(number)
        if not octets or self._orders[number].full():
            self._work[number].cancel()
        else:
            self._orders[number].put_nowait(octets)

    def _begin(self, number: int) -> None:
        orders = self._orders[number] = asyncio.Queue(ORDERS_MAX)
        work = self._work[number] = asyncio.create_task(self._serve(number, orders))

        def over(work: asyncio.Task[None]) -> None:  # one that is ended before it began runs no `finally`
            del self._work[number], self._orders[number]

        work.add_done_callback(over)

    async def _serve(self, number: int, orders: asyncio.Queue[bytes]) -> None:
        ordering = None
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                reader, writer = await asyncio.open_connection(LOOPBACK, self._port)
            ordering = asyncio.create_task(_order(orders, writer))
            await _carry(reader, number, self._sender)
        except OSError:  # TimeoutError is one: who asks sees that their connection ends
            self._sender.send(Datagram(Kind.RELAY_STREAM, number, b""))
        finally:
            if ordering is not None:
                ordering.cancel()
                writer.transport.abort()


async def _order(orders: asyncio.Queue[bytes], writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # it shows where answers are read, too
        while True:
            writer.write(await orders.get())
            await writer.drain()


async def _carry(reader: asyncio.StreamReader, number: int, sender: Sender) -> None:
    """What comes there, to its end, and that it has ended."""
    try:
        while octets := await reader.read(CHUNK):
            await sender.send_in_turn(Datagram(Kind.RELAY_STREAM, number, octets))
    except OSError:  # either connection is gone
        pass
    finally:
        sender.send(Datagram(Kind.RELAY_STREAM, number, b""))
