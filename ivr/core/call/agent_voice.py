"""Whether it is an agent who speaks on their leg: who is not known by the enrolled voice is told of, once a leg.

Rule: it ends nothing and stops nobody. A recognizer of voices errs too often for that; people look.
"""

from __future__ import annotations

from ivr.core.alarms import AlarmKind
from ivr.core.commands import Command
from ivr.core.identity.verifier import Verdict
from ivr.core.orders.evidence import RaiseAlarm
from ivr.core.orders.voice import AgentVoiceJudged


class AgentVoices:
    """Of one call."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        """Legs of which somebody was told."""

    def judged(self, event: AgentVoiceJudged) -> list[Command]:
        """A comparison; what is unsure is waited for as long as there is more to come."""
        verdict = event.verdict
        waits = verdict is Verdict.UNSURE and not event.last
        if verdict is Verdict.ACCEPT or waits or event.party in self._told:
            return []
        self._told.add(event.party)
        if verdict is Verdict.REJECT:
            return [RaiseAlarm(AlarmKind.AGENT_VOICE, f"another voice is heard on the leg of the agent {event.agent}")]
        return [RaiseAlarm(AlarmKind.AGENT_VOICE, f"the voice is not known on the leg of the agent {event.agent}")]
