"""The calls that wait in one queue, next first; those that ask for the same lie together."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from ivr.core.queueing.agent import Agent
from ivr.core.queueing.rules import QueueRules
from ivr.core.queueing.sorted_keys import SortedKeys
from ivr.core.queueing.waiting import Need, Rank, WaitingCall


class _Open:
    """Calls that an agent may be offered, and the first of each kind in order."""

    __slots__ = ("heads", "kinds")

    def __init__(self) -> None:
        self.kinds: dict[Need, SortedKeys[Rank]] = {}
        self.heads: list[tuple[Rank, Need]] = []
        """The next call that asks for each of the needs."""

    def add(self, call: WaitingCall) -> None:
        keys = self.kinds.get(call.need)
        if keys is None:
            keys = self.kinds[call.need] = SortedKeys()
        if keys.add(call.rank) == 0:
            if len(keys) > 1:
                self._drop(keys.ordered[1])
            insort(self.heads, (call.rank, call.need))

    def remove(self, call: WaitingCall) -> None:
        keys = self.kinds[call.need]
        if keys.remove(call.rank) == 0:
            self._drop(call.rank)
            if keys.ordered:
                insort(self.heads, (keys.ordered[0], call.need))
            else:
                del self.kinds[call.need]

    def _drop(self, rank: Rank) -> None:
        del self.heads[bisect_left(self.heads, (rank,))]


class Line:
    """One queue's calls."""

    def __init__(self, rules: QueueRules) -> None:
        self.rules = rules
        self._all: SortedKeys[Rank] = SortedKeys()
        self._open: dict[str, _Open] = {}
        """By the one agent that they wait for; empty: anyone."""

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[str]:
        """Calls, next first."""
        return (call_id for *_, call_id in self._all.ordered)

    def add(self, call: WaitingCall) -> None:
        """It waits here from now on."""
        self._all.add(call.rank)
        if call.is_open:
            self.open(call)

    def remove(self, call: WaitingCall) -> None:
        """It no longer does."""
        self._all.remove(call.rank)
        if call.is_open:
            self.close(call)

    def open(self, call: WaitingCall) -> None:
        """An agent may be offered it."""
        found = self._open.get(call.need.only)
        if found is None:
            found = self._open[call.need.only] = _Open()
        found.add(call)

    def close(self, call: WaitingCall) -> None:
        """Enough phones ring for it, or it is about to ask for something else."""
        found = self._open[call.need.only]
        found.remove(call)
        if not found.heads:
            del self._open[call.need.only]

    def place(self, call: WaitingCall) -> int:
        """1: next."""
        return 1 + self._all.before(call.rank)

    def best_for(self, agent: Agent, best: Rank | None) -> Rank | None:
        """The next call that this agent may take, by its rank for them; `best` when none here is before that."""
        known = agent.known_needs  # the innermost loop of the busiest hour: no call where a look will do
        skill_seconds = self.rules.skill_seconds
        for only in ("", agent.profile.name):
            found = self._open.get(only)
            if found is None:
                continue
            for rank, need in found.heads:
                if not skill_seconds and best is not None and best <= rank:
                    break  # nor is any behind it
                met = known.get(need)
                if met is False or not (met or agent.meets(need)):
                    continue
                if skill_seconds:
                    calm, counts_from, number, call_id = rank
                    rank = (calm, counts_from - skill_seconds * need.worth(agent.profile), number, call_id)
                if best is None or rank < best:
                    best = rank
        return best
