"""`python -m bench.prompts [DIRECTORY] [--first N] [--prompts-only]`: how much of the shipped prompts a recognizer
understands, as a phone receives them.

Every prompt of dialplans/, spoken by Kokoro and for comparison by espeak-ng, is said by an engine in real SIP calls,
and what the caller's phone received is written down by the recognizers that ship (`bench.prompt_line`). Sentences with
sums of money are put together of pieces as a cell does, and go through G.711 only.

Wrong are words (English) or syllables without tones (Chinese, as a recognizer writes other signs of one sound) that are
another, missing or too many: the least number of changes from what was written to what was meant, over the number
meant. Both texts are read by one pinyin, with the words of banks that it misreads mended. Figures count as their words,
a hyphen as a space, and spellings of one word and English words of one sound (ALIKE) as alike. What a recognizer gets
wrong with people, too, counts as wrong: so the share is more than what the voice gets wrong.

What is rendered is kept in DIRECTORY, so a second run goes on from there; the first takes ten minutes of processor
time, and the calls take a quarter of the prompts' length. --first N: so many prompts of each language only;
--prompts-only: no sums, and nothing by espeak-ng.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np

from bench.prompt_line import AROUND, received
from ivr.adapters.files.dialplans.prompts import PromptFiles
from ivr.adapters.kokoro import mandarin
from ivr.adapters.kokoro.synthesizer import KokoroSynthesizer
from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.adapters.whisper_model import WhisperModel
from ivr.adapters.whisper_weights import BASE, TINY_EN
from ivr.apps.wiring.dialplans import read_dialplan
from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.runtime.pieces import piece_clips
from ivr.core.dialplan.runtime.render import spoken
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_BYTES, samples
from ivr.core.media.g711 import decode_ulaw, encode_ulaw
from ivr.core.media.resample import from_pcm
from ivr.core.orders.playing import Clip
from ivr.core.signs import folded
from ivr.core.speech.pieces import Pieces, tokens
from ivr.core.speech.written_out import in_words
from ivr.engine.publishing.prompts import PromptRenderer, PublishedPrompts, silent
from ivr.engine.speech.by_voice import ByVoice
from ivr.engine.speech.written_out import WrittenOutSynthesizer
from ivr.ports.speech import Synthesizer

DIALPLANS = Path(__file__).parents[1] / "dialplans"
WEIGHTS = {"en": TINY_EN, "zh": BASE}
SENTENCES = {"en": "Your balance is {}.", "zh": "您的账户余额为{}。"}
"""Of dialplans/wealth.yaml."""
VALUES = 20
"""Sentences with a value in each language."""
LONGEST = samples(18.0) * SAMPLE_BYTES
"""Judged at once: the recognizer hears 29.5 s, and at times stops writing before the end of 20."""
QUIET = 40.0
"""Root mean square of a pause's frames, of 32768."""
ALIKE = {
    "i'm": "i am",
    "you'll": "you will",
    "we're": "we are",
    "it's": "it is",
    "goodbye": "good bye",
    "percent": "per cent",
    "login": "log in",
    "logout": "log out",
    "advisor": "adviser",
    "advisors": "advisers",
    "installment": "instalment",
    "installments": "instalments",
    # Of one sound, as Chinese signs of one syllable are: nobody hears a difference.
    "fund's": "funds",
    "hear": "here",
    "lone": "loan",
}
"""Ways to write the same words, and words of one sound."""
_IN_FIGURES = re.compile(r"(?<=\d),(?=\d{3}(?!\d))|(?<=[^\d\s]),(?=\d)")
"""A comma within a figure, or right before one, with which a sum is read as a row of digits; nobody says either."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One prompt, and what the recognizer wrote."""

    meant: tuple[str, ...]
    """Words, or syllables."""
    text: str
    wrong: int


def shipped() -> tuple[tuple[Clip, ...], tuple[Clip, ...]]:
    """Every clip of the dialplans that ship, and every piece, once."""
    plans = [read_dialplan(path) for path in sorted(DIALPLANS.glob("*.yaml")) if ".test" not in path.name]
    clips = dict.fromkeys(clip for plan in plans for clip in plan.static_clips() if clip.text)
    return tuple(clips), tuple(dict.fromkeys(clip for plan in plans for clip in piece_clips(plan)))


def with_values(dice: random.Random) -> Iterator[Clip]:
    """Sentences as a caller gets them, with sums of money."""
    for language, sentence in SENTENCES.items():
        for _ in range(VALUES):
            value = Decimal(dice.randrange(1, 10 ** dice.randint(3, 8))).scaleb(-2)
            words = spoken(value, ValueType.AMOUNT, language, currency="EUR")
            yield Clip(language, sentence.format(words), dynamic=True)


def pieces_of(values: Sequence[Clip], pieces: Sequence[Clip]) -> tuple[Clip, ...]:
    """Those that these sentences are put together of."""
    found: dict[Clip, None] = {}
    for language in WEIGHTS:
        known = Pieces((in_words(clip.text, language), clip) for clip in pieces if clip.language == language)
        for clip in values:
            if clip.language == language:
                parts = known.cover(in_words(clip.text, language)) or []
                found.update((part, None) for part in parts if isinstance(part, Clip))
    return tuple(found)


def said(text: str, language: str) -> tuple[str, ...]:
    """Words, or syllables without tones, that a text stands for."""
    written = _IN_FIGURES.sub("", folded(text))
    words = [token for token in tokens(in_words(written, language)) if token not in ",."]
    if language == "en":
        return tuple(part for word in words for part in ALIKE.get(word, word.replace("-", " ")).split())
    return tuple(syllable.rstrip("12345") for syllable in mandarin.syllables("".join(words)))


