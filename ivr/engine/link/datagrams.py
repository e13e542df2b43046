"""Datagrams over a connection between two hosts: each in a frame of its own.

Rule: a connection that cannot take more loses what comes next, as a network would: SIP sends again what nobody answers.
Nothing is ever kept for later, so a slow link costs no memory, and no message comes minutes late. What is longer than a
datagram waits where it comes from, and takes a part of the room alone.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from ivr.errors import PeerError

_HEAD = struct.Struct("!HBH")
"""Octets of the datagram; kind; number."""
QUEUED_MAX = 256 * 1024
"""Octets that may wait for the network: a second of a flood that the edge lets through."""
IN_TURN_MAX = 64 * 1024
"""Of them, those up to which what can wait is sent."""

Heard = Callable[[bytes, tuple[str, int]], None]


class Kind(IntEnum):
    """What a datagram is, and what its number says."""

    SIP = 0
    """Of a cell, whose number on its host it is, or for it."""
    RELAY = 1
    """An order to the relay, from the port of loopback that the number is, or the answer to there."""
    RELAY_STREAM = 2
    """What goes by a connection to the relay or comes by it; the number is the connection's. Nothing: it has ended."""


@dataclass(frozen=True, slots=True)
class Datagram:
    """One."""

    kind: Kind
    number: int
    payload: bytes


async def receive(reader: asyncio.StreamReader) -> Datagram | None:
    """The next one; None: the connection has ended. Raises PeerError for one of no known kind."""
    try:
        length, kind, number = _HEAD.unpack(await reader.readexactly(_HEAD.size))
        payload = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, OSError):  # TLS errors are such too
        return None
    try:
        return Datagram(Kind(kind), number, payload)
    except ValueError as error:
        raise PeerError("a host sent a datagram of no known kind") from error


class Sender:
    """One direction of a connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=IN_TURN_MAX)
        self._turn = asyncio.Lock()
        self.dropped = 0
        """Datagrams that found no room."""

    def send(self, datagram: Datagram) -> None:
        """Now or never."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > QUEUED_MAX:
            self.dropped += 1
            return
        self._writer.write(_HEAD.pack(len(datagram.payload), datagram.kind, datagram.number) + datagram.payload)

    async def send_in_turn(self, datagram: Datagram) -> None:
        """As soon as there is room. Raises OSError: the connection is gone."""
        async with self._turn:
            await self._writer.drain()
            self.send(datagram)


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._heard(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Nobody was there: whoever waits for an answer sees that none comes."""


async def listen_at(address: tuple[str, int], heard: Heard) -> asyncio.DatagramTransport:
    """A UDP socket. Raises OSError."""
    loop = asyncio.get_running_loop()
    return (await loop.create_datagram_endpoint(lambda: _Ear(heard), local_addr=address))[0]


async def connect_to(address: tuple[str, int], heard: Heard) -> asyncio.DatagramTransport:
    """A UDP socket that hears this address alone. Raises OSError."""
    loop = asyncio.get_running_loop()
    return (await loop.create_datagram_endpoint(lambda: _Ear(heard), remote_addr=address))[0]
