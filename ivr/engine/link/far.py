"""The far end: a service of this host, for one other host alone.

Rule: who connects has shown a certificate before the first byte is read for the service. Each connection of a host that
is let in is one of the service's; how many there may be is bounded.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from ivr.engine.link.carrying import carry, keep_alive
from ivr.errors import EnvironmentFault

HANDSHAKE_SECONDS = 3.0
CONNECTIONS_MAX = 1024
"""Each cell has a few."""


class FarEnd:
    """One service, listening for the other host."""

    def __init__(
        self,
        path: Path,
        *,
        address: tuple[str, int],
        context: ssl.SSLContext,
        trusted: Callable[[ssl.SSLObject], bool],
        log: Callable[[str, dict[str, object]], None],
    ) -> None:
        """`path`: the service's socket."""
        self._path, self._address, self._context = path, address, context
        self._trusted, self._log = trusted, log
        self._open = 0

    async def run(self) -> None:
        """Until cancelled. Raises EnvironmentFault when it cannot listen."""
        try:
            server = await asyncio.start_server(
                self._came, *self._address, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except OSError as error:
            where = f"{self._address[0]}:{self._address[1]}"
            raise EnvironmentFault(f"the host cannot listen on {where}: {error.strerror}") from error
        async with server:
            await server.serve_forever()

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._trusted(writer.get_extra_info("ssl_object")) or self._open >= CONNECTIONS_MAX:
            self._log("host_refused", {"level": "warning"})
            writer.transport.abort()
            return
        keep_alive(writer)
        self._open += 1
        try:
            try:
                service = await asyncio.open_unix_connection(self._path)
            except OSError:  # it is not ready, or starts anew
                writer.close()
                return
            await carry((reader, writer), service)
        finally:
            self._open -= 1
