"""Memory of each part of the speech service, and of all of them in one process. `python -m bench.speech_parts`

Each part is loaded and used once in a process of its own; what is told is what the process has more than one that only
imports the engine. The synthesizer's worker is a process of its own and is told apart.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ivr.adapters.campplus_embedder import CampplusEmbedder
from ivr.adapters.kokoro.synthesizer import KokoroSynthesizer
from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.adapters.silero_onset import SileroOnsetDetector
from ivr.adapters.smart_turn import SmartTurnDetector
from ivr.adapters.usem3_sentences import Usem3Sentences
from ivr.adapters.whisper_model import WhisperModel
from ivr.adapters.whisper_weights import BASE, TINY_EN, WhisperWeights
from ivr.core.media.frame import SAMPLE_RATE

KOKORO = "and Kokoro"
SOUND = b"".join(int(3000 * (n % 80 < 40)).to_bytes(2, "little", signed=True) for n in range(3 * SAMPLE_RATE))
"""Three seconds of something."""


def whisper(weights: WhisperWeights) -> object:
    """Loaded, and run once."""
    model = WhisperModel(weights.directory(Path(sys.argv[2])))
    model.decode(model.hear(SOUND), "en")
    return model


def voices() -> object:
    """Loaded, and run once."""
    embedder = CampplusEmbedder()
    embedder.embed(SOUND)
    return embedder


def sentences() -> object:
    """Loaded, and run once."""
    embedder = Usem3Sentences()
    embedder.vectors(["how much is left on my account"] * 70)
    return embedder


def onset() -> object:
    """Loaded, and run once."""
    detector = SileroOnsetDetector()
    detector.is_speech(SOUND[:3200])
    return detector


def turns() -> object:
    """Loaded, and run once."""
    detector = SmartTurnDetector()
    detector.is_complete(SOUND)
    return detector


def kokoro() -> object:
    """Loaded, and run once; what it says of English comes from a process of its own."""
    synthesizer = KokoroSynthesizer()
    synthesizer.synthesize("Your balance is forty-five euros.", language="en")
    synthesizer.close()
    return synthesizer


PARTS: dict[str, Callable[[], object]] = {
    "English (tiny.en)": lambda: whisper(TINY_EN),
    "other languages and digits (base)": lambda: whisper(BASE),
    "onsets": onset,
    "voices": voices,
    "meaning of sentences": sentences,
    "ends of turns if chosen": turns,
}


def megabytes(process: str = "self") -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def loaded(names: Sequence[str], models: Path) -> tuple[float, float]:
    """Megabytes and seconds of processor time of a process with these parts."""
    asked = [sys.executable, "-m", "bench.speech_parts", ",".join(names), str(models)]
    memory, seconds, _ = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    return float(memory), float(seconds)


def main() -> None:
    """A table; with names of parts as an argument, those parts in this process."""
    if len(sys.argv) > 1:
        made = {**PARTS, KOKORO: kokoro}
        kept = [made[name]() for name in sys.argv[1].split(",") if name]
        print(megabytes(), time.process_time(), len(kept))
        return
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder)
        nothing, began = loaded([], models)
        print(f"{'nothing':34} {nothing:4.0f} MB")
        for name in PARTS:
            memory, seconds = loaded([name], models)
            print(
                f"{name:34} {memory - nothing:4.0f} MB more, {seconds - began:.1f} s of processor time to load and use"
            )
        print(f"{'all of them':34} {loaded(list(PARTS), models)[0]:4.0f} MB")
        with_kokoro = loaded([*PARTS, KOKORO], models)[0]
        print(f"{KOKORO:34} {with_kokoro:4.0f} MB, were it not the process that publishes that speaks with it")
    voice = Pyttsx3Synthesizer()
    voice.synthesize("Good morning.", language="en")
    worker = voice._worker
    assert worker is not None
    print(f"{'synthesizer (a process of its own)':34} {megabytes(str(worker.pid)):4.0f} MB")
    voice.close()


if __name__ == "__main__":
    main()
