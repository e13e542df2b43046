"""The supervisor: starts the engine's processes in order, keeps them, and ends them in order.

Starting: all that calls need at once, cells when hub and nursery are there, then the edge, so that the first caller
finds everything there; last what no call needs, which takes no time from the others so.
Ending: the edge takes no more calls; running calls may end in their time; then edge, speech, hub; the hub last, so that
each call's record is kept.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ivr.core.alarms import AlarmKind
from ivr.engine.supervisor.cells import Cells
from ivr.engine.supervisor.child import Child
from ivr.engine.supervisor.kin import adopt_orphans
from ivr.engine.supervisor.nursery import Loaded
from ivr.errors import EnvironmentFault, IvrError

CELLS_START_SECONDS = 60.0
LAST_WORDS_SECONDS = 15.0
"""A cell whose patience is over says sorry to its caller, then closes the recording."""

Log = Callable[[str, Mapping[str, object]], None]


@dataclass(frozen=True, slots=True)
class Crew:
    """The processes to run."""

    hub: Child
    nursery: Child
    cells: Cells
    speech: Child
    edge: Child | None
    others: tuple[Child, ...] = ()
    """What else calls need. Stopped last but one."""
    after: tuple[Child, ...] = ()
    """What no call needs: started when calls are served."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the supervisor calls on."""

    say: Callable[[str], None]
    """A line for the operator."""
    log: Log
    stop_calls: Callable[[], Awaitable[None]]
    """Tell the edge to take no new calls."""
    edge_ends: Callable[[], Awaitable[None]]
    """Have the hub take what would end with the edge. Never raises."""
    serving: Callable[[], None]
    """Calls are served from now on. Raises EnvironmentFault."""
    publish: Callable[[], Awaitable[str]]
    """Publish what the settings list now; returns the publication's id. Raises IvrError."""
    published: Callable[[], Awaitable[str]]
    """Id of what was published, by somebody else maybe. Raises IvrError."""
    taken: Callable[[str], None]
    """This publication is served now, by every cell that has no call. Raises EnvironmentFault."""
    alarm: Callable[[AlarmKind, str], Awaitable[None]]
    drain_seconds: float


