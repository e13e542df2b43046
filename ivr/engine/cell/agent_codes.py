"""What an agent says of themselves in a call of their own: the data source `agents` of that one call.

Rule: a choice is made for whoever proved in this call to be that agent, and for nobody whom a dialplan names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ivr.core.dialplan.own_sources import IDENTIFY, LOG_IN, LOG_OUT, PAUSE, RESUME
from ivr.core.queueing.choice import ChoiceKind, reason_of
from ivr.engine.bus.client import HubClient
from ivr.engine.bus.staff import AgentProofWanted, AgentProved, AgentTaken, AgentTold
from ivr.errors import PeerError

CHOICES: Final[Mapping[str, ChoiceKind]] = {
    LOG_IN: ChoiceKind.LOG_IN,
    LOG_OUT: ChoiceKind.LOG_OUT,
    PAUSE: ChoiceKind.PAUSE,
    RESUME: ChoiceKind.RESUME,
}
"""By query."""


class AgentCodes:
    """One call's. Asked on the thread of lookups, so it may wait for the hub."""

    def __init__(self, hub: HubClient) -> None:
        self._hub = hub
        self._agent = ""
        """Who proved to be one; empty: nobody yet."""

    def query(self, name: str, params: dict[str, object], *, timeout: float) -> dict[str, object]:
        """Answer as `ivr.core.dialplan.own_sources` says. Raises PeerError, EnvironmentFault, OperatorError."""
        hub = replace(self._hub, patience=timeout)
        if name == IDENTIFY:
            self._agent = ""
            answer = hub.ask(AgentProofWanted(str(params["extension"]), str(params["pin"])), AgentProved)
            self._agent = answer.agent
            return {"found": bool(answer.agent)}
        if not self._agent:
            raise PeerError("nobody has proved to be an agent in this call")
        reason = reason_of(str(params["reason"])) if name == PAUSE else ""
        told = hub.ask(AgentTold(self._agent, CHOICES[name], reason, by=self._agent, own=True), AgentTaken)
        if not told.state:
            raise PeerError("there is no such agent any more")
        return {"state": told.state}
