"""GSM full rate there and back, by libgsm where it is installed (Debian: libgsm1)."""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import cache

FRAME_BYTES = 320
"""20 ms of 8 kHz, 16 bit."""
CODED_BYTES = 33


@cache
def library() -> ctypes.CDLL | None:
    """libgsm, None where it is not."""
    name = ctypes.util.find_library("gsm") or "libgsm.so.1"
    try:
        found = ctypes.CDLL(name)
    except OSError:
        return None
    found.gsm_create.restype = ctypes.c_void_p
    for function in (found.gsm_encode, found.gsm_decode):
        function.argtypes = [ctypes.c_void_p] * 3
    found.gsm_destroy.argtypes = [ctypes.c_void_p]
    return found


def gsm(pcm: bytes) -> bytes:
    """The sound as GSM carries it, in whole frames. Raises RuntimeError where libgsm is not installed."""
    found = library()
    if found is None:
        raise RuntimeError("libgsm is not installed: apt-get install libgsm1")
    encoder, decoder = found.gsm_create(), found.gsm_create()
    coded, heard = ctypes.create_string_buffer(CODED_BYTES), ctypes.create_string_buffer(FRAME_BYTES)
    out = bytearray()
    for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
        frame = ctypes.create_string_buffer(pcm[at : at + FRAME_BYTES], FRAME_BYTES)
        found.gsm_encode(encoder, frame, coded)
        found.gsm_decode(decoder, coded, heard)
        out += heard.raw
    found.gsm_destroy(encoder)
    found.gsm_destroy(decoder)
    return bytes(out)
