"""`python -m bench.prompt_voices DIRECTORY LANGUAGE [VOICE...] [--step N]`: which voice of Kokoro is understood best.

DIRECTORY holds voices as files NAME.bin, as npm's kokoro-js has them (package/voices). Every Nth shipped prompt is
spoken by each, goes through G.711, and is judged as `bench.prompts` judges. Half a second of processor time for each
second of speech. Printed, never asserted: so few prompts tell a good voice from a bad one, and no more.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from bench.prompts import WEIGHTS, by_wire, heard, listen, shipped
from ivr.adapters.kokoro.network import RATE, KokoroNetwork, styles_of
from ivr.adapters.kokoro.signs import NUMBERS
from ivr.adapters.kokoro.synthesizer import PAUSE_SECONDS, SILENCE, KokoroSynthesizer, in_parts
from ivr.adapters.kokoro.voices import VOICES
from ivr.adapters.whisper_model import WhisperModel
from ivr.core.media.frame import SAMPLE_BYTES, samples
from ivr.core.media.levelled import levelled
from ivr.core.media.resample import resample, to_pcm
from ivr.core.speech.written_out import in_words

BETWEEN = bytes(samples(PAUSE_SECONDS) * SAMPLE_BYTES)
STEP = 6
"""Every so many of the prompts."""
LANGUAGES = {"a": "en", "b": "en", "z": "zh"}
"""First letter of a voice's name -> what it speaks; b: British."""


class Speaker:
    """Speaks in any voice as the engine speaks in those that ship."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._network = KokoroNetwork()
        self._kokoro = KokoroSynthesizer()

    def say(self, text: str, name: str) -> bytes:
        """8 kHz PCM."""
        # Words are read as one that ships, of the same English, reads them.
        alike = next(one for one in VOICES if one[0] == name[0])
        styles = styles_of(self._directory / f"{name}.bin")
        sounds = [
            resample(
                self._network.styled([NUMBERS[sign] for sign in part if sign in NUMBERS], styles, VOICES[alike].speed)
                * np.float32(32768),
                RATE,
            )
            for part in in_parts(self._kokoro.phonemes(in_words(text, LANGUAGES[name[0]]), alike))
        ]
        return BETWEEN.join(to_pcm(levelled(sound, SILENCE)) for sound in sounds)

    def close(self) -> None:
        """End the process that knows English."""
        self._kokoro.close()


def main() -> None:
    """A line a voice."""
    parser = argparse.ArgumentParser(prog="python -m bench.prompt_voices", description="Which voice is understood.")
    parser.add_argument("directory", type=Path, help="voices as NAME.bin")
    parser.add_argument("language", choices=sorted(WEIGHTS))
    parser.add_argument("voices", nargs="*", metavar="VOICE", help="none: all of the language")
    parser.add_argument("--step", type=int, default=STEP, metavar="N", help="every so many prompts")
    asked = parser.parse_args()
    found = sorted(path.stem for path in asked.directory.glob("*.bin"))
    names = asked.voices or [name for name in found if LANGUAGES.get(name[0]) == asked.language]
    clips = [clip for clip in shipped()[0] if clip.language == asked.language][:: asked.step]
    speaker = Speaker(asked.directory)
    with tempfile.TemporaryDirectory() as folder:
        model = WhisperModel(WEIGHTS[asked.language].directory(Path(folder)))
        for name in names:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                sounds = pool.map(partial(speaker.say, name=name), [clip.text for clip in clips])
                judged = list(pool.map(partial(listen, model), clips, map(by_wire, sounds)))
            sys.stdout.write(f"{name:<12} {heard(judged, asked.language)}\n")
            sys.stdout.flush()
    speaker.close()


if __name__ == "__main__":
    main()
