"""The process in which pyttsx3 speaks: one sentence at a time, because its threads crash and hang.

Asked on standard input, one JSON object a line: text, voice, rate, pitch. Answers on standard output: four bytes of
length, then so many bytes of 16-bit mono PCM at RATE Hz; the length FAILED instead when it could not. The sound goes
through a file in memory: what is spoken to a caller never touches a disk. The end of standard input ends the process.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import signal
import sys
import wave
from typing import Any

import espeakng_loader

RATE = 22050
"""What espeak-ng synthesizes at."""
FAILED = 0xFFFFFFFF
LONGEST_SECONDS = 20
"""A sentence that takes longer hangs: the alarm ends this process and the owner starts another."""


def _engine() -> Any:
    """pyttsx3 on the espeak-ng that speaks Mandarin rightly, not on Debian's."""
    os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
    # pyttsx3 asks the loader for libespeak-ng.so.1: it gets the library of that name that is loaded already.
    ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    import pyttsx3

    return pyttsx3.init("espeak")


def _speak(engine: Any, order: dict[str, Any], memory: int) -> bytes:
    espeak = sys.modules["pyttsx3.drivers._espeak"]
    # espeak-ng works in a thread of its own. Properties set through pyttsx3 race with it (one sentence in twenty came
    # at the rate of the one before), and so do late events (one in a thousand was empty): wait before and after.
    espeak.SetVoiceByName(order["voice"].encode())
    espeak.SetParameter(espeak.RATE, order["rate"], 0)
    espeak.SetParameter(espeak.PITCH, order["pitch"], 0)
    espeak.Synchronize()
    os.ftruncate(memory, 0)
    engine.save_to_file(order["text"], f"/proc/self/fd/{memory}")
    engine.runAndWait()
    espeak.Synchronize()
    with wave.open(io.BytesIO(os.pread(memory, os.fstat(memory).st_size, 0)), "rb") as file:
        return file.readframes(file.getnframes())


def main() -> None:
    """Serve until standard input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # pyttsx3 prints to standard output
    engine = _engine()
    memory = os.memfd_create("speech")
    for line in sys.stdin.buffer:
        signal.alarm(LONGEST_SECONDS)
        try:
            pcm = _speak(engine, json.loads(line), memory)
            answer = len(pcm).to_bytes(4, "big") + pcm
        except Exception:  # whatever went wrong, the owner must hear of it
            answer = FAILED.to_bytes(4, "big")
        answers.write(answer)
        answers.flush()
        signal.alarm(0)


if __name__ == "__main__":
    main()
