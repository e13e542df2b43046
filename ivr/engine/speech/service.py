"""The speech service: recognizers, synthesizer, onset detector and voices behind one socket, in the Wyoming protocol.

The socket appears when everything is loaded and goes when the service ends: its existence means readiness. Each
connection carries one thing after another; cells open one an exchange.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from pathlib import Path

from ivr.engine.speech.connection import Connection
from ivr.engine.speech.parts import SpeechParts, SpeechPools
from ivr.errors import EnvironmentFault

BACKLOG = 256
"""Connections that may wait: every cell can ask at the same moment."""
SETTLE_SECONDS = 0.05
"""From the socket's disappearance to its closing: asyncio loses a connection that it is just accepting as it closes."""

log = logging.getLogger(__name__)


class SpeechService:
    """Serves until stopped."""

    def __init__(self, parts: SpeechParts, *, recognition_threads: int) -> None:
        self._parts = parts
        self._pools = SpeechPools(recognition_threads)
        self._servers: list[asyncio.Server] = []
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._stopping = False
        self._socket: Path | None = None

    async def listen_unix(self, path: Path) -> None:
        """Serve on a Unix socket, readable for our user only; it appears ready. Raises EnvironmentFault."""
        coming = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            server = await asyncio.start_unix_server(self._accept, coming, backlog=BACKLOG)
            coming.chmod(0o600)
            coming.replace(path)
        except OSError as error:
            raise EnvironmentFault(f"The speech service cannot make its socket {path}: {error.strerror}.") from error
        self._servers.append(server)
        self._socket = path

    async def stop(self) -> None:
        """Close the socket and drop every connection."""
        self._stopping = True
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)
        await asyncio.sleep(SETTLE_SECONDS)
        for server in self._servers:
            server.close()
        for task, writer in list(self._connections.items()):
            task.cancel()
            writer.transport.abort()
        if self._connections:
            await asyncio.wait(self._connections)
        self._pools.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._stopping:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections[task] = writer
        task.add_done_callback(lambda done: self._connections.pop(done, None))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self._parts, self._pools, writer)
        try:
            await connection.serve(reader)
        except (ConnectionError, asyncio.CancelledError):
            pass
        except Exception:  # one connection's trouble is no other's
            log.exception("speech connection failed")
        finally:
            connection.close()
            with contextlib.suppress(ConnectionError):
                writer.close()
