"""The leg of somebody of the house: the caller's agent, a colleague whom that one asks, or a supervisor.

Rule: who may ask for what is decided in the core. This leg finds codes among keys, and tells the hub what became of
the offer by which it was rung.
"""

from __future__ import annotations

from collections.abc import Mapping

from ivr.core.call.feature_keys import PAUSE, RESUME, Code, FeatureKeys, Through
from ivr.core.call.key_way import KeyWay
from ivr.core.events import Event
from ivr.core.orders.desk import AgentAsked, DeskAct, PartyPressed
from ivr.core.orders.keypad import Via
from ivr.core.orders.legs import LegRole
from ivr.core.orders.queue import AgentAnswered, AgentFailed, AgentRinging, DialAgent, Enqueue
from ivr.core.orders.recording import PauseAsked, ResumeAsked
from ivr.engine.bus.queue import AgentWanted, OfferResult, OfferStatus
from ivr.engine.cell.config import Hub
from ivr.engine.cell.dialled_leg import DialledLeg
from ivr.ports.telephony import LegDigit, LegFact, Telephony

DECLINED = 603
"""SIP status told of an agent who left before they and the caller were connected (RFC 3261 21.6.2)."""


def agent_wanted(call_id: str, order: Enqueue, language: str) -> AgentWanted:
    """What the hub is asked for."""
    return AgentWanted(
        call_id,
        order.queue,
        order.priority,
        language,
        order.waited,
        skills=dict(order.skills),
        preferred=order.preferred,
        prefer_last=order.prefer_last,
        urgent=order.urgent,
    )


class AgentLeg(DialledLeg):
    """One offer's."""

    def __init__(
        self, telephony: Telephony, hub: Hub, call_id: str, order: DialAgent, *,
        codes: Mapping[str, str], pause: float, gone_seconds: float,
    ) -> None:  # fmt: skip
        """`codes`: see `feature_keys`; `pause`: seconds that the recording may be paused by them; `gone_seconds`: see
        `life`."""
        super().__init__(
            telephony, call_id, party=order.offer_id, name=order.agent, role=order.role, gone_seconds=gone_seconds
        )
        self._order = order
        self._keys = FeatureKeys(codes)
        self._way = KeyWay()
        self._pause_limit = pause
        self._now = 0.0
        self._hub = hub
        self._connected = order.role is not LegRole.AGENT
        """Whether they talk as soon as they answer, and not when they have heard what the call is about."""
        self._withdrawn = False

    def dial(self, *, now: float) -> list[Event]:
        """Ring the phone."""
        self._now = now
        return self.ring(self._order.uri, timeout=self._order.timeout, now=now)

    def tick(self, now: float) -> None:
        """Time goes on."""
        self._now = now
        super().tick(now)

    def take(self, fact: LegFact) -> list[Event]:
        """A fact of this leg."""
        if isinstance(fact, LegDigit):
            counts = self.answered and self._way.counts(fact.digit, Via(fact.via), now=self._now)
            return self._pressed(fact.digit) if counts else []
        held = self.held
        events = super().take(fact)
        if self.held is not held and self.answered:
            self._tell(OfferStatus.HELD if self.held else OfferStatus.RETRIEVED)
        return events

    def withdraw(self) -> None:
        """Stop ringing, or hang up: the call no longer wants them, which is no fault of theirs."""
        self._withdrawn = True
        self.hang_up()

    def connected(self) -> None:
        """They and the caller talk."""
        if not self._connected:
            self._connected = True
            self._tell(OfferStatus.ANSWERED)

    def _pressed(self, key: str) -> list[Event]:
        match self._keys.press(key, now=self._now):
            case Code(act=act) if act == PAUSE:
                return [PauseAsked(self._pause_limit, self.party)]
            case Code(act=act) if act == RESUME:
                return [ResumeAsked(self.party)]
            case Code(act=act, argument=argument):
                return [AgentAsked(self.party, DeskAct(act), argument)]
            case Through(key=key):
                return [PartyPressed(self.party, key)]
        return []

    def _rang(self) -> list[Event]:
        self._tell(OfferStatus.RINGING)
        return [AgentRinging(self.party)]

    def _up(self) -> list[Event]:
        self._tell(OfferStatus.ANSWERED if self._connected else OfferStatus.PICKED_UP)
        return [AgentAnswered(self.party)]

    def _failed(self, code: int) -> list[Event]:
        if self._withdrawn:
            self._tell(OfferStatus.ENDED)
        else:
            self._tell(OfferStatus.FAILED, code)
        return [AgentFailed(self.party, code)]

    def _ended(self, code: int, *, by_far_end: bool) -> list[Event]:
        if not self._connected:
            return self._failed(DECLINED)
        self._tell(OfferStatus.ENDED)
        return super()._ended(code, by_far_end=by_far_end)

    def _tell(self, result: OfferStatus, code: int = 0) -> None:
        self._hub.send(OfferResult(self._call_id, self.party, result, code, self.name))
