"""The colleague whom an agent looks for, rings and talks with, in one call."""

from __future__ import annotations

from ivr.core.call.party import Party, changed
from ivr.core.call.scene import WITH_COLLEAGUE, Scene
from ivr.core.call.stage import Stage
from ivr.core.commands import Command
from ivr.core.orders.colleague import ColleagueFound, FindColleague
from ivr.core.orders.desk import DeskAct, Signal, Tone
from ivr.core.orders.legs import LegRole
from ivr.core.orders.queue import DialAgent
from ivr.core.orders.talk import target_party
from ivr.core.orders.transfer import DialTarget

RINGING_SECONDS = 30.0
"""How long a destination rings whom an agent calls."""


class Consultation:
    """One colleague at a time."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.party: Party | None = None
        self._requests = 0
        self._asked: tuple[int, DeskAct] | None = None
        """Who is looked for, and what for."""

    def by(self, party: str) -> bool:
        """Whether this party is the colleague."""
        return self.party is not None and self.party.id == party

    def at(self, transfer_id: int) -> bool:
        """Whether the colleague is a destination that is rung under this number."""
        return self.party is not None and self.party.transfer_id == transfer_id

    def look_for(self, act: DeskAct, digits: str) -> list[Command]:
        """Find who has this extension."""
        self._requests += 1
        self._asked = (self._requests, act)
        return [FindColleague(self._requests, digits)]

    def asked_for(self, request: int) -> DeskAct | None:
        """What this colleague is looked for; None: they are wanted no longer."""
        return self._asked[1] if self._asked is not None and self._asked[0] == request else None

    def give_up(self) -> None:
        """Nobody is looked for any more."""
        self._asked = None

    def ring(self, found: ColleagueFound, *, passes: bool) -> Command:
        """Ring whom we found: an agent, or a destination. `passes`: the caller is theirs as soon as they answer."""
        self._asked = None
        if found.offer_id:
            self._cast(Party(found.offer_id, found.name))
            role = LegRole.AGENT if passes else LegRole.CONSULTANT
            return DialAgent(found.offer_id, found.name, found.uri, role=role)
        number = -found.request
        self._cast(Party(target_party(number), found.name, number))
        return DialTarget(number, found.name, RINGING_SECONDS)

    def end(self) -> list[Command]:
        """They left, or did not answer; who hears whom is arranged by what comes next."""
        ended = changed("consult.ended", colleague=self.party)
        self._cast(None)
        return [ended]

    def gone(self, lead: str) -> list[Command]:
        """The same; the lead, if they waited for them, hears that they are with the caller again."""
        if self._stage.scene not in WITH_COLLEAGUE:
            return self.end()
        return [*self.end(), *self._stage.to(Scene.TALK), Signal(lead, Tone.REFUSED)]

    def dismiss(self) -> list[Command]:
        """Let go of them."""
        party = self.party
        return [] if party is None else [*self.end(), party.let_go()]

    def promoted(self) -> Party:
        """They lead the talk from here on."""
        party = self.party
        assert party is not None
        self._cast(None)
        return party

    def _cast(self, party: Party | None) -> None:
        self.party = party
        self._stage.recast(colleague="" if party is None else party.id, answered=False)
