"""Whether voices are told apart better beside a cohort (AS-norm). `python -m bench.cohort DIRECTORY [CONDITION…]`

DIRECTORY as for `bench.voices`. Adaptive symmetric normalization (Matějka et al. 2017): how many deviations a cosine
lies above those of the template to its nearest of a cohort, and of the new voice to its own nearest; the mean of both.
The cohort is one half of those who are no customers (5 s each, over the same line), the other half calls as others;
then the other way round. What ADR 80 rests on.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from bench.voices import (
    BELOW_DB,
    CONDITIONS,
    MUCH,
    TALKERS,
    Sound,
    Speaker,
    Vectors,
    _enrolments,
    corpora,
    telephone,
)
from ivr.adapters.campplus_embedder import CampplusEmbedder
from ivr.core.identity.measures import curve

ENROLLED, COHORT_SECONDS = 10.0, 5.0
TESTS = (3.0, 5.0, 10.0)
NEAREST = (0, 10, 20, 40)
"""Of the cohort, that count; 0: the cosine as it is."""
LEAST_SPREAD = 0.02
LEAST_PEOPLE = 40
"""Who are no customers, for two halves."""


class Voices:
    """Everybody's vectors in one condition."""

    def __init__(self, corpus: list[Speaker], condition: str, embedder: CampplusEmbedder) -> None:
        corpus = [one for one in corpus if one.pieces(3.0)]
        self._noise: list[Sound] = [one.pieces(3.0)[0] for one in corpus[-TALKERS:]]
        self._condition, self._embedder, self._chance = condition, embedder, np.random.default_rng(1)
        customers = [one for one in corpus[:-TALKERS] if one.pieces(MUCH)]
        self.customers = {one.name: {size: self._of(one, size) for size in TESTS} for one in customers}
        rest = [one for one in corpus[:-TALKERS] if one not in customers]
        self.others = {one.name: {size: self._of(one, size, 1) for size in TESTS} for one in rest}

    def _of(self, speaker: Speaker, size: float, most: int | None = None) -> list[Vectors]:
        return [self._vector(piece) for piece in speaker.pieces(size)[:most]]

    def _vector(self, sound: Sound) -> Vectors:
        if self._condition not in BELOW_DB:
            return self._embedder.embed(telephone(sound, None, self._condition))
        parts = [np.roll(part, self._chance.integers(len(part))) for part in self._noise]
        babble = np.sum([np.resize(part, len(sound)) for part in parts], axis=0)
        return self._embedder.embed(telephone(sound, babble, self._condition))


def score(template: Vectors, heard: Vectors, cohort: Vectors, nearest: int) -> float:
    """Of two vectors, beside a cohort (people, size)."""
    cosine = float(template @ heard)
    if not nearest:
        return cosine
    kinds = [np.sort(cohort @ vector)[-nearest:] for vector in (template, heard)]
    return sum((cosine - float(kind.mean())) / max(float(kind.std()), LEAST_SPREAD) for kind in kinds) / 2.0


def line(voices: Voices, cohort: list[str], strangers: list[str], test: float, nearest: int) -> str:
    """Trials, equal error, and what is missed where 0.1 % of others pass."""
    beside = np.array([one for name in cohort for one in voices.others[name][COHORT_SECONDS]])
    same, others = [], []
    for name, own in voices.customers.items():
        strange = [one for other, of in voices.customers.items() if other != name for one in of[test]]
        strange += [one for other in strangers for one in voices.others[other][test]]
        for template, rest in _enrolments(own[ENROLLED], own[test], ENROLLED, test):
            same += [score(template, one, beside, nearest) for one in rest]
            others += [score(template, one, beside, nearest) for one in strange]
    found = curve(same, others)
    return f"{len(same)} | {len(others)} | {found.equal_error():.2%} | {found.missed_at():.1%}"


def main() -> None:
    """Measure, print."""
    directory, *conditions = sys.argv[1:]
    embedder = CampplusEmbedder()
    out = sys.stdout.write
    out("set | compared, condition | half | nearest | own | others | EER | missed at 0.1 % taken\n")
    for name, corpus in corpora(Path(directory)).items():
        for condition in conditions or CONDITIONS:
            if len(corpus) < LEAST_PEOPLE + TALKERS or not corpus[0].pieces(MUCH):
                continue
            voices = Voices(corpus, condition, embedder)
            people = sorted(voices.others)
            np.random.default_rng(3).shuffle(people)
            halves = people[: len(people) // 2], people[len(people) // 2 :]
            for half, (cohort, strangers) in enumerate((halves, halves[::-1]), start=1):
                for test in TESTS:
                    for nearest in NEAREST:
                        found = line(voices, cohort, strangers, test, nearest)
                        out(f"{name} | {test:.0f} s {condition} | {half} | {nearest or '-'} | {found}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
