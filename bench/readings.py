"""How often a text that a person reads aloud is recognized whole. `python -m bench.readings DIRECTORY [--language zh]`

DIRECTORY holds index.tsv (columns file, speaker, language, text) and the WAV files that it names: read sentences, with
what was read in `text`. Each goes through the telephone as in `bench.voices` to the recognizer that hears agents'
talks, and is held to its text as a warning is. Printed, never asserted.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from bench.voices import levelled, telephone
from ivr.apps.settings import Settings
from ivr.apps.wiring.recognizers import LiveRecognizers
from ivr.core.media.resample import from_pcm
from ivr.core.media.wav import read_wav
from ivr.core.orders.listening import Grammar
from ivr.core.speech.read_aloud import Following, Script, units_of

LEAST_UNITS = 8
"""Words, or Chinese signs: what is shorter is no sentence."""


def main() -> None:
    """A line a sentence, and how many were whole."""
    parser = argparse.ArgumentParser(prog="python -m bench.readings", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--language", default="zh")
    asked = parser.parse_args()
    recognizer, whole, every, written, signs = LiveRecognizers(Settings())(asked.language), 0, 0, 0, 0
    for name, text, pcm in _sentences(asked.directory, asked.language):
        stream = recognizer.open(Grammar(asked.language, free=True))
        stream.accept(pcm)
        script, said = Script.of(text, asked.language), stream.finish().text
        found = Following(script).heard(said, 0).whole is not None
        same = SequenceMatcher(None, script.units, units_of(said, asked.language), autojunk=False)
        matching = sum(block.size for block in same.get_matching_blocks())
        whole, every, written, signs = whole + found, every + 1, written + matching, signs + len(script.units)
        print(f"{name:40} {'whole' if found else '-':6} {matching:3} of {len(script.units):3} as written", flush=True)
    print(f"{whole} of {every} whole; {written} of {signs} words or signs as written")


def _sentences(directory: Path, language: str) -> Iterator[tuple[str, str, bytes]]:
    """Name, text and sound of each."""
    with (directory / "index.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["language"] == language and len(units_of(row["text"], language)) >= LEAST_UNITS:
                sound = levelled(from_pcm(read_wav((directory / row["file"]).read_bytes(), row["file"])))
                yield row["file"], row["text"], telephone(sound, None, "clean")


if __name__ == "__main__":
    main()
