"""Whether a SIP process answers: an OPTIONS by UDP, any response will do (RFC 3261 11)."""

from __future__ import annotations

import asyncio
import secrets
from typing import cast


class SipPing(asyncio.DatagramProtocol):
    """One socket that pings many, and hears when somebody has something to say."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()
        """Set by a datagram that is no answer: the edge's word that it has a doubt. Anybody here can send one, so it
        means no more than that it is time to look."""
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[bytes, asyncio.Event] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is there."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        """A response: whose ping it answers stands in its branch."""
        if data.startswith(b"SIP/2.0 "):
            for branch, answered in self._waiting.items():
                if branch in data:
                    answered.set()
        else:
            self.rung.set()

    def error_received(self, exc: Exception) -> None:
        """Nothing listens there: the ping stays unanswered."""

    @property
    def endpoint(self) -> str:
        """Its address and port."""
        assert self._transport is not None
        return ":".join(str(part) for part in self._transport.get_extra_info("sockname")[:2])

    async def ping(self, host: str, port: int, *, within: float = 1.0) -> bool:
        """Whether anything answers in time."""
        assert self._transport is not None
        branch = f"z9hG4bK{secrets.token_hex(8)}".encode()
        self._waiting[branch] = asyncio.Event()
        try:
            self._transport.sendto(_options(branch.decode(), self.endpoint, host, port), (host, port))
            async with asyncio.timeout(within):
                await self._waiting[branch].wait()
        except TimeoutError:
            return False
        finally:
            del self._waiting[branch]
        return True

    def close(self) -> None:
        """No more pings."""
        if self._transport is not None:
            self._transport.close()


async def open_ping(address: str) -> SipPing:
    """A pinger bound to `address`, any port."""
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(SipPing, local_addr=(address, 0))
    return protocol


def _options(branch: str, here: str, host: str, port: int) -> bytes:
    lines = (
        f"OPTIONS sip:{host}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {here};branch={branch};rport",
        "Max-Forwards: 1",
        f"From: <sip:supervisor@{here}>;tag={branch[-8:]}",
        f"To: <sip:{host}:{port}>",
        f"Call-ID: {branch}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:supervisor@{here}>",
        "Content-Length: 0",
        "",
        "",
    )
    return "\r\n".join(lines).encode()
