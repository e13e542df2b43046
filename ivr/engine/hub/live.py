"""The calls that go on, for people who watch. Rule: words pass through and are not kept, and only while asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Final

from ivr.core.call.masked import masked_address
from ivr.core.call.record import CallRecord
from ivr.core.queueing.dispatcher import Dispatcher
from ivr.core.sip.telephone import user_of
from ivr.engine.bus.live import CallsReport, LiveCall, OwnCallFound, OwnCallWanted, WordsReport, WordsWanted
from ivr.engine.hub.peers import CellPeer, CellPeers

ANSWER_SECONDS: Final = 2.0
"""A cell that says nothing for so long is not waited for."""


class LiveCalls:
    """What goes on now."""

    def __init__(self, cells: CellPeers, running: Mapping[str, CallRecord], queues: Dispatcher) -> None:
        """`running`: calls that have begun and not ended."""
        self._cells, self._running, self._queues = cells, running, queues
        self._asked: dict[int, asyncio.Future[WordsReport]] = {}
        self._numbers = count(1)

    def calls(self) -> CallsReport:
        """Each, as far as it may be seen without opening anything."""
        agents: dict[str, list[tuple[str, str]]] = {}
        for name, agent in sorted(self._queues.agents.items()):
            if agent.engagement is not None:
                agents.setdefault(agent.engagement.call_id, []).append((name, str(agent.state)))
        places = {
            call.call_id: (queue, place)
            for queue in {call.queue for call in self._queues.waiting.values()}
            for place, call in enumerate(self._queues.in_line(queue), start=1)
        }
        carried = {peer.call_id: peer for peer in self._cells if peer.call_id}
        found = [_shown(record, carried.get(record.call_id), agents, places) for record in self._running.values()]
        return CallsReport(tuple(sorted(found, key=lambda one: one.started_at)))

    def own_call(self, wanted: OwnCallWanted) -> OwnCallFound:
        """The call of a browser, the newest where it has dialled again."""
        mine = [one for one in self._running.values() if user_of(one.caller) == wanted.caller]
        newest = max(mine, key=lambda one: one.started_at, default=None)
        return OwnCallFound() if newest is None else OwnCallFound(newest.call_id)

    async def words(self, wanted: WordsWanted) -> WordsReport:
        """What its cell says of a call's words."""
        over = WordsReport(wanted.call_id, running=False)
        peer = next((one for one in self._cells if one.call_id == wanted.call_id), None)
        if peer is None or wanted.call_id not in self._running:
            return over
        number = next(self._numbers)
        asked: asyncio.Future[WordsReport] = asyncio.get_running_loop().create_future()
        self._asked[number] = asked
        try:
            peer.send(replace(wanted, request=number))
            async with asyncio.timeout(ANSWER_SECONDS):
                return await asked
        except TimeoutError:
            return over
        finally:
            del self._asked[number]

    def told(self, report: WordsReport) -> None:
        """A cell's answer. One that nobody waits for any more is let go."""
        asked = self._asked.get(report.request)
        if asked is not None and not asked.done():
            asked.set_result(report)


def _shown(
    record: CallRecord,
    peer: CellPeer | None,
    agents: Mapping[str, list[tuple[str, str]]],
    places: Mapping[str, tuple[str, int]],
) -> LiveCall:
    stands = None if peer is None or peer.stands is None else peer.stands
    queue, place = places.get(record.call_id, ("", 0))
    return LiveCall(
        record.call_id,
        masked_address(record.caller),
        record.called,
        record.dialplan,
        record.started_at,
        record.answered_at,
        stands if stands is not None and stands.call_id == record.call_id else None,
        tuple(agents.get(record.call_id, ())),
        queue,
        place,
        bool(record.callback_id),
    )
