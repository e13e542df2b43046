#!/usr/bin/env bash
# rtpengine: a report's jitter is passed on in ticks of the other phone's clock.
#
# One phone speaks PCMU (8,000 ticks a second), the other hears Opus (48,000) by way of the relay and reports a jitter of 960 ticks, 20 ms.
# RFC 3550 6.4.1 counts jitter in ticks of the stream that the report is about.
# Expected: the speaking phone is told 160 ticks, which is 20 ms of its clock; the relay has put the report's SSRC, sequence number and loss
# into terms of that stream.
# Seen: 960, which is 120 ms. Between codecs of one clock the number is right. Who raises an alarm at 30 ms of jitter raises it for each Opus
# phone in good health. Fails when the program no longer does this.
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

def told(name, formats, ticks, **how):
    """Jitter as the speaking phone is told."""
    one, two = Phone("0", [MU]), Phone(*formats)
    call(name, one, two, **how)
    one.speak(25, b"\xff" * 160, 0, 160)
    *_, (_, _, sequence, _, ssrc, _) = two.got()
    report = struct.pack("!BBHIIIIIII", 0x81, 201, 7, two.ssrc, ssrc, 0, sequence, ticks, 0, 0)
    two.rtcp.sendto(report, (two.peer[0], two.peer[1] + 1))
    time.sleep(0.3)
    data = one.rtcp.recv(4096)
    assert data[1] == 201 and struct.unpack("!I", data[8:12])[0] == one.ssrc, "it is a report about what the phone sent"
    return struct.unpack("!I", data[20:24])[0]

for name, formats, rate, how in (
    ("PCMU to PCMA", ("8", [A]), 8000, {"codec": {"transcode": ["PCMA"]}}),
    ("PCMU to Opus", ("96", ["96 opus/48000/2"]), 48000, {"codec": {"transcode": ["opus"]}}),
):
    ticks = rate // 50
    seen = told(name, formats, ticks, **how)
    print(f"{name}: the phone said {ticks / rate * 1000:.0f} ms ({ticks} ticks); the other is told {seen / 8:.0f} ms ({seen} ticks)")
    assert seen == ticks, "it behaves otherwise now"
PY
