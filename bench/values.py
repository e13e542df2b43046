"""Digits, sums and days said by a real person, in noise: `python -m bench.values` (asterisk-core-sounds-en-wav)

Utterances are put together of recorded words, which is harder than fluent speech. Prints how many are understood, how
many wrongly, in each of the bands, and with `--fit` the weights of the regression in `ivr/core/speech/choose.py`.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivr.adapters.whisper_asr import SILENT_SCORE
from ivr.adapters.whisper_model import WhisperModel
from ivr.adapters.whisper_weights import TINY_EN
from ivr.core.speech.choose import VALUE, Measured, value_confidence
from ivr.core.speech.spoken_values import is_value, value_said
from tests.conftest import RealVoice

NOISES = (None, 20.0, 10.0)
"""dB of the voice above white noise."""
EACH = 25
GAP = bytes(2 * 720)
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Trial:
    """One utterance of a value."""

    kind: str
    noise: float | None
    right: bool
    understood: bool
    evidence: Measured


def _number(chance: random.Random) -> tuple[list[str], str]:
    """Recordings of a number up to 9999, and it in figures."""
    value = chance.choice((chance.randint(1, 99), chance.randint(1, 9) * 100, chance.randint(1, 9) * 1000 + 500))
    names: list[str] = []
    rest = value
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if rest >= size:
            names += [f"digits/{rest // size}", f"digits/{name}"]
            rest %= size
    if rest > 20 and rest % 10:
        names += [f"digits/{rest // 10 * 10}", f"digits/{rest % 10}"]
    elif rest:
        names.append(f"digits/{rest}")
    return names, str(value)


def _utterance(kind: str, chance: random.Random) -> tuple[list[str], str]:
    """Names of recordings, and what they say in figures."""
    if kind == "digits":
        digits = "".join(chance.choice("0123456789") for _ in range(chance.choice((4, 6, 8))))
        return [f"digits/{digit}" for digit in digits], digits
    if kind == "amount USD":
        names, value = _number(chance)
        return [*names, "digits/dollars"], value
    month, day = chance.randint(1, MONTHS), chance.randint(1, 20)
    return [f"digits/mon-{month - 1}", f"digits/h-{day}"], f"2028-{month:02}-{day:02}"


def trials(model: WhisperModel) -> Iterator[Trial]:
    """Every kind in every noise."""
    voice, chance = RealVoice(), random.Random(1)
    noise = np.random.default_rng(1)
    for kind in ("digits", "amount USD", "date"):
        for level in NOISES:
            for _ in range(EACH):
                names, meant = _utterance(kind, chance)
                said = np.frombuffer(GAP.join(map(voice, names)), "<i2").astype(np.float64)
                audio: NDArray[np.float64] = np.concatenate([np.zeros(4000), said, np.zeros(4000)])
                if level is not None:
                    loudness = np.sqrt(np.mean(audio[np.abs(audio) > 0] ** 2))
                    audio += noise.normal(0, loudness / 10 ** (level / 20), len(audio))
                heard = model.hear(np.clip(audio, -32768, 32767).astype("<i2").tobytes())
                decoded = model.decode(heard, "en")
                score = model.scores(heard, [decoded.tokens], "en")[0] if decoded.tokens else SILENT_SCORE
                evidence = Measured(decoded.text, score, decoded.no_speech, lambda phrases: ())
                understood = is_value(decoded.text, "en", kind)
                right = understood and value_said(decoded.text, "en", kind) == value_said(meant, "en", kind)
                yield Trial(kind, level, right, understood, evidence)


def main() -> None:
    """A table."""
    every = list(trials(WhisperModel(TINY_EN.directory(Path(tempfile.mkdtemp())))))
    for kind in dict.fromkeys(trial.kind for trial in every):
        for level in NOISES:
            here = [trial for trial in every if (trial.kind, trial.noise) == (kind, level)]
            bands = [0, 0, 0, 0]
            for trial in here:
                if trial.understood:
                    sure = value_confidence(trial.evidence)
                    bands[(0 if sure >= 0.8 else 2) + (not trial.right)] += sure >= 0.5
            title = "clean" if level is None else f"{level:.0f} dB"
            print(f"{kind:10} {title:6} taken {bands[0]} right {bands[1]} wrong, ", end="")
            print(f"asked back {bands[2]} right {bands[3]} wrong, of {len(here)}")
    if "--fit" in sys.argv:
        parsed = [trial for trial in every if trial.understood]
        features = np.array([[1.0, trial.evidence.text_score, trial.evidence.no_speech] for trial in parsed])
        right = np.array([trial.right for trial in parsed], float)
        weights = np.zeros(3)
        for _ in range(60):
            chance = 1 / (1 + np.exp(-features @ weights))
            slope = features.T @ (right - chance) - 0.5 * weights
            curve = (features * (chance * (1 - chance))[:, None]).T @ features + 0.5 * np.eye(3)
            weights = weights + np.linalg.solve(curve, slope)
        print(len(parsed), "parsed,", int(right.sum()), "right; weights", np.round(weights, 3), "now", VALUE)


if __name__ == "__main__":
    main()
