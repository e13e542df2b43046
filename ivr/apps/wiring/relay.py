"""The media relay, made from the settings; and what follows when it died."""

from __future__ import annotations

import asyncio

from ivr.adapters.rtpengine import daemon
from ivr.adapters.rtpengine.daemon import RelayConfig, RelaySide
from ivr.apps.settings import Settings
from ivr.apps.wiring import preflight
from ivr.apps.wiring.edge import EdgeDesk, relay_sides
from ivr.apps.wiring.hub_link import the_engines
from ivr.engine.link.edge_door import ask_lost
from ivr.engine.supervisor.cells import Cells
from ivr.engine.supervisor.child import ChildSpec
from ivr.errors import EnvironmentFault, PeerError
from ivr.ports.edge import LostMedia

HANGS_AFTER = 5.0
"""Seconds. A relay that answers no ping for so long carries no sound either: its calls end, and another is started."""
ASK_AGAIN_SECONDS, ASK_TIMES = 1.0, 120
"""A call without sound ends by itself before."""


def settled(settings: Settings) -> Settings:
    """The same settings with `media.relay` as it will be: `never` where rtpengine is not there or nothing asks for it.

    Raises EnvironmentFault: it must be there, and is not.
    """
    media = settings.media
    preflight.check_relay(settings)
    if settings.edge and media.relay != "never" and preflight.rtpengine() is not None:
        return settings
    return settings.model_copy(update={"media": media.model_copy(update={"relay": "never"})})


def relay_spec(settings: Settings) -> ChildSpec:
    """rtpengine in the foreground. Raises EnvironmentFault: it is not installed."""
    program = preflight.rtpengine()
    if program is None:
        raise EnvironmentFault(preflight.NO_RTPENGINE)
    port = settings.media.relay_control
    sides = tuple(RelaySide(*side) for side in relay_sides(settings))
    config = RelayConfig(port, sides, settings.relay_range)
    # setpriv (util-linux) makes the kernel end it when the supervisor ends.
    command = ["setpriv", "--pdeathsig", "TERM", *daemon.command(program, config)]

    async def ready() -> bool:
        return await daemon.alive(port)

    return ChildSpec(
        "media relay", command, ready=ready, may_be_told=daemon.origin, required=False, hangs_after=HANGS_AFTER
    )


async def end_lost_calls(settings: Settings, cells: Cells, desk: EdgeDesk) -> None:
    """A relay was started: whatever went through one before is silent now, and its phone has keys that nobody knows."""
    _end(cells, await desk.lost_media(lambda: daemon.calls((daemon.HOST, settings.media.relay_control))))


async def end_lost_calls_here(settings: Settings, cells: Cells) -> None:
    """The same on a host that works for another one's engine, whose edge knows which calls its relay carries.

    As long as the edge is not reached they are silent; some time later they end by themselves.
    """
    assert settings.works_for is not None
    there = the_engines(settings, settings.works_for.edge)
    for _ in range(ASK_TIMES):
        try:
            _end(cells, await ask_lost(there, settings.cells.count))
        except (EnvironmentFault, PeerError):
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        else:
            return


def _end(cells: Cells, lost: LostMedia) -> None:
    for cell in lost.callers:
        cells.lose_line(cell)
    for cell in lost.legs:
        cells.doubt_legs(cell)
