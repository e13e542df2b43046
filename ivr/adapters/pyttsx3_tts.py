"""Synthesizer by pyttsx3 and espeak-ng, in one worker process that is replaced when it hangs or dies."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ivr.adapters.pyttsx3_worker import FAILED, RATE
from ivr.core.media.levelled import levelled
from ivr.core.media.resample import from_pcm, resample, to_pcm
from ivr.errors import EnvironmentFault, ModelError

VERSION = "espeak-ng-1.52/1"
"""Of what is heard: espeak-ng's version and that of our voices below."""
SENTENCE_SECONDS = 6.0
"""A sentence takes 5-13 ms, a page 200; after this the worker hangs."""
START_SECONDS = 20.0
"""Extra for the first sentence of a new worker on a busy machine."""
ATTEMPTS = 2
"""A worker that dies of a sentence is replaced once; if the next dies too, it is the sentence."""


@dataclass(frozen=True, slots=True)
class _Voice:
    language: str
    espeak: str
    rate: int = 160
    """Words a minute."""
    pitch: int = 50
    size: float = 1.0
    """Of the talker's vocal tract, 1 as synthesized: the sound is stretched by its inverse."""


VOICES: Final[dict[str, _Voice]] = {
    "en": _Voice("en", "en-us+f3", 150, 45),
    "zh": _Voice("zh", "cmn+f3", 150, 45),
    "en-man": _Voice("en", "en-gb", 165, 25, 1.25),
    "zh-man": _Voice("zh", "cmn", 160, 30, 1.18),
    "ko": _Voice("ko", "ko", 140, 50),
}
"""Ours. The one named like a language is its default; the men are callers in rehearsals, unlike the prompts."""


class Pyttsx3Synthesizer:
    """Speaks with espeak-ng. Thread-safe: one sentence at a time."""

    def __init__(self, defaults: Mapping[str, str] | None = None) -> None:
        """`defaults`: language -> voice, where it is not the first of the language. Raises ModelError."""
        self._defaults = dict(defaults or {})
        for voice in self._defaults.values():
            _voice(voice)
        chosen = "".join(f" {language}={voice}" for language, voice in sorted(self._defaults.items()))
        self.name = f"{VERSION}{chosen}"
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._fresh = True

    def voices(self) -> dict[str, str]:
        """Voice name -> language tag."""
        return {name: voice.language for name, voice in VOICES.items()}

    def speaker(self, *, language: str, voice: str | None = None) -> str:
        """espeak-ng's version and the voice. Raises ModelError for an unknown one."""
        name = self._named(language, voice)
        _voice(name)
        return f"{VERSION}/{name}"

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        """8 kHz PCM of the text. Raises ModelError for an unknown voice, EnvironmentFault when espeak-ng fails."""
        chosen = _voice(self._named(language, voice))
        order = {"text": text, "voice": chosen.espeak, "rate": chosen.rate, "pitch": chosen.pitch}
        with self._lock:
            raw = self._speak(json.dumps(order).encode() + b"\n", audible=any(map(str.isalnum, text)))
        return to_pcm(levelled(resample(from_pcm(raw), round(RATE / chosen.size))))

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            self._end()

    def _named(self, language: str, voice: str | None) -> str:
        plain = language.split("-")[0].lower()
        return voice or self._defaults.get(plain, plain)

    def _speak(self, order: bytes, *, audible: bool) -> bytes:
        """22 kHz PCM. No sound of an audible text is a failure: the worker has lost its place."""
        for _ in range(ATTEMPTS):
            worker = self._running()
            try:
                assert worker.stdin is not None
                worker.stdin.write(order)
                worker.stdin.flush()
                deadline = time.monotonic() + SENTENCE_SECONDS + (START_SECONDS if self._fresh else 0.0)
                length = int.from_bytes(_read(worker, 4, deadline), "big")
                if length != FAILED and (length or not audible):
                    pcm = _read(worker, length, deadline)
                    self._fresh = False
                    return pcm
            except (OSError, EOFError, TimeoutError):
                pass
            self._end()
        raise EnvironmentFault("espeak-ng could not speak a text, twice; see that pip check is content.")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._worker is None or self._worker.poll() is not None:
            self._end()
            self._fresh = True
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "ivr.adapters.pyttsx3_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._worker

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.kill()
        worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                # What was buffered for a dead worker cannot be flushed.
                with contextlib.suppress(OSError):
                    pipe.close()


def _voice(name: str) -> _Voice:
    voice = VOICES.get(name)
    if voice is None:
        raise ModelError(f"espeak-ng has no voice {name} here; there are {', '.join(VOICES)}.")
    return voice


def _read(worker: subprocess.Popen[bytes], count: int, deadline: float) -> bytes:
    """Exactly so many bytes, in time."""
    assert worker.stdout is not None
    descriptor = worker.stdout.fileno()
    collected = bytearray()
    while len(collected) < count:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        chunk = os.read(descriptor, min(count - len(collected), 1 << 16))
        if not chunk:
            raise EOFError
        collected += chunk
    return bytes(collected)
