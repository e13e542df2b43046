"""The media relay, made from the settings; and what follows when it died."""

from __future__ import annotations

import asyncio
import shutil

from ivr.adapters.rtpengine import daemon
from ivr.adapters.rtpengine.daemon import RelayConfig, RelaySide
from ivr.apps.settings import Settings
from ivr.apps.wiring.edge import EdgeDesk, edge_config, relay_sides
from ivr.apps.wiring.preflight import system_path
from ivr.engine.supervisor.cells import Cells
from ivr.engine.supervisor.child import ChildSpec
from ivr.errors import EnvironmentFault

HANGS_AFTER = 5.0
"""Seconds. A relay that answers no ping for so long carries no sound either: its calls end, and another is started."""
MISSING = "rtpengine, which carries encrypted media, is not installed: sudo apt-get install rtpengine-daemon"


def settled(settings: Settings) -> Settings:
    """The same settings with `media.relay` as it will be: `never` where rtpengine is not there or nothing asks for it.

    Raises EnvironmentFault: it must be there, and is not.
    """
    media = settings.media
    if media.srtp == "required" and _program() is None:
        raise EnvironmentFault(f"media.srtp is required, but {MISSING} (or tools/install extras)")
    if settings.edge and media.relay == "auto" and _program() is not None:
        return settings
    return settings.model_copy(update={"media": media.model_copy(update={"relay": "never"})})


def relay_spec(settings: Settings) -> ChildSpec:
    """rtpengine in the foreground. Raises EnvironmentFault: it is not installed."""
    program = _program()
    if program is None:
        raise EnvironmentFault(MISSING)
    port = settings.media.relay_control
    sides = tuple(RelaySide(*side) for side in relay_sides(edge_config(settings)))
    config = RelayConfig(port, sides, settings.relay_range)
    # setpriv (util-linux) makes the kernel end it when the supervisor ends.
    command = ["setpriv", "--pdeathsig", "TERM", *daemon.command(program, config)]

    async def ready() -> bool:
        return await asyncio.to_thread(daemon.alive, port)

    return ChildSpec(
        "media relay", command, ready=ready, may_be_told=daemon.origin, required=False, hangs_after=HANGS_AFTER
    )


async def end_lost_calls(settings: Settings, cells: Cells, desk: EdgeDesk) -> None:
    """A relay was started: whatever went through one before is silent now, and its phone has keys that nobody knows."""
    lost = await desk.lost_media(lambda: daemon.calls(settings.media.relay_control))
    for cell in lost.callers:
        cells.lose_line(cell)
    for cell in lost.legs:
        cells.doubt_legs(cell)


def installed() -> bool:
    """Whether rtpengine is there."""
    return _program() is not None


def _program() -> str | None:
    return shutil.which("rtpengine", path=system_path())
