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
        call = self._queues.waiting.get(call_id)
        if call is not None:
            place = self._queues.place(call_id)
            waits = self._estimator.waits(call.queue, place, self._shares())
            self._say(call_id, place, waits)

    def round(self) -> None:
        """Once for everybody."""
        shares, lengths = self._shares(), self._queues.lengths()
        self._last = {call_id: told for call_id, told in self._last.items() if call_id in self._queues.waiting}
        for queue, length in lengths.items():
            waits = self._estimator.waits(queue, length, shares)
            for place, call in enumerate(self._queues.in_line(queue), start=1):
                self._say(call.call_id, place, waits)

    def _shares(self) -> dict[str, float]:
        return shares_of(self._queues.agents.values(), self._queues.lengths())

    def _say(self, call_id: str, place: int, waits: list[float]) -> None:
        told = PlaceTold(call_id, place, max(1, round(waits[place - 1] / 60)) if waits else None)
        if self._last.get(call_id) != told:
            self._last[call_id] = told
            self._tell(call_id, told)
