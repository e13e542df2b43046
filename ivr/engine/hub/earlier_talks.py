"""With whom a caller talked last, before this hub was started: looked up while they still hear the greeting.

Rule: nobody waits for it. Who reaches a queue before the database has answered has no agent to prefer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.core.call.record import CallRecord
from ivr.core.queueing.happening import What
from ivr.core.sip.telephone import telephone_number
from ivr.engine.hub.config import HubPorts
from ivr.errors import IvrError

REMEMBERED_SECONDS = 90 * 86_400.0
"""Whom they talked with longer ago than this is no reason to wait for anybody."""
CALLS_MAX = 20
"""So many of their calls are looked at: most people reach an agent in one of a few."""


class EarlierTalks:
    """The hub's side of records and lines of past calls."""

    def __init__(self, ports: HubPorts, *, found: Callable[[str, str], None]) -> None:
        """`found(call_id, agent)` is told the agent of the last talk of this call's caller."""
        self._ports, self._found = ports, found
        self._tasks: set[asyncio.Task[None]] = set()

    def begun(self, record: CallRecord) -> None:
        """A call began."""
        number = telephone_number(record.caller)
        if number is not None:
            task = asyncio.get_running_loop().create_task(self._look(record.call_id, number))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _look(self, call_id: str, number: str) -> None:
        try:
            agent = await asyncio.to_thread(self._last, number)
        except IvrError as error:
            self._ports.log("earlier_talk_unknown", {"call_id": call_id, "reason": str(error)})
            return
        if agent:
            self._found(call_id, agent)

    def _last(self, number: str) -> str:
        since = self._ports.wall() - REMEMBERED_SECONDS
        for call_id in self._ports.calls.of_caller(number, since=since, limit=CALLS_MAX):
            taken = [line.agent for line in self._ports.lines.of_call(call_id) if line.what is What.TAKEN]
            if taken:
                return taken[-1]
        return ""
