"""Two ends of a link between hosts, for tests: a service that echoes, and what stands between it and who asks it. Also
another host, which is a network namespace of this machine."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
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


def ip(*words: str) -> None:
    subprocess.run(["/usr/sbin/ip", *words], check=True, capture_output=True)


@dataclass(frozen=True)
class Namespace:
    """Another host, by a cable of its own."""

    name: str
    cable: str
    here: str
    there: str

    def cut(self) -> None:
        """The cable is pulled out: nobody says goodbye."""
        ip("link", "set", self.cable, "down")

    def mend(self) -> None:
        ip("link", "set", self.cable, "up")


@contextmanager
def another_host() -> Iterator[Namespace]:
    number = os.getpid() % 16000
    net = f"10.{200 + number // 4000}.{number // 20 % 200}"
    made = Namespace(f"ivr-{os.getpid()}", f"ivr{os.getpid()}a", f"{net}.1", f"{net}.2")
    other = made.cable[:-1] + "b"
    ip("netns", "add", made.name)
    try:
        ip("link", "add", made.cable, "type", "veth", "peer", "name", other, "netns", made.name)
        ip("addr", "add", f"{made.here}/30", "dev", made.cable)
        ip("link", "set", made.cable, "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("addr", "add", f"{made.there}/30", "dev", other),
            ("link", "set", other, "up"),
        ):
            ip("-n", made.name, *words)
        yield made
    finally:
        ip("netns", "del", made.name)  # and with it the cable
