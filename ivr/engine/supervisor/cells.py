"""The cells: how many there are to be, which ones live, and which of them may be offered calls.

Cells serve what the nursery loaded before their fork; so what was published is taken in by retiring them: each ends
when its call has, idle ones at once, a part of them at a time. A cell that ends is forked again: at once when it was
recycled, after a back-off when it died. One that hangs is killed (`pulse`). The edge is told of each.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ivr.core.alarms import AlarmKind
from ivr.engine.supervisor.child import pid_ended
from ivr.engine.supervisor.kin import reap, tell
from ivr.engine.supervisor.nursery import Loaded
from ivr.engine.supervisor.place import Cell, CellDesk
from ivr.engine.supervisor.pulse import Pulse
from ivr.errors import EnvironmentFault

START_SECONDS = 20.0
"""A cell that does not answer by then is killed."""
LOAD_SECONDS = 60.0
"""The nursery has parsed every dialplan and read every prompt by then."""
RETIRE_PARTS = 4
"""One in so many cells is replaced at a time; the others answer."""
RETIRE_SECONDS = 2.0
"""An idle cell has ended, and another is there, by then; one that has not is in a call."""

Log = Callable[[str, Mapping[str, object]], None]


class Cells:
    """Keeps `count` cells alive through the nursery."""

    def __init__(
        self,
        count: int,
        *,
        ping: Callable[[int], Awaitable[bool]],
        desk: CellDesk,
        log: Log,
        alarm: Callable[[AlarmKind, str], Awaitable[None]],
        left: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        """`ping(number)`: whether the cell answers SIP; `alarm(kind, text)` tells the hub.

        `left`: cell -> process id, of cells with calls of an engine that was killed. Each is replaced after its call.
        """
        self.places = {number: Cell(number, left.get(number)) for number in range(count)}
        self._left = dict(left)
        self._ping = ping
        self._desk = desk
        self._log = log
        self._alarm = alarm
        self.pulse = Pulse(self._asked, ping=ping, desk=desk, log=log, alarm=alarm)
        self._nursery: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._publication = ""
        self._loading: asyncio.Future[None] | None = None
        self._first: asyncio.Future[Loaded] | None = None
        self.all_ready = asyncio.Event()

    async def serve(self, path: Path) -> None:
        """Listen for the nursery, in a directory that is only ours. Raises OSError."""
        self._first = asyncio.get_running_loop().create_future()
        self._server = await asyncio.start_unix_server(self._nursery_came, path)
        for place in self.places.values():
            if place.pid is not None:
                self._start(self._wait_for_orphan(place, place.pid))
        self._look_whether_all_are_ready()

    async def first_load(self) -> Loaded:
        """What the first cells serve, once a nursery has loaded it. Raises EnvironmentFault when it cannot."""
        assert self._first is not None
        return await asyncio.shield(self._first)

    async def nursery_there(self) -> bool:
        """Whether a nursery takes orders."""
        return self._nursery is not None

    async def publish(self, publication: str) -> None:
        """Serve this from now on: calls that begin later, by whatever cell, are served by it.

        Returns when no idle cell serves anything else. Raises EnvironmentFault when the nursery cannot load it; then
        all goes on as before. Before there is a nursery it is noted, to be the first that is loaded.
        """
        if self._nursery is not None:
            await self._load(self._nursery, publication)
        self._publication = publication
        if self._nursery is not None:
            await self._retire_others()

    async def _load(self, nursery: asyncio.StreamWriter, publication: str) -> None:
        self._loading = asyncio.get_running_loop().create_future()
        nursery.write(json.dumps({"load": publication}).encode() + b"\n")
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await self._loading
        except TimeoutError as error:
            raise EnvironmentFault(f"the nursery loaded nothing within {LOAD_SECONDS:g} s") from error
        finally:
            self._loading = None

    async def _retire_others(self) -> None:
        """Replace the cells that serve something else, some at a time."""
        old = [place for place in self.places.values() if place.publication != self._publication]
        part = -(-len(self.places) // RETIRE_PARTS)
        while old:
            now, old = old[:part], old[part:]
            for place in now:
                if place.pid is not None:
                    await self._desk.down(place.number)
                    tell(place.pid, signal.SIGHUP)
            await self._wait_for_fresh(now)

    async def _wait_for_fresh(self, places: list[Cell]) -> None:
        """Until all of them serve what is published, or those that do not are in calls."""
        deadline = time.monotonic() + RETIRE_SECONDS
        while any(not self._is_fresh(place) for place in places):
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(0.05)

    def _is_fresh(self, place: Cell) -> bool:
        return self._stopping or (place.offered and place.publication == self._publication)

    async def _nursery_came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The first nursery, or another after one died."""
        self._nursery = writer
        writer.write(json.dumps({"load": self._publication}).encode() + b"\n")
        for place in self.places.values():
            if place.pid is None:
                self._fork(place)
        try:
            while line := await reader.readline():
                report = json.loads(line)
                if "forked" in report:
                    self._forked(self.places[report["forked"]], report["pid"], report["publication"])
                elif "loaded" in report or "unfit" in report:
                    await self._told_of_load(report)
                else:
                    await self._ended(self.places[report["exited"]], report["pid"], report["status"])
        finally:
            writer.close()
            self._nursery = None
            if self._loading is not None and not self._loading.done():
                self._loading.set_exception(EnvironmentFault("the nursery died"))
            for place in self.places.values():  # its cells finish their calls and end; the next one's follow
                if place.pid is not None:
                    self._start(self._wait_for_orphan(place, place.pid))

    async def _told_of_load(self, report: Mapping[str, Any]) -> None:
        """A publication is ready, or not: without any the nursery's cells would end at once."""
        for reason in report.get("unserved", ()):
            self._log("dialplan_not_served", {"reason": reason, "level": "error"})
            await self._alarm(AlarmKind.PUBLICATION, f"a dialplan is not served, its callers are refused: {reason}")
        fault = EnvironmentFault(str(report["reason"])) if "unfit" in report else None
        if self._first is not None and not self._first.done():
            if fault is not None:
                self._first.set_exception(fault)
            else:
                self._first.set_result(Loaded(int(report["serves"]), tuple(report["unserved"])))
        loading = self._loading
        if loading is None:
            if fault is not None:
                self._log("publication_unfit", {"reason": str(fault), "level": "error"})
                await self._alarm(AlarmKind.PUBLICATION, f"a new nursery cannot load what is served: {fault}")
        elif not loading.done():
            loading.set_exception(fault) if fault else loading.set_result(None)

    async def tell_edge(self) -> None:
        """Say what each cell is to an edge that knows nothing."""
        await self._desk.begin()
        for place in self.places.values():
            if not place.ready:
                await self._desk.down(place.number)

    async def drain(self, seconds: float) -> bool:
        """Let calls end for so long, then end them; returns whether none had to be ended."""
        self._stopping = True
        pids = self._pids()
        for pid in pids:
            tell(pid, signal.SIGTERM)
        waiting = [asyncio.create_task(pid_ended(pid)) for pid in pids]
        if not waiting:
            return True
        try:
            _, late = await asyncio.wait(waiting, timeout=seconds)
        except asyncio.CancelledError:
            self.kill()
            raise
        self.kill()
        for task in late:
            await task
        return not late

    def lose_line(self, number: int) -> None:
        """The media of a cell's call is gone for good: it ends the call as if the caller had vanished."""
        place = self.places.get(number)
        if place is not None and place.pid is not None:
            tell(place.pid, signal.SIGUSR1)

    def doubt_legs(self, number: int) -> None:
        """The media of somebody whom a cell dialled is gone for good: it looks who is still heard."""
        place = self.places.get(number)
        if place is not None and place.pid is not None:
            tell(place.pid, signal.SIGUSR2)

    def kill(self) -> None:
        """End them now; what they had recorded is kept."""
        self._stopping = True
        for pid in self._pids():
            if _lives(pid):
                tell(pid, signal.SIGKILL)

    def _pids(self) -> list[int]:
        """Of all cells, also of those that were left by an engine that had more."""
        places = [place.pid for place in self.places.values() if place.pid is not None]
        return places + [pid for number, pid in self._left.items() if number not in self.places]

    def close(self) -> None:
        """No more tasks."""
        for task in self._tasks:
            task.cancel()
        if self._server is not None:
            self._server.close()

    def _asked(self) -> list[Cell]:
        """Those that must answer."""
        return [one for one in self.places.values() if one.ready or self._left.get(one.number) == one.pid is not None]

    # --- one cell ---------------------------------------------------------------------------------------------------

    def _fork(self, place: Cell) -> None:
        if self._nursery is None or self._stopping:
            return  # the next nursery is asked for all that is missing
        place.forked_at = time.monotonic()
        self._nursery.write(json.dumps({"fork": place.number}).encode() + b"\n")

    def _forked(self, place: Cell, pid: int, publication: str) -> None:
        place.pid, place.ready, place.offered = pid, False, False
        place.misses, place.publication = 0, publication
        self._start(self._until_ready(place, pid))

    async def _until_ready(self, place: Cell, pid: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while place.pid == pid:
            if await self._ping(place.number):
                break
            if time.monotonic() > deadline:
                self._log("cell_does_not_start", {"cell": place.number, "level": "error"})
                tell(pid, signal.SIGKILL)
                return
            await asyncio.sleep(0.1)
        if place.pid != pid:
            return
        place.ready = True
        await self._desk.free(place.number)
        place.offered = True
        self._look_whether_all_are_ready()

    def _look_whether_all_are_ready(self) -> None:
        """Ready to begin: a cell that was left with a call takes one when that is over."""
        if all(one.ready or one.number in self._left for one in self.places.values()):
            self.all_ready.set()

    async def _ended(self, place: Cell, pid: int, status: int) -> None:
        if place.pid != pid:
            return
        place.pid, place.ready = None, False
        self._left.pop(place.number, None)
        if self._stopping:
            return
        await self._desk.down(place.number)
        clean = status == 0
        lived = time.monotonic() - place.forked_at
        if not clean:
            self._log("cell_died", {"cell": place.number, "pid": pid, "status": status, "level": "error"})
            await self._alarm(
                AlarmKind.CELL_DIED, f"cell {place.number} died ({_how(status)}); another takes its place"
            )
        else:
            self._log("cell_recycled", {"cell": place.number, "pid": pid})
        self._start(self._fork_after(place, place.backoff.delay(lived=lived, clean=clean and lived > 1.0)))

    async def _fork_after(self, place: Cell, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if place.pid is None:
            self._fork(place)

    async def _wait_for_orphan(self, place: Cell, pid: int) -> None:
        await pid_ended(pid)
        await self._ended(place, pid, reap(pid))

    def _start(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log("bug", {"exception": type(task.exception()).__name__, "text": str(task), "level": "error"})


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _how(status: int) -> str:
    return f"exit code {status}" if status >= 0 else signal.Signals(-status).name
