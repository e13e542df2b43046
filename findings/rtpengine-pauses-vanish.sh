#!/usr/bin/env bash
# rtpengine: where it transcodes, or changes the packets' length, pauses and lost packets vanish from the RTP clock.
#
# A phone that sends nothing while nobody speaks lets its clock run on and marks the next packet (RFC 3550 5.1, RFC 3551 4.1).
# Expected: 400 ms of pause are 3,200 ticks behind the relay, too. Seen: the clock stands still in the pause and the mark is gone, though
# without transcoding both pass; the same where 20 packets were lost: the sequence jumps, the clock does not.
# Who places a caller's audio by its clock finds every pause cut out. Fails when the program no longer does this.
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

def jump(name, heard, lost=0, **how):
    """(sequence, clock, mark) of the first packet behind the pause, counted from the last one before it."""
    one, two = Phone("0", [MU]), Phone(*heard)
    call(name, one, two, **how)
    one.speak(8, b"\xff" * 160, 0, 160)
    time.sleep(0.4)
    before = two.got()[-1]
    one.clock, one.sequence = one.clock + 20 * 160, one.sequence + lost
    one.speak(8, b"\xff" * 160, 0, 160, mark=1)
    after = two.got()[0]
    return after[2] - before[2], after[3] - before[3], after[1]

PAUSE, STEP = 20 * 160 + 160, 160
for name, heard, lost, how, expected, today in (
    ("pause, PCMU to PCMU", ("0", [MU]), 0, {}, (1, PAUSE, 1), (1, PAUSE, 1)),
    ("pause, PCMU to PCMA", ("8", [A]), 0, {"codec": {"transcode": ["PCMA"]}}, (1, PAUSE, 1), (1, STEP, 0)),
    ("20 packets lost, PCMU to PCMA", ("8", [A]), 20, {"codec": {"transcode": ["PCMA"]}}, (21, PAUSE, 1), (21, STEP, 0)),
):
    seen = jump(name, heard, lost, **how)
    print(f"{name}: expected (sequence, clock, mark) + {expected}, seen + {seen}")
    assert seen == today, "it behaves otherwise now"
PY
