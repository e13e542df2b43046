"""At the engine's: other hosts' cells and relays, brought to the edge's loopback, in a process of its own.

Calls on other hosts go on without the hub, so their SIP goes by none of its connections.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from ivr.adapters.kamailio.config import HERE
from ivr.adapters.rtpengine import daemon
from ivr.apps.settings import Settings
from ivr.apps.settings_hosts import first_numbers
from ivr.apps.wiring.edge import cells_afar, edge_control, lost_media
from ivr.apps.wiring.host_door import door_at
from ivr.apps.wiring.reached_hosts import ReachedHosts
from ivr.apps.wiring.until_stopped import until_stopped
from ivr.engine.bus.alarm_post import AlarmPost
from ivr.engine.link.cells_there import Places
from ivr.engine.link.edge_door import LINE_MAX, EdgeDoor
from ivr.ports.edge import LostMedia

log = logging.getLogger("ivr.edge_door")


def run(settings: Settings) -> None:
    """Until SIGTERM. Raises SettingsError, EnvironmentFault."""
    reached = ReachedHosts(settings.runtime_dir)
    reached.clear()
    post = AlarmPost(settings.hub_socket)
    edge_door = EdgeDoor(
        places(settings),
        settings.sip_endpoint[1],
        lost=lambda host: lost_on(settings, host),
        reached=reached.note,
        log=_log,
    )
    door = door_at(settings, settings.hosts.edge_endpoint, edge_door.came, post.send, line_max=LINE_MAX)

    async def work() -> None:
        trying = asyncio.create_task(post.keep_trying())
        try:
            await door.run()
        finally:
            trying.cancel()

    try:
        asyncio.run(until_stopped(work()))
    finally:
        reached.clear()


def places(settings: Settings) -> dict[str, Places]:
    """Host -> where its cells and its relay appear here."""
    found = zip(settings.hosts.cells, cells_afar(settings), strict=True)
    return {name: Places(one.address, one.first_port, one.count, one.relay_port) for name, one in found}


def lost_on(settings: Settings, host: str) -> LostMedia:
    """Cells of a host, by their numbers there, whose call's media its relay does not know of. Raises PeerError."""
    number = HERE + 1 + list(settings.hosts.cells).index(host)
    own = places(settings)[host]
    lost = lost_media(edge_control(settings), number, lambda: daemon.calls((own.address, own.relay_port)))
    first = first_numbers(settings.hosts, settings.cells.count)[host]

    def theirs(cells: frozenset[int]) -> frozenset[int]:
        return frozenset(cell - first for cell in cells if 0 <= cell - first < own.count)

    return LostMedia(theirs(lost.callers), theirs(lost.legs))


def _log(event: str, data: Mapping[str, object]) -> None:
    fields = dict(data)
    log.log(logging.WARNING if fields.pop("level", "") == "warning" else logging.INFO, event, extra={"data": fields})
