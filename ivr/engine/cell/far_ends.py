"""Everybody on the line but the caller: their legs, by party, and what of them the recording holds.

Rule: whoever answered has a channel of the recording for as long as they are there, and a span in its manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ivr.core.events import Event
from ivr.core.orders.legs import LegRole
from ivr.core.orders.queue import DialAgent
from ivr.core.orders.talk import target_party
from ivr.core.orders.transfer import DialTarget
from ivr.engine.bus.queue import OfferResult, OfferStatus
from ivr.engine.cell.agent_leg import AgentLeg
from ivr.engine.cell.config import CellConfig, Surroundings
from ivr.engine.cell.dialled_leg import DialledLeg
from ivr.engine.cell.target_leg import TargetLeg
from ivr.ports.telephony import LegFact

CHANNELS: Mapping[LegRole, tuple[str, ...]] = {
    LegRole.AGENT: ("agent.in", "consultant.in", "target.in"),
    LegRole.CONSULTANT: ("consultant.in", "agent.in", "target.in"),
    LegRole.TARGET: ("target.in", "consultant.in", "agent.in"),
    LegRole.SUPERVISOR: ("supervisor.in",),
}
"""Channels by role, the first that is free: a colleague who took the call over asks another one."""


@dataclass(slots=True)
class Presence:
    """Who was on the line, in which channel, and from when to when."""

    role: str
    name: str
    channel: str
    first_sample: int
    last_sample: int | None = None
    """Exclusive; None: until the end."""

    def to_json(self, samples: int) -> dict[str, object]:
        """As the manifest has it, of a call of so many samples."""
        last = samples if self.last_sample is None else self.last_sample
        span = {"first_sample": self.first_sample, "last_sample": last}
        return {"role": self.role, "name": self.name, "channel": self.channel, **span}


class FarEnds:
    """One call's."""

    def __init__(self, around: Surroundings, call_id: str, config: CellConfig, *, sample: Callable[[], int]) -> None:
        """`sample()`: where the call's time line is."""
        self._around, self._call_id, self._config, self._sample = around, call_id, config, sample
        self._legs: dict[str, DialledLeg] = {}
        self._by_leg: dict[int, DialledLeg] = {}
        self._presences: dict[str, Presence] = {}
        self.answered: tuple[DialledLeg, ...] = ()
        """Those who are there; looked at fifty times a second, changed seldom."""
        self.past: list[Presence] = []
        """Everybody who was or is there, in order."""

    def __iter__(self) -> Iterator[DialledLeg]:
        return iter(tuple(self._legs.values()))

    @property
    def is_empty(self) -> bool:
        """Whether there is none, ringing or answered."""
        return not self._legs

    def get(self, party: str) -> DialledLeg | None:
        """Somebody's leg, while there is one."""
        return self._legs.get(party)

    def dial_agent(self, order: DialAgent) -> list[Event]:
        """Ring somebody of the house."""
        around, config = self._around, self._config
        return self._dial(
            AgentLeg(
                around.telephony,
                around.hub,
                self._call_id,
                order,
                codes=config.agent_codes,
                pause=config.agent_pause_seconds,
                gone_seconds=config.gone_seconds,
            )
        )

    def dial_target(self, order: DialTarget) -> list[Event]:
        """Ring a destination."""
        return self._dial(TargetLeg(self._around.telephony, self._call_id, order, self._around.transfers))

    def cancel_agent(self, offer_id: str) -> None:
        """Stop ringing or hang up; an offer that was never rung is given back."""
        leg = self._legs.get(offer_id)
        if isinstance(leg, AgentLeg):
            leg.withdraw()
        else:
            self._around.hub.send(OfferResult(self._call_id, offer_id, OfferStatus.ENDED))

    def cancel_target(self, transfer_id: int) -> None:
        """Stop ringing or hang up."""
        leg = self._legs.get(target_party(transfer_id))
        if leg is not None:
            leg.hang_up()

    def connected(self, party: str) -> None:
        """This party and the caller talk."""
        leg = self._legs.get(party)
        if isinstance(leg, AgentLeg):
            leg.connected()

    def take(self, fact: LegFact) -> list[Event] | None:
        """A fact of one of their legs; None: it is about none of them."""
        leg = self._by_leg.get(fact.leg)
        if leg is None:
            return None
        before = leg.answered
        events = leg.take(fact)
        if leg.answered and not before:
            self._came(leg)
        if leg.leg is None:
            self._by_leg.pop(fact.leg)
            self._went(leg)
        return events

    def tick(self) -> None:
        """Five times a second: who does not answer is given up, and who vanished."""
        now = self._around.monotonic()
        for leg in self:
            leg.tick(now)

    def doubt(self) -> None:
        """The media of one of them may be gone for good."""
        for leg in self:
            leg.doubt(now=self._around.monotonic())

    def hang_up(self) -> None:
        """Everybody: the call is over."""
        for leg in self:
            if isinstance(leg, AgentLeg):
                leg.withdraw()
            else:
                leg.hang_up()

    def _dial(self, leg: DialledLeg) -> list[Event]:
        events = leg.dial(now=self._around.monotonic())
        if leg.leg is not None:
            self._legs[leg.party] = self._by_leg[leg.leg] = leg
        return events

    def _came(self, leg: DialledLeg) -> None:
        taken = {other.channel for other in self.answered}
        leg.channel = next((name for name in CHANNELS[leg.role] if name not in taken), CHANNELS[leg.role][0])
        presence = self._presences[leg.party] = Presence(str(leg.role), leg.name, leg.channel, self._sample())
        self.past.append(presence)
        self.answered = (*self.answered, leg)

    def _went(self, leg: DialledLeg) -> None:
        self._legs.pop(leg.party, None)
        self.answered = tuple(other for other in self.answered if other is not leg)
        presence = self._presences.pop(leg.party, None)
        if presence is not None:
            presence.last_sample = self._sample()
