#!/usr/bin/env bash
# rtpengine: where it transcodes, the octet count of its sender reports has the 12 octets of each RTP header in it.
#
# One phone speaks PCMU and sends a sender report (RFC 3550 6.4.1); the other hears PCMU, PCMA or Opus, and gets the relay's report of the same.
# Expected: "sender's octet count" is what the packets carried, "not including header or padding".
# Seen: where nothing is transcoded the count is passed on and right. Where it is, it is too large by 12 octets a packet: a fourteenth with
# G.711, and five times too much while Opus codes a pause. Who works out a bit rate from reports is wrong behind it.
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

def heard(name, formats, **how):
    """Packets that the second phone got, octets that they carried, and the two counts of the report that it got."""
    one, two = Phone("0", [MU]), Phone(*formats)
    call(name, one, two, **how)
    one.speak(50, b"\xff" * 160, 0, 160)
    got = two.got()
    now = int((time.time() + 2208988800) * 2**32)
    report = struct.pack("!BBHIIIIII", 0x80, 200, 6, one.ssrc, now >> 32, now & 0xFFFFFFFF, one.clock, 50, 50 * 160)
    one.rtcp.sendto(report, (one.peer[0], one.peer[1] + 1))
    time.sleep(0.5)
    data = two.rtcp.recv(4096)
    assert data[1] == 200 and struct.unpack("!I", data[4:8])[0] == got[0][4], "it is a report about what this phone got"
    packets, octets = struct.unpack("!II", data[20:28])
    assert packets == len(got), "it counts what it sent"
    return len(got), sum(len(payload) for *_, payload in got), octets

for name, formats, how in (
    ("PCMU to PCMU", ("0", [MU]), {}),
    ("PCMU to PCMA", ("8", [A]), {"codec": {"transcode": ["PCMA"]}}),
    ("PCMU to Opus", ("96", ["96 opus/48000/2"]), {"codec": {"transcode": ["opus"]}}),
):
    packets, carried, told = heard(name, formats, **how)
    print(f"{name}: {packets} packets carried {carried} octets; the report says {told}")
    assert told - carried == (0 if name == "PCMU to PCMU" else 12 * packets), "it behaves otherwise now"
PY
