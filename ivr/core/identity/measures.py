"""How well voices are told apart: what people of this field read in trials (NIST's and Brümmer's measures)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
SHARE_TAKEN: Final = 0.001
"""Of other voices, at which the misses are told."""


@dataclass(frozen=True, slots=True)
class Curve:
    """For every threshold from low to high: which share of the same voices is missed, and of the others taken."""

    missed: Numbers
    taken: Numbers

    def equal_error(self) -> float:
        """Where both shares are alike (EER)."""
        best = int(np.argmin(np.abs(self.missed - self.taken)))
        return float(self.missed[best] + self.taken[best]) / 2

    def missed_at(self, taken: float = SHARE_TAKEN) -> float:
        """Share of the same voices missed where no more than this share of the others is taken."""
        return float(np.min(self.missed[self.taken <= taken]))

    def least_cost(self, *, prior: float, miss: float = 1.0, false_accept: float = 1.0) -> float:
        """minDCF: the least cost of any threshold, over that of deciding without listening."""
        cost = prior * miss * self.missed + (1.0 - prior) * false_accept * self.taken
        return float(np.min(cost)) / min(prior * miss, (1.0 - prior) * false_accept)


def curve(same: Sequence[float], others: Sequence[float]) -> Curve:
    """Of scores or log-likelihood ratios. Raises ValueError where a kind is missing."""
    if not same or not others:
        raise ValueError("trials of both kinds are needed: the same voice, and others")
    marks = np.append(np.unique(np.array([*same, *others])), np.inf)
    missed = np.searchsorted(np.sort(np.array(same)), marks) / len(same)
    taken = 1.0 - np.searchsorted(np.sort(np.array(others)), marks) / len(others)
    return Curve(missed, taken)


def cost_of_ratios(same: Sequence[float], others: Sequence[float]) -> float:
    """Cllr, bits: what ratios cost over all priors. 0: certain and right; 1: they say nothing; more: they mislead."""
    of_same = np.mean(np.logaddexp(0.0, -np.array(same)))
    of_others = np.mean(np.logaddexp(0.0, np.array(others)))
    return float(of_same + of_others) / (2.0 * math.log(2.0))


_TICKS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
_SIDE, _LEFT, _TOP = 480.0, 64.0, 24.0
_NORMAL: Final = NormalDist()
_COLOURS: Final = ("#0b5cad", "#b3401e", "#2d7d46", "#7a3e9d", "#8a6d00", "#444444")


def det_plot(curves: Sequence[tuple[str, Curve]]) -> str:
    """A DET plot (SVG): misses over false accepts, on normal axes, where equal steps are equally hard."""
    height, width = _SIDE + _TOP + 56.0, _LEFT + _SIDE + 24.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" '
        'font-size="11"><rect width="100%" height="100%" fill="white"/>'
    ]
    for tick in _TICKS:
        at = _place(tick)
        x, y, label = _LEFT + at, _TOP + _SIDE - at, f"{tick * 100:g}"
        parts.append(f'<path d="M{x:.1f} {_TOP}v{_SIDE}M{_LEFT} {y:.1f}h{_SIDE}" stroke="#ddd" fill="none"/>')
        parts.append(f'<text x="{x:.1f}" y="{_TOP + _SIDE + 16}" text-anchor="middle">{label}</text>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for number, (name, one) in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(
            f"{_LEFT + _place(taken):.1f},{_TOP + _SIDE - _place(missed):.1f}"
            for missed, taken in zip(one.missed, one.taken, strict=True)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<text x="{_LEFT + _SIDE - 8}" y="{_TOP + 18 + 15 * number}" text-anchor="end" fill="{colour}">')
        parts.append(f"{_escaped(name)}: EER {one.equal_error():.2%}</text>")
    parts.append(f'<text x="{_LEFT + _SIDE / 2}" y="{height - 8}" text-anchor="middle">others taken, %</text>')
    parts.append(
        f'<text transform="translate(14 {_TOP + _SIDE / 2}) rotate(-90)" text-anchor="middle">right voices missed, %'
        "</text></svg>\n"
    )
    return "".join(parts)


def _place(share: float) -> float:
    low, high = _NORMAL.inv_cdf(_TICKS[0] / 2), _NORMAL.inv_cdf(0.5)
    within = min(max(share, _TICKS[0] / 2), 0.5)
    return (_NORMAL.inv_cdf(within) - low) / (high - low) * _SIDE


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
