"""Watches the trunks by which the line calls numbers: one that does not take calls is told while others still do."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from prometheus_client import CollectorRegistry, Gauge

from ivr.core.alarms import AlarmKind
from ivr.core.sip.trunk import TrunkState
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.config import HubPorts
from ivr.errors import PeerError

LOOK_SECONDS = 5.0
LOOKS = 3
"""In a row at which a trunk was away before somebody is told: an edge that was started just now registers first."""


class TrunkWatch:
    """The hub's."""

    def __init__(self, ports: HubPorts, alarms: Alarms, registry: CollectorRegistry) -> None:
        self._ports, self._alarms = ports, alarms
        self._states: tuple[TrunkState, ...] = ()
        self._away: dict[str, int] = {}
        self._refused: dict[str, int] = {}
        self._there = Gauge("ivr_trunk_up", "1: it takes calls, as far as is known", ["trunk"], registry=registry)
        text = "Calls that trunks were asked for since the edge was started, by what came of them"
        self._calls = Gauge("ivr_trunk_calls", text, ["trunk", "result"], registry=registry)

    async def run(self) -> None:
        """Look until cancelled."""
        edge = self._ports.edge
        while edge is not None:
            try:
                states = await asyncio.to_thread(edge.trunks)
            except PeerError:
                self._states = ()  # it does not answer now: presence sees to that
            else:
                self.heard(states)
                if not states:
                    break  # the settings name none, and a running edge gets no others
            await asyncio.sleep(LOOK_SECONDS)
        await asyncio.Event().wait()

    def heard(self, states: tuple[TrunkState, ...]) -> None:
        """How they are now."""
        self._states = states
        for one in states:
            self._there.labels(one.name).set(one.there)
            for result in ("tried", "answered", "failed"):
                self._calls.labels(one.name, result).set(getattr(one, result))
            self._away[one.name] = 0 if one.there else self._away.get(one.name, 0) + 1
            if self._away[one.name] == LOOKS:
                why = "it refuses our registration" if one.registered is False else "none of its addresses answers"
                self._alarms.raise_alarm(AlarmKind.TRUNK, f"trunk {one.name} takes no calls: {why}")
            if one.password > self._refused.get(one.name, 0):
                self._alarms.raise_alarm(
                    AlarmKind.TRUNK, f"trunk {one.name} refuses our password: look at its username and password_file"
                )
            self._refused[one.name] = one.password

    def report(self) -> list[dict[str, object]]:
        """As `ivr trunks list` shows them."""
        return [{**asdict(one), "there": one.there} for one in self._states]
