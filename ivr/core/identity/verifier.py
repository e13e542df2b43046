"""From a score to a verdict. Fails closed: whatever cannot be judged is UNSURE, and UNSURE never opens a door."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a voice comparison comes to."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Of one embedder, on telephone audio. Between the two: unsure."""

    accept: float
    reject: float
    min_speech: float = 2.5
    """Net seconds below which no score counts."""

    def __post_init__(self) -> None:
        if not -1.0 <= self.reject <= self.accept <= 1.0:
            raise ValueError("thresholds: -1 <= reject <= accept <= 1")


CAMPPLUS = "campplus/92f29b94e6948786"
"""The embedder that comes with the engine, with the first digits of its weights' SHA-256."""
DEFAULT_THRESHOLDS: dict[str, Thresholds] = {
    # Real speakers, telephone band and mu-law (docs/speech.md): the cosine that one impostor in a thousand reaches
    # moves little with length and noise.
    "campplus": Thresholds(accept=0.70, reject=0.50),
    # No ECAPA weights come with the engine; the value its authors publish is for 16 kHz. Calibrate before use.
    "ecapa": Thresholds(accept=0.65, reject=0.25),
}


def judge(score: float | None, speech_seconds: float, thresholds: Thresholds) -> Verdict:
    """The verdict on a cosine score. None, NaN, or too little speech: UNSURE."""
    if score is None or not math.isfinite(score) or not -1.0 <= score <= 1.0:
        return Verdict.UNSURE
    if speech_seconds < thresholds.min_speech:
        return Verdict.UNSURE
    if score >= thresholds.accept:
        return Verdict.ACCEPT
    return Verdict.REJECT if score < thresholds.reject else Verdict.UNSURE
