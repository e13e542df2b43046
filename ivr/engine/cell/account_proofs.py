"""The data source `accounts` of one call: PINs and codes that the engine keeps. The hub counts and judges."""

from __future__ import annotations

from dataclasses import replace

from ivr.core.dialplan.own_sources import RIGHT
from ivr.core.identity.account import FactorKind
from ivr.engine.bus.attempts import AccountProofTaken, AccountProofWanted
from ivr.engine.bus.client import HubClient
from ivr.errors import PeerError


class AccountProofs:
    """Asked on the thread of lookups, so it may wait for the hub."""

    def __init__(self, hub: HubClient, call_id: str) -> None:
        self._hub, self._call_id = hub, call_id

    def query(self, name: str, params: dict[str, object], *, timeout: float) -> dict[str, object]:
        """Answer as `ivr.core.dialplan.own_sources` says. Raises PeerError, EnvironmentFault."""
        kind = FactorKind(name)
        wanted = AccountProofWanted(self._call_id, str(params["account"]), kind, str(params[kind]))
        taken = replace(self._hub, patience=timeout).ask(wanted, AccountProofTaken)
        if not taken.judged:
            raise PeerError("the hub could not judge it; 'ivr alarms list' says why")
        return {RIGHT: taken.right}
