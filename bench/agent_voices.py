"""Whether it is the agent who speaks, by the costs of agents' legs. `python -m bench.agent_voices DIRECTORY`

DIRECTORY as for `bench.voices`; of its folder librispeech speakers with much speech are agents. Each is enrolled with
fifteen seconds (three recordings of five) over a clean telephone, three times with others, and compared with the rest
of theirs and with everybody else's at both lengths at which a leg is looked at. Printed, never asserted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.gsm import library
from bench.voices import CONDITIONS, MUCH, TALKERS, Sound, Speaker, Vectors, corpora, telephone
from ivr.adapters.campplus_embedder import CampplusEmbedder
from ivr.core.identity.calibration import CALIBRATIONS
from ivr.core.identity.verifier import AGENTS, CAMPPLUS
from ivr.engine.cell.agent_voice import STEPS

ENROLLED, RECORDING = 15.0, 5.0
"""Seconds."""


def main() -> None:
    """A line a length and condition."""
    speakers = corpora(Path(sys.argv[1]))["librispeech"]
    noise = [one.pieces(RECORDING)[0] for one in speakers if one.pieces(RECORDING)][-TALKERS:]
    agents = [one for one in speakers if one.pieces(MUCH)]
    others = [one for one in speakers[: -2 * TALKERS] if one not in agents]
    embedder = CampplusEmbedder()
    enrolled = {one.name: [_mean(embedder, part) for part in one.pieces(ENROLLED)] for one in agents}
    print("s, condition | agents' own: known, unsure, another's | others: known, unsure, another's")
    for condition in CONDITIONS if library() else CONDITIONS[:2]:
        for seconds in STEPS:
            heard = {
                one.name: [
                    _vector(embedder, piece, noise, condition) for piece in one.pieces(seconds)[: _most(one, agents)]
                ]
                for one in (*agents, *others)
            }
            _print(seconds, condition, agents, enrolled, heard)


def _most(one: Speaker, agents: Sequence[Speaker]) -> int | None:
    """Of somebody else one piece."""
    return None if one in agents else 1


def _vector(embedder: CampplusEmbedder, piece: Sound, noise: Sequence[Sound], condition: str) -> Vectors:
    beside = np.asarray(np.sum([np.resize(one, len(piece)) for one in noise], axis=0), np.float32)
    return embedder.embed(telephone(piece, None if condition == "clean" else beside, condition))


def _mean(embedder: CampplusEmbedder, part: Sound) -> Vectors:
    thirds = [embedder.embed(telephone(third, None)) for third in np.array_split(part, round(ENROLLED / RECORDING))]
    mean: Vectors = np.mean(thirds, axis=0)
    return mean / np.linalg.norm(mean)


def _print(
    seconds: float,
    condition: str,
    agents: Sequence[Speaker],
    enrolled: dict[str, list[Vectors]],
    heard: dict[str, list[Vectors]],
) -> None:
    limits, own, strange = AGENTS.thresholds(), list[float](), list[float]()
    for one in agents:
        for number, template in enumerate(enrolled[one.name]):
            begin, end = number * ENROLLED, (number + 1) * ENROLLED
            for name, vectors in heard.items():
                for at, vector in enumerate(vectors):
                    if name == one.name and not (at * seconds >= end or (at + 1) * seconds <= begin):
                        continue  # it shares sound with the enrolment
                    ratio = CALIBRATIONS[CAMPPLUS].llr(float(template @ vector), seconds)
                    (own if name == one.name else strange).append(ratio)
    shares = []
    for ratios in (np.array(own), np.array(strange)):
        known, another = np.mean(ratios >= limits.accept), np.mean(ratios < limits.reject)
        shares.append(f"{len(ratios)}: {known:.1%}, {1 - known - another:.1%}, {another:.1%}")
    print(f"{seconds:g} {condition} | {' | '.join(shares)}", flush=True)


if __name__ == "__main__":
    main()
