"""`python -m bench.recognition`: CPU of recognition per utterance and per second of speech, and whether batches gain.

Real telephone recordings of one voice (Debian's asterisk-core-sounds-en-wav), one thread. CPU time, so a busy machine
moves it less than it moves a clock; compare the lines with each other.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import ctranslate2
import numpy as np

from bench.__main__ import REAL_VOICE
from ivr.adapters.whisper_model import MIN_WINDOW_SECONDS, Encoded, WhisperModel
from ivr.adapters.whisper_weights import BASE, TINY_EN
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.core.media.wav import read_wav

UTTERANCES = (
    "telephone-number",
    "vm-goodbye",
    "please-try-call-later",
    "you-entered",
    "vm-options",
    "pls-entr-num-uwish2-call",
)
ROUNDS = 3
BATCHES = (1, 2, 4)


def cpu(model: WhisperModel, pcm: bytes) -> tuple[float, float]:
    """Seconds of CPU of the encoder and of the decoder."""
    began = time.process_time()
    heard = model.hear(pcm)
    middle = time.process_time()
    model.decode(heard, "en")
    return middle - began, time.process_time() - middle


def batched(model: WhisperModel, heard: Encoded, size: int) -> tuple[float, float]:
    """Seconds of CPU and of the clock for each utterance, decoded so many at once."""
    states = ctranslate2.StorageView.from_array(np.repeat(heard.states, size, axis=0))
    start = model._start("en")
    began, clock = time.process_time(), time.monotonic()
    model._model.generate(states, [start] * size, beam_size=1, max_length=40)
    return (time.process_time() - began) / size, (time.monotonic() - clock) / size


def encoded(model: WhisperModel, pcm: bytes, size: int) -> float:
    """Seconds of CPU for each utterance, through the encoder so many at once."""
    features = ctranslate2.StorageView.from_array(np.repeat(model._features(pcm, MIN_WINDOW_SECONDS), size, axis=0))
    began = time.process_time()
    np.array(model._model.encode(features))
    return (time.process_time() - began) / size


def main() -> None:
    """Measure, print."""
    files = [file for name in UTTERANCES if (file := REAL_VOICE / f"{name}.wav").exists()]
    spoken = [read_wav(file.read_bytes(), file.name) for file in files]
    seconds = sum(len(pcm) for pcm in spoken) / SAMPLE_BYTES / SAMPLE_RATE
    out = sys.stdout.write
    out(f"{len(spoken)} utterances, {seconds:.1f} s of speech, {ROUNDS} rounds, medians, one thread\n")
    with tempfile.TemporaryDirectory() as directory:
        for weights in (TINY_EN, BASE):
            model = WhisperModel(weights.directory(Path(directory)))
            cpu(model, spoken[0])
            rounds = [[cpu(model, pcm) for pcm in spoken] for _ in range(ROUNDS)]
            encoder, decoder = (statistics.median(one[part] for each in rounds for one in each) for part in (0, 1))
            whole = statistics.median(sum(map(sum, each)) for each in rounds)
            out(
                f"{weights.name:<28} encoder {encoder * 1000:.0f} ms, decoder {decoder * 1000:.0f} ms an utterance; "
                f"{whole / seconds * 1000:.0f} ms of CPU for a second of speech\n"
            )
            heard = model.hear(spoken[0])
            for size in BATCHES:
                pairs = [batched(model, heard, size) for _ in range(ROUNDS)]
                each, clock = (statistics.median(pair[part] for pair in pairs) for part in (0, 1))
                ears = statistics.median(encoded(model, spoken[0], size) for _ in range(ROUNDS))
                out(
                    f"{'':<28} {size} at once: encoder {ears * 1000:.0f} ms of CPU each, decoder {each * 1000:.0f} "
                    f"(by the clock {clock * 1000:.0f})\n"
                )


if __name__ == "__main__":
    main()
