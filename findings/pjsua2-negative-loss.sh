#!/usr/bin/env bash
# pjsua2: a receiver report that says "one packet more than you sent" is read as a loss of 16,777,215 packets.
#
# RFC 3550 6.4.1: the cumulative number of packets lost is a signed 24-bit number; it is negative when packets came twice (a line that
# duplicates, a bonded trunk). Expected: a loss of -1, or 0. Seen in the stream's statistics (txStat.loss): 16777215, as if unsigned. Whoever
# judges a line by it takes a perfect one for a dead one.
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
    for call in calls:
        if call.isActive() and call.hasMedia():
            told = call.getStreamStat(0).rtcp.txStat
            if told.loss or told.updateCount:
                print("told", told.loss, flush=True)
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
import random, struct, time
from phone import Peer, Phone

def told(lost):
    """What the peer's statistics say after a report of so many lost packets."""
    peer = Peer()
    phone = Phone(peer)
    assert phone.dial() == 200
    phone.packet(0, 0, 0, b"\xff" * 160)
    data = phone.rtp.recv(2000)
    newest, stream = struct.unpack("!H", data[2:4])[0], data[8:12]
    control = (phone.audio[0], phone.audio[1] + 1)
    for _ in range(4):
        report = struct.pack("!BBHI", 0x81, 201, 7, 77) + stream + struct.pack("!B", 0) + (lost & 0xFFFFFF).to_bytes(3, "big")
        phone.rtp.sendto(report + struct.pack("!IIII", newest, 0, 0, 0), control)
        time.sleep(0.3)
    phone.send("BYE")
    time.sleep(0.2)
    peer.process.terminate()
    lines = [line.split()[1] for line in peer.process.stdout.read().splitlines() if line.startswith("told ")]
    return int(lines[-1]) if lines else None

for lost, expected, known in ((3, "3", 3), (-1, "-1 or 0", 16777215)):
    seen = told(lost)
    print(f"reported: {lost}; expected: {expected}; seen: {seen}")
    assert seen == known, "it behaves otherwise now"
PY
