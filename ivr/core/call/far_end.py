"""Who else is on the line: an agent whom the hub offered, or the target of a transfer. Never both at a time.

Rule: whoever was rung is let go of when the call no longer wants them, exactly once.
"""

from __future__ import annotations

from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.playing import PlayMusic, StopMusic
from ivr.core.orders.queue import (
    AgentAnswered,
    AgentFailed,
    AgentOffered,
    CancelAgent,
    DialAgent,
    Enqueue,
    LeaveQueue,
    QueueFailed,
)
from ivr.core.orders.talk import Bridge, Unbridge
from ivr.core.orders.transfer import CancelTarget, DialTarget, TargetAnswered, TargetFailed


class FarEnd:
    """Rings, bridges and lets go; what the dialplan does meanwhile is the interpreter's."""

    def __init__(self) -> None:
        self.agents: list[str] = []
        """Agents who answered, in order."""
        self.transfers: list[str] = []
        """Destinations that answered, in order."""
        self._queued = False
        self._offer: AgentOffered | None = None
        self._target: DialTarget | None = None
        self._bridged: LegRole | None = None

    @property
    def agent_talks(self) -> bool:
        """Whether an agent and the caller are connected."""
        return self._bridged is LegRole.AGENT

    def happened(self, event: Event) -> list[Command]:
        """A fact, before the interpreter sees it; returns what is to be done before its orders."""
        match event:
            case AgentOffered():
                return self._offered(event)
            case AgentAnswered(offer_id=number) if self._offer is not None and number == self._offer.offer_id:
                self._queued = False
                return self._bridge(LegRole.AGENT, self._offer.agent, self.agents)
            case AgentFailed(offer_id=number) if self._offer is not None and number == self._offer.offer_id:
                self._offer = None
            case TargetAnswered(transfer_id=number) if self._target is not None and number == self._target.transfer_id:
                return self._bridge(LegRole.TARGET, self._target.destination, self.transfers)
            case TargetFailed(transfer_id=number) if self._target is not None and number == self._target.transfer_id:
                self._target = None
            case LegHungUp(role=role) if role is self._bridged:
                self._offer = self._target = self._bridged = None
                return [Unbridge()]
            case LegHungUp(role=LegRole.CALLER) if self._queued:
                self._queued = False
                return [LeaveQueue(gave_up=True)]
            case LegHeld(role=role) if role is self._bridged:
                return [PlayMusic()]
            case LegResumed(role=role) if role is self._bridged:
                return [StopMusic()]
            case QueueFailed():
                self._queued = False
        return []

    def ordered(self, order: Command) -> list[Command]:
        """An order of the interpreter's; returns what is to be done before it."""
        match order:
            case Enqueue():
                self._queued = True
            case LeaveQueue():
                self._queued = False
                if self._offer is not None and self._bridged is None:
                    offer, self._offer = self._offer, None
                    return [CancelAgent(offer.offer_id)]
            case DialTarget():
                self._target = order
            case CancelTarget():
                self._target = None
                return self._part()
        return []

    @property
    def talks(self) -> bool:
        """Whether anybody and the caller are connected."""
        return self._bridged is not None

    def end_talk(self) -> list[Command]:
        """Let go who is connected; the dialplan goes on when their leg has ended, as if they had hung up."""
        if self._bridged is LegRole.AGENT and self._offer is not None:
            return [CancelAgent(self._offer.offer_id)]
        if self._bridged is LegRole.TARGET and self._target is not None:
            return [CancelTarget(self._target.transfer_id)]
        return []

    def release(self) -> list[Command]:
        """Let everyone go: the call ends, or says sorry."""
        orders = self._part()
        if self._offer is not None:
            orders.append(CancelAgent(self._offer.offer_id))
        if self._target is not None:
            orders.append(CancelTarget(self._target.transfer_id))
        if self._queued:
            orders.append(LeaveQueue())
        self._offer, self._target, self._queued = None, None, False
        return orders

    def _offered(self, event: AgentOffered) -> list[Command]:
        if not self._queued or self._offer is not None:
            return [CancelAgent(event.offer_id)]
        self._offer = event
        return [DialAgent(event.offer_id, event.agent, event.uri)]

    def _bridge(self, role: LegRole, name: str, spoken: list[str]) -> list[Command]:
        if self._bridged is not None:
            return []
        self._bridged = role
        spoken.append(name)
        return [StopMusic(), Bridge()]

    def _part(self) -> list[Command]:
        bridged, self._bridged = self._bridged, None
        return [] if bridged is None else [Unbridge()]
