"""How well two reviewers agree beyond chance: Cohen's kappa, with its interval.

Kappa: Cohen, "A coefficient of agreement for nominal scales" (1960). Its standard error: Fleiss, Cohen and Everitt,
"Large sample standard errors of kappa and weighted kappa" (1969), as in Agresti, "Categorical Data Analysis", 10.5.
It is one for many pairs; of fewer than some thirty the interval says too little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

Z_95: Final = 1.959963984540054
"""Of a normal distribution's 95 % in the middle."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two reviewers' answers to the same things compare."""

    pairs: int
    agreed: int
    kappa: float | None
    """-1..1; None where it says nothing: without pairs, or where both gave one and the same answer throughout."""
    low: float | None
    high: float | None
    """Its 95 % interval."""


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Of (first reviewer's answer, second's answer)."""
    count, agreed = len(pairs), sum(one == other for one, other in pairs)
    if not count:
        return Agreement(0, 0, None, None, None)
    first = {name: number / count for name, number in Counter(one for one, _ in pairs).items()}
    second = {name: number / count for name, number in Counter(other for _, other in pairs).items()}
    observed = agreed / count
    by_chance = sum(share * second.get(name, 0.0) for name, share in first.items())
    if len(first.keys() | second.keys()) == 1:
        return Agreement(count, agreed, None, None, None)
    kappa = (observed - by_chance) / (1 - by_chance)
    error = _error(pairs, first, second, kappa, by_chance)
    low, high = max(-1.0, kappa - Z_95 * error), min(1.0, kappa + Z_95 * error)
    return Agreement(count, agreed, kappa, low, high)


def _error(
    pairs: Sequence[tuple[str, str]],
    first: dict[str, float],
    second: dict[str, float],
    kappa: float,
    by_chance: float,
) -> float:
    """Kappa's standard error for many pairs."""
    count, apart = len(pairs), 1 - kappa
    same = differing = 0.0
    for (one, other), number in Counter(pairs).items():
        share = number / count
        if one == other:
            same += share * (1 - (first[one] + second.get(one, 0.0)) * apart) ** 2
        else:
            differing += share * (second.get(one, 0.0) + first.get(other, 0.0)) ** 2
    variance = same + apart**2 * differing - (kappa - by_chance * apart) ** 2
    return sqrt(max(0.0, variance) / count) / (1 - by_chance)
