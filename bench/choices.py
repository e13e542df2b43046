"""How sure a choice among ten phrases is, by several real speakers. `python -m bench.choices DIRECTORY`

DIRECTORY holds index.tsv (columns file, speaker, language, text) and the WAV files that it names. English: digits of
several people, one to three of them joined to a phrase; Chinese: words of whoever has hundreds of them. Each goes
through the telephone as in `bench.voices`, twice: with its phrase among the ten, and without (out of grammar). In
babble and over a mobile six people of the folder librispeech talk beside. Printed, never asserted.
"""

from __future__ import annotations

import csv
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.digits import recordings, said
from bench.gsm import library
from bench.voices import CONDITIONS, TALKERS, Sound, levelled, telephone
from ivr.adapters.whisper_asr import WhisperRecognizer
from ivr.adapters.whisper_model import WhisperModel
from ivr.adapters.whisper_weights import BASE, TINY_EN
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.resample import from_pcm
from ivr.core.media.wav import read_wav
from ivr.core.orders.listening import Grammar
from ivr.core.speech.recognized import recognized

AMONG, EACH = 10, 18
"""Phrases of a menu; utterances of each English speaker."""
CHINESE_WORDS = 60
"""Utterances of the Chinese speaker."""
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
ACCEPT, CONFIRM = 0.8, 0.45
BINS = ((0.95, 1.01), (0.8, 0.95), (0.5, 0.8), (0.1, 0.5), (0.0, 0.1))
EDGE = np.zeros(SAMPLE_RATE // 2, np.float32)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What somebody says, and the words of it."""

    speaker: str
    language: str
    phrase: str
    sound: Sound


@dataclass(frozen=True, slots=True)
class Trial:
    """One utterance, heard with a menu."""

    speaker: str
    language: str
    condition: str
    inside: bool
    """Whether its phrase was among the ten."""
    right: bool
    confidence: float


def english(directory: Path, chance: random.Random) -> Iterator[Utterance]:
    """Phrases of one to three digits."""
    for speaker, voice in recordings(directory).items():
        for number in range(EACH):
            digits = "".join(chance.choices("0123456789", k=1 + number % 3))
            yield Utterance(speaker, "en", spelt(digits), said(voice, digits, chance))


def spelt(digits: str) -> str:
    """In words."""
    return " ".join(WORDS[int(digit)] for digit in digits)


def rows(directory: Path) -> list[dict[str, str]]:
    """Of the index."""
    with (directory / "index.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def chinese(directory: Path, chance: random.Random) -> Iterator[Utterance]:
    """Words of two signs and more."""
    found = [one for one in rows(directory) if one["file"].startswith("mandarin_words/") and len(one["text"]) > 1]
    for one in chance.sample(found, CHINESE_WORDS):
        sound = levelled(from_pcm(read_wav((directory / one["file"]).read_bytes(), one["file"])))
        yield Utterance(one["speaker"], "zh", one["text"], np.concatenate([EDGE, sound, EDGE]))


def talkers(directory: Path) -> list[Sound]:
    """Other people: one recording each."""
    found = {one["speaker"]: one["file"] for one in rows(directory) if one["file"].startswith("librispeech/")}
    return [levelled(from_pcm(read_wav((directory / file).read_bytes(), file))) for file in list(found.values())[:24]]


def trials(directory: Path) -> Iterator[Trial]:
    """Every utterance in every condition, with its phrase in the menu and without."""
    models, chance = Path(tempfile.mkdtemp()), random.Random(1)
    recognizers = {
        "en": WhisperRecognizer(WhisperModel(TINY_EN.directory(models)), ("en",)),
        "zh": WhisperRecognizer(WhisperModel(BASE.directory(models)), ("zh",)),
    }
    people = talkers(directory)
    words = [one["text"] for one in rows(directory) if one["file"].startswith("mandarin_words/") and one["text"][1:]]
    for one in (*english(directory, chance), *chinese(directory, chance)):
        for condition in CONDITIONS if library() else CONDITIONS[:2]:
            beside = [np.resize(sound, len(one.sound)) for sound in chance.sample(people, TALKERS)]
            babble = None if condition == "clean" else np.asarray(np.sum(beside, axis=0), np.float32)
            heard = telephone(one.sound, babble, condition)
            for inside in (True, False):
                phrases = menu(one, words, chance, inside=inside)
                grammar = Grammar(one.language, {phrase: (phrase,) for phrase in phrases})
                stream = recognizers[one.language].open(grammar)
                stream.accept(heard)
                found = recognized(stream.finish(), grammar)
                yield Trial(one.speaker, one.language, condition, inside, found.choice == one.phrase, found.confidence)


def menu(one: Utterance, words: Sequence[str], chance: random.Random, *, inside: bool) -> list[str]:
    """Ten phrases of a kind, that which was said first where it is one of them."""
    size = len(one.phrase.split())
    every = list(map(spelt, "0123456789")) if one.language == "en" and size == 1 else words
    made = [one.phrase] if inside else []
    while len(made) < min(AMONG, len(every) - (not inside)):
        digits = "".join(chance.choices("0123456789", k=size))
        other = spelt(digits) if one.language == "en" else chance.choice(every)
        if other != one.phrase and other not in made:
            made.append(other)
    return made


def printed(name: str, here: Sequence[Trial]) -> None:
    """A line of the table."""
    inside, out = ([one for one in here if one.inside is wanted] for wanted in (True, False))
    right = sum(one.right and one.confidence >= ACCEPT for one in inside)
    wrong = sum(not one.right and one.confidence >= ACCEPT for one in inside)
    asked = sum(CONFIRM <= one.confidence < ACCEPT for one in inside)
    taken = sum(one.confidence >= ACCEPT for one in out)
    print(
        f"{name:28} {len(inside):4} | {right / len(inside):.0%} | {wrong / len(inside):.1%} | "
        f"{asked / len(inside):.0%} | {taken / len(out):.1%}",
        flush=True,
    )


def main() -> None:
    """Tables: by condition, by speaker, and how sure the confidence may be."""
    began, by = time.process_time(), dict[str, list[Trial]]()
    every = list(trials(Path(sys.argv[1])))
    print("who and how, utterances | right and >= 0.8 | wrong and >= 0.8 | 0.45-0.8 | out of grammar taken at >= 0.8")
    for one in every:
        for name in (f"{one.language} {one.condition}", f"{one.speaker} {one.condition}"):
            by.setdefault(name, []).append(one)
    for name, here in by.items():
        printed(name, here)
    for language in ("en", "zh"):
        print(
            f"{language}: of all trials, half of them out of grammar, right at a confidence of", sure(every, language)
        )
    print(f"{(time.process_time() - began) / len(every):.2f} s of processor time a trial")


def sure(every: Sequence[Trial], language: str) -> Mapping[str, str]:
    """Confidence -> the share that was right, of how many."""
    found = {}
    for low, high in BINS:
        here = [one.right for one in every if one.language == language and low <= one.confidence < high]
        found[f"{low:g}-{min(high, 1.0):g}"] = f"{sum(here) / max(1, len(here)):.0%} of {len(here)}"
    return found


if __name__ == "__main__":
    main()
