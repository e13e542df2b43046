"""The lines of queues in memory. It passes the contract suite of the real store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ivr.core.queueing.figures import CentreFigures
from ivr.core.queueing.happening import ONE_MOMENT, Happening, What
from ivr.core.queueing.tally import Tally
from ivr.core.queueing.unheard import Unheard


class MemoryQueueLines:
    """A list."""

    def __init__(self) -> None:
        self.lines: list[Happening] = []

    def append(self, lines: Sequence[Happening]) -> None:
        """Keep lines."""
        self.lines += lines

    def figures(
        self, *, since: float, until: float, interval: float, targets: Mapping[str, float], target: float
    ) -> dict[int, CentreFigures]:
        """Counted line by line."""
        tally = Tally(interval=interval, target=lambda queue: targets.get(queue, target))
        for one in self.lines:
            if since <= one.began < until:
                tally.add(one)
        return tally.intervals

    def of_call(self, call_id: str) -> list[Happening]:
        """Of one call."""
        return [one for one in self.lines if one.call_id == call_id and one.what is not What.WAS]

    def agents_at(self, when: float) -> list[Happening]:
        """What agents were at a time."""
        moment = when + ONE_MOMENT
        found = [one for one in self.lines if one.what is What.WAS and one.began <= moment < one.at]
        return sorted(found, key=lambda one: one.agent)

    def listed_at(self, when: float) -> list[Happening]:
        """What the directory said."""
        last = {one.agent: one for one in self.lines if one.what is What.LISTED and one.at <= when}
        return [last[agent] for agent in sorted(last)]

    def unheard(self) -> list[Happening]:
        """Of messages."""
        return Unheard(self.lines).lines

    def forget(self, *, before: float) -> int:
        """Remove old lines."""
        last = {one.agent: one for one in self.lines if one.what is What.LISTED}
        kept = [one for one in self.lines if one.at >= before or last.get(one.agent) is one]
        gone = len(self.lines) - len(kept)
        self.lines = kept
        return gone
