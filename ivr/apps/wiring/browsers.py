"""Calls by browser: whether they can be served here, and what is missing if not."""

from __future__ import annotations

from ivr.apps.settings import Settings
from ivr.apps.settings_sip import WebSocketSettings
from ivr.apps.wiring import preflight
from ivr.errors import EnvironmentFault

PACKAGES = {"kamailio-websocket-modules": "SIP over WebSocket", "rtpengine-daemon": "the sound of browsers"}
"""Package of Debian -> what it is for."""


def missing() -> tuple[str, ...]:
    """Packages that must be installed first."""
    there = {
        "kamailio-websocket-modules": preflight.has_module("websocket"),
        "rtpengine-daemon": preflight.rtpengine() is not None,
    }
    return tuple(name for name in PACKAGES if not there[name])


def settled(settings: Settings) -> Settings:
    """The same settings with `sip.websocket` and `browser_calls` as they will be; the relay's are settled already.

    Raises EnvironmentFault: the settings name `sip.websocket`, and something for it is not there.
    """
    able = settings.edge and settings.console.enabled and settings.media.relay != "never" and not missing()
    if settings.sip.websocket is not None:
        if not able:
            raise EnvironmentFault(f"sip.websocket: {why_not(settings)}")
        return settings
    if not (settings.browser_calls and able):
        return settings.model_copy(update={"browser_calls": False})
    return settings.model_copy(update={"sip": settings.sip.model_copy(update={"websocket": WebSocketSettings()})})


def why_not(settings: Settings) -> str:
    """What must be done before browsers can be served."""
    if absent := missing():
        needed = " and ".join(f"{name} ({PACKAGES[name]})" for name in absent)
        return f"calls by browser need {needed}: sudo apt-get install {' '.join(absent)} (or tools/install run)"
    return "calls by browser need the edge, the console and media.relay: auto"
