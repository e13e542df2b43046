"""A door to other hosts: TCP, and nothing is read before both have shown a certificate.

Rule: whose connection it is says the certificate alone. A host that is removed loses each of its connections within a
second; who is not let in is told to us, with the reason, and to them with none.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from ivr.engine.link.carrying import keep_alive
from ivr.errors import EnvironmentFault, PeerError

HANDSHAKE_SECONDS = 3.0
CONNECTIONS_MAX = 4096
"""Each cell has one, and a second one now and then."""
HANDSHAKES_MAX = 64
"""At once: whoever shows no certificate costs no more."""
LOOK_SECONDS = 0.5

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Door:
    """One listener."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        context: ssl.SSLContext,
        named: Callable[[ssl.SSLObject], str],
        came: Callable[[str, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        refused: Callable[[str, str], None],
        line_max: int,
    ) -> None:
        """`named(connection)`: the host that it is of; raises PeerError for one that is none of ours now.

        `came(host, reader, writer)` serves a connection to its end; `refused(address, reason)` is told of the others.
        `line_max`: bytes of the longest line.
        """
        self._address, self._context, self._named = address, context, named
        self._came, self._refused, self._line_max = came, refused, line_max
        self._open: dict[asyncio.StreamWriter, ssl.SSLObject] = {}
        self._shaking = 0

    async def run(self) -> None:
        """Until cancelled. Raises EnvironmentFault when it cannot listen."""
        try:
            server = await asyncio.start_server(self._knocked, *self._address, limit=self._line_max)
        except OSError as error:
            where = f"{self._address[0]}:{self._address[1]}"
            raise EnvironmentFault(f"other hosts cannot be heard on {where}: {error.strerror}") from error
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                self._look()
        finally:
            server.close()
            for writer in self._open:
                writer.transport.abort()

    def _look(self) -> None:
        """Whether they all still are hosts of ours."""
        judged: dict[bytes | None, str] = {}
        for writer, connection in list(self._open.items()):
            shown = connection.getpeercert(binary_form=True)
            if shown not in judged:
                judged[shown] = self._why_not(connection)
            if judged[shown]:
                self._refused(_address(writer), judged[shown])
                writer.transport.abort()

    def _why_not(self, connection: ssl.SSLObject) -> str:
        try:
            self._named(connection)
        except PeerError as error:
            return str(error)
        return ""

    async def _knocked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._shaking >= HANDSHAKES_MAX or len(self._open) >= CONNECTIONS_MAX:
            self._refused(_address(writer), "there are too many connections")
            writer.transport.abort()
            return
        address = _address(writer)
        self._shaking += 1
        try:
            await writer.start_tls(self._context, ssl_handshake_timeout=HANDSHAKE_SECONDS)
            connection: ssl.SSLObject = writer.get_extra_info("ssl_object")
            host = self._named(connection)
        except (OSError, PeerError) as error:
            self._refused(address, _reason(error))
            writer.transport.abort()
            return
        finally:
            self._shaking -= 1
        keep_alive(writer)
        self._open[writer] = connection
        try:
            await self._came(host, reader, writer)
        finally:
            del self._open[writer]
            writer.close()


def _address(writer: asyncio.StreamWriter) -> str:
    return str((writer.get_extra_info("peername") or ("?",))[0])


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"it shows no certificate of ours ({(error.reason or 'TLS failed').lower().replace('_', ' ')})"
    return str(error) if isinstance(error, PeerError) else "it does not speak TLS as our hosts do"
