"""Two ends of a link between hosts, for tests: a service that echoes, and what stands between it and who asks it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ivr.adapters.host_certificates import MAIN, HostFiles, client_context, peer, server_context
from ivr.engine.link.far import FarEnd
from ivr.engine.link.near import NearEnd
from ivr.errors import PeerError


@dataclass
class Echo:
    """A service that says back what it hears, and counts who came."""

    path: Path
    came: int = 0
    heard: bytearray = field(default_factory=bytearray)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.came += 1
        with suppress(OSError):
            while data := await reader.read(65536):
                self.heard += data
                writer.write(data)
                await writer.drain()
        writer.close()


def named(connection: ssl.SSLObject, name: str, files: HostFiles | None = None) -> bool:
    """Whether the other side is that host, and, by the list of `files`, still is."""
    try:
        shown, fingerprint = peer(connection)
    except PeerError:
        return False
    return shown == name and (files is None or files.counts(shown, fingerprint))


@asynccontextmanager
async def far_host(identity: Path, address: tuple[str, int], folder: Path) -> AsyncIterator[Echo]:
    """A host that serves an echo."""
    echo = Echo(folder / "echo.sock")
    service = await asyncio.start_unix_server(echo.serve, echo.path)
    end = FarEnd(
        echo.path,
        address=address,
        context=server_context(identity),
        trusted=lambda connection: named(connection, MAIN),
        log=lambda event, data: None,
    )
    work = asyncio.create_task(end.run())
    try:
        yield echo
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        service.close()


@asynccontextmanager
async def near_host(
    files: HostFiles, host: str, address: tuple[str, int], path: Path, *, identity: Path | None = None
) -> AsyncIterator[list[str]]:
    """The socket here of that host's service; yields what was told of it."""
    told: list[str] = []
    end = NearEnd(
        path,
        host=host,
        address=address,
        context=client_context(identity or files.own),
        trusted=lambda connection: named(connection, host, files),
        told=told.append,
    )
    work = asyncio.create_task(end.run())
    try:
        yield told
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


async def echoed(path: Path, data: bytes) -> bytes:
    """What comes back of it; nothing, where the connection ends."""
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        writer.write(data)
        await writer.drain()
        return await reader.readexactly(len(data))
    except (OSError, asyncio.IncompleteReadError):
        return b""
    finally:
        writer.close()
