#!/usr/bin/env bash
# Kamailio: a request sent by RPC within a dialog gets a second tag in From.
#
# tm.t_uac_start takes the headers From, To and Call-ID from who asks, so that a request within a dialog can be sent (RFC 3261 12.2.1.1: From
# with the dialog's local tag). Where From has a tag one expects it sent as it is; a tag is only wanted where there is none. Seen: tm puts one of
# its own behind it (;tag=ours;tag=its), which the grammar of a header does not allow and by which the far end may not know the dialog. What is
# written without brackets becomes the URI whole, its tag within.
# Fails when the program no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${edge:-}" 2>/dev/null || true; sleep 1; rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
apt-get download -qq kamailio=5.6.3-2 2>/dev/null || { echo "Debian 12's package kamailio 5.6.3-2 is needed (apt-get update?)" >&2; exit 2; }
dpkg-deb -x kamailio_*.deb files
modules=$work/files/usr/lib/x86_64-linux-gnu/kamailio/modules
port=$(python3 -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >edge.cfg <<CFG
#!KAMAILIO
children=1
auto_aliases=no
listen=udp:127.0.0.1:$port
loadmodule "jsonrpcs.so"
loadmodule "tm.so"
loadmodule "sl.so"
modparam("jsonrpcs", "transport", 4)
modparam("jsonrpcs", "dgram_socket", "$work/rpc")
request_route {
    sl_send_reply("200", "OK");
}
CFG
files/usr/sbin/kamailio -v | head -n 1
files/usr/sbin/kamailio -f edge.cfg -L "$modules" -w "$work" -Y "$work" -m 32 -M 4 -DD -E >log 2>&1 &
edge=$!
cat >ask.py <<'PY'
import json, os, socket, sys, time
work = sys.argv[1]
far_end = socket.socket(type=socket.SOCK_DGRAM)
far_end.bind(("127.0.0.1", 0))
far_end.settimeout(10)
peer = "127.0.0.1:%d" % far_end.getsockname()[1]
rpc = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
rpc.bind(os.path.join(work, "here"))
for _ in range(50):
    if os.path.exists(os.path.join(work, "rpc")):
        break
    time.sleep(0.1)
rpc.connect(os.path.join(work, "rpc"))
seen = []
for number, end in enumerate(("<sip:bank@192.0.2.1>;tag=ours", "sip:bank@192.0.2.1;tag=ours")):
    headers = f"From: {end}\r\nTo: <sip:ann@{peer}>;tag=theirs\r\nCall-ID: call-{number}\r\nCSeq: 7 BYE\r\n"
    params = ["BYE", f"sip:ann@{peer}", f"sip:{peer}", ".", headers]
    rpc.send(json.dumps({"jsonrpc": "2.0", "method": "tm.t_uac_start", "params": params, "id": 1}).encode())
    while True:
        lines = far_end.recv(4096).decode().split("\r\n")
        if f"Call-ID: call-{number}" in lines:
            break
    sent = next(line for line in lines if line.startswith("From:"))
    print(f"asked: From: {end}\n  sent: {sent}")
    seen.append(sent)
doubled = seen[0].count(";tag=") == 2 and seen[0].startswith("From: <sip:bank@192.0.2.1>;tag=ours;tag=")
swallowed = seen[1].startswith("From: <sip:bank@192.0.2.1;tag=ours>")
sys.exit(0 if doubled and swallowed else 1)
PY
python3 ask.py "$work" || { echo "it behaves otherwise now" >&2; exit 1; }
echo "expected each From as it was asked for; seen a second tag, and a tag within the URI"
