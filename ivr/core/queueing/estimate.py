"""How long a call that waits will wait yet, told from who works now, how long talks take and how soon callers give up.

Beside it the usual guess, the mean of the last waits: `ivr queue simulate` reports how far each of the two was off.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ivr.core.queueing.agent import Agent
from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.erlang import expected_waits
from ivr.core.queueing.happening import Happening, What
from ivr.core.queueing.tally import HANDLING

AT_WORK = frozenset({AgentState.AVAILABLE, AgentState.OFFERED, *HANDLING})
"""Agents in these states take calls again without being asked to."""
NEWEST = 50
"""So many handlings count for the mean."""
LAST_WAITS = 20
"""So many waits count for the usual guess."""
UNSURE_BELOW = 3
"""With fewer handlings than this nothing is said: a guess would be believed."""


@dataclass(slots=True)
class _Known:
    """What was seen of one queue."""

    handlings: deque[float] = field(default_factory=lambda: deque(maxlen=NEWEST))
    waits: deque[float] = field(default_factory=lambda: deque(maxlen=LAST_WAITS))
    waited: float = 0.0
    """Seconds that calls waited, whatever became of them."""
    gave_up: int = 0

    @property
    def patience(self) -> float:
        """Mean, seconds, were it exponential."""
        return self.waited / self.gave_up if self.gave_up else math.inf


class Estimator:
    """Learns from what the dispatcher tells."""

    def __init__(self) -> None:
        self._queues: dict[str, _Known] = {}
        self._handled: dict[str, tuple[str, float]] = {}
        """Agent -> queue and seconds of the talk, hold and wrap-up that was told so far."""

    def add(self, one: Happening) -> None:
        """Learn from one line."""
        if one.what is What.WAS:
            self._add_time(one)
        elif one.what is What.RUNG:
            self._over(one.agent)
        elif one.what in (What.TAKEN, What.GAVE_UP):
            known = self._known(one.queue)
            known.waited += one.seconds
            if one.what is What.TAKEN:
                known.waits.append(one.seconds)
            else:
                known.gave_up += 1

    def waits(self, queue: str, places: int, shares: Mapping[str, float]) -> list[float]:
        """Seconds from now for the first `places` of a queue, the next one first; empty when too little was seen, or
        nobody works. `shares` as `shares_of` gives them."""
        known = self._queues.get(queue)
        agents = shares.get(queue, 0.0)
        if known is None or len(known.handlings) < UNSURE_BELOW or agents <= 0:
            return []
        handling = math.fsum(known.handlings) / len(known.handlings)
        return expected_waits(places, agents=agents, handling=handling, patience=known.patience)

    def usual_guess(self, queue: str) -> float | None:
        """The mean of the last waits of calls that an agent took; what most telephone systems say."""
        known = self._queues.get(queue)
        return math.fsum(known.waits) / len(known.waits) if known is not None and known.waits else None

    def _add_time(self, one: Happening) -> None:
        if one.state in HANDLING and one.queue:
            queue, seconds = self._handled.get(one.agent, (one.queue, 0.0))
            self._handled[one.agent] = (queue, seconds + one.seconds)
        else:
            self._over(one.agent)

    def _over(self, agent: str) -> None:
        """A handling is over: they are rung again, or do something else."""
        queue, seconds = self._handled.pop(agent, ("", 0.0))
        if queue:
            self._known(queue).handlings.append(seconds)

    def _known(self, queue: str) -> _Known:
        known = self._queues.get(queue)
        if known is None:
            known = self._queues[queue] = _Known()
        return known


def shares_of(agents: Iterable[Agent], waiting: Mapping[str, int]) -> dict[str, float]:
    """Queue -> agents who work for it, those of several queues counted by how many calls wait in each."""
    shares: dict[str, float] = {}
    for agent in agents:
        if agent.state not in AT_WORK:
            continue
        served = {queue: count for queue, count in waiting.items() if count and agent.profile.serves(queue)}
        whole = sum(served.values())
        for queue, count in served.items():
            shares[queue] = shares.get(queue, 0.0) + count / whole
    return shares
