"""A call that waits, what it asks of an agent, and the one comparison that says which call is next.

The comparison, for all queues of an agent: urgent calls first; then by seconds. A call's seconds are how long it
waited, plus its points of priority times the queue's `priority_seconds`, plus the queue's `head_start`, plus what
the agent's skills are worth to it (`skill_seconds`). Waiting counts for everyone, so nobody starves: a call
without priority is overtaken by one with priority p for p times `priority_seconds` and no longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ivr.core.queueing.facts import AgentProfile, CallWaited
from ivr.core.queueing.rules import QueueRules

Rank = tuple[bool, float, int, str]
"""Not urgent, moment from which it counts as waiting, number of arrival, and the call: the least is next. Fixed while
a call waits, since all grow older alike. No two calls have the same number."""


class Need(NamedTuple):
    """What a call asks of an agent."""

    skills: frozenset[tuple[str, int]] = frozenset()
    """Skill and lowest level."""
    only: str = ""
    """This agent and nobody else; empty: anyone."""

    def met_by(self, profile: AgentProfile) -> bool:
        """Whether the agent may take the call."""
        if self.only and profile.name != self.only:
            return False
        return all(profile.skills.get(skill, 0) >= level for skill, level in self.skills)

    def missing(self, profile: AgentProfile) -> list[tuple[str, int]]:
        """Skills, with the level asked for, that the agent lacks."""
        return sorted((skill, level) for skill, level in self.skills if profile.skills.get(skill, 0) < level)

    def worth(self, profile: AgentProfile) -> int:
        """Levels that the agent has of what is asked."""
        return sum(profile.skills.get(skill, 0) for skill, _ in self.skills)


@dataclass(slots=True)
class WaitingCall:
    """A call in a queue."""

    call_id: str
    queue: str
    need: Need
    rank: Rank
    since: float
    """When it began to wait; before this hub was started, if another one said so."""
    wants: Mapping[str, int]
    """Skills that it asked for itself, beside its queue's."""
    language: str
    priority: int
    unserved_since: float
    """Since when it has asked for what it asks for and nobody has been ringing for it."""
    site: str = ""
    """The site whose agents are asked first; empty: all sites alike."""
    phones: int = 1
    """So many may ring for it at once, as of now."""
    offers: tuple[str, ...] = ()
    """Those that ring for it now."""
    briefed: str = ""
    """The one of them whose agent answered and hears what it is about: until that is over nobody else is rung."""
    more_at: float = 0.0
    """When one more phone may ring; counts while one rings."""
    overflowed: bool = False
    """Into another queue."""
    called_back: bool = False
    """Its caller left before: it does not overflow out of the queues."""
    urgent: bool = False
    """Whatever its queue is."""

    @property
    def is_open(self) -> bool:
        """Whether an agent may be offered it."""
        return len(self.offers) < self.phones and not self.briefed


def rank_of(call: CallWaited, rules: QueueRules, *, number: int, now: float) -> Rank:
    """Where a call stands among all."""
    counts_from = now - call.waited - call.credit - call.priority * rules.priority_seconds - rules.head_start
    return (not (call.urgent or rules.urgent), counts_from, number, call.call_id)


def need_of(
    wants: Mapping[str, int], language: str, rules: QueueRules, *, waited: float, only: str = "", site: str = ""
) -> Need:
    """What a call asks for after so many seconds; of agents of `site` at first, if one is named."""
    asked = {**rules.skills}
    for skill, level in wants.items():
        asked[skill] = max(level, asked.get(skill, 0))
    if rules.by_language and language:
        asked.setdefault(f"lang:{language}", 1)
    if site and waited < rules.site_seconds:
        asked[f"site:{site}"] = 1
    for step in sorted(rules.relax, key=lambda step: step.after):
        if waited >= step.after and step.skill in asked:
            asked[step.skill] = min(asked[step.skill], step.level)
    return Need(frozenset((skill, level) for skill, level in asked.items() if level > 0), only)
