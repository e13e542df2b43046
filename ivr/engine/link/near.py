"""The near end: a service of another host has a socket here for as long as that host serves it.

Rule: the socket is there while a connection to the host stands, so whoever looks for it finds out as of a service here.
A host that is not trusted any more loses every connection within a second.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ivr.engine.link.carrying import carry, keep_alive
from ivr.errors import EnvironmentFault, PeerError

OPEN_SECONDS = 3.0
RETRY_SECONDS = 1.0
SETTLE_SECONDS = 0.5
"""A refusal has come by then."""
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class NearEnd:
    """One service of one host."""

    def __init__(
        self,
        path: Path,
        *,
        host: str,
        address: tuple[str, int],
        context: ssl.SSLContext,
        trusted: Callable[[ssl.SSLObject], bool],
        told: Callable[[str], None],
    ) -> None:
        """`path`: the socket here; `host`: the name that its certificate must have. `told` hears why it is away: empty,
        it is there."""
        self._path, self._host, self._address, self._context = path, host, address, context
        self._trusted, self._told = trusted, told
        self._carried: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled."""
        self._path.unlink(missing_ok=True)
        while True:
            try:
                await self._stand(*await self._dial())
            except (EnvironmentFault, PeerError) as error:
                self._told(str(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def _stand(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Listen here while this connection, on which nothing is said, stands."""
        await self._settle(reader)
        server = await asyncio.start_unix_server(self._came, self._path)
        self._path.chmod(0o600)
        self._told("")
        try:
            while self._trusted(writer.get_extra_info("ssl_object")):
                try:
                    if await _nothing_within(RETRY_SECONDS, reader):
                        continue
                except OSError as error:
                    raise EnvironmentFault(f"the host {self._host} was cut off") from error
                raise EnvironmentFault(f"the host {self._host} went away")
            raise PeerError(f"the host {self._host} is trusted no more")
        finally:
            server.close()
            self._path.unlink(missing_ok=True)
            writer.transport.abort()
            for task in self._carried:
                task.cancel()

    async def _settle(self, reader: asyncio.StreamReader) -> None:
        """The other side judges our certificate after our handshake is over (RFC 8446 4.4.2), and its service last."""
        try:
            if await _nothing_within(SETTLE_SECONDS, reader):
                return
        except OSError as error:
            raise PeerError(f"the host {self._host} does not know us: was its identity made by this engine?") from error
        raise EnvironmentFault(f"the host {self._host} does not serve yet, or does not know us")

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carried.add(task)
        task.add_done_callback(self._carried.discard)
        with suppress(asyncio.CancelledError):
            try:
                far = await self._dial()
            except (EnvironmentFault, PeerError):
                writer.close()
                return
            await carry((reader, writer), far)

    async def _dial(self) -> Streams:
        where = f"the host {self._host} at {self._address[0]}:{self._address[1]}"
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                reader, writer = await asyncio.open_connection(
                    *self._address, ssl=self._context, server_hostname=self._host
                )
        except ssl.SSLError as error:
            raise PeerError(f"{where} is not who it should be, or does not know us ({error.reason})") from error
        except (OSError, TimeoutError) as error:
            raise EnvironmentFault(f"{where} does not answer") from error
        keep_alive(writer)
        if not self._trusted(writer.get_extra_info("ssl_object")):
            writer.transport.abort()
            raise PeerError(f"{where} shows a certificate that is not the one that was made for it last")
        return reader, writer


async def _nothing_within(seconds: float, reader: asyncio.StreamReader) -> bool:
    """Whether a connection stood so long without a word. Raises OSError when it broke (ETIMEDOUT is a TimeoutError)."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            await reader.read(1)
    except TimeoutError:
        if not limit.expired():
            raise
        return True
    return False
