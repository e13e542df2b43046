"""The calls that wait in one queue, next first; those that ask for the same lie together."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.core.queueing.agent import Agent
from ivr.core.queueing.sorted_keys import SortedKeys
from ivr.core.queueing.waiting import Need, Rank, WaitingCall


class Line:
    """One queue's calls."""

    def __init__(self) -> None:
        self._all: SortedKeys[tuple[Rank, str]] = SortedKeys()
        self._open: dict[str, dict[Need, SortedKeys[tuple[Rank, str]]]] = {}
        """Those for whom nobody rings: by the one agent that they wait for (empty: anyone), then by what they ask
        for."""

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[str]:
        """Calls, next first."""
        return (self._all[at][1] for at in range(len(self._all)))

    @property
    def has_open(self) -> bool:
        """Whether some call has nobody who rings for it."""
        return bool(self._open)

    def add(self, call: WaitingCall) -> None:
        """It waits here from now on."""
        self._all.add((call.rank, call.call_id))
        if call.offer_id is None:
            self.open(call)

    def remove(self, call: WaitingCall) -> None:
        """It no longer does."""
        self._all.remove((call.rank, call.call_id))
        if call.offer_id is None:
            self.close(call)

    def open(self, call: WaitingCall) -> None:
        """Nobody rings for it."""
        needs = self._open.setdefault(call.need.only, {})
        needs.setdefault(call.need, SortedKeys()).add((call.rank, call.call_id))

    def close(self, call: WaitingCall) -> None:
        """Somebody does, or it is about to ask for something else."""
        needs = self._open[call.need.only]
        keys = needs[call.need]
        keys.remove((call.rank, call.call_id))
        if not keys:
            del needs[call.need]
            if not needs:
                del self._open[call.need.only]

    def place(self, call: WaitingCall) -> int:
        """1: next."""
        return 1 + self._all.before((call.rank, call.call_id))

    def best_for(self, agent: Agent, skill_seconds: float) -> tuple[Rank, str] | None:
        """The next call that this agent may take, and its rank for them."""
        best: tuple[Rank, str] | None = None
        known = agent.known_needs  # the innermost loop of the busiest hour: no call where a look will do
        for only in ("", agent.profile.name):
            for need, keys in self._open.get(only, {}).items():
                met = known.get(need)
                if met is False or not (met or agent.meets(need)):
                    continue
                found = keys.ordered[0]
                if skill_seconds:
                    (calm, counts_from, number), call_id = found
                    found = ((calm, counts_from - skill_seconds * need.worth(agent.profile), number), call_id)
                if best is None or found < best:
                    best = found
        return best
