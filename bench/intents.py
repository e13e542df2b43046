"""Intents by example sentences: how often right, how often taken, how often fooled. `python -m bench.intents`

By meaning (sentence vectors) and by words, which is what is left where nobody compares meanings.

Two measurements. Leave one out: each sentence is judged by all the others. Fresh menus: of the intents some are drawn,
and of each some examples; all other sentences are judged by these, those of intents that were not drawn and those
about something else being traps. The regression's weights are fitted (`--fit`) on fresh menus, by folds over the
sentences, so that no sentence is judged by weights that it shaped.
"""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from ivr.adapters.usem3_sentences import Usem3Sentences
from ivr.core.speech.intent import Examples, Nearness, ranked
from ivr.core.speech.meaning import MeantExamples
from ivr.ports.speech import SentenceEmbedder

DATA = Path(__file__).with_suffix(".yaml")
ACCEPT, CONFIRM = 0.8, 0.5
FOLDS = 5
MENUS = ((3, 3), (3, 6), (5, 6), (7, 3), (7, 6), (7, 11))
"""(intents, examples of each)"""
DRAWS = 12
Judge = Callable[[str], Nearness]
Judges = Callable[[Mapping[str, Sequence[str]], str], Judge]


@dataclass(frozen=True, slots=True)
class Trial:
    """One sentence, judged."""

    language: str

    sentence: str
    meant: str | None
    """The intent that is meant; None: none of those in the menu."""
    found: Nearness

    @property
    def right(self) -> bool:
        """Whether what was found is meant."""
        return self.meant is not None and self.found.name == self.meant


def data(language: str) -> tuple[Mapping[str, Sequence[str]], Sequence[str]]:
    """Intent -> sentences; sentences about something else."""
    read = yaml.safe_load(DATA.read_text(encoding="utf-8"))[language]
    return read["intents"], read["outside"]


def by_words(examples: Mapping[str, Sequence[str]], language: str) -> Judge:
    """Judged by the words that sentences share."""
    return Examples.of(examples, language).nearest


class ByMeaning:
    """Judged by vectors, each sentence's computed once."""

    def __init__(self, model: SentenceEmbedder) -> None:
        self._model = model
        self._known: dict[str, NDArray[np.float32]] = {}

    def __call__(self, examples: Mapping[str, Sequence[str]], language: str) -> Judge:
        """Makes the judge of a menu."""
        texts = [text for said in examples.values() for text in said]
        meant = MeantExamples.of(examples, np.array([self._vector(text) for text in texts]), language)
        return lambda text: ranked(meant.alike(text, self._vector(text)), meant=True)

    def _vector(self, text: str) -> NDArray[np.float32]:
        if text not in self._known:
            self._known[text] = self._model.vectors([text])[0]
        return self._known[text]


def left_out(language: str, judges: Judges = by_words) -> Iterator[Trial]:
    """Every sentence against all the others."""
    intents, outside = data(language)
    for name, texts in intents.items():
        for text in texts:
            rest = {other: [one for one in said if one != text] for other, said in intents.items()}
            yield Trial(language, text, name, judges(rest, language)(text))
    everything = judges(intents, language)
    for text in outside:
        yield Trial(language, text, None, everything(text))


def fresh_menus(language: str, judges: Judges = by_words) -> Iterator[Trial]:
    """Menus of several sizes; whatever sentence is not in one is a trial of it."""
    intents, outside = data(language)
    chance = random.Random(1)
    for count, examples in MENUS:
        for _ in range(DRAWS):
            menu = {name: chance.sample(list(intents[name]), examples) for name in chance.sample(list(intents), count)}
            judge = judges(menu, language)
            for name, texts in intents.items():
                for text in texts:
                    if text not in menu.get(name, ()):
                        yield Trial(language, text, name if name in menu else None, judge(text))
            for text in outside:
                yield Trial(language, text, None, judge(text))


def _matrix(every: Sequence[Trial]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    features = np.array(
        [[1.0, trial.found.nearness, *(() if trial.found.meant else (trial.found.margin,))] for trial in every]
    )
    return features, np.array([trial.right for trial in every], float)


def fitted(every: Sequence[Trial]) -> NDArray[np.float64]:
    """Logistic regression (Newton's method, a little ridge): intercept, nearness and, by words, margin."""
    features, right = _matrix(every)
    weights = np.zeros(features.shape[1])
    for _ in range(50):
        sure = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (right - sure) - 0.05 * weights
        curve = (features * (sure * (1 - sure))[:, None]).T @ features + 0.05 * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def folded(fit_on: Sequence[Trial], every: Sequence[Trial]) -> NDArray[np.float64]:
    """The confidence of each trial, by weights fitted on other sentences."""
    sentences = sorted({trial.sentence for trial in [*fit_on, *every]})
    fold = dict(zip(sentences, np.random.default_rng(1).integers(0, FOLDS, len(sentences)), strict=True))
    features, _ = _matrix(every)
    sure = np.zeros(len(every))
    for number in range(FOLDS):
        weights = fitted([trial for trial in fit_on if fold[trial.sentence] != number])
        own = np.array([fold[trial.sentence] == number for trial in every])
        sure[own] = (1 / (1 + np.exp(-features @ weights)))[own]
    return sure


def _table(title: str, every: Sequence[Trial], sure: NDArray[np.float64]) -> None:
    inside = sum(trial.meant is not None for trial in every)
    strange = len(every) - inside
    best = sum(trial.right for trial in every) / inside
    print(f"{title}: nearest intent right {best:.0%} of {inside}")
    for band, low, high in (("taken", ACCEPT, 2.0), ("asked back", CONFIRM, ACCEPT), ("not understood", -1.0, CONFIRM)):
        here = [trial for trial, chance in zip(every, sure, strict=True) if low <= chance < high]
        right = sum(trial.right for trial in here)
        wrong = sum(trial.meant is not None and not trial.right for trial in here)
        fooled = sum(trial.meant is None for trial in here)
        print(f"  {band:15} right {right / inside:4.0%}  wrong {wrong / inside:5.1%}  ", end="")
        print(f"traps {fooled / strange:5.1%} of {strange}")


def main() -> None:
    """Both languages' figures, by words and by meaning."""
    ways: dict[str, Judges] = {"by words": by_words, "by meaning": ByMeaning(Usem3Sentences())}
    for (way, judges), language in itertools.product(ways.items(), ("en", "zh")):
        menus, alone = list(fresh_menus(language, judges)), list(left_out(language, judges))
        _table(f"{way}, {language}, leave one out", alone, folded(menus, alone))
        _table(f"{way}, {language}, fresh menus", menus, folded(menus, menus))
        if "--fit" in sys.argv:
            print("  weights", [round(float(weight), 3) for weight in fitted(menus)])


if __name__ == "__main__":
    main()
