"""On a host that works for another one's engine: its edge, at this host's loopback, for as long as it is reached."""

from __future__ import annotations

import asyncio
import logging

from ivr.apps.settings import Settings
from ivr.apps.wiring.hub_link import the_engines
from ivr.apps.wiring.until_stopped import until_stopped
from ivr.engine.link.cells_there import Places
from ivr.engine.link.dialling import There, dial
from ivr.engine.link.edge_door import CARRY, CARRY_AND_RELAY
from ivr.engine.link.edge_there import EdgeThere
from ivr.errors import EnvironmentFault, PeerError

RETRY_SECONDS = 1.0
log = logging.getLogger("ivr.edge_link")


def run(settings: Settings) -> None:
    """Until SIGTERM. Raises SettingsError."""
    assert settings.works_for is not None
    asyncio.run(until_stopped(_keep(settings, the_engines(settings, settings.works_for.edge))))


async def _keep(settings: Settings, there: There) -> None:
    away = ""
    while True:
        try:
            dropped = await _carry(settings, there)
            log.info("edge_link_ended", extra={"dropped": dropped})
            away = ""
        except (EnvironmentFault, PeerError) as error:
            if str(error) != away:
                away = str(error)
                log.warning("edge_link", extra={"away": away})
        await asyncio.sleep(RETRY_SECONDS)


async def _carry(settings: Settings, there: There) -> int:
    """One connection to its end; returns how many datagrams found no room. Raises EnvironmentFault, PeerError."""
    assert settings.works_for is not None
    relay = settings.media.relay != "never"
    places = Places(
        settings.cell_sip_address, settings.cells.base_port, settings.cells.count, settings.media.relay_control
    )
    reader, writer = await dial(there)
    try:
        writer.write(CARRY_AND_RELAY if relay else CARRY)
        return await EdgeThere(places, settings.works_for.sip_port, relay=relay).serve(reader, writer)
    finally:
        writer.transport.abort()
