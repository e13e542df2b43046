#!/usr/bin/env bash
# webrtcvad, most aggressive mode: a tone of 1004 Hz is speech from beginning to end, one of 1000 Hz is not.
#
# 1004 Hz is the milliwatt test tone of telephony; 425 Hz is ring-back in most of Europe, 440 Hz half of it in North America.
# Expected: mode 3 ("very aggressive in filtering out non-speech") takes no steady tone for speech, or at least treats neighbours alike.
# Seen: at -10 dB full scale 1000 Hz is speech in a few of 100 frames, 1004 Hz in all of them; so are 425, 440, 941 and 2100 Hz (a fax
# machine's answer), while 350, 697 and 1209 Hz are not. Barge-in by this detector alone is set off by ring-back.
# Fails when the library no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check webrtcvad-wheels==2.0.14.post1 2>/dev/null

"$work/venv/bin/python" - <<'PY'
import array, importlib.metadata, math, webrtcvad

print("webrtcvad-wheels", importlib.metadata.version("webrtcvad-wheels"))

def speech(hertz):
    """How many of 100 frames of 20 ms are called speech, from a fresh detector."""
    detector = webrtcvad.Vad(3)
    tone = array.array("h", (int(0.3 * 32767 * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(16000))).tobytes()
    return sum(detector.is_speech(tone[at : at + 320], 8000) for at in range(0, len(tone), 320))

seen = {hertz: speech(hertz) for hertz in (350, 425, 440, 697, 941, 1000, 1004, 1209, 2100)}
for hertz, frames in seen.items():
    print(f"{hertz} Hz: expected 0 of 100, seen {frames}")
assert all(seen[hertz] == 100 for hertz in (425, 440, 941, 1004, 2100)), "it behaves otherwise now"
assert all(seen[hertz] < 10 for hertz in (350, 697, 1000, 1209)), "it behaves otherwise now"
PY