def wrong(meant: Sequence[str], heard: Sequence[str]) -> int:
    """Words that are another, missing or too many (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for place, one in enumerate(meant, 1):
        before, row[0] = row[0], place
        for index, other in enumerate(heard, 1):
            before, row[index] = row[index], min(row[index] + 1, row[index - 1] + 1, before + (one != other))
    return row[-1]


def in_breaths(pcm: bytes) -> list[bytes]:
    """A sound in parts of at most LONGEST, cut in the middle of its longest pause, which is neither near its beginning
    nor near its end; of a sound without a pause the whole."""
    if len(pcm) <= LONGEST:
        return [pcm]
    frames = from_pcm(pcm[: len(pcm) // FRAME_BYTES * FRAME_BYTES]).reshape(-1, FRAME_BYTES // SAMPLE_BYTES)
    quiet = np.sqrt(np.mean(frames**2, axis=1)) < QUIET
    pauses: list[tuple[int, int]] = []
    begin = 0
    for end in [*np.flatnonzero(np.diff(quiet)) + 1, len(quiet)]:
        if quiet[begin] and len(quiet) / 5 < (begin + end) / 2 < len(quiet) * 4 / 5:
            pauses.append((int(end) - begin, (int(end) + begin) // 2))
        begin = int(end)
    if not pauses:
        return [pcm]
    cut = max(pauses)[1] * FRAME_BYTES
    return [*in_breaths(pcm[:cut]), *in_breaths(pcm[cut:])]


def listen(model: WhisperModel, clip: Clip, received: bytes) -> Heard:
    """What is written of a prompt as it came."""
    parts = in_breaths(received)
    sounds = parts if len(parts) == 1 else [AROUND + part + AROUND for part in parts]
    text = " ".join(model.decode(model.hear(sound), clip.language).text for sound in sounds)
    meant = said(clip.text, clip.language)
    return Heard(meant, text, wrong(meant, said(text, clip.language)))


def heard(found: Sequence[Heard], language: str) -> str:
    """What of all of them was wrong, for a line."""
    units = sum(len(one.meant) for one in found)
    errors = sum(one.wrong for one in found)
    what = "words" if language == "en" else "syllables"
    return f"{len(found):>4} prompts  {errors / units:6.1%} of {units} {what} wrong ({errors})"


def by_wire(pcm: bytes) -> bytes:
    """As G.711 carries it, with silence around."""
    return AROUND + decode_ulaw(encode_ulaw(pcm)) + AROUND


def table(name: str, sounds: Mapping[Clip, bytes], models: Mapping[str, WhisperModel]) -> None:
    """A line for each language, and each prompt that was not understood whole, the worst first."""
    for language, model in models.items():
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            ours = [clip for clip in sounds if clip.language == language]
            found = list(pool.map(partial(listen, model), ours, [sounds[clip] for clip in ours]))
        sys.stdout.write(f"{name:<34} {language}  {heard(found, language)}\n")
        for one in sorted(found, key=lambda one: -one.wrong):
            if one.wrong:
                sys.stdout.write(f"    {one.wrong:>3}  {' '.join(one.meant)}\n      >  {one.text}\n")
        sys.stdout.flush()


def rendered(voice: Synthesizer, clips: Sequence[Clip], files: PromptFiles, at_once: int) -> PublishedPrompts:
    """All of it, of what is in the files already the same."""
    began, cpu = time.monotonic(), time.process_time()
    made = PromptRenderer(files, voice, partial(bytes), at_once).render(clips, {}, {}, silent)
    seconds = sum(rendering.samples for rendering in made.values()) / 8000
    spent, clock = time.process_time() - cpu, time.monotonic() - began
    costs = f"{spent:.0f} s of CPU, {clock:.0f} s by the clock"
    sys.stdout.write(f"{voice.name}: {len(made)} clips, {seconds:.0f} s of speech; {costs}\n")
    return PublishedPrompts(clips, made, files, renderer=voice.name, sounds={}, pieces=clips)


def main() -> None:
    """Render, call, listen, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.prompts", description="How well prompts are understood.")
    parser.add_argument("directory", nargs="?", type=Path, help="keeps what is rendered")
    parser.add_argument("--first", type=int, metavar="N", help="so many prompts of each language only")
    parser.add_argument("--prompts-only", action="store_true", help="no sums, and nothing by espeak-ng")
    options = parser.parse_args()
    clips, pieces = shipped()
    clips = tuple(
        clip for language in WEIGHTS for clip in [c for c in clips if c.language == language][: options.first]
    )
    values = () if options.prompts_only else tuple(with_values(random.Random(7)))
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        directory = options.directory or scratch / "prompts"
        models = {language: WhisperModel(weights.directory(scratch)) for language, weights in WEIGHTS.items()}
        # Named as the engine names it, so that it finds what is spoken here.
        kokoro = WrittenOutSynthesizer(ByVoice([KokoroSynthesizer(), Pyttsx3Synthesizer()], {}))
        needed = pieces_of(values, pieces)
        ahead = rendered(kokoro, (*clips, *needed), PromptFiles(directory), os.cpu_count() or 1)
        kokoro.close()
        table("Kokoro, prompts by phone", received(clips, "kokoro", directory, scratch / "kokoro"), models)
        if options.prompts_only:
            return
        espeak = WrittenOutSynthesizer(Pyttsx3Synthesizer())
        joined = {clip: by_wire(pcm) for clip in values if (pcm := ahead.joined(clip))}
        table("Kokoro, sums put together", joined, models)
        table("espeak-ng, prompts by phone", received(clips, "espeak-ng", directory, scratch / "espeak"), models)
        sums = {clip: by_wire(espeak.synthesize(clip.text, language=clip.language)) for clip in values}
        table("espeak-ng, sums", sums, models)
        espeak.close()


if __name__ == "__main__":
    main()
