"""How the command line speaks with a running hub."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ivr.apps.settings import Settings
from ivr.engine.bus.client import HubClient
from ivr.engine.bus.staff import AgentsChanged, AgentTaken, AgentTold, StatusReport, StatusWanted, WhyReport, WhyWanted
from ivr.engine.bus.stock import KeysRotated, StocksVoided
from ivr.errors import EnvironmentFault


def hub_of(settings: Settings) -> HubClient:
    """The hub of this engine."""
    return HubClient(settings.hub_socket, str(settings.data_dir))


def status(settings: Settings) -> dict[str, object]:
    """What the engine does now. Raises EnvironmentFault when it does not run, PeerError when it does not answer."""
    return hub_of(settings).ask(StatusWanted(), StatusReport).report


def tell_agent(settings: Settings, told: AgentTold) -> str:
    """What an agent does from now on; returns their state, empty when there is no such agent. Raises as `status`."""
    return hub_of(settings).ask(told, AgentTaken).state


def why(settings: Settings, call_id: str) -> dict[str, Any]:
    """Why a call waits; empty when it does not. Raises as `status`."""
    return hub_of(settings).ask(WhyWanted(call_id), WhyReport).report


def agents_changed(settings: Settings) -> None:
    """Tell a running hub at once; one that starts later reads the directory anyway."""
    with suppress(EnvironmentFault):
        hub_of(settings).tell(AgentsChanged())


def void_stocks(settings: Settings, old: Sequence[str]) -> StocksVoided | None:
    """Have cells give up data keys that old keys wrapped, and tell what is left. None: no hub runs.

    Raises PeerError when there is one and it does not answer: then nothing is known of the cells.
    """
    try:
        return hub_of(settings).ask(KeysRotated(tuple(old)), StocksVoided)
    except EnvironmentFault:
        return None
