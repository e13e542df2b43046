"""What became of calls in queues and of agents, kept for reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ivr.core.queueing.figures import CentreFigures
from ivr.core.queueing.happening import Happening


class QueueLines(Protocol):
    """Lines with times of the wall clock. Every method raises EnvironmentFault."""

    def append(self, lines: Sequence[Happening]) -> None:
        """Keep lines, in their order; durable when it returns."""
        ...

    def figures(
        self, *, since: float, until: float, interval: float, targets: Mapping[str, float], target: float
    ) -> dict[int, CentreFigures]:
        """Sums of the lines that began in [since, until), by number of interval: its start divided by its length.

        `targets`: seconds within which a call should be answered, by queue; `target` for all others.
        """
        ...

    def of_call(self, call_id: str) -> list[Happening]:
        """What became of one call, in order. Raises SealError when a row was altered."""
        ...

    def agents_at(self, when: float) -> list[Happening]:
        """Each agent's line of the state that they were in at a time, as far as that state is over."""
        ...

    def listed_at(self, when: float) -> list[Happening]:
        """What the directory said last of each agent before a time."""
        ...

    def unheard(self) -> list[Happening]:
        """Of messages that callers left and nobody listened to: the first line of each call and mailbox, in order."""
        ...

    def forget(self, *, before: float) -> int:
        """Remove lines that ended before a time, but not what the directory said last; returns how many."""
        ...
