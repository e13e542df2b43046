#!/usr/bin/env bash
# pjsua2: two presses of one key arrive as one when their RFC 4733 events have the same length.
#
# RFC 4733 2.5.1.2: packets of one event carry one RTP time stamp, and a new time stamp is a new event. A gateway that sends only the
# end packets (three copies of each, the first ones lost or never sent) presses "1" twice, 360 ms apart, each 100 ms long.
# Expected: two keys. Seen: one: pjmedia tells events apart by their durations and never looks at the time stamp. Three presses of
# growing length (50, 100, 150 ms) are one key as well. An account number 1123 becomes 123.
# Fails when the library no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pjsua2-python==2.15.1.post1 2>/dev/null

cat >"$work/peer.py" <<'PY'
"""pjsua2 as its documentation shows it: answers every call with 200, and prints each key that it is told of."""
import os, sys, pjsua2 as pj

calls, waiting = [], []

class Call(pj.Call):
    def onDtmfDigit(self, prm):
        print("key", prm.digit, flush=True)

class Account(pj.Account):
    def onIncomingCall(self, prm):
        calls.append(Call(self, prm.callId))
        waiting.append(calls[-1])

endpoint = pj.Endpoint()
endpoint.libCreate()
config = pj.EpConfig()
config.logConfig.level = config.logConfig.consoleLevel = 0
config.uaConfig.threadCnt = 0
config.uaConfig.maxCalls = int(sys.argv[1])
config.medConfig.hasIoqueue, config.medConfig.threadCnt = False, 0
endpoint.libInit(config)
transport = pj.TransportConfig()
transport.boundAddress = "127.0.0.1"
number = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
endpoint.audDevManager().setNullDev()
endpoint.libStart()
settings = pj.AccountConfig()
settings.idUri = "sip:peer@127.0.0.1"
settings.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
account = Account()
account.create(settings)
print("pjsip", endpoint.libVersion().full, flush=True)
print("listening", endpoint.transportGetInfo(number).localName.rpartition(":")[2], flush=True)
while os.getppid() != 1:
    endpoint.libHandleEvents(20)
    while waiting:
        answer = pj.CallOpParam()
        answer.statusCode = 200
        waiting.pop().answer(answer)
PY

cat >"$work/phone.py" <<'PY'
"""A few lines of SIP and RTP, and the peer to send them to."""
import random, re, socket, struct, subprocess, sys, time

class Peer:
    def __init__(self, calls=4):
        self.process = subprocess.Popen([sys.executable, "peer.py", str(calls)], stdout=subprocess.PIPE, text=True)
        words = []
        while not words or words[0] != "listening":
            words = self.process.stdout.readline().split()
            if words[:1] == ["pjsip"]:
                print("pjsua2-python 2.15.1.post1, pjproject", words[1])
        self.address = ("127.0.0.1", int(words[1]))

    def end(self):
        self.process.terminate()
        return [line.split()[1] for line in self.process.stdout.read().splitlines() if line.startswith("key ")]

class Phone:
    def __init__(self, peer):
        self.peer, self.number, self.to_tag = peer.address, 0, ""
        self.call_id, self.tag = f"{random.getrandbits(60):x}", f"{random.getrandbits(40):x}"
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for one in (self.sip, self.rtp):
            one.bind(("127.0.0.1", 0))
            one.settimeout(3)

    def send(self, method, body="", kind="application/sdp"):
        self.number += method != "ACK"
        port = self.sip.getsockname()[1]
        lines = [
            f"{method} sip:peer@127.0.0.1:{self.peer[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{random.getrandbits(60):x}",
            "Max-Forwards: 70",
            f"From: <sip:phone@127.0.0.1>;tag={self.tag}",
            f"To: <sip:peer@127.0.0.1>{self.to_tag}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.number} {method}",
            f"Contact: <sip:phone@127.0.0.1:{port}>",
            *([f"Content-Type: {kind}"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self.sip.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self.peer)
        while method != "ACK":
            text = self.sip.recv(65535).decode()
            if text.startswith("SIP/2.0 ") and text.split()[1] >= "200" and f"CSeq: {self.number} {method}" in text:
                return int(text.split()[1]), text

    def offer(self, types="0 101", maps="a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"):
        port = self.rtp.getsockname()[1]
        return (f"v=0\r\no=- 1 {self.number} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {port} RTP/AVP {types}\r\n{maps}")

    def dial(self, **offer):
        code, text = self.send("INVITE", self.offer(**offer))
        found = re.search(r"(?m)^To:.*?(;tag=[^\s;]+)", text)
        self.to_tag = found[1] if found else ""
        self.send("ACK")
        if code == 200:
            self.audio = ("127.0.0.1", int(re.search(r"m=audio (\d+)", text)[1]))
        return code

    def packet(self, kind, sequence, stamp, payload, marker=0):
        self.rtp.sendto(struct.pack("!BBHII", 0x80, marker << 7 | kind, sequence, stamp, 77) + payload, self.audio)
PY

cd "$work"
"$work/venv/bin/python" - <<'PY'
import struct, time
from phone import Peer, Phone

def press(keys_and_lengths):
    """Dial, press, hang up: what the peer heard."""
    peer = Peer()
    phone = Phone(peer)
    assert phone.dial() == 200
    sequence, stamp = 0, 8000
    def quiet(frames):
        nonlocal sequence, stamp
        for _ in range(frames):
            phone.packet(0, sequence, stamp, b"\xff" * 160)
            sequence, stamp = sequence + 1, stamp + 160
            time.sleep(0.02)
    quiet(20)
    for key, length in keys_and_lengths:
        for _ in range(3):
            phone.packet(101, sequence, stamp, struct.pack("!BBH", key, 0x80 | 10, length))
            sequence += 1
        stamp += length
        quiet(18)
    phone.send("BYE")
    time.sleep(0.2)
    return peer.end()

for presses, expected, known in (
    ([(1, 800), (1, 800)], "1 1", ["1"]),
    ([(3, 400), (3, 800), (3, 1200)], "3 3 3", ["3"]),
    ([(4, 800), (5, 800)], "4 5", ["4", "5"]),
):
    seen = press(presses)
    print(f"end packets with time stamps of their own, (key, length): {presses}\n  expected: {expected}\n  seen:     {' '.join(seen)}")
    assert seen == known, "it behaves otherwise now"
PY
