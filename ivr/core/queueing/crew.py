"""The available agents of one queue, in the order in which it would ask them.

Agents of one class (the same skills, and the same weight where that counts) lie in one list, so that finding the
right one costs a look at each class and not at each agent.
"""

from __future__ import annotations

from collections.abc import Callable

from ivr.core.queueing.agent import Agent
from ivr.core.queueing.rules import Strategy
from ivr.core.queueing.sorted_keys import SortedKeys
from ivr.core.queueing.waiting import Need

_Key = tuple[float, float, str]
_Class = tuple[frozenset[tuple[str, int]], int]


class Crew:
    """Available agents of one queue."""

    def __init__(self, queue: str, strategy: Strategy, chance: Callable[[], float]) -> None:
        """`chance` gives a number from 0 to 1 (without 1)."""
        self._queue = queue
        self._strategy = strategy
        self._chance = chance
        self._classes: dict[_Class, SortedKeys[_Key]] = {}
        self._members: dict[str, tuple[_Class, _Key, Agent]] = {}

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, agent: str) -> bool:
        return agent in self._members

    def add(self, agent: Agent) -> None:
        """They are available from now on."""
        profile = agent.profile
        weight = profile.weight if self._strategy is Strategy.WEIGHTED_RANDOM else 1
        kind: _Class = (frozenset(profile.skills.items()), weight)
        key = self._key(agent)
        self._classes.setdefault(kind, SortedKeys()).add(key)
        self._members[profile.name] = (kind, key, agent)

    def discard(self, name: str) -> None:
        """They are no longer, if they were."""
        member = self._members.pop(name, None)
        if member is not None:
            kind, key, _ = member
            keys = self._classes[kind]
            keys.remove(key)
            if not keys:
                del self._classes[kind]

    def choose(self, need: Need) -> Agent | None:
        """Whom to ask; None when nobody here may take the call."""
        if need.only:
            member = self._members.get(need.only)
            return member[2] if member is not None and member[2].meets(need) else None
        fitting = [(kind, keys) for kind, keys in self._classes.items() if self._members[keys[0][2]][2].meets(need)]
        if not fitting:
            return None
        if self._strategy in (Strategy.RANDOM, Strategy.WEIGHTED_RANDOM):
            return self._draw(fitting)
        return self._members[min(keys[0] for _, keys in fitting)[2]][2]

    def _draw(self, fitting: list[tuple[_Class, SortedKeys[_Key]]]) -> Agent:
        at = self._chance() * sum(weight * len(keys) for (_, weight), keys in fitting)
        for (_, weight), keys in fitting:
            if at < weight * len(keys):
                return self._members[keys[int(at / weight)][2]][2]
            at -= weight * len(keys)
        return self._members[fitting[-1][1][-1][2]][2]

    def _key(self, agent: Agent) -> _Key:
        name = agent.profile.name
        match self._strategy:
            case Strategy.LONGEST_IDLE | Strategy.RING_ALL | Strategy.RANDOM | Strategy.WEIGHTED_RANDOM:
                return (0.0, agent.idle_since, name)
            case Strategy.ROUND_ROBIN:
                return (agent.turns.get(self._queue, 0), agent.idle_since, name)
            case Strategy.TOP_DOWN | Strategy.RING_PROGRESSIVELY:
                return (agent.profile.tier, agent.idle_since, name)
            case Strategy.FEWEST_CALLS:
                return (agent.calls, agent.idle_since, name)
            case Strategy.LEAST_TALK:
                return (agent.talk_seconds, agent.idle_since, name)
