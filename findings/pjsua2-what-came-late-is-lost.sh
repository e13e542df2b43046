#!/usr/bin/env bash
# pjsua2 from PyPI: of packets that all came, in order and once, some are never heard when the network stands still for a moment.
#
# A caller sends two hundred frames of PCMU, each of a level of its own; a quarter of the way they are held back for 300 ms and then come at
# once. What is heard is recorded. Expected: all frames (the buffer has room for half a second), late; or those that are left out are counted
# as discarded. Seen: some nine are missing during the next seconds, whatever they say, as the default (PJMEDIA_JB_DISCARD_PROGRESSIVE)
# comes back to a short delay by leaving frames out; `discard` of the jitter buffer and of RTCP stay 0, and the other end is told of no loss.
# Without the pause none is missing. Fails when the library no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pjsua2-python==2.15.1.post1 2>/dev/null

cat >"$work/peer.py" <<'PY'
"""pjsua2 as its documentation shows it: answers a call, records what it hears, prints its counters when the call ends."""
import sys, pjsua2 as pj

calls, ended = [], []

class Call(pj.Call):
    def onCallMediaState(self, prm):
        self.recorder = pj.AudioMediaRecorder()
        self.recorder.createRecorder(sys.argv[1])
        self.getAudioMedia(-1).startTransmit(self.recorder)

    def onStreamDestroyed(self, prm):
        told = self.getStreamStat(0)
        print("counters", told.jbuf.lost, told.jbuf.discard, told.rtcp.rxStat.loss, told.rtcp.rxStat.discard, flush=True)

    def onCallState(self, prm):
        if self.getInfo().state == pj.PJSIP_INV_STATE_DISCONNECTED:
            ended.append(self)

class Account(pj.Account):
    def onIncomingCall(self, prm):
        calls.append(Call(self, prm.callId))
        answer = pj.CallOpParam()
        answer.statusCode = 200
        calls[-1].answer(answer)

endpoint = pj.Endpoint()
endpoint.libCreate()
config = pj.EpConfig()
config.logConfig.level = config.logConfig.consoleLevel = 0
config.uaConfig.threadCnt = 0
config.medConfig.clockRate = 8000
config.medConfig.noVad = True
endpoint.libInit(config)
transport = pj.TransportConfig()
transport.boundAddress = "127.0.0.1"
number = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
endpoint.audDevManager().setNullDev()
endpoint.libStart()
account = Account()
settings = pj.AccountConfig()
settings.idUri = "sip:peer@127.0.0.1"
settings.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
account.create(settings)
print("version", endpoint.libVersion().full, flush=True)
print("port", endpoint.transportGetInfo(number).localAddress.rpartition(":")[2], flush=True)
while not ended:
    endpoint.libHandleEvents(10)
ended[0].recorder = None
calls.clear()
PY

cat >"$work/caller.py" <<'PY'
import re, socket, struct, subprocess, sys, time, wave

FRAMES, HELD_AT, HELD_SECONDS = 200, 50, 0.3

def level(number):
    """Of each frame, in PCMU: sixty loud levels, one after the other."""
    return bytes([0x80 | number % 60]) * 160

def linear(code):
    code = ~code & 0xFF
    value = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return -value if code & 0x80 else value

def call(name, held):
    recording = f"{sys.argv[1]}/{name}.wav"
    peer = subprocess.Popen([sys.executable, f"{sys.argv[1]}/peer.py", recording], stdout=subprocess.PIPE, text=True)
    told = {}
    while "port" not in told:  # the library prints lines of its own
        word, _, rest = peer.stdout.readline().partition(" ")
        told[word] = rest.strip()
    version, port = told["version"], int(told["port"])
    sip, rtp = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
    for one in (sip, rtp):
        one.bind(("127.0.0.1", 0))
    sip.settimeout(5)
    here, media = sip.getsockname()[1], rtp.getsockname()[1]
    sdp = f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {media} RTP/AVP 0\r\n"
    def send(method, branch, to, body=""):
        kind = "Content-Type: application/sdp\r\n" if body else ""
        sip.sendto((f"{method} sip:peer@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{here};branch=z9hG4bK{branch}\r\n"
                    f"Max-Forwards: 70\r\nFrom: <sip:me@127.0.0.1>;tag=me\r\nTo: {to}\r\nCall-ID: {name}@127.0.0.1\r\n"
                    f"CSeq: {2 if method == 'BYE' else 1} {method}\r\nContact: <sip:me@127.0.0.1:{here}>\r\n{kind}"
                    f"Content-Length: {len(body)}\r\n\r\n{body}").encode(), ("127.0.0.1", port))
    send("INVITE", "1", "<sip:peer@127.0.0.1>", sdp)
    while True:
        answer = sip.recv(65535).decode()
        if answer.startswith("SIP/2.0 200"):
            break
    to = re.search(r"^To: (.*)\r", answer, re.M)[1]
    there = int(re.search(r"m=audio (\d+)", answer)[1])
    send("ACK", "2", to)
    time.sleep(0.5)
    begins, late = time.monotonic(), 0.0
    for number in range(-25, FRAMES + 60):
        payload = level(number) if 0 <= number < FRAMES else b"\xff" * 160
        due = begins + (number + 25) * 0.02
        if held and HELD_AT <= number and time.monotonic() < begins + (HELD_AT + 25) * 0.02 + HELD_SECONDS:
            due = begins + (HELD_AT + 25) * 0.02 + HELD_SECONDS
        time.sleep(max(0.0, due - time.monotonic()))
        late = max(late, time.monotonic() - due if not held else 0.0)
        rtp.sendto(struct.pack("!BBHII", 0x80, 0, number + 100, (number + 100) * 160, 7) + payload, ("127.0.0.1", there))
    send("BYE", "3", to)
    said = peer.stdout.read()
    peer.wait()
    counters = [int(word) for word in re.search(r"counters (.*)", said)[1].split()]
    with wave.open(recording) as file:
        heard = memoryview(file.readframes(file.getnframes())).cast("h")
    # A frame was heard where its level stands for half its time; levels come again after sixty frames, so they are followed in order.
    spans, at = [], 0
    while at < len(heard):
        end = at
        while end < len(heard) and heard[end] == heard[at]:
            end += 1
        if end - at >= 80 and abs(heard[at]) > 500:
            spans += [heard[at]] * round((end - at) / 160)
        at = end
    levels = [linear(level(number)[0]) for number in range(60)]
    places = [levels.index(value) for value in spans if value in levels]
    missing = sum(max(0, (after - before - 1) % 60) for before, after in zip(places, places[1:])) if places else FRAMES
    print(f"{version}, {name}: {FRAMES} frames came, {missing} of them are missing; counted: lost in the buffer {counters[0]}, discarded there "
          f"{counters[1]}; RTCP lost {counters[2]}, discarded {counters[3]}")
    return missing, counters, late

smooth, _, late = call("smooth", held=False)
if late > 0.1:
    raise SystemExit("this machine is too busy to tell: run it again")
missing, (_, discarded, rtcp_lost, rtcp_discarded), _ = call("held back once", held=True)
assert smooth <= 2 and missing >= 4 and (discarded, rtcp_lost, rtcp_discarded) == (0, 0, 0), "it behaves otherwise now"
PY
"$work/venv/bin/python" "$work/caller.py" "$work"
