#!/usr/bin/env bash
# rtpengine: between PCMU and Opus, a key whose events keep their clock of 8,000 makes the audio's clock lose five sixths of the key.
#
# The Opus phone takes telephone-event/8000, as many do. A key is held for 120 ms. Expected: the audio behind it is 120 ms later than where
# the key began, 5,760 ticks of the clock of Opus (RFC 7160 4.1: elapsed time at the rate of what follows). Seen: 960 ticks, which is the
# key's length in the other clock: 100 ms of time are lost at each key. With telephone-event/48000 it is right.
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
import json, random, socket, struct, sys, time

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
    answer = ask(command="answer", call_id=name, from_tag="one", to_tag="two", sdp=two.sdp)
    one.peer, two.peer = ("127.0.0.1", port(answer)), ("127.0.0.1", port(offer))

MU, A, EVENT = "0 PCMU/8000", "8 PCMA/8000", "101 telephone-event/8000"

def behind_the_key(name, events):
    """Ticks from the key's beginning to the audio behind it, as the Opus phone receives them."""
    one, two = Phone("0 101", [MU, EVENT]), Phone(f"96 {events.split()[0]}", ["96 opus/48000/2", events])
    call(name, one, two, codec={"transcode": ["opus"]})
    one.speak(10, b"\xff" * 160, 0, 160)
    began = one.clock
    for frame in range(1, 7):
        for _ in range(3 if frame == 6 else 1):
            one.send(struct.pack("!BBH", 7, (frame == 6) << 7 | 10, 160 * frame), 101, frame == 1, at=began)
        one.clock += 160
        time.sleep(0.02)
    one.speak(5, b"\xff" * 160, 0, 160)
    packets = two.got()
    key = next(packet for packet in packets if packet[0] != 96)
    after = next(packet for packet in packets if packet[0] == 96 and packet[2] > key[2])
    return after[3] - key[3]

for events, today in (("97 telephone-event/48000", 5760), ("101 telephone-event/8000", 960)):
    seen = behind_the_key(events, events)
    print(f"{events}: expected 5760 ticks (120 ms), seen {seen}")
    assert seen == today, "it behaves otherwise now"
PY
