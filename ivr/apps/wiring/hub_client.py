"""How the command line speaks with a running hub."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.apps.settings import Settings
from ivr.engine.bus.client import HubClient
from ivr.engine.bus.staff import StatusReport, StatusWanted
from ivr.engine.bus.stock import KeysRotated, StocksVoided
from ivr.errors import EnvironmentFault


def hub_of(settings: Settings) -> HubClient:
    """The hub of this engine."""
    return HubClient(settings.hub_socket, str(settings.data_dir))


def status(settings: Settings) -> dict[str, object]:
    """What the engine does now. Raises EnvironmentFault when it does not run, PeerError when it does not answer."""
    return hub_of(settings).ask(StatusWanted(), StatusReport).report


def void_stocks(settings: Settings, old: Sequence[str]) -> StocksVoided | None:
    """Have cells give up data keys that old keys wrapped, and tell what is left. None: no hub runs.

    Raises PeerError when there is one and it does not answer: then nothing is known of the cells.
    """
    try:
        return hub_of(settings).ask(KeysRotated(tuple(old)), StocksVoided)
    except EnvironmentFault:
        return None
