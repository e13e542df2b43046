"""How many calls there were from a number or about an account: of records, and of calls that go on.

Rule: an answer is a fact or there is none. What the database cannot tell is not guessed from what is in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from ivr.core.call.record import CallRecord
from ivr.core.identity.risk import Signal
from ivr.core.sip.telephone import telephone_number
from ivr.engine.bus.counts import CountTold, CountWanted
from ivr.engine.hub.config import HubPorts
from ivr.errors import IvrError


class CallCounts:
    """The hub's side of a call's risk."""

    def __init__(self, ports: HubPorts, running: Mapping[str, CallRecord]) -> None:
        self._ports, self._running = ports, running
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, wanted: CountWanted, *, answer: Callable[[CountTold], None]) -> None:
        """Count in a thread, then answer."""
        task = asyncio.get_running_loop().create_task(self._tell(wanted, self._beside(wanted), answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, wanted: CountWanted, beside: int, answer: Callable[[CountTold], None]) -> None:
        counts: tuple[tuple[Signal, int], ...] | None = None
        try:
            found = await asyncio.to_thread(self._ended, wanted)
            counts = tuple((count.signal, one + beside) for count, one in zip(wanted.counts, found, strict=True))
        except IvrError as error:
            self._ports.log("calls_not_counted", {"call_id": wanted.call_id, "reason": str(error)})
        answer(CountTold(wanted.call_id, wanted.count_id, counts))

    def _beside(self, wanted: CountWanted) -> int:
        """Calls that go on, but for the one that asks."""
        others = (record for call_id, record in self._running.items() if call_id != wanted.call_id)
        if wanted.value:
            asked = (wanted.value, wanted.text)
            return sum(asked in record.looked_up for record in others)
        return sum(telephone_number(record.caller) == wanted.text for record in others)

    def _ended(self, wanted: CountWanted) -> list[int]:
        calls, now = self._ports.calls, self._ports.wall()
        found = []
        for count in wanted.counts:
            since = now - count.seconds
            if wanted.value:
                fit = calls.with_value(wanted.value, wanted.text, since=since, limit=count.most)
            else:
                fit = calls.of_caller(wanted.text, since=since, limit=count.most)
            found.append(len(fit))
        return found
