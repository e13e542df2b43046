#!/usr/bin/env bash
# espeak-ng, Mandarin: full-width digits are silence.
#
# Chinese text is often written with full-width digits (U+FF10 to U+FF19); Unicode's NFKC maps them to 0-9.
# Expected: ２５ is said as 25 (or spelled). Seen: nothing at all is said, and nothing reports it: "余额２５元" is "the balance is … yuan".
# Fails when the library no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check espeakng-loader==0.2.4 2>/dev/null

cat >"$work/phonemes.py" <<'PY'
"""espeak-ng's own phonemes of a text, by its C interface."""
import ctypes, espeakng_loader

_lib = ctypes.CDLL(espeakng_loader.get_library_path())
_lib.espeak_TextToPhonemes.restype = _lib.espeak_Info.restype = ctypes.c_char_p
_lib.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
assert _lib.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0) > 0
print("espeakng-loader 0.2.4, espeak-ng", _lib.espeak_Info(None).decode())

def phonemes(voice, text):
    """What is said, without stress marks and gaps: the order of sounds and tones."""
    assert _lib.espeak_SetVoiceByName(voice.encode()) == 0
    held = ctypes.create_string_buffer(text.encode())
    at, said = ctypes.c_void_p(ctypes.addressof(held)), []
    while at.value:
        said.append((_lib.espeak_TextToPhonemes(ctypes.byref(at), 1, 2) or b"").decode())
    return "".join(said).translate({ord(c): None for c in " ˈˌ"})
PY

cd "$work"
"$work/venv/bin/python" - <<'PY'
import unicodedata
from phonemes import phonemes

wide = "２５"
narrow = unicodedata.normalize("NFKC", wide)
for text in (narrow, wide, f"余额{narrow}元", f"余额{wide}元", "余额元"):
    print(f"{text}: {phonemes('cmn', text) or '(nothing)'}")
print("expected: the first two alike; seen: the second is nothing")
assert phonemes("cmn", narrow) and phonemes("cmn", wide) == "", "it behaves otherwise now"
assert phonemes("cmn", f"余额{narrow}元") != phonemes("cmn", f"余额{wide}元"), "it behaves otherwise now"
PY
