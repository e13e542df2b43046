"""How well voices are told apart on a telephone. `python -m bench.voices DIRECTORY [--embedder speechbrain:DIRECTORY]`

`--trials FILE` keeps every comparison, for `ivr voiceprint calibrate`. `--order 2` has each enrolled with others of
their recordings: how far the figures of so few people are chance. `--fit`: what ships is judged by
everybody who says eleven seconds, beside calibrations fitted on half of them and judged by the other half.

DIRECTORY holds index.tsv (columns file, speaker, language, text) and the WAV files that it names, of people whom one
may measure with. Everything goes through the telephone: 250-3400 Hz, G.711 mu-law there and back, at -24 dB; in
babble also with six other talkers, 10 dB below; mobile: with them 15 dB below, and GSM full rate (where libgsm is).
Speakers with much speech are customers, the rest are impostors. A customer is enrolled several times with other
recordings, and compared with the rest of theirs and with everybody else's.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import re
import resource
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.gsm import gsm, library
from ivr.adapters.campplus_embedder import CampplusEmbedder
from ivr.adapters.speechbrain_embedder import SpeechbrainEmbedder
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.core.identity.calibration import CALIBRATIONS, Calibration, Trial, fitted
from ivr.core.identity.measures import cost_of_ratios, curve
from ivr.core.identity.verifier import Costs
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.g711 import decode_ulaw, encode_ulaw
from ivr.core.media.resample import from_pcm, to_pcm
from ivr.core.media.wav import read_wav
from ivr.engine.speech.voices import speech_only
from ivr.ports.speech import Embedder

Sound = NDArray[np.float32]
Vectors = NDArray[np.float32]
CONDITIONS = ("clean", "babble", "mobile")
LENGTHS = ((10.0, 10.0), (10.0, 5.0), (10.0, 3.0))
"""Seconds enrolled, seconds compared."""
ENROLMENTS = 3
"""Of each customer, each time with other recordings."""
MUCH = 35.0
"""Seconds of speech that make a customer."""
MOST = 45.0
"""Seconds of one speaker that are looked at: a recording is embedded once a length and condition."""
UNKNOWN = ":unknown"
"""Ends the speaker of a recording of whom nothing is known: each counts as another person."""
ENOUGH, WITH, PIECES = 11.0, 8.0, 2
"""For a fit: seconds of speech that make a customer of somebody, seconds they are enrolled with, and pieces of each
length that are compared."""
RATIOS = (-math.inf, -5.0, -2.0, 0.0, 2.0, 5.0, 7.0, math.inf)
"""Between which it is counted how often a ratio is right."""
TALKERS = 6
LEVEL = 32768.0 * 10.0 ** (-24.0 / 20.0)
BELOW_DB = {"babble": 10.0, "mobile": 15.0}
"""How far the talkers are below the speaker."""
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


def corpora(directory: Path, order: int = 1) -> dict[str, list[Speaker]]:
    """First word of a folder's name -> its speakers, those with the most speech first."""
    found: dict[str, dict[str, Speaker]] = {}
    with (directory / "index.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    random.Random(order).shuffle(rows)  # the same words stand together
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


def telephone(sound: Sound, babble: Sound | None, condition: str = "clean") -> bytes:
    """The sound as it arrives."""
    if babble is not None:
        sound = levelled(sound) + levelled(babble) * np.float32(10.0 ** (-BELOW_DB[condition] / 20.0))
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    # Slopes as a telephone has them. Where all below 300 Hz is cut off, others come nearer (docs/speech.md).
    hertz[0] = hertz[1] / 1000
    spectrum /= np.sqrt(1 + (LOW_HZ / hertz) ** 8) * np.sqrt(1 + (hertz / HIGH_HZ) ** 16)
    heard = to_pcm(levelled(np.fft.irfft(spectrum, len(sound)).astype(np.float32)))
    return decode_ulaw(encode_ulaw(gsm(heard) if condition == "mobile" else heard))


def levelled(sound: Sound) -> Sound:
    """At one loudness."""
    return sound * np.float32(LEVEL / max(1.0, float(np.sqrt(np.mean(sound**2)))))


@dataclass(frozen=True, slots=True)
class Compared:
    """Whose template and whose speech, by their names, and the comparison."""

    customer: str
    other: str
    trial: Trial


Rows = list[tuple[str, Trial]]
"""Whose template it was, and the comparison."""


def listener(
    corpus: Sequence[Speaker], embedder: Embedder, condition: str
) -> tuple[Sequence[Speaker], Callable[[Sound], Vectors]]:
    """Who may be measured, and how their speech becomes a vector; those who lend the babble are not among them."""
    corpus = [one for one in corpus if one.pieces(3.0)]
    noise = [one.pieces(3.0)[0] for one in corpus[-TALKERS:]] if len(corpus) > 5 * TALKERS else []
    chance = np.random.default_rng(1)

    def vector(sound: Sound) -> Vectors:
        babble = None
        if condition in BELOW_DB:
            parts = noise or _others(corpus, chance)
            babble = np.sum(
                [np.resize(np.roll(part, chance.integers(len(part))), len(sound)) for part in parts], axis=0
            )
        return embedder.embed(telephone(sound, babble, condition))

    return corpus[:-TALKERS] if noise else corpus, vector


def measured(corpus: Sequence[Speaker], embedder: Embedder, condition: str) -> Mapping[tuple[float, float], Rows]:
    """All lengths in one condition."""
    speakers, vector = listener(corpus, embedder, condition)
    customers = [one for one in speakers if len(one.pieces(MUCH))]
    seconds = sorted({length for pair in LENGTHS for length in pair})
    known = {(one.name, size): [vector(piece) for piece in one.pieces(size)] for one in customers for size in seconds}
    tests = sorted({test for _, test in LENGTHS})
    strange = {
        size: [vector(piece) for one in speakers if one not in customers for piece in one.pieces(size)[:1]]
        for size in tests
    }
    made: dict[tuple[float, float], Rows] = {}
    for enrolled, test in LENGTHS:
        made[enrolled, test] = rows = []
        for one in customers:
            for template, rest in _enrolments(known[one.name, enrolled], known[one.name, test], enrolled, test):
                rows += [(one.name, Trial(float(template @ other), test, same=True)) for other in rest]
                others = [each for two in customers if two is not one for each in known[two.name, test]]
                others += strange[test]
                rows += [(one.name, Trial(float(template @ other), test, same=False)) for other in others]
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


def everybody(corpus: Sequence[Speaker], embedder: Embedder, condition: str) -> list[Compared]:
    """Whoever says ENOUGH is enrolled once, with WITH seconds, and compared with the rest of theirs and with all
    others: many people, who count alike."""
    speakers, vector = listener(corpus, embedder, condition)
    templates: dict[str, Vectors] = {}
    heard: dict[str, list[tuple[float, Vectors, bool]]] = {}
    for one in speakers:
        rest = one
        if enough := one.pieces(ENOUGH):
            templates[one.name] = vector(enough[0][: int(WITH * SAMPLE_RATE)])
            rest = Speaker(one.name, [np.concatenate(one.clips)[int(WITH * SAMPLE_RATE) :]])
        pieces = heard[one.name] = []
        for _, size in LENGTHS:  # who has too little left beside the enrolment is another to others all the same
            apart = rest.pieces(size)[:PIECES]
            pieces += [(size, vector(piece), bool(apart)) for piece in apart or one.pieces(size)[:1]]
    return [
        Compared(customer, other, Trial(float(template @ each), size, same=customer == other))
        for customer, template in templates.items()
        for other, pieces in heard.items()
        for size, each, is_apart in pieces
        if is_apart or customer != other
    ]


def fit(directory: Path, embedder: Embedder) -> None:
    """Of the corpus of most people: what ships, by those whom it was not fitted on as customers; then a calibration on
    one half of the people, judged by the other half beside what ships, and the other way round. Of other corpora: what
    ships."""
    speakers = {name: corpus for name, corpus in corpora(directory).items() if corpus[0].pieces(ENOUGH)}
    found = {
        name: {condition: everybody(corpus, embedder, condition) for condition in filter(fits, CONDITIONS)}
        for name, corpus in speakers.items()
    }
    most = max(found, key=lambda name: len(speakers[name]))
    known = {one.name for one in speakers[most] if one.pieces(MUCH)}
    many = [row for rows in found[most].values() for row in rows]
    people = sorted({name for row in many for name in (row.customer, row.other)})
    every = fitted([row.trial for row in many], embedder.name)
    shipped = CALIBRATIONS.get(embedder.name, every)
    for name, by_condition in found.items():
        among = {row.other for rows in by_condition.values() for row in rows} - (known if name == most else set())
        for condition, rows in by_condition.items():
            _judged(f"what ships, on {name}, {condition}", shipped, _of(rows, among))
    random.Random(7).shuffle(people)
    halves = people[::2], people[1::2]
    for one, other in (halves, halves[::-1]):
        half = fitted(_of(many, one), "half")
        for kind, calibration in (("a half", half), ("what ships", shipped)):
            _judged(f"{kind}, on the other half", calibration, _of(many, other))
        sys.stdout.write(f"{half}\n")
    sys.stdout.write(f"{every}\n")


def fits(condition: str) -> bool:
    """Whether it can be had here."""
    return condition != "mobile" or library() is not None


def _of(rows: Sequence[Compared], people: Collection[str]) -> list[Trial]:
    """Trials of which both are among these."""
    among = frozenset(people)
    return [row.trial for row in rows if row.customer in among and row.other in among]


def _judged(name: str, calibration: Calibration, trials: Sequence[Trial]) -> None:
    """What its ratios are worth to people; of as many right voices as others, how many are right where it says so."""
    same, others = (
        np.array([calibration.llr(one.score, one.seconds) for one in trials if one.same is wanted])
        for wanted in (True, False)
    )
    limits, out = Costs().thresholds(), sys.stdout.write
    out(
        f"{name}: {len(same)} right voices, {len(others)} others; Cllr {cost_of_ratios(list(same), list(others)):.3f}; "
        f"accepted {np.mean(same >= limits.accept):.1%}, {np.mean(others >= limits.accept):.3%}; "
        f"rejected {np.mean(same < limits.reject):.1%}, {np.mean(others < limits.reject):.1%}\n"
    )
    wrong = 0.0
    for low, high in pairwise(RATIOS):
        of_same, of_others = ((low <= kind) & (kind < high) for kind in (same, others))
        seen = np.mean(of_same), np.mean(of_others)
        if (both := float(sum(seen))) == 0.0:
            continue
        chance = 1.0 / (1.0 + np.exp(-same[of_same])), 1.0 / (1.0 + np.exp(-others[of_others]))
        expected = sum(float(part.sum()) / len(kind) for part, kind in zip(chance, (same, others), strict=True)) / both
        wrong += abs(expected - float(seen[0]) / both) * both / 2.0
        out(f"    {low:5g} to {high:5g}: {of_same.sum():5} right, {of_others.sum():6} others; ")
        out(f"said {expected:7.2%}, seen {seen[0] / both:7.2%}\n")
    out(f"    expected calibration error {wrong:.2%}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--trials", type=Path, help="write every comparison there")
    parser.add_argument("--embedder", default="campplus", help="campplus, or speechbrain:DIRECTORY")
    parser.add_argument("--order", type=int, default=1, help="of the recordings, by number")
    parser.add_argument(
        "--fit", action="store_true", help="judge what ships, and fits on half of the people, by others"
    )
    asked = parser.parse_args()
    kind, _, place = asked.embedder.partition(":")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    embedder: Embedder = SpeechbrainEmbedder(Path(place)) if kind == "speechbrain" else CampplusEmbedder()
    if asked.fit:
        fit(asked.directory, embedder)
        return
    out = sys.stdout.write
    out(f"{embedder.name}\n")
    sound = to_pcm(np.random.default_rng(1).normal(0, 2000, 10 * SAMPLE_RATE).astype(np.float32))
    embedder.embed(sound)
    began = time.process_time()
    embedder.embed(sound)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    out(f"{(time.process_time() - began) / 10:.3f} s of CPU a second of speech; {grown // 1024} MB\n")
    out("set | s enrolled/compared, condition | own | others | EER | missed at 0.1 % taken | Cllr | ")
    out("own: accepted, rejected | others: accepted, not rejected (calibrated without the customer, usual costs)\n")
    kept: dict[tuple[str, str, float], Rows] = {}
    for name, corpus in corpora(asked.directory, asked.order).items():
        if len(corpus) < 2 or not corpus[0].pieces(MUCH):
            continue
        for condition in filter(fits, CONDITIONS):
            for (_, test), rows in measured(corpus, embedder, condition).items():
                kept[name, condition, test] = rows
        ratios = _without_the_customer([row for key, rows in kept.items() if key[0] == name for row in rows])
        for (of, condition, test), rows in kept.items():
            if of == name:
                out(f"{name} | 10/{test:.0f} {condition} | {_line(rows, ratios)}\n")
        sys.stdout.flush()
    if asked.trials:
        lines = [
            f"{trial.score:.5f}\t{trial.seconds:g}\t{int(trial.same)}\t{customer}\t{name}\t{condition}"
            for (name, condition, _), rows in kept.items()
            for customer, trial in rows
        ]
        asked.trials.write_text("\n".join(["score\tseconds\tsame\tcustomer\tset\tcondition", *lines]) + "\n")


def _without_the_customer(rows: Rows) -> dict[str, Calibration]:
    """Customer -> a calibration on the trials of all the others' templates: nobody is judged by what they gave."""
    customers = sorted({customer for customer, _ in rows})
    return {one: fitted([trial for customer, trial in rows if customer != one], "bench") for one in customers}


def _line(rows: Rows, ratios: Mapping[str, Calibration]) -> str:
    same, others = (
        [ratios[customer].llr(trial.score, trial.seconds) for customer, trial in rows if trial.same is wanted]
        for wanted in (True, False)
    )
    scores = curve(
        [trial.score for _, trial in rows if trial.same], [trial.score for _, trial in rows if not trial.same]
    )
    limits = Costs().thresholds()
    own, strange = np.array(same), np.array(others)
    return (
        f"{len(same)} | {len(others)} | {scores.equal_error():.1%} | {scores.missed_at():.1%} | "
        f"{cost_of_ratios(same, others):.3f} | {np.mean(own >= limits.accept):.1%}, "
        f"{np.mean(own < limits.reject):.1%} | {np.mean(strange >= limits.accept):.2%}, "
        f"{np.mean(strange >= limits.reject):.1%}"
    )


if __name__ == "__main__":
    main()
