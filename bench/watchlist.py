"""How often a watchlist takes a stranger for one of its voices: python -m bench.watchlist DIRECTORY

DIRECTORY as `bench.voices` has it. Each speaker with enough speech is listed by one piece, and calls with another; both
through the telephone. Lists of several lengths are drawn by chance; whoever is not on one is a stranger to it.
Printed, never asserted.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from bench.voices import Sound, corpora, telephone
from ivr.adapters.campplus_embedder import CampplusEmbedder
from ivr.core.identity.calibration import CALIBRATIONS
from ivr.core.identity.verifier import CAMPPLUS
from ivr.core.identity.watchlist import threshold
from ivr.core.media.frame import SAMPLE_RATE

LISTED_SECONDS, CALL_SECONDS = 6.0, 5.0
"""Of speech."""
LISTS = 300
"""Drawn for each length."""
LENGTHS = (1, 10, 30, 100)


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--corpus", default="librispeech")
    asked = parser.parse_args()
    embedder, listed, called = CampplusEmbedder(), [], []
    for speaker in corpora(asked.directory)[asked.corpus]:
        whole = np.concatenate(speaker.clips)
        first, rest = int(LISTED_SECONDS * SAMPLE_RATE), int(CALL_SECONDS * SAMPLE_RATE)
        if len(whole) >= first + rest:
            listed.append(_vector(embedder, whole[:first]))
            called.append(_vector(embedder, whole[-rest:]))
    cosines = np.asarray(called) @ np.asarray(listed).T
    calibration = CALIBRATIONS[CAMPPLUS]
    ratios = np.vectorize(lambda cosine: calibration.llr(float(cosine), CALL_SECONDS))(cosines)
    people, chance = len(listed), np.random.default_rng(1)
    print(f"{people} speakers; listed by {LISTED_SECONDS:.0f} s, called with {CALL_SECONDS:.0f} s")
    for length in (one for one in LENGTHS if one < people):
        limit = threshold(length, calibration)
        strangers = alarms = own = missed = 0
        for _ in range(LISTS):
            on = chance.permutation(people)[:length]
            off = np.setdiff1d(np.arange(people), on)
            alarms += int((ratios[np.ix_(off, on)].max(axis=1) >= limit).sum())
            strangers += len(off)
            missed += int((ratios[np.ix_(on, on)].max(axis=1) < limit).sum())
            own += length
        print(
            f"{length:4} on the list, from {limit:.1f}: {alarms} of {strangers} strangers ({alarms / strangers:.3%}), "
            f"{missed} of {own} calls of its voices missed ({missed / own:.1%})"
        )


def _vector(embedder: CampplusEmbedder, sound: Sound) -> np.ndarray:
    found = np.asarray(embedder.embed(telephone(sound, None)), float)
    unit: np.ndarray = found / np.linalg.norm(found)
    return unit


if __name__ == "__main__":
    main()
