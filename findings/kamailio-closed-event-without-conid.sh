#!/usr/bin/env bash
# Kamailio: in event_route[tcp:closed] the id of the connection that closed ($conid) is $null; its address and port are there.
#
# Expected: what a request on a connection noted under $conid is found under $conid when tcpops tells that it closed. Seen: $conid is a number
# in the request and <null> in the event; $si and $sp are those of the connection.
# Fails when the program no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${edge:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
apt-get download -qq kamailio=5.6.3-2 2>/dev/null || { echo "Debian 12's package kamailio 5.6.3-2 is needed (apt-get update?)" >&2; exit 2; }
dpkg-deb -x kamailio_*.deb files
modules=$work/files/usr/lib/x86_64-linux-gnu/kamailio/modules
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >edge.cfg <<CFG
#!KAMAILIO
children=1
tcp_children=1
log_stderror=yes
auto_aliases=no
listen=tcp:127.0.0.1:$port
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "tcpops.so"
modparam("tcpops", "closed_event", 1)
request_route {
    xlog("L_ALERT", "SEEN request conid=\$conid from=\$si:\$sp\n");
    sl_send_reply("200", "OK");
}
event_route[tcp:closed] {
    xlog("L_ALERT", "SEEN closed conid=\$conid from=\$si:\$sp\n");
}
CFG
files/usr/sbin/kamailio -f edge.cfg -L "$modules" -w "$work" -Y "$work" -m 32 -M 4 -DD -E >log 2>&1 &
edge=$!
files/usr/sbin/kamailio -v | head -n 1

python3 - "$port" <<'PY'
import re, socket, sys, time

for _ in range(100):
    try:
        sip = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
        break
    except ConnectionError:
        time.sleep(0.1)
here = sip.getsockname()[1]
sip.sendall((f"OPTIONS sip:edge@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:{here};branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
             "From: <sip:phone@127.0.0.1>;tag=1\r\nTo: <sip:edge@127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode())
assert sip.recv(9999).startswith(b"SIP/2.0 200")
sip.close()
seen = {}
for _ in range(100):
    seen = {name: (conid, port) for name, conid, port in re.findall(r"SEEN (\w+) conid=(\S+) from=127.0.0.1:(\d+)", open("log").read())}
    if "closed" in seen:
        break
    time.sleep(0.1)
print(f"in the request: conid {seen['request'][0]}; in the event: expected the same, seen {seen['closed'][0]}; its port is {seen['closed'][1]}")
assert seen["request"][0].isdigit() and seen["closed"] == ("<null>", str(here)), "it behaves otherwise now"
PY
