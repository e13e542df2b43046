"""Erlang's formulas for a queue with one kind of call and one kind of agent: C (callers wait for ever) and A (they
lose patience).

Units: calls a second, seconds. Erlang C: A. K. Erlang 1917. Erlang A (M/M/n+M, patience exponential): C. Palm
1957; here as a birth-death chain that is summed until nothing is left, which also holds where the load exceeds the
agents.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

NEGLIGIBLE = 1e-13
CALLS_MAX = 200_000
"""States of the chain that are looked at; far more than any line holds."""


@dataclass(frozen=True, slots=True)
class Load:
    """What comes, and how long it takes."""

    rate: float
    """Calls a second."""
    handling: float
    """Mean talk and wrap-up, seconds."""
    patience: float = math.inf
    """Mean time after which a waiting caller gives up, seconds; infinite: Erlang C."""

    @property
    def erlangs(self) -> float:
        """Offered load: agents that it would keep busy."""
        return self.rate * self.handling


@dataclass(frozen=True, slots=True)
class Forecast:
    """What callers of a queue in balance meet."""

    agents: int
    waits: float
    """Share of calls that wait at all."""
    abandons: float
    """Share of calls that give up."""
    mean_wait: float
    """Of all calls, seconds; those that give up count for as long as they waited."""
    occupancy: float
    """Share of their time that agents are busy."""
    within: float
    """Share of calls answered within the target time."""


def forecast(load: Load, agents: int, *, target: float) -> Forecast:
    """What `agents` achieve; `target` in seconds. Raises ValueError when an Erlang C queue would grow for ever."""
    if agents < 1 or load.rate <= 0 or load.handling <= 0:
        raise ValueError("a forecast needs at least one agent, and a load above zero")
    endless = math.isinf(load.patience)
    if endless and load.erlangs >= agents:
        raise ValueError(f"{agents} agents never catch up with {load.erlangs:.1f} erlangs")
    serves, leaves = 1 / load.handling, 0.0 if endless else 1 / load.patience
    weights = list(_chain(load.rate, serves, leaves, agents))
    total = math.fsum(weights)
    state = [weight / total for weight in weights]
    queue = math.fsum((number - agents) * share for number, share in enumerate(state) if number > agents)
    busy = math.fsum(min(number, agents) * share for number, share in enumerate(state))
    last = max(number for number, share in enumerate(state) if share > NEGLIGIBLE)
    counted = state[agents : last + 1]
    answered = _answered_within(len(counted), agents * serves, leaves, target)
    within = math.fsum(state[:agents]) + math.fsum(map(operator.mul, counted, answered))
    return Forecast(
        agents=agents,
        waits=math.fsum(state[agents:]),
        abandons=leaves * queue / load.rate,
        mean_wait=queue / load.rate,  # Little's law
        occupancy=busy / agents,
        within=min(1.0, within),
    )


def agents_needed(load: Load, *, share: float, target: float, most: int = 10_000) -> Forecast:
    """The fewest agents who answer `share` of calls within `target` seconds. Raises ValueError beyond `most`."""
    first = 1 if not math.isinf(load.patience) else math.floor(load.erlangs) + 1
    low, high = first, max(first, math.ceil(load.erlangs) + 1)
    while forecast(load, high, target=target).within < share:
        low, high = high + 1, high * 2
        if high > most:
            raise ValueError(f"more than {most} agents would be needed")
    while low < high:
        middle = (low + high) // 2
        if forecast(load, middle, target=target).within >= share:
            high = middle
        else:
            low = middle + 1
    return forecast(load, high, target=target)


def _chain(rate: float, serves: float, leaves: float, agents: int) -> Iterator[float]:
    """Weights of 0, 1, 2 … calls in the system, the largest about 1."""
    peak = min(agents, int(rate / serves))
    logs = [0.0]
    for number in range(1, agents + 1):
        logs.append(logs[-1] + math.log(rate / (number * serves)))
    top = logs[peak]
    yield from (math.exp(log - top) for log in logs)
    weight = math.exp(logs[agents] - top)
    for waiting in range(1, CALLS_MAX):
        ratio = rate / (agents * serves + waiting * leaves)
        weight *= ratio
        yield weight
        if ratio < 1 and weight < NEGLIGIBLE * (1 - ratio):
            return


def _answered_within(most: int, serving: float, leaves: float, target: float) -> list[float]:
    """For a caller behind 0, 1 … `most` - 1 others while all agents are busy: the chance of an answer within `target`
    seconds.

    Those ahead go one by one, at the rate of the agents plus their own impatience; the caller's own patience runs
    beside. Followed backwards through time by uniformization, for all places at once.
    """
    if most == 0 or target <= 0:
        return [0.0] * most
    fastest = serving + most * leaves
    steps = fastest * target
    goes = (serving + np.arange(most) * leaves) / fastest
    stays = 1.0 - goes - leaves / fastest
    chance = np.zeros(most + 1)
    chance[0] = 1.0  # nobody is left to go: answered
    answered, told = np.zeros(most), 0.0
    log_weight, number = -steps, 0
    while number <= steps + 10 * math.sqrt(steps) + 20:
        weight = math.exp(log_weight)
        answered += weight * chance[1:]
        told += weight
        number += 1
        log_weight += math.log(steps / number)
        chance[1:] = goes * chance[:-1] + stays * chance[1:]
    return list(answered / told)


def expected_waits(places: int, *, agents: float, handling: float, patience: float = math.inf) -> list[float]:
    """Seconds that the callers at the first `places` of a queue will wait, the next one first, while all `agents` are
    busy; those ahead of them may give up meanwhile."""
    leaves = 0.0 if math.isinf(patience) else 1 / patience
    return list(itertools.accumulate(1 / (agents / handling + ahead * leaves) for ahead in range(places)))
