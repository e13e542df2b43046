"""How well voices are told apart on a telephone. `python -m bench.voices DIRECTORY [--embedder speechbrain:DIRECTORY]`

DIRECTORY holds index.tsv (columns file, speaker, language, text) and the WAV files that it names, of people whom one
may measure with. Everything goes through the telephone: 250-3400 Hz, G.711 mu-law there and back, at -24 dB; in babble
also with six other talkers, 10 dB below. Speakers with much speech are customers, the rest are impostors. A customer is
enrolled several times with other recordings, and compared with the rest of theirs and with everybody else's.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivr.adapters.campplus_embedder import CampplusEmbedder
from ivr.adapters.speechbrain_embedder import SpeechbrainEmbedder
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.core.identity.verifier import DEFAULT_THRESHOLDS
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.g711 import decode_ulaw, encode_ulaw
from ivr.core.media.resample import from_pcm, to_pcm
from ivr.core.media.wav import read_wav
from ivr.engine.speech.voices import speech_only
from ivr.ports.speech import Embedder

Sound = NDArray[np.float32]
Vectors = NDArray[np.float32]
CONDITIONS = ("clean", "babble")
LENGTHS = ((10.0, 5.0), (10.0, 3.0), (3.0, 3.0))
"""Seconds enrolled, seconds compared."""
ENROLMENTS = 3
"""Of each customer, each time with other recordings."""
MUCH = 35.0
"""Seconds of speech that make a customer."""
MOST = 45.0
"""Seconds of one speaker that are looked at: a recording is embedded once a length and condition."""
UNKNOWN = ":unknown"
"""Ends the speaker of a recording of whom nothing is known: each counts as another person."""
TALKERS = 6
LEVEL = 32768.0 * 10.0 ** (-24.0 / 20.0)
BABBLE_DB = 10.0
LOW_HZ, HIGH_HZ = 250.0, 3400.0


@dataclass(slots=True)
class Speaker:
    """One person's recordings, speech only."""

    name: str
    clips: list[Sound] = field(default_factory=list)

    def pieces(self, seconds: float) -> list[Sound]:
        """Their speech in order, cut to a length."""
        whole = np.concatenate(self.clips)[: int(MOST * SAMPLE_RATE)]
        size = int(seconds * SAMPLE_RATE)
        return [whole[start : start + size] for start in range(0, len(whole) - size + 1, size)]


def corpora(directory: Path) -> dict[str, list[Speaker]]:
    """First word of a folder's name -> its speakers, those with the most speech first."""
    found: dict[str, dict[str, Speaker]] = {}
    with (directory / "index.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    random.Random(1).shuffle(rows)  # the same words stand together
    for row in rows:
        speakers = found.setdefault(re.split("[_/]", row["file"])[0], {})
        name = row["file"] if row["speaker"].endswith(UNKNOWN) else row["speaker"]
        speaker = speakers.setdefault(name, Speaker(name))
        if sum(map(len, speaker.clips)) < MOST * SAMPLE_RATE:
            pcm = read_wav((directory / row["file"]).read_bytes(), row["file"])
            speaker.clips.append(from_pcm(speech_only(pcm, WebrtcFrameVad())))
    return {
        name: sorted(speakers.values(), key=lambda one: (-sum(map(len, one.clips)), one.name))
        for name, speakers in found.items()
    }


def telephone(sound: Sound, babble: Sound | None) -> bytes:
    """The sound as it arrives."""
    if babble is not None:
        sound = _levelled(sound) + _levelled(babble) * np.float32(10.0 ** (-BABBLE_DB / 20.0))
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    # Slopes as a telephone has them. Where all below 300 Hz is cut off, others come nearer (docs/speech.md).
    hertz[0] = hertz[1] / 1000
    spectrum /= np.sqrt(1 + (LOW_HZ / hertz) ** 8) * np.sqrt(1 + (hertz / HIGH_HZ) ** 16)
    return decode_ulaw(encode_ulaw(to_pcm(_levelled(np.fft.irfft(spectrum, len(sound)).astype(np.float32)))))


def _levelled(sound: Sound) -> Sound:
    return sound * np.float32(LEVEL / max(1.0, float(np.sqrt(np.mean(sound**2)))))


@dataclass(slots=True)
class Trials:
    """Scores of the right voice and of others."""

    own: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)

    def equal_error(self) -> float:
        """Where as many of the right voices are missed as of the others are taken."""
        marks = np.sort(np.array([*self.own, *self.others]))
        missed = np.searchsorted(np.sort(self.own), marks) / len(self.own)
        taken = 1 - np.searchsorted(np.sort(self.others), marks) / len(self.others)
        best = int(np.argmin(np.abs(missed - taken)))
        return float(missed[best] + taken[best]) / 2

    def missed_at(self, taken: float) -> tuple[float, float]:
        """Share of the right voices below the cosine that this share of the others reaches; that cosine."""
        mark = float(np.quantile(self.others, 1 - taken))
        return float(np.mean(np.array(self.own) <= mark)), mark


