"""Keeps what the dispatcher tells of calls and agents: for the figures of today at once, for reports in the database.

Nothing waits for the database. Lines that it does not take now are tried again; when `PENDING_MAX` wait, further ones
are dropped, counted and said.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from ivr.core.alarms import AlarmKind
from ivr.core.queueing.figures import CentreFigures, total
from ivr.core.queueing.happening import Happening
from ivr.core.queueing.tally import Tally
from ivr.core.queueing.unheard import Unheard
from ivr.engine.hub.alarms import Alarms
from ivr.errors import IvrError
from ivr.ports.clock import Clock
from ivr.ports.queues import QueueLines

INTERVAL_SECONDS = 900.0
"""Agents' time is told at least so often, at the quarter hours: what a hub that is killed does not tell is no more."""
WRITE_SECONDS = 0.5
"""Lines are gathered for so long before they are written."""
RETRY_SECONDS = 2.0
PENDING_MAX = 100_000
FORGET_SECONDS = 86_400.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ChronicleConfig:
    """How lines are summed up, and for how long they are kept."""

    target: Callable[[str], float]
    """A queue's seconds within which a call should be answered."""
    targets: Mapping[str, float]
    """The same for the queues of the settings."""
    keep_seconds: float
    midnight: Callable[[float], float]
    """When the day of a time began, by the wall clock of the bank."""


class Chronicle:
    """The hub's side of the queue lines."""

    def __init__(
        self,
        config: ChronicleConfig,
        lines: QueueLines,
        alarms: Alarms,
        *,
        monotonic: Clock,
        wall: Clock,
        watched: Callable[[Happening], None],
        count_agents: Callable[[float], None],
    ) -> None:
        """`watched` is told each line, for metrics; `count_agents(now)` has the dispatcher tell agents' time."""
        self._config, self._lines, self._alarms = config, lines, alarms
        self._monotonic, self._wall = monotonic, wall
        self._watched, self._count_agents = watched, count_agents
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="queue-lines")
        self._pending: deque[Happening] = deque()
        self._dropped = 0
        self._failing = False
        self._writing: asyncio.Future[None] | None = None
        self._told = asyncio.Event()
        self._tally = Tally(interval=INTERVAL_SECONDS, target=config.target)
        self._forgotten_at = -math.inf
        self.unheard = Unheard()
        """Messages in mailboxes; times by the wall clock."""

    @property
    def pending(self) -> int:
        """Lines that are not in the database yet."""
        return len(self._pending)

    def tell(self, one: Happening) -> None:
        """Take one line, by the dispatcher's clock."""
        line = one._replace(at=one.at + self._wall() - self._monotonic())
        self._tally.add(line)
        self.unheard.add(line)
        self._watched(line)
        if len(self._pending) < PENDING_MAX:
            self._pending.append(line)
        else:
            self._dropped += 1
        self._told.set()

    def today(self) -> CentreFigures:
        """The figures of this day, up to now; agents' time up to the last quarter hour or change of state."""
        since = self._config.midnight(self._wall())
        self._tally.forget(before=since)
        return total(self._tally.intervals.values())

    async def run(self) -> None:
        """Write lines, and have agents' time told at the quarter hours, until cancelled."""
        await self._take_up()
        boundary = self._next_boundary()
        while True:
            await self._something_to_do(boundary)
            now = self._wall()
            if now >= boundary:
                self._count_agents(self._monotonic() - (now - boundary))
                boundary = self._next_boundary()
            self._writing = asyncio.ensure_future(self._write())
            await asyncio.shield(self._writing)  # what is on its way is not written twice when the hub ends meanwhile
            await self._forget(now)

    async def _something_to_do(self, boundary: float) -> None:
        """Until a line is told, or the quarter hour is over; then a little longer, so that many lines are one write."""
        if not self._pending:
            self._told.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, boundary - self._wall())):
                    await self._told.wait()
        await asyncio.sleep(RETRY_SECONDS if self._failing else WRITE_SECONDS)

    async def close(self) -> None:
        """Tell agents' time up to now, and write what there is; what the database does not take is lost, and said."""
        self._count_agents(self._monotonic())
        if self._writing is not None:
            await asyncio.wait({self._writing})
        await self._write()
        if self._pending:
            self._alarms.raise_alarm(
                AlarmKind.QUEUE_LINES, f"{len(self._pending)} lines of the queues' reports are lost"
            )
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _next_boundary(self) -> float:
        return (math.floor(self._wall() / INTERVAL_SECONDS) + 1) * INTERVAL_SECONDS

    async def _take_up(self) -> None:
        """What earlier hubs told today."""
        now = self._wall()
        try:
            left, known = await self._on_thread(lambda: (self._lines.unheard(), self._figures_since(now)))
        except IvrError as error:
            self._alarms.raise_alarm(
                AlarmKind.QUEUE_LINES, f"today's figures and messages begin now; earlier ones are not known: {error}"
            )
            return
        self.unheard = Unheard([*left, *self.unheard.lines])
        for number, figures in known.items():  # none of this hub's own lines was written yet
            ours = self._tally.intervals.get(number, CentreFigures())
            self._tally.intervals[number] = total([figures, ours])

    def _figures_since(self, now: float) -> dict[int, CentreFigures]:
        return self._lines.figures(
            since=self._config.midnight(now),
            until=now + INTERVAL_SECONDS,
            interval=INTERVAL_SECONDS,
            targets=self._config.targets,
            target=self._config.target(""),
        )

    async def _write(self) -> None:
        batch = list(self._pending)
        if not batch:
            return
        try:
            await self._on_thread(lambda: self._lines.append(batch))
        except IvrError as error:
            if not self._failing:
                self._failing = True
                self._alarms.raise_alarm(AlarmKind.QUEUE_LINES, f"what happens in queues cannot be kept now: {error}")
            return
        self._failing = False
        for _ in batch:
            self._pending.popleft()
        if self._dropped:
            self._alarms.raise_alarm(AlarmKind.QUEUE_LINES, f"{self._dropped} lines of the queues' reports are lost")
            self._dropped = 0

    async def _forget(self, now: float) -> None:
        if now - self._forgotten_at < FORGET_SECONDS or self._failing:
            return
        self._forgotten_at = now
        try:
            await self._on_thread(lambda: self._lines.forget(before=now - self._config.keep_seconds))
        except IvrError as error:
            self._alarms.raise_alarm(
                AlarmKind.QUEUE_LINES, f"old lines of the queues' reports could not be removed: {error}"
            )

    async def _on_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
