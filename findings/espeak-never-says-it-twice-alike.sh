#!/usr/bin/env bash
# espeak-ng: the same text in one process is never the same audio again; each rendering is some samples longer or shorter.
#
# The synthesizer is a formula without noise in its interface, and a cache of prompts by the hash of their audio suggests itself.
# Expected: one text, voice and process, one audio. Seen: every rendering of "Press one." differs in length and in bytes; only a new
# process gives the first one again. A prompt that is rendered anew does not have the hash that was signed.
# Fails when the library no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check espeakng-loader==0.2.4 2>/dev/null
cat >"$work/say.py" <<'PY'
import ctypes, hashlib, espeakng_loader

lib = ctypes.CDLL(espeakng_loader.get_library_path())
lib.espeak_Info.restype = ctypes.c_char_p
assert lib.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0) > 0  # 2: synchronous, samples to a callback
lib.espeak_SetVoiceByName(b"en-us")
heard = []

@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
def take(samples, count, events):
    if samples and count > 0:
        heard.append(ctypes.string_at(samples, count * 2))
    return 0

lib.espeak_SetSynthCallback(take)
lib.espeak_Synth.argtypes = [ctypes.c_char_p, ctypes.c_size_t, *[ctypes.c_uint, ctypes.c_int], *[ctypes.c_uint] * 2, *[ctypes.c_void_p] * 2]
print("espeak-ng", lib.espeak_Info(None).decode())
for _ in range(3):
    heard.clear()
    text = b"Press one.\0"
    lib.espeak_Synth(text, len(text), 0, 1, 0, 1, None, None)
    lib.espeak_Synchronize()
    pcm = b"".join(heard)
    print(len(pcm) // 2, hashlib.sha256(pcm).hexdigest()[:16])
PY
first=$("$work/venv/bin/python" "$work/say.py")
second=$("$work/venv/bin/python" "$work/say.py")
echo "$first"
echo "expected: three times the same line; seen: $(echo "$first" | tail -n 3 | sort -u | wc -l) different ones"
[ "$(echo "$first" | tail -n 3 | sort -u | wc -l)" = 3 ] || { echo "it behaves otherwise now" >&2; exit 1; }
[ "$first" = "$second" ] || { echo "two processes differ as well now" >&2; exit 1; }
