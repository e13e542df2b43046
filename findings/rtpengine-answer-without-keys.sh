#!/usr/bin/env bash
# rtpengine: a phone that offers Opus alone, with telephone-event/8000, is answered without telephone-event where the other side speaks PCMU.
#
# Both sides name telephone-event/8000, and the relay offers it on. Expected: the answer to the Opus phone has it (RFC 4733 2.5.1.1; RFC
# 3264 6.1: what both sides know). Seen: the answer has Opus alone, so a phone that keeps to it sends no key, though the relay passes the
# events of one that sends them all the same. A phone that offers telephone-event/48000 is answered with it.
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

class Phone:
    """A port pair that sends RTP with a clock of its own."""

    def __init__(self, formats, maps):
        while True:
            self.rtp, self.rtcp = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
            self.rtp.bind(("127.0.0.1", 0))
            port = self.rtp.getsockname()[1]
            try:
                self.rtcp.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            if port % 2 == 0:
                break
        self.rtp.setblocking(False)
        self.rtcp.setblocking(False)
        self.sequence, self.clock, self.ssrc, self.peer = 100, 1000, random.getrandbits(32), None
        self.sdp = (f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP {formats}\r\n"
                    + "".join(f"a=rtpmap:{line}\r\n" for line in maps))

    def send(self, payload, kind, mark=0, at=None):
        head = struct.pack("!BBHII", 0x80, mark << 7 | kind, self.sequence, self.clock if at is None else at, self.ssrc)
        self.rtp.sendto(head + payload, self.peer)
        self.sequence += 1

    def speak(self, frames, payload, kind, step, mark=0):
        for _ in range(frames):
            self.send(payload, kind, mark)
            self.clock, mark = self.clock + step, 0
            time.sleep(0.02)

    def got(self):
        """(payload type, marker, sequence, clock, SSRC, payload) of each packet since the last look."""
        packets = []
        time.sleep(0.5)
        while True:
            try:
                data = self.rtp.recv(4096)
            except BlockingIOError:
                return packets
            _, kind, sequence, clock, ssrc = struct.unpack("!BBHII", data[:12])
            packets.append((kind & 127, kind >> 7, sequence, clock, ssrc, data[12:]))

def call(name, one, two, **how):
    """Offer and answer; both phones then send to the relay."""
    port = lambda answer: next(int(line.split()[1]) for line in answer["sdp"].splitlines() if line.startswith("m="))
    offer = ask(command="offer", call_id=name, from_tag="one", sdp=one.sdp, **how)
    two.events = re.search(r"a=rtpmap:([0-9]+) telephone-event/8000", offer["sdp"])[1]
    two.sdp = two.sdp.replace("101", two.events)  # the number that was offered
    answer = ask(command="answer", call_id=name, from_tag="one", to_tag="two", sdp=two.sdp)
    one.peer, two.peer = ("127.0.0.1", port(answer)), ("127.0.0.1", port(offer))
    return answer["sdp"]

MU, A, EVENT = "0 PCMU/8000", "8 PCMA/8000", "101 telephone-event/8000"

SILENCE = b"\xf8\xff\xfe"  # 20 ms of Opus

def answered(events):
    """Whether the answer to the Opus phone names its key events, and how many of their packets the PCMU phone receives."""
    number, rate = events.split()[0], int(events.partition("/")[2])
    one, two = Phone(f"96 {number}", ["96 opus/48000/2", events]), Phone("0 101", [MU, EVENT])
    answer = call(events, one, two, codec={"transcode": ["PCMU"]})
    one.speak(10, SILENCE, 96, 960)
    began = one.clock
    for frame in range(1, 7):
        for _ in range(3 if frame == 6 else 1):
            one.send(struct.pack("!BBH", 7, (frame == 6) << 7 | 10, rate // 50 * frame), int(number), frame == 1, at=began)
        one.clock += 960
        time.sleep(0.02)
    one.speak(5, SILENCE, 96, 960)
    return "telephone-event" in answer, sum(packet[0] == int(two.events) for packet in two.got())

for events, today in (("97 telephone-event/48000", (True, 8)), ("101 telephone-event/8000", (False, 8))):
    seen = answered(events)
    print(f"{events}: expected in the answer, 8 packets of the key; seen: {'in the answer' if seen[0] else 'not in the answer'}, {seen[1]} packets")
    assert seen == today, "it behaves otherwise now"
PY
