"""The wire end of a robot's SIP: sockets, retransmission, and which response belongs to which request.

Enough of RFC 3261 chapters 17 and 18 to be a polite peer over UDP, TCP and WebSocket (RFC 7118). Dialogs are one floor
up.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
import ssl
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from ivr.errors import PeerError
from ivr.testing.datagrams import arrival, bound
from ivr.testing.sip import (
    BRANCH_COOKIE,
    Headers,
    SipMessage,
    SipRequest,
    SipResponse,
    canonical,
    parameter,
    parse,
)
from ivr.testing.websocket import WebSocket, open_websocket

Address = tuple[str, int]
T1_SECONDS = 0.5
"""First retransmission over UDP (RFC 3261 17.1.1.1)."""
T2_SECONDS = 4.0
"""Longest interval between retransmissions of a non-INVITE (RFC 3261 17.1.2.1)."""
TIMEOUT_SECONDS = 32.0
"""Timer B and F: 64 T1."""
WITNESSES: list[Callable[[bytes, SipMessage | None], None]] = []
"""Told of every message that comes, and how we read it (None: as no SIP). Tests let a second reader look."""


class NoAnswer(PeerError):
    """The peer said nothing to a request."""


def token() -> str:
    """A fresh tag, branch or Call-ID."""
    return f"{random.getrandbits(64):016x}"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message with its time and the way back."""

    message: SipMessage
    at: float
    """Monotonic seconds."""
    reply: Callable[[bytes], None] = field(repr=False)


