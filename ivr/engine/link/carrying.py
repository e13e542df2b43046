"""One connection here, one there, and the bytes between them."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

PIECE_BYTES = 65536
KEEP_ALIVE = {socket.TCP_KEEPIDLE: 2, socket.TCP_KEEPINTVL: 1, socket.TCP_KEEPCNT: 2, socket.TCP_USER_TIMEOUT: 4000}
"""A host that was cut off is noticed within 4 s, whether something is sent or not (tcp(7); the last is in ms)."""


async def carry(
    one: tuple[asyncio.StreamReader, asyncio.StreamWriter], other: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    """Bytes of each to the other until either ends; then both are closed."""
    ways = [asyncio.create_task(_pump(one[0], other[1])), asyncio.create_task(_pump(other[0], one[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        for writer in (one[1], other[1]):
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # an ending like another; TLS errors are such too
        while data := await reader.read(PIECE_BYTES):
            writer.write(data)
            await writer.drain()


def keep_alive(writer: asyncio.StreamWriter) -> None:
    """Have the kernel notice a host that is gone without a word."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEP_ALIVE.items():
        raw.setsockopt(socket.IPPROTO_TCP, option, value)
