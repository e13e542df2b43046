"""`python -m bench.pauses DIRECTORY`: what Smart Turn changes of when a caller's turn ends, on read English.

DIRECTORY holds index.tsv (columns file, speaker, language, text) and the WAV files that it names; of its folder
librispeech one recording of each speaker is heard, as it arrives by telephone (`bench.voices`), in babble too. Every
pause that the speech service would ask about is asked about. A pause within a recording is one where the reader went
on; the last one is an end. People who read pause where a sentence ends, so much that counts as a pause is complete.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.voices import TALKERS, Sound, levelled, telephone
from ivr.adapters.smart_turn import SmartTurnDetector
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE, samples
from ivr.core.media.resample import from_pcm
from ivr.core.media.wav import read_wav
from ivr.core.speech.gate import Ended, Gate, OnsetSuspected
from ivr.core.speech.turn import COMPLETE, LONGER_SILENCE_SECONDS
from ivr.engine.speech.listening import PAUSE
from ivr.engine.speech.turns import JUDGED_BYTES

SPEAKERS = 60
USUAL_SECONDS = 0.7
"""Silence that ends a turn, unless a dialplan says otherwise."""
AFTER = bytes(samples(1.0) * SAMPLE_BYTES)


@dataclass(frozen=True, slots=True)
class Pause:
    """One that was asked about."""

    complete: float
    lasted: float
    """Seconds until speech went on; infinite at the end."""


def recordings(directory: Path) -> Iterator[Sound]:
    """One of each speaker."""
    known: set[str] = set()
    with (directory / "index.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["file"].startswith("librispeech/") and row["speaker"] not in known and len(known) < SPEAKERS:
                known.add(row["speaker"])
                yield from_pcm(read_wav((directory / row["file"]).read_bytes(), row["file"]))


def pauses(pcm: bytes, detector: SmartTurnDetector) -> Iterator[Pause]:
    """As the speech service finds them."""
    gate, vad = Gate(PAUSE), WebrtcFrameVad()
    asked: tuple[int, float] | None = None
    for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
        sample = at // SAMPLE_BYTES
        fact = gate.push(vad.is_speech(pcm[at : at + FRAME_BYTES]), sample)
        if isinstance(fact, OnsetSuspected):
            gate.confirm()
            if asked is not None:
                yield Pause(asked[1], (fact.sample - asked[0]) / SAMPLE_RATE)
            asked = None
        elif isinstance(fact, Ended):
            heard = pcm[max(0, at + FRAME_BYTES - JUDGED_BYTES) : at + FRAME_BYTES]
            asked = fact.sample, detector.is_complete(heard)
    if asked is not None:
        yield Pause(asked[1], float("inf"))


def main() -> None:
    """A line for each condition."""
    detector = SmartTurnDetector()
    sounds = list(recordings(Path(sys.argv[1])))
    for condition in ("clean", "babble"):
        found: list[Pause] = []
        began = time.process_time()
        for place, sound in enumerate(sounds):
            others = [
                np.resize(levelled(sounds[(place + one) % len(sounds)]), len(sound)) for one in range(1, TALKERS + 1)
            ]
            noise = np.asarray(np.sum(others, axis=0), np.float32) if condition == "babble" else None
            found += pauses(telephone(sound, noise, condition) + AFTER, detector)
            sys.stderr.write(f"\r{condition}: {place + 1} of {len(sounds)} ")
        spent = (time.process_time() - began) / len(found)
        sys.stdout.write(
            f"{condition}: {len(sounds)} speakers, {report(found)}, {spent:.3f} s of processor time a pause\n"
        )
        sys.stdout.flush()


def report(found: Sequence[Pause]) -> str:
    """What was held, and what that gained and cost."""
    ends = [one for one in found if one.lasted == float("inf")]
    within = [one for one in found if one.lasted < float("inf")]
    long = [one for one in within if one.lasted >= USUAL_SECONDS]
    saved = [one for one in long if one.complete < COMPLETE and one.lasted < LONGER_SILENCE_SECONDS]
    held, later = (sum(one.complete < COMPLETE for one in part) for part in (within, ends))
    return (
        f"{len(within)} pauses within, {held} held; {len(long)} end the turn after {USUAL_SECONDS} s, "
        f"{len(saved)} of them no longer; {len(ends)} ends, {later} of them "
        f"{LONGER_SILENCE_SECONDS - USUAL_SECONDS:.1f} s later"
    )


if __name__ == "__main__":
    main()
