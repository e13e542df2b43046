"""The process in which espeak-ng says how English sounds. GPL: nothing else of ours runs in it.

Asked on standard input, one JSON object a line: voice, text (no line breaks, no punctuation that must be kept). Answers
on standard output, one JSON string a line: IPA with `^` as tie. The end of standard input ends the process.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys

import espeakng_loader

_NO_SOUND, _NO_EXIT = 1, 0x8000
"""AUDIO_OUTPUT_RETRIEVAL; espeakINITIALIZE_DONT_EXIT (speak_lib.h)."""
_UTF8 = 1
_IPA_TIED = 0x02 | 0x80 | ord("^") << 8
"""IPA; a tie between letters of one sound; which (speak_lib.h, espeak_TextToPhonemes)."""


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    if library.espeak_Initialize(_NO_SOUND, 0, espeakng_loader.get_data_path().encode(), _NO_EXIT) < 0:
        sys.exit("espeak-ng does not start")
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
    return library


def _phonemes(library: ctypes.CDLL, voice: str, text: str) -> str:
    if library.espeak_SetVoiceByName(voice.encode()):
        raise ValueError(voice)
    left, found = ctypes.c_char_p(text.encode()), []
    while left.value:
        found.append((library.espeak_TextToPhonemes(ctypes.byref(left), _UTF8, _IPA_TIED) or b"").decode())
    return " ".join(found)


def main() -> None:
    """Serve until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    library = _library()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        answers.write(json.dumps(_phonemes(library, asked["voice"], asked["text"])) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
