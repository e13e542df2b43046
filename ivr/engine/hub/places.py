"""Tells calls that wait where they stand and for how long yet: when they come, and again when it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.core.queueing.dispatcher import Dispatcher
from ivr.core.queueing.estimate import Estimator, shares_of
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import PlaceTold

ROUND_SECONDS = 5.0


class Places:
    """The hub's side of announcements."""

    def __init__(self, queues: Dispatcher, estimator: Estimator, tell: Callable[[str, Message], None]) -> None:
        self._queues, self._estimator, self._tell = queues, estimator, tell
        self._last: dict[str, PlaceTold] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            self.round()

    def came(self, call_id: str) -> None:
        """A call came into a queue."""
        if call_id in self._queues.waiting:
            self._say(call_id, self._queues.place(call_id), self._shares())

    def round(self) -> None:
        """Once for everybody."""
        shares, lengths = self._shares(), self._queues.lengths()
        self._last = {call_id: told for call_id, told in self._last.items() if call_id in self._queues.waiting}
        for queue in lengths:
            for place, call in enumerate(self._queues.in_line(queue), start=1):
                self._say(call.call_id, place, shares)

    def _shares(self) -> dict[str, float]:
        return shares_of(self._queues.agents.values(), self._queues.lengths())

    def _say(self, call_id: str, place: int, shares: dict[str, float]) -> None:
        wait = self._estimator.wait(self._queues.waiting[call_id], place, shares)
        told = PlaceTold(call_id, place, None if wait is None else max(1, round(wait / 60)))
        if self._last.get(call_id) != told:
            self._last[call_id] = told
            self._tell(call_id, told)
