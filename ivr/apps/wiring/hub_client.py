"""How the command line speaks with a running hub."""

from __future__ import annotations

from ivr.apps.settings import Settings
from ivr.engine.bus.client import HubClient
from ivr.engine.bus.staff import StatusReport, StatusWanted


def hub_of(settings: Settings) -> HubClient:
    """The hub of this engine."""
    return HubClient(settings.hub_socket, str(settings.data_dir))


def status(settings: Settings) -> dict[str, object]:
    """What the engine does now. Raises EnvironmentFault when it does not run, PeerError when it does not answer."""
    return hub_of(settings).ask(StatusWanted(), StatusReport).report