@dataclass(slots=True)
class Transaction:
    """A request of ours and what came back."""

    request: SipRequest
    address: Address
    sent_at: float
    responses: list[tuple[SipResponse, float]] = field(default_factory=list)
    """With their monotonic times of arrival."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def final(self) -> SipResponse | None:
        """The final response, once it is here."""
        return next((response for response, _ in self.responses if response.code >= 200), None)


class SipWire:
    """One UDP, TCP, TLS or WebSocket end. Incoming requests go to `on_request`, in the loop's thread.

    A TLS end connects, by `tls`, and takes requests on its own connections; nobody can connect to it. So does one of ws
    or wss, which says that it is a page of `origin`.
    """

    def __init__(self, on_request: Callable[[Arrived], None], *, host: str = "127.0.0.1", transport: str = "udp",
                 port: int = 0, tls: ssl.SSLContext | None = None, origin: str = "") -> None:  # fmt: skip
        self.host, self.transport, self.tls, self.origin = host, transport, tls, origin
        self.nowhere = f"{token()}.invalid" if transport in ("ws", "wss") else ""
        """In place of its address, which a browser does not know (RFC 7118 5)."""
        self.scheme = "sip"
        """Of its Contact; `sips` asks for TLS on every hop."""
        self.on_request = on_request
        self.on_stray: Callable[[SipResponse], None] = lambda response: None
        """Gets responses beyond a transaction's first final one: a repeated 2xx wants its ACK again."""
        self.lose: Callable[[], bool] = lambda: False
        """Asked for each datagram, either way: whether the line loses it."""
        self.bad_messages = 0
        self._socket = bound(host, port) if transport == "udp" else None
        self._listener = _listener(host, port) if transport != "udp" else None
        first = self._socket or self._listener
        assert first is not None
        self.port = int(first.getsockname()[1])
        self._server: asyncio.Server | None = None
        self._writers: dict[Address, asyncio.StreamWriter | WebSocket] = {}
        self._readers: set[asyncio.Task[None]] = set()
        self._transactions: dict[tuple[str, str], Transaction] = {}
        self._answered: dict[tuple[str, str], bytes] = {}

    async def open(self) -> None:
        """Begin to take messages."""
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._read_datagrams)
        elif self.transport == "tcp":
            self._server = await asyncio.start_server(self._connected, sock=self._listener)

    async def close(self) -> None:
        """Free the port."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
        if self._server is not None:
            self._server.close()
        elif self._listener is not None:
            self._listener.close()
        for writer in self._writers.values():
            writer.close()
        for task in self._readers:
            task.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def drop(self) -> None:
        """End every connection that is open, without a word: the network is gone."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    # --- requests of ours -------------------------------------------------------------------------------------------

    def via(self, branch: str) -> tuple[str, str]:
        """Our Via header."""
        here = self.nowhere or f"{self.host}:{self.port}"
        return ("Via", f"SIP/2.0/{self.transport.upper()} {here};branch={branch};rport")

    def contact(self, user: str) -> str:
        """Our Contact header's value."""
        if self.nowhere:
            return f"<sip:{user}@{self.nowhere};transport=ws>"
        transport = "" if self.transport == "udp" or self.scheme == "sips" else f";transport={self.transport}"
        return f"<{self.scheme}:{user}@{self.host}:{self.port}{transport}>"

    async def send(self, data: bytes, address: Address) -> None:
        """Bytes as they are: also what is no SIP at all."""
        if self._socket is not None:
            with contextlib.suppress(ConnectionError):
                if not self.lose():
                    self._socket.sendto(data, address)
            return
        writer = self._writers.get(address)
        if (writer is None or writer.is_closing()) and self.nowhere:
            writer = self._writers[address] = await open_websocket(
                address, origin=self.origin, tls=self.tls, local=self.host
            )
            self._keep(self._read_messages(writer))
        elif writer is None or writer.is_closing():
            reader, writer = await asyncio.open_connection(*address, ssl=self.tls, local_addr=(self.host, 0))
            self._writers[address] = writer
            self._follow(reader, writer)
        writer.write(data)
        await writer.drain()

    async def begin(self, request: SipRequest, address: Address, *, branch: str = "") -> Transaction:
        """Send a request with our Via on top; responses gather in the transaction."""
        branch = branch or BRANCH_COOKIE + token()
        request = SipRequest(request.method, request.uri, Headers((self.via(branch), *request.headers)), request.body)
        transaction = Transaction(request, address, time.monotonic())
        self._transactions[(branch, request.method)] = transaction
        await self.send(bytes(request), address)
        return transaction

    async def finish(self, transaction: Transaction, *, timeout_seconds: float = TIMEOUT_SECONDS) -> SipResponse:
        """Wait for the final response, repeating the request as UDP asks. Raises NoAnswer."""
        interval, deadline = T1_SECONDS, time.monotonic() + timeout_seconds
        again = transaction.sent_at + interval if self.transport == "udp" else deadline
        invite = transaction.request.method == "INVITE"
        while (final := transaction.final()) is None:
            now = time.monotonic()
            if now >= deadline:
                raise NoAnswer(f"no final response to {transaction.request.method} in {timeout_seconds:g} s")
            if now >= again and not (invite and transaction.responses):
                await self.send(bytes(transaction.request), transaction.address)
                interval = interval * 2 if invite else min(interval * 2, T2_SECONDS)
                again = now + interval
            transaction.changed.clear()
            wait_until = deadline if invite and transaction.responses else min(deadline, again)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(transaction.changed.wait(), max(0.001, wait_until - now))
        if invite and final.code >= 300:
            await self._acknowledge_failure(transaction, final)
        return final

    async def request(self, request: SipRequest, address: Address, *, timeout_seconds: float = TIMEOUT_SECONDS,
                      ) -> SipResponse:  # fmt: skip
        """Send a request and wait for its final response."""
        return await self.finish(await self.begin(request, address), timeout_seconds=timeout_seconds)

    async def _acknowledge_failure(self, transaction: Transaction, final: SipResponse) -> None:
        """ACK of a failed INVITE: same branch, hop by hop (RFC 3261 17.1.1.3)."""
        invite = transaction.request
        kept = tuple(item for item in invite.headers if canonical(item[0]) in {"via", "from", "call-id", "route"})
        number = invite.headers.get("cseq").split()[0]
        more = (("To", final.headers.get("to")), ("CSeq", f"{number} ACK"), ("Max-Forwards", "70"))
        await self.send(bytes(SipRequest("ACK", invite.uri, Headers((*kept, *more)))), transaction.address)

    # --- what comes -------------------------------------------------------------------------------------------------

    def answer(self, arrived: Arrived, response: SipResponse) -> None:
        """Reply to a request, now and whenever it is repeated."""
        data = bytes(response)
        assert isinstance(arrived.message, SipRequest)
        self._answered[_key(arrived.message)] = data
        arrived.reply(data)

    def _read_datagrams(self) -> None:
        assert self._socket is not None
        while True:
            try:
                data, ancillary, _, source = self._socket.recvmsg(65535, socket.CMSG_SPACE(16))
            except OSError:
                return
            if data.strip(b"\r\n\x00") and not self.lose():
                self._take(data, arrival(ancillary), lambda reply, to=source: self._reply_udp(reply, to))  # type: ignore[misc]

    def _reply_udp(self, data: bytes, address: Address) -> None:
        assert self._socket is not None
        with contextlib.suppress(OSError):
            self._socket.sendto(data, address)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers[writer.get_extra_info("peername")] = writer
        self._follow(reader, writer)

    def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._keep(self._read_stream(reader, writer))

    def _keep(self, reading: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(reading)
        self._readers.add(task)
        task.add_done_callback(self._readers.discard)

    async def _read_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Messages one after the other, parted by their Content-Length (RFC 3261 18.3)."""
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            if not head.strip():
                continue
            length = re.search(rb"^(?:content-length|l)\s*:\s*(\d+)", head, re.IGNORECASE | re.MULTILINE)
            body = await reader.readexactly(int(length.group(1))) if length else b""
            self._take(head.lstrip(b"\r\n") + body, time.monotonic(), writer.write)

    async def _read_messages(self, socket: WebSocket) -> None:
        async for message in socket.messages():
            if message.strip():
                self._take(message, time.monotonic(), socket.write)

    def _take(self, data: bytes, at: float, reply: Callable[[bytes], None]) -> None:
        try:
            message = parse(data)
        except PeerError:
            message = None
        for witness in WITNESSES:
            witness(data, message)
        if message is None:
            self.bad_messages += 1
            return
        if isinstance(message, SipResponse):
            self._take_response(message, at)
            return
        known = self._answered.get(_key(message))
        if known is not None and message.method != "ACK":
            reply(known)
            return
        self.on_request(Arrived(message, at, reply))

    def _take_response(self, response: SipResponse, at: float) -> None:
        branch = parameter(response.headers.get("via"), "branch")
        method = response.headers.get("cseq").split()[-1]
        transaction = self._transactions.get((branch, method))
        if transaction is None:
            return
        if transaction.final() is not None:
            if method == "INVITE":
                self.on_stray(response)
            return
        transaction.responses.append((response, at))
        transaction.changed.set()


def _key(request: SipRequest) -> tuple[str, str]:
    return parameter(request.headers.get("via"), "branch"), request.method


def _listener(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.setblocking(False)
    return sock
