"""The calls that wait in one queue, next first; those that ask for the same lie together."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from ivr.core.queueing.agent import Agent
from ivr.core.queueing.sorted_keys import SortedKeys
from ivr.core.queueing.waiting import Need, Rank, WaitingCall

Place = tuple[Rank, str]
"""A call's rank and id: the least is next."""


class _Open:
    """Calls that an agent may be offered, and the first of each kind in order."""

    __slots__ = ("heads", "kinds")

    def __init__(self) -> None:
        self.kinds: dict[Need, SortedKeys[Place]] = {}
        self.heads: list[tuple[Rank, str, Need]] = []
        """The next call that asks for each of the needs."""

    def add(self, call: WaitingCall) -> None:
        key, need = (call.rank, call.call_id), call.need
        keys = self.kinds.get(need)
        if keys is None:
            keys = self.kinds[need] = SortedKeys()
        head = keys.ordered[0] if keys.ordered else None
        keys.add(key)
        if head is None or key < head:
            if head is not None:
                self._drop(head)
            insort(self.heads, (*key, need))

    def remove(self, call: WaitingCall) -> None:
        key, need = (call.rank, call.call_id), call.need
        keys = self.kinds[need]
        was_head = keys.ordered[0] == key
        keys.remove(key)
        if was_head:
            self._drop(key)
            if keys.ordered:
                insort(self.heads, (*keys.ordered[0], need))
            else:
                del self.kinds[need]

    def _drop(self, key: Place) -> None:
        del self.heads[bisect_left(self.heads, key)]


class Line:
    """One queue's calls."""

    def __init__(self) -> None:
        self._all: SortedKeys[Place] = SortedKeys()
        self._open: dict[str, _Open] = {}
        """By the one agent that they wait for; empty: anyone."""

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[str]:
        """Calls, next first."""
        return (self._all[at][1] for at in range(len(self._all)))

    @property
    def has_open(self) -> bool:
        """Whether some call may be offered to an agent."""
        return bool(self._open)

    def add(self, call: WaitingCall) -> None:
        """It waits here from now on."""
        self._all.add((call.rank, call.call_id))
        if call.is_open:
            self.open(call)

    def remove(self, call: WaitingCall) -> None:
        """It no longer does."""
        self._all.remove((call.rank, call.call_id))
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
        return 1 + self._all.before((call.rank, call.call_id))

    def best_for(self, agent: Agent, skill_seconds: float, best: Place | None) -> Place | None:
        """The next call that this agent may take, and its rank for them; `best` when none here is before that."""
        known = agent.known_needs  # the innermost loop of the busiest hour: no call where a look will do
        for only in ("", agent.profile.name):
            found = self._open.get(only)
            if found is None:
                continue
            for rank, call_id, need in found.heads:
                if not skill_seconds and best is not None and best <= (rank, call_id):
                    break  # nor is any behind it
                met = known.get(need)
                if met is False or not (met or agent.meets(need)):
                    continue
                if skill_seconds:
                    calm, counts_from, number = rank
                    rank = (calm, counts_from - skill_seconds * need.worth(agent.profile), number)
                if best is None or (rank, call_id) < best:
                    best = (rank, call_id)
        return best
