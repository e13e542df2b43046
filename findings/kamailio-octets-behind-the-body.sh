#!/usr/bin/env bash
# Kamailio: a UDP request that ends with one line end more than its Content-Length is refused with 400.
#
# RFC 3261 18.3: additional bytes beyond the body in a datagram must be discarded (gateways add a line end, or pad). Expected: the request
# is served. Seen: sanity_check, with the flags of the configuration that Kamailio ships (17895), answers 400 "Content-Length mis-match".
# Fails when the program no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${edge:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
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
loadmodule "sl.so"
loadmodule "sanity.so"
request_route {
    if (!sanity_check("17895", "7")) exit;
    sl_send_reply("200", "OK");
}
CFG
files/usr/sbin/kamailio -f edge.cfg -L "$modules" -w "$work" -Y "$work" -m 32 -M 4 -DD -E >log 2>&1 &
edge=$!
files/usr/sbin/kamailio -v | head -n 1

python3 - "$port" <<'PY'
import random, socket, sys, time

edge = ("127.0.0.1", int(sys.argv[1]))
sip = socket.socket(type=socket.SOCK_DGRAM)
sip.bind(("127.0.0.1", 0))
sip.settimeout(1)

def ask(behind):
    """OPTIONS with these octets behind its (empty) body: the answer's first line."""
    text = (f"OPTIONS sip:edge@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{sip.getsockname()[1]};rport;branch=z9hG4bK{random.random()}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:phone@127.0.0.1>;tag=1\r\nTo: <sip:edge@127.0.0.1>\r\nCall-ID: {random.random()}\r\n"
            f"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n{behind}")
    for _ in range(10):
        try:
            sip.sendto(text.encode(), edge)
            return sip.recv(9999).decode().splitlines()[0]
        except (TimeoutError, ConnectionError):
            time.sleep(0.3)
    return "no answer"

plain, longer = ask(""), ask("\r\n")
print(f"as long as it says:  expected SIP/2.0 200 OK, seen {plain}\none line end longer: expected SIP/2.0 200 OK, seen {longer}")
assert plain == "SIP/2.0 200 OK" and longer == "SIP/2.0 400 Content-Length mis-match", "it behaves otherwise now"
PY
