"""How a queue treats its calls and agents: rules as the settings give them, and what is wrong with them as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SKILL_LEVELS = range(1, 10)
PHONES_AT_ONCE = 3
"""Phones that ring for one call at most: a cell has four legs, and one is the caller's."""


class Strategy(StrEnum):
    """Which of several available agents is asked."""

    LONGEST_IDLE = "longest_idle"
    ROUND_ROBIN = "round_robin"
    """Whose turn in this queue was longest ago."""
    TOP_DOWN = "top_down"
    """By tier; within a tier who has been idle longest."""
    FEWEST_CALLS = "fewest_calls"
    LEAST_TALK = "least_talk"
    """Least time in talks."""
    RING_ALL = "ring_all"
    """So many as may ring at once; who answers first has the call. Who has been idle longest is among them."""
    RING_PROGRESSIVELY = "ring_progressively"
    """As top_down, and one more after each `ring_more_seconds` while those before ring on."""
    RANDOM = "random"
    WEIGHTED_RANDOM = "weighted_random"
    """By the agents' weights."""


class Join(StrEnum):
    """When a call may join."""

    ALWAYS = "always"
    SERVED = "served"
    """Some agent serves the queue, whatever they do now."""
    LOGGED_IN = "logged_in"
    """One who serves it is logged in."""
    WORKING = "working"
    """One who serves it is logged in and not paused."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """After so long a wait, a skill is asked for at a lower level; level 0: not at all."""

    after: float
    """Seconds of waiting."""
    skill: str
    level: int = 0


RING_SECONDS = 20.0
"""An agent's phone rings for so long, where nothing else is said."""
RING_MIN, RING_MAX = 3.0, 60.0
"""Shorter, and a phone by radio has not rung yet; longer, and the caller waits for a desk where nobody sits."""


@dataclass(frozen=True, slots=True)
class Overflow:
    """After so long a wait, the call goes on: in another queue, where it keeps the time that it waited, or out of the
    queues, by a way of its dialplan."""

    after: float
    """Seconds of waiting."""
    to: str = ""
    """The other queue."""
    way: str = ""
    """Instead of another queue: what the dialplan's state calls it, such as callback or voicemail."""


@dataclass(frozen=True, slots=True)
class QueueRules:
    """How one queue treats its calls and agents."""

    strategy: Strategy = Strategy.LONGEST_IDLE
    wrap_up_seconds: float = 0.0
    """After a talk that came through this queue. One clock an agent, however many queues they serve."""
    disposition_seconds: float = 0.0
    """After such a talk the agent gets no call until they said what came of it, for so long at most, counted from the
    talk's end; 0: they need not say it."""
    set_aside_seconds: float = 30.0
    """An agent whose phone was busy, refused or unreachable, or who did not answer, is passed over for so long."""
    ring_seconds: float = RING_SECONDS
    """An agent's phone rings for so long, unless the agent has a limit of their own."""
    ring_more_seconds: float = 10.0
    """Of ring_progressively."""
    pause_after: int = 3
    """Offers in a row that an agent did not answer, and the engine pauses them; 0: never."""
    max_waiting: int = 100
    join: Join = Join.SERVED
    priority_seconds: float = 60.0
    """What a point of priority is worth in waiting time. A call without any is overtaken for so long, and no longer."""
    urgent: bool = False
    """A stolen card: its calls go before those of all queues that are not urgent."""
    head_start: float = 0.0
    """Seconds that all calls of this queue are taken to have waited before they came: weight against other queues."""
    skill_seconds: float = 0.0
    """What a level of a skill that is asked for is worth in waiting time, when an agent may take one of several
    calls."""
    skills: Mapping[str, int] = field(default_factory=dict)
    """Skill -> lowest level that the queue's calls ask for."""
    by_language: bool = False
    """Whether a call asks for the skill `lang:CODE` of its language."""
    relax: tuple[Relaxation, ...] = ()
    preferred_seconds: float = 20.0
    """How long a call waits for its preferred agent before others are asked."""
    overflow: Overflow | None = None
    sites: tuple[str, ...] = ()
    """Where its agents work, those asked first coming first; it is open while one of these is. None named: always."""
    site_seconds: float = 0.0
    """For so long a call waits for agents of the first site that is open, whose skill is `site:NAME`."""
    closed_to: str = ""
    """The queue that takes its calls while it is closed; none: they are told that no agent will come."""
    target_seconds: float = 20.0
    """Within these a call should be answered: the service level's target."""

    @property
    def phones(self) -> int:
        """Phones that ring for a call from the first moment on."""
        return PHONES_AT_ONCE if self.strategy is Strategy.RING_ALL else 1


def overflow_circles(rules: Mapping[str, QueueRules]) -> list[tuple[str, ...]]:
    """Queues that overflow into each other for ever, each circle once, beginning with its first name."""
    overflows = {name: "" if rule.overflow is None else rule.overflow.to for name, rule in rules.items()}
    return _circles(overflows)


def closed_circles(rules: Mapping[str, QueueRules]) -> list[tuple[str, ...]]:
    """Queues that would take each other's calls for ever while all of them are closed, told likewise."""
    return _circles({name: rule.closed_to for name, rule in rules.items()})


def _circles(leads_to: Mapping[str, str]) -> list[tuple[str, ...]]:
    circles = set()
    for start in leads_to:
        path: list[str] = []
        name = start
        while name in leads_to and name not in path:
            path.append(name)
            name = leads_to[name]
        if name in path:
            circle = path[path.index(name) :]
            first = circle.index(min(circle))
            circles.add(tuple(circle[first:] + circle[:first]))
    return sorted(circles)
