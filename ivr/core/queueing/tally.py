"""From happenings to figures, by interval: the same sums that the database makes of the lines that it keeps.

A line belongs to the interval in which it began: a call's outcome to the one in which the call came, so that what
came and what became of it stand side by side; an agent's time to the one in which they spent it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.figures import AgentFigures, CentreFigures, QueueFigures
from ivr.core.queueing.happening import MESSAGES, Happening, What

BUSY = frozenset({AgentState.OFFERED, AgentState.TALKING, AgentState.HELD, AgentState.WRAP_UP})
TALK = frozenset({AgentState.TALKING, AgentState.HELD})
HANDLING = frozenset({*TALK, AgentState.WRAP_UP})
AWAY = frozenset({AgentState.LOGGED_OUT})
"""In every other state an agent is logged in."""


class Tally:
    """Figures of each interval, kept up line by line."""

    def __init__(self, *, interval: float, target: Callable[[str], float]) -> None:
        """`interval` in seconds; `target` gives a queue's seconds within which a call should be answered."""
        self._interval = interval
        self._target = target
        self.intervals: dict[int, CentreFigures] = {}
        """By the number of the interval: its start divided by its length."""

    def add(self, one: Happening) -> None:
        """Count one line."""
        if one.what in MESSAGES:
            return
        figures = self.intervals.setdefault(math.floor(one.began / self._interval), CentreFigures())
        if one.what is What.WAS:
            self._count_time(figures, one)
        elif one.queue:
            self._count_call(figures, one)

    def forget(self, *, before: float) -> None:
        """Drop intervals that ended before a time."""
        for number in [number for number in self.intervals if (number + 1) * self._interval <= before]:
            del self.intervals[number]

    def _count_call(self, figures: CentreFigures, one: Happening) -> None:
        queue = self._queue(figures, one.queue)
        match one.what:
            case What.CAME:
                queue.come()
                queue.moved_in += bool(one.reason)
            case What.REFUSED:
                queue.come()
                queue.refuse()
            case What.TAKEN:
                queue.answer(one.seconds)
                _agent(figures, one.agent).calls += 1
            case What.GAVE_UP:
                queue.abandon(one.seconds)
            case What.WENT:
                queue.go_on(one.seconds)
            case What.MOVED:
                queue.moved_out += 1
            case What.MISSED:
                _agent(figures, one.agent).missed += 1

    def _count_time(self, figures: CentreFigures, one: Happening) -> None:
        agent = _agent(figures, one.agent)
        if one.state not in AWAY:
            agent.logged_in_seconds += one.seconds
        if one.state in BUSY:
            agent.busy_seconds += one.seconds
        if one.state in TALK:
            agent.talk_seconds += one.seconds
        if one.state is AgentState.PAUSED:
            agent.paused_seconds += one.seconds
        if one.state in HANDLING and one.queue:
            self._queue(figures, one.queue).handle(one.seconds)

    def _queue(self, figures: CentreFigures, name: str) -> QueueFigures:
        queue = figures.queues.get(name)
        if queue is None:
            queue = figures.queues[name] = QueueFigures(self._target(name))
        return queue


def _agent(figures: CentreFigures, name: str) -> AgentFigures:
    agent = figures.agents.get(name)
    if agent is None:
        agent = figures.agents[name] = AgentFigures()
    return agent
