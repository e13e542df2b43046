#!/usr/bin/env bash
# espeak-ng: the sign of a negative number is spoken in English and German, and not in Mandarin, French, Japanese or Korean.
#
# Expected: "-500" differs from "500" in every language. Seen: in four of seven the two have the same phonemes: a debt is heard as credit.
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
from phonemes import phonemes

signed, unsigned = {"en-us", "de", "vi"}, {"cmn", "fr", "ja", "ko"}
for voice in sorted(signed | unsigned):
    minus, plus = phonemes(voice, "-500"), phonemes(voice, "500")
    print(f"{voice}: 500 is {plus}, -500 is {minus}; expected: they differ; seen: {'they differ' if minus != plus else 'the same'}")
    assert (minus != plus) == (voice in signed), "it behaves otherwise now"
PY