def measured(corpus: Sequence[Speaker], embedder: Embedder, condition: str) -> Mapping[tuple[float, float], Trials]:
    """All lengths in one condition."""
    corpus = [one for one in corpus if one.pieces(3.0)]
    noise = [one.pieces(3.0)[0] for one in corpus[-TALKERS:]] if len(corpus) > 5 * TALKERS else []
    speakers = corpus[:-TALKERS] if noise else corpus
    customers = [one for one in speakers if len(one.pieces(MUCH))]
    chance = np.random.default_rng(1)

    def vector(sound: Sound) -> Vectors:
        babble = None
        if condition == "babble":
            parts = noise or _others(corpus, chance)
            babble = np.sum(
                [np.resize(np.roll(part, chance.integers(len(part))), len(sound)) for part in parts], axis=0
            )
        return embedder.embed(telephone(sound, babble))

    seconds = sorted({length for pair in LENGTHS for length in pair})
    known = {(one.name, size): [vector(piece) for piece in one.pieces(size)] for one in customers for size in seconds}
    tests = sorted({test for _, test in LENGTHS})
    strange = {
        size: [vector(piece) for one in speakers if one not in customers for piece in one.pieces(size)[:1]]
        for size in tests
    }
    made = {}
    for enrolled, test in LENGTHS:
        made[enrolled, test] = trials = Trials()
        for one in customers:
            for template, rest in _enrolments(known[one.name, enrolled], known[one.name, test], enrolled, test):
                trials.own += [float(template @ other) for other in rest]
                others = [each for two in customers if two is not one for each in known[two.name, test]]
                trials.others += [float(template @ other) for other in [*others, *strange[test]]]
    return made


def _others(corpus: Sequence[Speaker], chance: np.random.Generator) -> list[Sound]:
    """Talkers for a corpus of few: single pieces of all of them."""
    pieces = [piece for speaker in corpus for piece in speaker.pieces(3.0)[-4:]]
    return [pieces[number] for number in chance.choice(len(pieces), TALKERS, replace=False)]


def _enrolments(
    templates: list[Vectors], tests: list[Vectors], enrolled: float, test: float
) -> Iterator[tuple[Vectors, list[Vectors]]]:
    """A template, and the pieces of the same person that share no sound with it."""
    for number in range(min(ENROLMENTS, len(templates))):
        begin, end = number * enrolled, (number + 1) * enrolled
        rest = [one for at, one in enumerate(tests) if (at + 1) * test <= begin or at * test >= end]
        if rest:
            yield templates[number], rest


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--embedder", default="campplus", help="campplus, or speechbrain:DIRECTORY")
    asked = parser.parse_args()
    kind, _, place = asked.embedder.partition(":")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    embedder: Embedder = SpeechbrainEmbedder(Path(place)) if kind == "speechbrain" else CampplusEmbedder()
    out = sys.stdout.write
    out(f"{embedder.name}\n")
    bounds = DEFAULT_THRESHOLDS[embedder.name.partition("/")[0]]
    sound = to_pcm(np.random.default_rng(1).normal(0, 2000, 10 * SAMPLE_RATE).astype(np.float32))
    embedder.embed(sound)
    began = time.process_time()
    embedder.embed(sound)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    out(f"{(time.process_time() - began) / 10:.3f} s of CPU a second of speech; {grown // 1024} MB\n")
    out("set | s enrolled/compared, condition | own | others | EER | missed at 0.1 % taken (cosine) | ")
    out(f"own: accepted, rejected | others: accepted, not rejected (accept {bounds.accept}, reject {bounds.reject})\n")
    for name, corpus in corpora(asked.directory).items():
        if len(corpus) < 2 or not corpus[0].pieces(MUCH):
            continue
        for condition in CONDITIONS:
            for (enrolled, test), trials in measured(corpus, embedder, condition).items():
                missed, mark = trials.missed_at(0.001)
                own, others = np.array(trials.own), np.array(trials.others)
                out(f"{name} | {enrolled:.0f}/{test:.0f} {condition} | {len(own)} | {len(others)} | ")
                out(f"{trials.equal_error():.1%} | {missed:.1%} ({mark:.2f}) | ")
                out(f"{np.mean(own >= bounds.accept):.1%}, {np.mean(own < bounds.reject):.1%} | ")
                out(f"{np.mean(others >= bounds.accept):.2%}, {np.mean(others >= bounds.reject):.1%}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
