"""From a cosine to a log-likelihood ratio: how many times likelier it is from the same voice than from another.

A line in the cosine and in the logarithm of how long was heard (logistic regression, both kinds weighing alike: Brümmer
and du Preez 2006). Beyond what the trials can carry it says no more: of N other voices none tells what one in ten N
does, so the ratio ends there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.core.identity.verifier import CAMPPLUS

USUAL_SECONDS: Final = 5.0
SHORTEST, LONGEST = 2.0, 15.0
"""Net seconds between which the length counts; beyond, as at the end."""
LEAST_TRIALS: Final = 30
"""Of each kind, for a calibration."""
_ROUNDS: Final = 50
_RIDGE: Final = 1e-3
"""Keeps the line finite where a threshold parts the trials without an error."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One comparison of which it is known whose voices they are."""

    score: float
    """Cosine."""
    seconds: float
    """Net speech that was compared."""
    same: bool
    """Whether it is the same voice."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of one embedder, on one kind of line."""

    model: str
    """Name and version of the embedder."""
    offset: float
    slope: float
    """Of the cosine, at the usual length."""
    by_length: float
    """Of the logarithm of the length."""
    slope_by_length: float
    """How the slope of the cosine grows with it."""
    same: int
    """Trials of the same voice that it rests on."""
    others: int
    """Trials of other voices."""

    def llr(self, score: float, seconds: float) -> float:
        """Log-likelihood ratio (natural logarithm), no further than the trials carry."""
        length = math.log(min(max(seconds, SHORTEST), LONGEST) / USUAL_SECONDS)
        line = self.offset + self.by_length * length + (self.slope + self.slope_by_length * length) * score
        return min(max(line, -math.log(self.same + 1.0)), math.log(self.others + 1.0))


# Fitted on read English of LibriSpeech over a telephone, clean, in babble and as GSM carries it: seven people's voices,
# with several recordings each, and 158 others. How 114 more judge it, and why it was not fitted on them, of whom
# there is one recording each: docs/speech.md (`python -m bench.voices DIRECTORY --fit`).
CALIBRATIONS: Final[dict[str, Calibration]] = {
    CAMPPLUS: Calibration(CAMPPLUS, -37.7, 54.568, -15.789, 14.515, 1323, 38367),
}
"""Of the embedders that come with the engine."""


def fitted(trials: Sequence[Trial], model: str) -> Calibration:
    """The calibration that these trials make likeliest. Raises ValueError where there are too few, or none fits."""
    same = sum(trial.same for trial in trials)
    others = len(trials) - same
    if min(same, others) < LEAST_TRIALS:
        raise ValueError(f"{LEAST_TRIALS} trials of each kind are the least: {same} same, {others} other")
    score = np.array([trial.score for trial in trials])
    length = np.log(np.clip([trial.seconds for trial in trials], SHORTEST, LONGEST) / USUAL_SECONDS)
    is_same = np.array([trial.same for trial in trials])
    one = np.ones(len(trials))
    ends = np.log(np.array([SHORTEST, LONGEST]) / USUAL_SECONDS)
    for columns in ([one, score, length, score * length], [one, score, length], [one, score]):
        found = np.zeros(4)
        found[: len(columns)] = _regression(np.stack(columns, axis=1), is_same)
        if np.all(found[1] + found[3] * ends > 0.0):  # nearer must never be less likely
            offset, slope, by_length, both = map(float, found)
            return Calibration(model, offset, slope, by_length, both, same, others)
    raise ValueError("the same voice scores no higher than others: look at the list")


def _regression(columns: NDArray[np.float64], is_same: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Logistic regression by Newton's method, each kind weighing half: its sum is the log-likelihood ratio."""
    weight = np.where(is_same, 0.5 / is_same.sum(), 0.5 / (~is_same).sum())
    weights = np.zeros(columns.shape[1])
    ridge = np.full(columns.shape[1], _RIDGE)
    ridge[0] = 0.0
    ridge /= len(is_same)
    for _ in range(_ROUNDS):
        likely = 1.0 / (1.0 + np.exp(-np.clip(columns @ weights, -500.0, 500.0)))
        slope = columns.T @ (weight * (is_same - likely)) - ridge * weights
        curve = (columns * (weight * likely * (1.0 - likely))[:, None]).T @ columns
        step = np.linalg.solve(curve + np.diag(ridge + 1e-12), slope)
        weights += np.clip(step, -10.0, 10.0)
        if float(np.abs(step).max()) < 1e-9:
            break
    return np.asarray(weights)
