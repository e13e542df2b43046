#!/usr/bin/env bash
# rtpengine: an SDES key whose base64 needs padding is written without it.
#
# RFC 4568 6.1: key and salt are base64 as RFC 3548 has it, and that has padding. AEAD_AES_128_GCM has 28 octets and AES_256_CM 46, so two
# "=" each. Expected: 40 and 64 characters. Seen: 38 and 62, which a strict reader takes for malformed. "SDES: pad" writes them, and must
# stand in each order. AES_CM_128, which most phones take, needs none: so it shows only with a phone that prefers another suite.
# Fails when the program no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${relay:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
version=10.5.3.5-1+deb12u1
needs=$(apt-get install -s --no-install-recommends "rtpengine-daemon=$version" 2>/dev/null | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
[ -n "$needs" ] || needs=rtpengine-daemon
# shellcheck disable=SC2086
apt-get download -qq ${needs/rtpengine-daemon/rtpengine-daemon=$version} 2>/dev/null || { echo "Debian 12's package rtpengine-daemon $version is needed (apt-get update?)" >&2; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" files; done
LD_LIBRARY_PATH=$(find "$work/files" -name '*.so*' -printf '%h\n' | sort -u | paste -sd :)
export LD_LIBRARY_PATH
control=$(python3 -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
files/usr/bin/rtpengine --version 2>&1
files/usr/bin/rtpengine --config-file=none --table=-1 --interface=127.0.0.1 --listen-ng="127.0.0.1:$control" --foreground --log-stderr >log 2>&1 &
relay=$!

python3 - "$control" <<'PY'
import json, random, re, socket, struct, sys, time

control = socket.socket(type=socket.SOCK_DGRAM)
control.connect(("127.0.0.1", int(sys.argv[1])))
control.settimeout(1)

def ask(**order):
    """What the relay answers; tried again while it starts."""
    cookie = str(random.random())
    for _ in range(50):
        try:
            control.send(f"{cookie} {json.dumps({key.replace('_', '-'): value for key, value in order.items()})}".encode())
            return json.loads(control.recv(65535).decode().partition(" ")[2])
        except (TimeoutError, ConnectionError):
            time.sleep(0.2)
    raise SystemExit("the relay does not answer")

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
PADDED = {"AES_CM_128_HMAC_SHA1_80": 40, "AEAD_AES_128_GCM": 40, "AES_256_CM_HMAC_SHA1_80": 64}

def lengths(**how):
    """Suite -> characters of its key, as the relay offers them for a phone in clear."""
    offer = ask(command="offer", call_id=str(random.random()), from_tag="one", sdp=SDP, transport_protocol="RTP/SAVP", **how)
    found = dict(re.findall(r"a=crypto:[0-9]+ (\S+) inline:(\S+)", offer["sdp"]))
    return {suite: len(found[suite]) for suite in PADDED}

for how, today in (({}, {**PADDED, "AEAD_AES_128_GCM": 38, "AES_256_CM_HMAC_SHA1_80": 62}), ({"SDES": ["pad"]}, PADDED)):
    seen = lengths(**how)
    print(f"{how}: expected {PADDED}, seen {seen}")
    assert seen == today, "it behaves otherwise now"
PY
