"""The supervisor who listens, whispers or joins in one call's talk."""

from __future__ import annotations

from ivr.core.call.party import Party, changed
from ivr.core.call.stage import Stage
from ivr.core.commands import Command
from ivr.core.orders.legs import LegRole
from ivr.core.orders.queue import CancelAgent, DialAgent
from ivr.core.orders.supervisor import SupervisorMode, SupervisorSent


class Supervision:
    """One supervisor at a time."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.party: Party | None = None

    def by(self, party: str) -> bool:
        """Whether it is this party who supervises."""
        return self.party is not None and self.party.id == party

    def sent(self, event: SupervisorSent, *, wanted: bool) -> list[Command]:
        """Their phone rings; `wanted`: whether there is a talk to be at."""
        if not wanted or self.party is not None:
            return [CancelAgent(event.offer_id)]
        self.party = Party(event.offer_id, event.agent)
        self._stage.recast(mode=event.mode)
        return [DialAgent(event.offer_id, event.agent, event.uri, role=LegRole.SUPERVISOR)]

    def answered(self) -> list[Command]:
        """They are there."""
        self._stage.recast(supervisor="" if self.party is None else self.party.id)
        return self._told()

    def turned(self, mode: SupervisorMode) -> list[Command]:
        """They listen, whisper or join from here on."""
        self._stage.recast(mode=mode)
        return self._told()

    def gone(self) -> list[Command]:
        """They left, or did not answer."""
        left = changed("supervisor.left", supervisor=self.party)
        self.party = None
        self._stage.recast(supervisor="")
        return [left, *self._stage.arranged()]

    def dismiss(self) -> list[Command]:
        """The talk that they supervise is over."""
        return [] if self.party is None else [self.party.let_go(), *self.gone()]

    def _told(self) -> list[Command]:
        step = f"supervisor.{self._stage.cast.mode}"
        return [changed(step, supervisor=self.party), *self._stage.arranged()]
