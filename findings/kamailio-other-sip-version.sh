#!/usr/bin/env bash
# Kamailio: a request of another SIP version gets no answer, although the sanity module has a check that answers 505.
#
# RFC 3261 8.2 and 21.5.6: 505 Version Not Supported (RFC 4475 3.1.2.16 has the message). The sanity module documents the check "sip
# version" among its default ones. Expected: 505. Seen: nothing: the message is dropped before any route but
# event_route[core:pre-routing], so that check never sees one.
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
    if (!sanity_check()) exit;
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

def ask(cseq="CSeq: 1 OPTIONS", subject="Subject: one line", version="SIP/2.0"):
    """The first line of the answer to OPTIONS."""
    text = (f"OPTIONS sip:edge@127.0.0.1 {version}\r\nVia: SIP/2.0/UDP 127.0.0.1:{sip.getsockname()[1]};rport;branch=z9hG4bK{random.random()}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:phone@127.0.0.1>;tag=1\r\nTo: <sip:edge@127.0.0.1>\r\nCall-ID: {random.random()}\r\n"
            f"{cseq}\r\n{subject}\r\nContent-Length: 0\r\n\r\n")
    for _ in range(5):
        try:
            sip.sendto(text.encode(), edge)
            return sip.recv(9999).decode().splitlines()[0]
        except (TimeoutError, ConnectionError):
            time.sleep(0.3)
    return "no answer"

two, seven = ask(), ask(version="SIP/7.0")
print(f"SIP/2.0: expected SIP/2.0 200 OK, seen {two}\nSIP/7.0: expected SIP/2.0 505, seen {seven}")
assert (two, seven) == ("SIP/2.0 200 OK", "no answer"), "it behaves otherwise now"
PY
