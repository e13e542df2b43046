"""What a queue achieved, in the terms of contact centres. Times in seconds.

Service level has two definitions in use, and both are given under their names:
- of all offered: answered within the target, over all calls that came;
- without short abandons: the same, but calls that gave up within the short time are left out of those that came.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

SHORT_ABANDON_SECONDS = 5.0
"""Who gives up sooner than this dialled wrongly, or thought better of it: counted apart."""


@dataclass(slots=True)
class QueueFigures:
    """Counts and sums of one queue over some time."""

    target: float = 20.0
    """Seconds within which a call should be answered."""
    offered: int = 0
    """Calls that came."""
    answered: int = 0
    answered_in_target: int = 0
    abandoned: int = 0
    """Calls that gave up, short ones included."""
    abandoned_short: int = 0
    refused: int = 0
    """Calls that could not join: nobody serves the queue, or it is full."""
    moved_in: int = 0
    """Of those that came: calls that another queue overflowed into this one."""
    moved_out: int = 0
    """Calls that overflowed into another queue."""
    went: int = 0
    """Calls that went elsewhere: by a key, to leave a number, by their dialplan."""
    answer_seconds: float = 0.0
    """Sum of waits of answered calls."""
    lost_seconds: float = 0.0
    """Sum of waits of calls that gave up or went elsewhere."""
    handling_seconds: float = 0.0
    """Sum of talks and wrap-ups."""
    longest_wait: float = 0.0

    def come(self) -> None:
        """A call came."""
        self.offered += 1

    def refuse(self) -> None:
        """It could not join."""
        self.refused += 1

    def answer(self, waited: float) -> None:
        """An agent took a call that waited so long."""
        self.answered += 1
        self.answered_in_target += waited <= self.target
        self.answer_seconds += waited
        self.longest_wait = max(self.longest_wait, waited)

    def abandon(self, waited: float) -> None:
        """A caller gave up after so long."""
        self.abandoned += 1
        self.abandoned_short += waited < SHORT_ABANDON_SECONDS
        self.lost_seconds += waited
        self.longest_wait = max(self.longest_wait, waited)

    def go_on(self, waited: float) -> None:
        """A call went elsewhere after so long."""
        self.went += 1
        self.lost_seconds += waited

    def handle(self, seconds: float) -> None:
        """A talk and its wrap-up are over."""
        self.handling_seconds += seconds

    @property
    def service_level_of_all_offered(self) -> float:
        """Share, 0 to 1; not a number when no call came."""
        return _share(self.answered_in_target, self.offered)

    @property
    def service_level_without_short_abandons(self) -> float:
        """Share, 0 to 1; not a number when no call came."""
        return _share(self.answered_in_target, self.offered - self.abandoned_short)

    @property
    def abandonment(self) -> float:
        """Share of calls that gave up, short ones left out."""
        return _share(self.abandoned - self.abandoned_short, self.offered - self.abandoned_short)

    @property
    def average_speed_of_answer(self) -> float:
        """Mean wait of answered calls."""
        return _share(self.answer_seconds, self.answered)

    @property
    def average_handling_time(self) -> float:
        """Mean talk and wrap-up of answered calls."""
        return _share(self.handling_seconds, self.answered)

    @property
    def patience(self) -> float:
        """Mean patience, if it is exponential: all waits, by those that were given up (the likeliest one). Infinite
        when nobody gave up."""
        waited = self.answer_seconds + self.lost_seconds
        return waited / self.abandoned if self.abandoned else math.inf


@dataclass(slots=True)
class AgentFigures:
    """One agent over some time."""

    logged_in_seconds: float = 0.0
    busy_seconds: float = 0.0
    """Ringing, talks and wrap-ups."""
    talk_seconds: float = 0.0
    """Talks, with the caller on hold or not."""
    paused_seconds: float = 0.0
    calls: int = 0
    missed: int = 0
    """Offers that came to nothing on their side."""

    @property
    def occupancy(self) -> float:
        """Share of the time logged in that they were busy."""
        return _share(self.busy_seconds, self.logged_in_seconds)


@dataclass(slots=True)
class CentreFigures:
    """All queues and agents."""

    queues: dict[str, QueueFigures] = field(default_factory=dict)
    agents: dict[str, AgentFigures] = field(default_factory=dict)
    estimates: list[tuple[float, float, float]] = field(default_factory=list)
    """Of simulated calls that waited and were answered: their wait, what the estimator said of it when they came, and
    what the mean of the last waits said."""

    @property
    def occupancy(self) -> float:
        """Of all agents together."""
        busy = math.fsum(agent.busy_seconds for agent in self.agents.values())
        return _share(busy, math.fsum(agent.logged_in_seconds for agent in self.agents.values()))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def total(days: Iterable[CentreFigures]) -> CentreFigures:
    """Several days as one."""
    whole = CentreFigures()
    for day in days:
        whole.estimates += day.estimates
        for name, queue in day.queues.items():
            into = whole.queues.setdefault(name, QueueFigures(queue.target))
            for one in fields(queue):
                if one.name == "longest_wait":
                    into.longest_wait = max(into.longest_wait, queue.longest_wait)
                elif one.name != "target":
                    setattr(into, one.name, getattr(into, one.name) + getattr(queue, one.name))
        for name, agent in day.agents.items():
            of = whole.agents.setdefault(name, AgentFigures())
            of.logged_in_seconds += agent.logged_in_seconds
            of.busy_seconds += agent.busy_seconds
            of.talk_seconds += agent.talk_seconds
            of.paused_seconds += agent.paused_seconds
            of.calls += agent.calls
            of.missed += agent.missed
    return whole