class Supervisor:
    """Runs a crew until told to stop."""

    def __init__(self, crew: Crew, orders: Orders) -> None:
        self._crew = crew
        self._orders = orders
        self._stop = asyncio.Event()
        self._stop_now = asyncio.Event()
        self._takings: set[asyncio.Task[None]] = set()
        self._taking = asyncio.Lock()

    async def run(self, on_ready: Callable[[], Awaitable[None]]) -> None:
        """Start everything, await `on_ready`, and keep it until SIGTERM or SIGINT. Raises EnvironmentFault."""
        adopt_orphans()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._told_to_take, self._orders.publish)
        loop.add_signal_handler(signal.SIGUSR1, self._told_to_take, self._orders.published)
        watching: tuple[asyncio.Task[None], ...] = ()
        try:
            if await self._unless_stopped(self._start()):
                pulse = self._crew.cells.pulse
                watching = (asyncio.create_task(pulse.watch()), asyncio.create_task(pulse.watch_doubts()))
                await on_ready()
                await self._stop.wait()
                await self._drain()
        finally:
            for task in watching:
                task.cancel()
            await self._end()

    def _told_to_stop(self) -> None:
        if self._stop.is_set():
            self._stop_now.set()
        self._stop.set()

    def _told_to_take(self, publication: Callable[[], Awaitable[str]]) -> None:
        task = asyncio.create_task(self._take(publication))
        self._takings.add(task)
        task.add_done_callback(self._takings.discard)

    # --- starting ---------------------------------------------------------------------------------------------------

    async def _unless_stopped(self, work: Awaitable[None]) -> bool:
        """Do it unless told to stop meanwhile; returns whether it was done."""
        task = asyncio.ensure_future(work)
        stop = asyncio.create_task(self._stop.wait())
        done, _ = await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task in done:
            task.result()
            return True
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return False

    async def _start(self) -> None:
        crew = self._crew
        speech = asyncio.create_task(self._start_speech(crew.speech))
        await asyncio.gather(*map(self._start_child, (crew.hub, crew.nursery, *crew.others)))
        await self._start_cells()
        await speech
        if crew.edge is not None:
            await self._start_child(crew.edge)
        self._orders.serving()
        needed = [self._start_child(child) for child in crew.after if child.spec.required]
        await asyncio.gather(*needed, *(self._start_beside(child) for child in crew.after if not child.spec.required))

    async def _start_beside(self, child: Child) -> None:
        """No call needs it, so its failure is told, and it is tried again."""
        try:
            await self._start_child(child)
        except EnvironmentFault as error:
            self._orders.say(f"{error}\ncalls are served without it; it is tried again")

    async def _start_child(self, child: Child) -> None:
        await child.start()
        self._orders.say(f"{child.spec.name} is ready (pid {child.pid})")

    async def _start_speech(self, child: Child) -> None:
        """Calls go on by keys without it, so its failure is told and no more."""
        try:
            await self._start_child(child)
        except EnvironmentFault as error:
            self._orders.say(f"{error}\ncallers are served by keys only until speech is back")
            await self._orders.alarm(
                AlarmKind.SPEECH, "the speech service does not start: callers are served by keys only"
            )

    async def _start_cells(self) -> None:
        cells = self._crew.cells
        try:
            async with asyncio.timeout(CELLS_START_SECONDS):
                self._tell_unserved(await cells.first_load())
                await cells.all_ready.wait()
        except TimeoutError as error:
            missing = [place.number for place in cells.places.values() if not place.ready]
            said = "\n  ".join(self._crew.nursery.lines) or "(nothing)"
            raise EnvironmentFault(f"cells {missing} do not start; the nursery said:\n  {said}") from error
        self._orders.say(f"{len(cells.places)} cells are ready, each for one call")

    def _tell_unserved(self, loaded: Loaded) -> None:
        """Damaged prompts that could not be spoken again. Raises EnvironmentFault when nothing is left to serve."""
        if not loaded.serves:
            raise EnvironmentFault(
                "no dialplan can be served, as prompts are not what was published: restore them from a backup, or "
                "publish again (ivr publish):\n" + "\n".join(loaded.unserved)
            )
        for reason in loaded.unserved:
            self._orders.say(
                f"NOT SERVED, its callers are refused: {reason}. Restore the prompts from a backup, or: ivr publish"
            )

    # --- publishing -------------------------------------------------------------------------------------------------

    async def _take(self, publication: Callable[[], Awaitable[str]]) -> None:
        """Serve what is published now: all of it, or what was served before goes on."""
        async with self._taking:
            try:
                id = await publication()
                await self._crew.cells.publish(id)
            except IvrError as error:
                self._orders.say(f"publishing refused, what was served goes on:\n{error}")
                await self._orders.alarm(
                    AlarmKind.PUBLICATION, "publishing was refused: what was served before goes on"
                )
                return
            try:
                self._orders.taken(id)
            except EnvironmentFault as error:  # it is served all the same
                self._orders.say(f"what is served now cannot be written down: {error}")
            self._orders.say("published: new calls are served by it, running calls keep what they began with")
            self._orders.log("published", {"publication": id})

    # --- ending -----------------------------------------------------------------------------------------------------

    async def _drain(self) -> None:
        self._orders.say("stopping")
        await self._orders.stop_calls()
        self._orders.say("new calls are refused, running calls may end in their time (Ctrl-C again: end them now)")
        self._orders.log("draining", {"seconds": self._orders.drain_seconds})
        drain = asyncio.create_task(self._crew.cells.drain(self._orders.drain_seconds + LAST_WORDS_SECONDS))
        now = asyncio.create_task(self._stop_now.wait())
        await asyncio.wait({drain, now}, return_when=asyncio.FIRST_COMPLETED)
        now.cancel()
        if drain.done():
            if not drain.result():
                self._orders.say("some calls had not ended by then and were ended")
        else:
            drain.cancel()
            with suppress(asyncio.CancelledError):
                await drain

    async def _end(self) -> None:
        crew = self._crew
        crew.cells.kill()
        if crew.edge is not None:
            await self._orders.edge_ends()
        for child in (crew.edge, crew.nursery, crew.speech, *crew.after, *crew.others, crew.hub):
            if child is not None:
                await child.stop()
        crew.cells.close()
        self._orders.say("stopped")
        self._orders.log("stopped", {})
