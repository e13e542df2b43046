"""The near end: a service of another host has a socket here for as long as that host serves it.

Rule: the socket is there while a connection to the host stands, so whoever looks for it finds out as of a service here.
A host that is not trusted any more loses every connection within a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ivr.engine.link.carrying import carry
from ivr.engine.link.dialling import There, dial
from ivr.errors import EnvironmentFault, PeerError

RETRY_SECONDS = 1.0
SETTLE_SECONDS = 0.5
"""A refusal has come by then."""


class NearEnd:
    """One service of one host."""

    def __init__(self, path: Path, there: There, told: Callable[[str], None]) -> None:
        """`path`: the socket here. `told` hears why the service is away: empty, it is there."""
        self._path, self._there, self._told = path, there, told
        self._carried: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled."""
        self._path.unlink(missing_ok=True)
        while True:
            try:
                await self._stand(*await dial(self._there))
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
            while self._there.trusted(writer.get_extra_info("ssl_object")):
                try:
                    if await _nothing_within(RETRY_SECONDS, reader):
                        continue
                except OSError as error:
                    raise EnvironmentFault(f"the host {self._there.host} was cut off") from error
                raise EnvironmentFault(f"the host {self._there.host} went away")
            raise PeerError(f"the host {self._there.host} is trusted no more")
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
            text = f"the host {self._there.host} does not know us: was its identity made by this engine?"
            raise PeerError(text) from error
        raise EnvironmentFault(f"the host {self._there.host} does not serve yet, or does not know us")

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carried.add(task)
        task.add_done_callback(self._carried.discard)
        with suppress(asyncio.CancelledError, EnvironmentFault, PeerError):
            try:
                await carry((reader, writer), await dial(self._there))
            finally:
                writer.close()  # also of one that came while the link broke: whoever waits at it would never know


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
