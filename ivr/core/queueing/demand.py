"""What callers ask for on a usual day, from what was counted: the calls of a simulation, and of a plan.

Counts and sums go in, means come out: nothing of a single call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ivr.core.queueing.figures import CentreFigures, total
from ivr.core.queueing.simulation import HALF_HOUR, Demand

HALF_HOURS = 48
LEAST_TALK_SECONDS = 1.0


def demands_of(
    found: Mapping[int, CentreFigures], *, began: Callable[[float], tuple[int, int]], wrap_up: Callable[[str], float]
) -> tuple[Demand, ...]:
    """Each queue's mean day, from midnight on: of the days on which anybody called. A queue of which no call was
    answered is left out.

    `found`: figures by number of half hour; `began(seconds)`: day and half hour of the day, 0 to 47, of a time;
    `wrap_up`: a queue's seconds, which are part of what was counted as handling, and which a simulation adds.
    """
    days: set[int] = set()
    came: dict[str, list[int]] = {}
    for number, figures in found.items():
        day, half_hour = began(number * HALF_HOUR)
        for name, queue in figures.queues.items():
            own = queue.offered - queue.moved_in  # a simulation moves calls by itself
            if own:
                days.add(day)
                came.setdefault(name, [0] * HALF_HOURS)[half_hour] += own
    queues = total(found.values()).queues
    return tuple(
        Demand(
            name,
            tuple(count / len(days) for count in counts),
            max(LEAST_TALK_SECONDS, queues[name].average_handling_time - wrap_up(name)),
            queues[name].patience,
        )
        for name, counts in sorted(came.items())
        if queues[name].answered
    )
