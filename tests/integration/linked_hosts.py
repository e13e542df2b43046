"""Two ends of a link between hosts, for tests: a service that echoes, and what stands between it and who asks it. Also
another host, which is a network namespace of this machine."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ivr.adapters.host_certificates import MAIN, HostFiles, client_context, peer, server_context
from ivr.core.media.g711 import decode_ulaw
from ivr.engine.link.dialling import There
from ivr.engine.link.far import FarEnd
from ivr.engine.link.near import NearEnd
from ivr.errors import PeerError

PATIENT_MENU = {
    "menu": {
        "ask": {"en": "Press seven."},
        "choices": {"seven": {"press": 7, "go": "bye"}},
        "silence": {"attempts": 9, "otherwise": "bye"},
        "nomatch": {"attempts": 3, "otherwise": "bye"},
    },
    "bye": {"hang_up": "completed"},
}
"""States of a line that keeps a caller who says nothing, while hosts are cut off or killed."""


@dataclass
class Echo:
    """A service that says back what it hears, and counts who came."""

    path: Path
    came: int = 0
    heard: bytearray = field(default_factory=bytearray)
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.came += 1
        self.open.add(writer)
        with suppress(OSError):
            while data := await reader.read(65536):
                self.heard += data
                writer.write(data)
                await writer.drain()
        self.open.discard(writer)
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
        for writer in echo.open:  # as a process that ends does
            writer.close()


@asynccontextmanager
async def near_host(
    files: HostFiles,
    host: str,
    address: tuple[str, int],
    path: Path,
    *others: tuple[str, int],
    identity: Path | None = None,
) -> AsyncIterator[list[str]]:
    """The socket here of that host's service, which may be at `others`, too; yields what was told of it."""
    told: list[str] = []
    context = client_context(identity or files.own)
    there = There(host, (address, *others), context, lambda connection: named(connection, host, files))
    end = NearEnd(path, there, told.append)
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


_hosts = itertools.count()


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

    def pids(self) -> list[int]:
        """Of all that runs there."""
        found = subprocess.run(["/usr/sbin/ip", "netns", "pids", self.name], capture_output=True, check=True)
        return [int(word) for word in found.stdout.split()]

    def each(self, number: signal.Signals) -> None:
        """A signal to all that runs there, until nothing new began meanwhile."""
        told: set[int] = set()
        while more := set(self.pids()) - told:
            for pid in more:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            told |= more


@contextmanager
def another_host() -> Iterator[Namespace]:
    number, which = os.getpid() % 16000, next(_hosts)  # the kernel takes a cable away some time after its host
    net, host = f"10.{200 + number // 4000}.{number // 20 % 200}", which % 60 * 4
    name = f"{os.getpid()}-{which}"
    made = Namespace(f"ivr-{name}", f"ivr{name}a", f"{net}.{host + 1}", f"{net}.{host + 2}")
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


@dataclass
class Capture:
    """All that goes over a cable, both ways, as anybody on the network reads it."""

    frames: list[bytes] = field(default_factory=list)

    def says(self, words: bytes) -> bool:
        """Whether a frame holds these octets."""
        return any(words in frame for frame in self.frames)

    def datagrams(self, source: str) -> list[bytes]:
        """What an address sent by UDP."""
        sender = socket.inet_aton(source)
        ours = [frame for frame in self.frames if frame[12:14] == b"\x08\x00" and frame[23] == socket.IPPROTO_UDP]
        return [frame[42:] for frame in ours if frame[26:30] == sender]

    def sound(self, source: str) -> bytes:
        """What an address sent as RTP of G.711 (mu-law), if it was: PCM in the order of its coming."""
        packets = [data for data in self.datagrams(source) if len(data) >= 12 + FRAME_OCTETS and data[0] >> 6 == 2]
        return b"".join(decode_ulaw(data[12 : 12 + FRAME_OCTETS]) for data in packets)


FRAME_OCTETS = 160
"""20 ms of G.711."""
_EVERY_PROTOCOL = 0x0003
"""ETH_P_ALL (packet(7))."""


@contextmanager
def captured(cable: str) -> Iterator[Capture]:
    """What goes over it meanwhile; the socket is the kernel's, so nothing is lost of what a quiet test sends."""
    made, over = Capture(), threading.Event()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY_PROTOCOL)) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        wire.bind((cable, _EVERY_PROTOCOL))
        wire.settimeout(0.1)

        def listen() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    made.frames.append(wire.recv(65536))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield made
        finally:
            over.set()
            thread.join()
