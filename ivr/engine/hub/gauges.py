"""Figures that are counted anew each time Prometheus asks."""

from __future__ import annotations

from ivr.engine.hub.centre import Centre
from ivr.engine.hub.metrics import Metrics
from ivr.engine.hub.peers import CellPeers
from ivr.engine.hub.records import CallRecords


class Gauges:
    """Of cells, agents, calls that wait, messages nobody heard and records that are not stored."""

    def __init__(self, metrics: Metrics, *, cells: CellPeers, centre: Centre, records: CallRecords) -> None:
        self._metrics, self._cells, self._centre, self._records = metrics, cells, centre, records

    def refresh(self) -> None:
        """Count them."""
        for gauge in (self._metrics.cells, self._metrics.agents, self._metrics.waiting):
            gauge.clear()
        for peer in self._cells:
            self._metrics.cells.labels(peer.state).inc()
        for agent in self._centre.switchboard.queues.agents.values():
            self._metrics.agents.labels(str(agent.state)).inc()
        for call in self._centre.switchboard.queues.waiting.values():
            self._metrics.waiting.labels(call.queue).inc()
        self._metrics.messages.clear()
        for mailbox in self._centre.chronicle.unheard.mailboxes():
            self._metrics.messages.labels(mailbox.name).set(mailbox.calls)
        self._metrics.pending.set(self._records.pending)
