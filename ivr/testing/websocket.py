"""A WebSocket as a browser speaks it (RFC 6455), for robots: the opening, frames, and what a server sends back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import ssl
import struct
from collections.abc import AsyncIterator

from ivr.errors import PeerError

ACCEPTING = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 1.3."""
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
"""Opcodes (RFC 6455 5.2)."""
LENGTH_16, LENGTH_64 = 126, 127


class WebSocketRefused(PeerError):
    """The server does not open one. `status`: of its answer, 0 where it gave none."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the WebSocket was refused: {status}")
        self.status = status


class WebSocket:
    """One that is open. `write` sends a whole message, as the wire of a robot writes bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def write(self, message: bytes) -> None:
        """Send one message."""
        self._writer.write(frame(TEXT, message))

    def write_raw(self, data: bytes) -> None:
        """Send octets that may be no frame."""
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait until what was written has room."""
        await self._writer.drain()

    def is_closing(self) -> bool:
        """Whether it is over."""
        return self._writer.is_closing()

    def close(self) -> None:
        """End the connection, without a word."""
        self._writer.close()

    async def messages(self) -> AsyncIterator[bytes]:
        """What comes, until it is over; pings are answered."""
        try:
            while True:
                opcode, data = await self._frame()
                if opcode == PING:
                    self._writer.write(frame(PONG, data))
                elif opcode == CLOSE:
                    self._writer.close()
                    return
                elif opcode in (TEXT, BINARY):
                    yield data
        except (asyncio.IncompleteReadError, OSError):
            self._writer.close()

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self._reader.readexactly(2)
        length = second & 0x7F
        if length == LENGTH_16:
            (length,) = struct.unpack("!H", await self._reader.readexactly(2))
        elif length == LENGTH_64:
            (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
        return first & 0x0F, await self._reader.readexactly(length)


def frame(opcode: int, data: bytes, *, masked: bool = True, last: bool = True) -> bytes:
    """One frame, masked as a client's must be (RFC 6455 5.3)."""
    head = bytes((opcode | (0x80 if last else 0),))
    bit = 0x80 if masked else 0
    if len(data) < LENGTH_16:
        head += bytes((bit | len(data),))
    elif len(data) < 1 << 16:
        head += bytes((bit | LENGTH_16,)) + struct.pack("!H", len(data))
    else:
        head += bytes((bit | LENGTH_64,)) + struct.pack("!Q", len(data))
    if not masked:
        return head + data
    key = os.urandom(4)
    return head + key + bytes(octet ^ key[at % 4] for at, octet in enumerate(data))


async def open_websocket(
    address: tuple[str, int], *, origin: str = "", tls: ssl.SSLContext | None = None, protocol: str = "sip",
    local: str | None = None,
) -> WebSocket:  # fmt: skip
    """Open one, from a page of `origin`. Raises WebSocketRefused."""
    local_addr = (local, 0) if local else None
    reader, writer = await asyncio.open_connection(*address, ssl=tls, local_addr=local_addr)
    key = base64.b64encode(os.urandom(16))
    lines = [
        "GET / HTTP/1.1", f"Host: {address[0]}:{address[1]}", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key.decode()}", "Sec-WebSocket-Version: 13",
        *([f"Origin: {origin}"] if origin else []), *([f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []),
    ]  # fmt: skip
    writer.write("\r\n".join((*lines, "", "")).encode())
    try:
        answer = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, OSError) as error:
        writer.close()
        raise WebSocketRefused(0) from error
    status = int(answer.split(b" ", 2)[1])
    accepted = base64.b64encode(hashlib.sha1(key + ACCEPTING, usedforsecurity=False).digest())
    if status != 101 or accepted not in answer:
        writer.close()
        raise WebSocketRefused(status)
    return WebSocket(reader, writer)
