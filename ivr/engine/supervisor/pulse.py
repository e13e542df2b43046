"""Whether the cells live. One that does not answer SIP several times in a row hangs, and is killed: a caller would hear
nothing. Idle cells that slept since they answered are not woken to be asked again (`rest`).
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping

from ivr.core.alarms import AlarmKind
from ivr.engine.supervisor.kin import tell
from ivr.engine.supervisor.place import Cell, CellDesk
from ivr.engine.supervisor.rest import Rest

PING_SECONDS = 5.0
SETTLE_SECONDS = 0.5
"""A cell that has answered sleeps again by then. One that does not is asked once more: no harm."""
MISSES_MAX = 3
DOUBTS_SECONDS = 1.0
"""Between two looks at which cells the edge has doubts about, however often it says that it has."""


class Pulse:
    """Asks the cells."""

    def __init__(
        self,
        places: Callable[[], Iterable[Cell]],
        *,
        ping: Callable[[int], Awaitable[bool]],
        desk: CellDesk,
        log: Callable[[str, Mapping[str, object]], None],
        alarm: Callable[[AlarmKind, str], Awaitable[None]],
    ) -> None:
        """`places`: those whose cell must answer; `ping(number)`: whether it does."""
        self._places = places
        self._ping = ping
        self._desk = desk
        self._log = log
        self._alarm = alarm
        self._rest = Rest()

    async def watch(self) -> None:
        """Ask the cells until cancelled, and kill those that hang."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            # All at once: an engine that idles is woken for one round, not for each cell of it.
            asked = [(place, place.pid) for place in self._places() if place.pid is not None]
            asked = [(place, pid) for place, pid in asked if place.misses or not self._rest.sleeps(place.number, pid)]
            if not asked:
                continue
            await asyncio.gather(*(self._check(place, pid) for place, pid in asked))
            await asyncio.sleep(SETTLE_SECONDS)
            for place, pid in asked:
                if place.pid == pid and not place.misses:
                    self._rest.fell_asleep(place.number, pid)

    async def watch_doubts(self) -> None:
        """Ask cells that were silent to the edge at once, until cancelled: only what we say of a cell counts there."""
        while True:
            doubted = await self._desk.doubted()
            for place in self._places():
                if place.number in doubted and place.ready and place.pid is not None:
                    await self._ask(place, place.pid)
            await asyncio.sleep(DOUBTS_SECONDS)

    async def _ask(self, place: Cell, pid: int) -> None:
        """A cell that answers was only sent what it could not read; one that does not is killed."""
        for _ in range(MISSES_MAX):
            if await self._ping(place.number):
                place.misses = 0
                if place.pid == pid:
                    await self._desk.free(place.number)
                return
            if place.pid != pid:
                return
            await self._desk.suspect(place.number)
        await self._kill_hung(place, pid)

    async def _check(self, place: Cell, pid: int) -> None:
        if await self._ping(place.number):
            place.misses = 0
            return
        place.misses += 1
        if place.misses >= MISSES_MAX:
            await self._kill_hung(place, pid)

    async def _kill_hung(self, place: Cell, pid: int) -> None:
        if place.pid != pid:
            return
        self._log("cell_hangs", {"cell": place.number, "pid": pid, "level": "error"})
        await self._alarm(AlarmKind.CELL_HANGS, f"cell {place.number} does not answer: it is killed")
        tell(pid, signal.SIGKILL)
