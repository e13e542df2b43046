"""The target of a transfer: a leg to an address that the settings name, never to one that a caller gave."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.core.events import Event
from ivr.core.orders.legs import LegRole
from ivr.core.orders.talk import target_party
from ivr.core.orders.transfer import DialTarget, TargetAnswered, TargetFailed
from ivr.engine.cell.dialled_leg import DialledLeg
from ivr.ports.telephony import Telephony

NOT_FOUND = 404
"""SIP status told for a destination that the settings no longer name."""


class TargetLeg(DialledLeg):
    """Whom the call is transferred to, or whom an agent asks outside the house."""

    def __init__(self, telephony: Telephony, call_id: str, order: DialTarget, addresses: Mapping[str, str]) -> None:
        """`addresses`: destination -> SIP URI."""
        party = target_party(order.transfer_id)
        super().__init__(telephony, call_id, party=party, name=order.destination, role=LegRole.TARGET)
        self._order = order
        self._uri = addresses.get(order.destination)

    def dial(self, *, now: float) -> list[Event]:
        """Ring the destination."""
        if self._uri is None:
            return self._failed(NOT_FOUND)
        return self.ring(self._uri, timeout=self._order.timeout, now=now)

    def _up(self) -> list[Event]:
        return [TargetAnswered(self._order.transfer_id)]

    def _failed(self, code: int) -> list[Event]:
        return [TargetFailed(self._order.transfer_id, code)]
