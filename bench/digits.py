"""Digits said by several people: exactly right, wrong and asked back. `python -m bench.digits DIRECTORY`

DIRECTORY holds index.tsv (columns file, speaker, language, text) and the WAV files that it names: single English
digits, the digit in `text`. Rows of 4 and 8 are put together with pauses, which is harder than fluent speech, and go
through the telephone as in `bench.voices`, in babble too (the other speakers').
"""

from __future__ import annotations

import csv
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.voices import TALKERS, Sound, levelled, telephone
from ivr.adapters.whisper_asr import WhisperRecognizer
from ivr.adapters.whisper_model import WhisperModel
from ivr.adapters.whisper_weights import BASE, TINY_EN
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.resample import from_pcm
from ivr.core.media.wav import read_wav
from ivr.core.orders.listening import Grammar
from ivr.core.speech.choose import DigitsRead, Measured
from ivr.core.speech.recognized import recognized
from ivr.core.speech.spoken_digits import digits_said

GRAMMAR = Grammar("en", free=True, value="digits")
LENGTHS, EACH = (4, 8), 6
GAP_SECONDS, EDGE_SECONDS = 0.1, 0.4
ACCEPT, CONFIRM = 0.8, 0.5


@dataclass(frozen=True, slots=True)
class Trial:
    """One row of digits, heard."""

    speaker: str
    length: int
    condition: str
    meant: str
    found: Measured
    read: DigitsRead
    took: str
    """What the core took it for."""
    confidence: float


def recordings(directory: Path) -> dict[str, dict[str, list[Sound]]]:
    """Speaker -> digit -> their recordings, at one loudness."""
    found: dict[str, dict[str, list[Sound]]] = {}
    with (directory / "index.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["language"] == "en" and row["text"] in set("0123456789"):
                sound = levelled(from_pcm(read_wav((directory / row["file"]).read_bytes(), row["file"])))
                found.setdefault(row["speaker"], {}).setdefault(row["text"], []).append(sound)
    return found


def said(voice: dict[str, list[Sound]], digits: str, chance: random.Random) -> Sound:
    """A row of digits, with silence round it."""
    edge, gap = (np.zeros(round(SAMPLE_RATE * length), np.float32) for length in (EDGE_SECONDS, GAP_SECONDS))
    parts = [part for digit in digits for part in (chance.choice(voice[digit]), gap)]
    return np.concatenate([edge, *parts, edge])


def babble_of(voices: dict[str, dict[str, list[Sound]]], without: str, length: int, chance: random.Random) -> Sound:
    """Six talkers of digits at once."""
    others = [voice for name, voice in voices.items() if name != without]
    rows = [said(chance.choice(others), "".join(chance.choices("0123456789", k=12)), chance) for _ in range(TALKERS)]
    return np.asarray(np.sum([np.resize(row, length) for row in rows], axis=0), np.float32)


def trials(directory: Path) -> Iterator[Trial]:
    """Every speaker, length and condition."""
    models = Path(tempfile.mkdtemp())
    base = WhisperModel(BASE.directory(models))
    recognizer = WhisperRecognizer(WhisperModel(TINY_EN.directory(models)), ("en",), digits=base)
    voices, chance = recordings(directory), random.Random(1)
    for speaker, voice in voices.items():
        for length in LENGTHS:
            for number in range(EACH * 2):
                digits = "".join(chance.choices("0123456789", k=length))
                noisy = number % 2 == 1
                sound = said(voice, digits, chance)
                stream = recognizer.open(GRAMMAR)
                babble = babble_of(voices, speaker, len(sound), chance) if noisy else None
                stream.accept(telephone(sound, babble, "babble" if noisy else "clean"))
                found = stream.finish()
                assert isinstance(found, Measured)
                assert found.digits is not None
                answer = recognized(found, GRAMMAR)
                yield Trial(
                    *(speaker, length, "babble" if noisy else "clean", digits, found, found.digits()),
                    *(digits_said(answer.text, "en") or "", answer.confidence),
                )


def main() -> None:
    """A table, by length and condition."""
    began = time.process_time()
    every = list(trials(Path(sys.argv[1])))
    print(f"{len(every)} rows of {len({trial.speaker for trial in every})} speakers")
    for length in LENGTHS:
        for condition in ("clean", "babble"):
            here = [trial for trial in every if (trial.length, trial.condition) == (length, condition)]
            free = sum(digits_said(trial.found.text, "en") == trial.meant for trial in here)
            only = sum(trial.read.digits == trial.meant for trial in here)
            took = [trial for trial in here if trial.took and trial.confidence >= ACCEPT]
            back = [trial for trial in here if trial.took and CONFIRM <= trial.confidence < ACCEPT]
            counts = [sum(t.took == t.meant for t in part) for part in (took, back)]
            short = sum(t.took != t.meant and len(t.took) == length for t in took)
            print(
                f"{length} digits {condition:7} exact: free {free}, digits only {only}; taken {counts[0]} right "
                f"{len(took) - counts[0]} wrong ({short} of the right length), asked back {counts[1]} right "
                f"{len(back) - counts[1]} wrong, of {len(here)}"
            )
    print(f"{(time.process_time() - began) / len(every):.2f} s of processor time a row, read twice here")


if __name__ == "__main__":
    main()
