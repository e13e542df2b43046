"""How sure an estimate is: 95 % intervals of shares and means.

Shares: Wilson, "Probable inference, the law of succession, and statistical inference" (Journal of the American
Statistical Association, 1927). It holds for few cases and for shares of 0 and 1, where others say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from ivr.core.reports.report import PLACES, Figure
from ivr.core.review.kappa import Z_95


def share(having: Sequence[str], of: int) -> Figure:
    """The share of calls that have something, with its interval: `having` are those, `of` so many were looked at."""
    calls = tuple(sorted(set(having)))
    if not of:
        return Figure(None, calls, percent=True)
    low, high = wilson(len(calls), of)
    return Figure(round(len(calls) / of, PLACES), calls, low, high, percent=True)


def wilson(having: int, of: int) -> tuple[float, float]:
    """The interval of a share, 0..1; `of` is at least 1."""
    part, square = having / of, Z_95**2
    middle = (part + square / (2 * of)) / (1 + square / of)
    half = Z_95 / (1 + square / of) * sqrt(part * (1 - part) / of + square / (4 * of * of))
    return round(max(0.0, middle - half), PLACES), round(min(1.0, middle + half), PLACES)


def mean(values: Sequence[float], calls: Sequence[str]) -> Figure:
    """A mean with its interval, by the normal distribution: of fewer than some thirty values it says too little, and
    of fewer than two nothing."""
    each = tuple(sorted(set(calls)))
    if not values:
        return Figure(None, each)
    middle = sum(values) / len(values)
    if len(values) < 2:
        return Figure(round(middle, PLACES), each)
    spread = sqrt(sum((one - middle) ** 2 for one in values) / (len(values) - 1) / len(values))
    return Figure(
        round(middle, PLACES), each, round(middle - Z_95 * spread, PLACES), round(middle + Z_95 * spread, PLACES)
    )
