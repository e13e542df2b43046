"""The agent's side of a conversation: ring, cancel, and tell the hub what became of each offer."""

from __future__ import annotations

from typing import ClassVar

from ivr.core.commands import DialAgent
from ivr.core.events import AgentAnswered, AgentFailed, AgentRinging, Event, LegRole
from ivr.engine.bus import OfferResult
from ivr.engine.cell.config import Hub
from ivr.engine.cell.dialled_leg import DialledLeg
from ivr.ports import Telephony


class AgentLeg(DialledLeg):
    """The agent whom the hub offered."""

    role: ClassVar[LegRole] = LegRole.AGENT
    channel: ClassVar[str] = "agent.in"

    def __init__(self, telephony: Telephony, hub: Hub, call_id: str) -> None:
        super().__init__(telephony, call_id)
        self._hub = hub
        self._offer_id = ""

    def dial(self, order: DialAgent, *, now: float) -> list[Event]:
        """Ring the agent's phone."""
        self._offer_id = order.offer_id
        return self.ring(order.uri, timeout=order.timeout, now=now)

    def cancel(self, offer_id: str) -> None:
        """Stop ringing or hang up; an offer that was never rung is given back."""
        if self.leg is not None and offer_id == self._offer_id:
            self.hang_up()
        else:
            self._tell(offer_id, "ended")

    def _rang(self) -> list[Event]:
        self._tell(self._offer_id, "ringing")
        return [AgentRinging(self._offer_id)]

    def _up(self) -> list[Event]:
        self._tell(self._offer_id, "answered")
        return [AgentAnswered(self._offer_id)]

    def _failed(self, code: int) -> list[Event]:
        self._tell(self._offer_id, "failed", code)
        return [AgentFailed(self._offer_id, code)]

    def _ended(self) -> None:
        self._tell(self._offer_id, "ended")

    def _tell(self, offer_id: str, result: str, code: int = 0) -> None:
        self._hub.send(OfferResult(self._call_id, offer_id, result, code))
