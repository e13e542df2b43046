"""`python -m bench.prompts [DIRECTORY]`: how much of the shipped prompts a recognizer understands, as a phone receives
them.

Every prompt of dialplans/, and sentences with values put together of pieces, spoken by Kokoro and for comparison by
espeak-ng, sent through G.711 and written down by the recognizers that ship. Wrong: words (English), syllables without
tones (Chinese, since a recognizer writes other signs of one sound). What is rendered is kept in DIRECTORY, so a second
run goes on from there; the first takes half an hour on one core.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

from ivr.adapters.files.dialplans.prompts import PromptFiles
from ivr.adapters.kokoro.synthesizer import KokoroSynthesizer
from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.adapters.whisper_model import WhisperModel
from ivr.adapters.whisper_weights import BASE, TINY_EN
from ivr.apps.wiring.dialplans import read_dialplan
from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.runtime.pieces import piece_clips
from ivr.core.dialplan.runtime.render import spoken
from ivr.core.media.g711 import decode_ulaw, encode_ulaw
from ivr.core.orders.playing import Clip
from ivr.core.signs import folded
from ivr.core.speech.pieces import tokens
from ivr.core.speech.written_out import in_words
from ivr.engine.publishing.prompts import PromptRenderer, PublishedPrompts, silent
from ivr.engine.speech.written_out import WrittenOutSynthesizer
from ivr.ports.speech import Synthesizer

DIALPLANS = Path(__file__).parents[1] / "dialplans"
WEIGHTS = {"en": TINY_EN, "zh": BASE}
SENTENCES = {"en": "Your balance is {}.", "zh": "您的账户余额为{}。"}
"""Of dialplans/wealth.yaml."""
VALUES = 20
"""Sentences with a value in each language."""
ALIKE = {"i'm": "i am", "goodbye": "good bye", "you'll": "you will", "we're": "we are", "it's": "it is"}
"""Ways to write the same words."""
WORST = 8
"""Prompts that are shown."""


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


def said(text: str, language: str) -> tuple[str, ...]:
    """Words, or syllables without tones, that a text stands for."""
    words = [token for token in tokens(in_words(folded(text), language)) if token not in ",."]
    if language == "en":
        return tuple(part for word in words for part in ALIKE.get(word, word.replace("-", " ")).split())
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin("".join(words)))


def wrong(meant: Sequence[str], heard: Sequence[str]) -> int:
    """Words that are another, missing or too many (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for place, one in enumerate(meant, 1):
        before, row[0] = row[0], place
        for index, other in enumerate(heard, 1):
            before, row[index] = row[index], min(row[index] + 1, row[index - 1] + 1, before + (one != other))
    return row[-1]


def listen(model: WhisperModel, clip: Clip, pcm: bytes) -> Heard:
    """What is written of a prompt that came by G.711."""
    received = decode_ulaw(encode_ulaw(pcm))
    text = model.decode(model.hear(received), clip.language).text
    meant = said(clip.text, clip.language)
    return Heard(meant, text, wrong(meant, said(text, clip.language)))


def table(name: str, sounds: Mapping[Clip, bytes], models: Mapping[str, WhisperModel]) -> None:
    """A line for each language, and the prompts that were understood worst."""
    for language, model in models.items():
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            ours = [clip for clip in sounds if clip.language == language]
            found = list(pool.map(partial(listen, model), ours, [sounds[clip] for clip in ours]))
        units = sum(len(one.meant) for one in found)
        errors = sum(one.wrong for one in found)
        what = "words" if language == "en" else "syllables"
        share = f"{errors / units:6.1%} of {units} {what} wrong"
        sys.stdout.write(f"{name:<34} {language}  {len(found):>4} prompts  {share}\n")
        for one in sorted(found, key=lambda one: -one.wrong)[:WORST]:
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
    """Render, listen, print."""
    clips, pieces = shipped()
    values = tuple(with_values(random.Random(7)))
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch)
        models = {language: WhisperModel(weights.directory(Path(scratch))) for language, weights in WEIGHTS.items()}
        kokoro = WrittenOutSynthesizer(KokoroSynthesizer())
        ahead = rendered(kokoro, (*clips, *pieces), PromptFiles(directory), os.cpu_count() or 1)
        table("Kokoro, prompts", {clip: ahead.pcm(clip) for clip in clips}, models)
        table("Kokoro, sums put together", {clip: pcm for clip in values if (pcm := ahead.joined(clip))}, models)
        kokoro.close()
        espeak = WrittenOutSynthesizer(Pyttsx3Synthesizer())
        plain = rendered(espeak, clips, PromptFiles(directory), 1)
        table("espeak-ng, prompts", {clip: plain.pcm(clip) for clip in clips}, models)
        sums = {clip: espeak.synthesize(clip.text, language=clip.language) for clip in values}
        table("espeak-ng, sums", sums, models)
        espeak.close()


if __name__ == "__main__":
    main()
