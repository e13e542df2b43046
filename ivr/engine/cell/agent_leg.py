"""The agent's side of a conversation: ring, cancel, and tell the hub what became of each offer."""

from __future__ import annotations

from typing import ClassVar

from ivr.core.call.agent_pause import KeySequence
from ivr.core.call.key_way import KeyWay
from ivr.core.events import Event
from ivr.core.orders.keypad import Via
from ivr.core.orders.legs import LegRole
from ivr.core.orders.queue import AgentAnswered, AgentFailed, AgentRinging, DialAgent
from ivr.core.orders.recording import PauseAsked, ResumeAsked
from ivr.engine.bus.queue import OfferResult
from ivr.engine.cell.config import CellConfig, Hub
from ivr.engine.cell.dialled_leg import DialledLeg
from ivr.ports.telephony import LegDigit, LegFact, Telephony


class AgentLeg(DialledLeg):
    """The agent whom the hub offered."""

    role: ClassVar[LegRole] = LegRole.AGENT
    channel: ClassVar[str] = "agent.in"

    def __init__(self, telephony: Telephony, hub: Hub, call_id: str, config: CellConfig) -> None:
        super().__init__(telephony, call_id)
        self._keys = KeySequence(config.agent_pause, config.agent_resume)
        self._way = KeyWay()
        self._pause_limit = config.agent_pause_seconds
        self._now = 0.0
        self._hub = hub
        self._offer_id = ""

    def dial(self, order: DialAgent, *, now: float) -> list[Event]:
        """Ring the agent's phone."""
        self._offer_id, self._way = order.offer_id, KeyWay()
        return self.ring(order.uri, timeout=order.timeout, now=now)

    def tick(self, now: float) -> None:
        """Time goes on."""
        self._now = now
        super().tick(now)

    def take(self, fact: LegFact) -> list[Event]:
        """A fact of this leg. Keys that the agent presses are for us alone: the dialplan hears the caller's only."""
        if isinstance(fact, LegDigit):
            if not self._way.counts(fact.digit, Via(fact.via), now=self._now):
                return []
            match self._keys.press(fact.digit, now=self._now):
                case "pause":
                    return [PauseAsked(self._pause_limit)]
                case "resume":
                    return [ResumeAsked()]
            return []
        held = self.held
        events = super().take(fact)
        if self.held is not held:
            self._tell(self._offer_id, "held" if self.held else "retrieved")
        return events

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
