"""What hosts with cells want of the edge: to have datagrams carried, and to learn which calls lost their media.

Rule: a host has one connection for its datagrams, the newest: one that it began anew comes before we notice that the
last one is dead. What it asks is of its own cells and its own relay alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping

from ivr.core.typed import parsed
from ivr.engine.link.cells_there import CellsThere, Places
from ivr.engine.link.dialling import There, dial
from ivr.errors import EnvironmentFault, PeerError
from ivr.ports.edge import LostMedia

FIRST_WORD_SECONDS = 3.0
ANSWER_SECONDS = 10.0
LINE_MAX = ANSWER_MAX = 65536
CARRY, CARRY_AND_RELAY, LOST = b"carry\n", b"carry and relay\n", b"lost\n"
"""What a connection may begin with: datagrams of cells; of a relay, too; or a question, and its answer is the end."""

Log = Callable[[str, Mapping[str, object]], None]


class EdgeDoor:
    """Serves connections that a `Door` let in."""

    def __init__(
        self,
        places: Mapping[str, Places],
        edge_port: int,
        *,
        lost: Callable[[str], LostMedia],
        reached: Callable[[str, bool, bool], None],
        log: Log,
    ) -> None:
        """`places`: where the cells of each host appear here. `lost(host)`: calls of the host that its relay does not
        know of; may wait for seconds, and raises PeerError. `reached(host, whether, relay)` hears of each change, and
        whether it has a relay."""
        self._places, self._edge_port = places, edge_port
        self._lost, self._reached, self._log = lost, reached, log
        self._carried: dict[str, tuple[asyncio.StreamWriter, asyncio.Event]] = {}

    async def came(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection of this host, to its end."""
        try:
            if host not in self._places:
                raise PeerError("our settings give it no cells (hosts.cells)")
            word = await _first_word(reader)
            if word == LOST:
                lost = await asyncio.to_thread(self._lost, host)
                writer.write(json.dumps({"callers": sorted(lost.callers), "legs": sorted(lost.legs)}).encode())
                await writer.drain()
            elif word in (CARRY, CARRY_AND_RELAY):
                await self._carry(host, reader, writer, relay=word == CARRY_AND_RELAY)
            else:
                raise PeerError("it asks for what is not known here")
        except (OSError, PeerError, EnvironmentFault) as error:
            self._log("edge_link_refused", {"host": host, "reason": str(error), "level": "warning"})

    async def _carry(
        self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, relay: bool
    ) -> None:
        while (before := self._carried.get(host)) is not None:
            before[0].transport.abort()
            await before[1].wait()
        over = asyncio.Event()
        self._carried[host] = writer, over
        try:
            cells = CellsThere(self._places[host], self._edge_port, relay=relay)
            dropped = await cells.serve(reader, writer, lambda: self._stands(host, relay))
            self._log("edge_link_ended", {"host": host, "dropped": dropped})
        finally:
            self._reached(host, False, relay)
            del self._carried[host]
            over.set()

    def _stands(self, host: str, relay: bool) -> None:
        self._log("edge_link", {"host": host})
        self._reached(host, True, relay)


async def _first_word(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(FIRST_WORD_SECONDS):
            return await reader.readline()
    except (TimeoutError, ValueError) as error:
        raise PeerError("it says nothing, or no end of it") from error


async def _whole(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the connection ends: one read gives what one record of TLS brought. Raises ValueError."""
    answer = b""
    while said := await reader.read(ANSWER_MAX):
        answer += said
        if len(answer) > ANSWER_MAX:
            raise ValueError("its answer is longer than any")
    return answer


async def ask_lost(there: There, cells: int) -> LostMedia:
    """On a host with so many cells, whose relay was started anew: those of them, by their numbers there, whose call's
    media went through one before. Raises EnvironmentFault, PeerError."""
    reader, writer = await dial(there)
    try:
        writer.write(LOST)
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await _whole(reader)
        told = parsed(answer)
        found = LostMedia(frozenset(map(int, told["callers"])), frozenset(map(int, told["legs"])))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise PeerError("the engine's host does not say which calls a relay took along") from error
    finally:
        writer.transport.abort()
    if not found.callers | found.legs <= set(range(cells)):
        raise PeerError("the engine's host spoke of cells that this one does not have")
    return found
