"""Who leads the talk of one call, and what others may know of it."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.core.call.agent_voice import AgentVoices
from ivr.core.call.party import Party
from ivr.core.call.scene import TALKING, Scene
from ivr.core.call.stage import Stage
from ivr.core.call.transcription import AGENT
from ivr.core.commands import Command
from ivr.core.orders.legs import LegRole
from ivr.core.orders.talk import CALLER
from ivr.core.orders.voice import AgentVoiceJudged


class Leading:
    """One call's."""

    def __init__(self) -> None:
        self._stage = Stage()
        self._lead: Party | None = None
        self._role = LegRole.AGENT
        """Of the one with whom the talk began: what the dialplan waits for the end of."""
        self._voices = AgentVoices()

    @property
    def scene(self) -> Scene:
        """What goes on."""
        return self._stage.scene

    @property
    def lead(self) -> str:
        """Who leads the talk: a party; empty when nobody does."""
        return self._lead.id if self._lead is not None and self._stage.scene in TALKING else ""

    @property
    def agent_talks(self) -> bool:
        """Whether an agent leads a talk with the caller."""
        return bool(self.lead) and self._lead is not None and self._lead.staff

    @property
    def talks(self) -> bool:
        """Whether anybody does."""
        return bool(self.lead)

    def leads(self, party: str) -> bool:
        """Whether this party is the agent who leads; empty stands for them."""
        return self.agent_talks and party in ("", self.lead)

    def overheard(self) -> Mapping[str, str]:
        """Whose words may be recognized as the talk goes on, as the other hears them: party -> caller or agent."""
        lead = self.lead
        if not self.agent_talks:
            return {}
        found = {lead: AGENT} if CALLER in self._stage.hearing(lead) else {}
        return found | ({CALLER: CALLER} if lead in self._stage.hearing(CALLER) else {})

    def judged(self, event: AgentVoiceJudged) -> list[Command]:
        """An agent's voice was compared with theirs."""
        return self._voices.judged(event)

    def agent_heard(self) -> tuple[str, str]:
        """The party and name of the agent whom the caller hears; empty: they hear none."""
        lead = self._lead
        heard = lead is not None and self.agent_talks and CALLER in self._stage.hearing(lead.id)
        return (lead.id, lead.name) if lead is not None and heard else ("", "")

    def may_pause(self, party: str) -> bool:
        """Whether this party may pause the recording: not while the line speaks, which is evidence."""
        return self.leads(party) and self._stage.scene is not Scene.ASSIST
