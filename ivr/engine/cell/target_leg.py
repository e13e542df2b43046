"""The target of a transfer: a leg to an address that the settings name, never to one that a caller gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ivr.core.events import Event
from ivr.core.orders.legs import LegRole
from ivr.core.orders.transfer import CancelTarget, DialTarget, TargetAnswered, TargetFailed
from ivr.engine.cell.dialled_leg import DialledLeg
from ivr.ports.telephony import Telephony

NOT_FOUND = 404
"""SIP status told for a destination that the settings no longer name."""


class TargetLeg(DialledLeg):
    """Whom the call is transferred to."""

    role: ClassVar[LegRole] = LegRole.TARGET
    channel: ClassVar[str] = "target.in"

    def __init__(self, telephony: Telephony, addresses: Mapping[str, str], call_id: str) -> None:
        """`addresses`: destination -> SIP URI."""
        super().__init__(telephony, call_id)
        self._addresses = addresses
        self._transfer_id = 0

    def dial(self, order: DialTarget, *, now: float) -> list[Event]:
        """Ring the destination."""
        self._transfer_id = order.transfer_id
        uri = self._addresses.get(order.destination)
        return self._failed(NOT_FOUND) if uri is None else self.ring(uri, timeout=order.timeout, now=now)

    def cancel(self, order: CancelTarget) -> None:
        """Stop ringing or hang up."""
        if order.transfer_id == self._transfer_id:
            self.hang_up()

    def _up(self) -> list[Event]:
        return [TargetAnswered(self._transfer_id)]

    def _failed(self, code: int) -> list[Event]:
        return [TargetFailed(self._transfer_id, code)]
