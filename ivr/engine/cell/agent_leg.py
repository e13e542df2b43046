"""The agent's side of a conversation: ring, cancel, and tell the hub what became of each offer."""

from __future__ import annotations

from contextlib import suppress

from ivr.core.commands import DialAgent
from ivr.core.events import AgentAnswered, AgentFailed, AgentRinging, Event, LegHeld, LegHungUp, LegResumed, LegRole
from ivr.engine.bus import OfferResult
from ivr.engine.cell.config import Hub
from ivr.errors import IvrError
from ivr.ports import LegDown, LegFact, LegMedia, LegRang, LegUp, Telephony

_UNREACHABLE = 503
"""SIP status told to the hub when not even an INVITE could be sent."""


class AgentLeg:
    """At most one agent's leg at a time."""

    def __init__(self, telephony: Telephony, hub: Hub, call_id: str) -> None:
        self._telephony = telephony
        self._hub = hub
        self._call_id = call_id
        self._offer_id = ""
        self._deadline: float | None = None
        self._answered = False
        self.held = False
        self.leg: int | None = None
        """Number of the leg, None when there is none."""

    def dial(self, order: DialAgent, *, now: float) -> list[Event]:
        """Ring the agent's phone."""
        self._offer_id, self._answered, self.held = order.offer_id, False, False
        try:
            self.leg = self._telephony.dial(order.uri, headers={"X-Ivr-Call": self._call_id})
        except IvrError:
            return [self._failed(_UNREACHABLE)]
        self._deadline = now + order.timeout
        return []

    def cancel(self, offer_id: str) -> None:
        """Stop ringing or hang up; an offer that was never rung is given back."""
        if self.leg is not None and offer_id == self._offer_id:
            self._deadline = None
            self._hang_up()
        else:
            self._tell(offer_id, "ended")

    def tick(self, now: float) -> None:
        """An agent who does not answer in time is given up."""
        if self._deadline is not None and now >= self._deadline and self.leg is not None:
            self._deadline = None
            self._hang_up()

    def _hang_up(self) -> None:
        assert self.leg is not None
        with suppress(IvrError):  # it may be ending already; its LegDown tells
            self._telephony.hang_up(self.leg)

    def take(self, fact: LegFact) -> list[Event]:
        """A fact of this leg."""
        match fact:
            case LegRang():
                self._tell(self._offer_id, "ringing")
                return [AgentRinging(self._offer_id)]
            case LegUp():
                self._answered, self._deadline = True, None
                self._tell(self._offer_id, "answered")
                return [AgentAnswered(self._offer_id)]
            case LegMedia(sends=sends) if self._answered and self.held is sends:
                self.held = not sends
                return [LegHeld(LegRole.AGENT) if self.held else LegResumed(LegRole.AGENT)]
            case LegDown(code=code, by_far_end=by_far_end):
                return [self._down(code, by_far_end)]
        return []

    def _down(self, code: int, by_far_end: bool) -> Event:
        self.leg, self._deadline = None, None
        if not self._answered:
            return self._failed(code)
        self._tell(self._offer_id, "ended")
        return LegHungUp(LegRole.AGENT, code, by_far_end)

    def _failed(self, code: int) -> Event:
        self._tell(self._offer_id, "failed", code)
        return AgentFailed(self._offer_id, code)

    def _tell(self, offer_id: str, result: str, code: int = 0) -> None:
        self._hub.send(OfferResult(self._call_id, offer_id, result, code))
