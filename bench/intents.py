"""Intents by example sentences: how often right, how often taken, how often fooled. `python -m bench.intents`

Each sentence is left out once and judged by the others; sentences about something else must not be taken. The
regression's weights are fitted here (`--fit`) by five folds, so that no sentence is judged by weights that it shaped.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from ivr.core.speech.intent import Examples, Nearness

DATA = Path(__file__).with_suffix(".yaml")
ACCEPT, CONFIRM = 0.8, 0.5
FOLDS = 5
_Trial = tuple[str | None, Nearness]
"""The intent that is meant (None: none of them), and what was found."""


def trials(language: str) -> list[_Trial]:
    """Every sentence against all the others."""
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))[language]
    intents: Mapping[str, Sequence[str]] = data["intents"]
    found: list[_Trial] = []
    for name, texts in intents.items():
        for text in texts:
            rest = {other: [one for one in said if one != text] for other, said in intents.items()}
            found.append((name, Examples.of(rest, language).nearest(text)))
    everything = Examples.of(intents, language)
    return found + [(None, everything.nearest(text)) for text in data["outside"]]


def _matrix(every: Sequence[_Trial]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    features = np.array([[1.0, found.nearness, found.margin] for _, found in every])
    right = np.array([meant is not None and found.name == meant for meant, found in every], float)
    return features, right


def fitted(every: Sequence[_Trial]) -> NDArray[np.float64]:
    """Logistic regression (Newton's method, a little ridge): intercept, nearness, margin."""
    features, right = _matrix(every)
    weights = np.zeros(3)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (right - chance) - 0.05 * weights
        curve = (features * (chance * (1 - chance))[:, None]).T @ features + 0.05 * np.eye(3)
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def report(language: str) -> None:
    """One language's figures."""
    every = trials(language)
    inside = [(meant, found) for meant, found in every if meant is not None]
    right = sum(found.name == meant for meant, found in inside)
    print(f"{language}: nearest intent right {right}/{len(inside)} = {right / len(inside):.0%} (leave one out)")
    fold = np.random.default_rng(1).integers(0, FOLDS, len(every))
    chances = np.zeros(len(every))
    for number in range(FOLDS):
        weights = fitted([trial for trial, where in zip(every, fold, strict=True) if where != number])
        features, _ = _matrix(every)
        chances[fold == number] = (1 / (1 + np.exp(-features @ weights)))[fold == number]
    for title, low, high in (("taken", ACCEPT, 2.0), ("asked back", CONFIRM, ACCEPT), ("not understood", -1, CONFIRM)):
        band = [trial for trial, chance in zip(every, chances, strict=True) if low <= chance < high]
        good = sum(meant is not None and found.name == meant for meant, found in band)
        wrong = sum(meant is not None and found.name != meant for meant, found in band)
        strange = sum(meant is None for meant, _ in band)
        print(
            f"  {title:15} right {good / len(inside):4.0%}  wrong {wrong / len(inside):5.1%}  "
            f"of {len(every) - len(inside)} about something else {strange}"
        )
    if "--fit" in sys.argv:
        print("  weights", np.round(fitted(every), 3))


if __name__ == "__main__":
    for code in ("en", "zh"):
        report(code)
