#!/usr/bin/env bash
# Kamailio: an absent value is "<null>" inside an htable's key and nothing where strings are joined, so the "same" key is two keys.
#
# $sht(t=>$ci|$ua) and $var(k) = $ci + "|" + $ua; $sht(t=>$var(k)) look like one key. Expected: what is stored under one is found under the
# other, also for a request without User-Agent (which RFC 3261 does not ask for). Seen: with the header they agree; without it the first
# key ends in "<null>" and the second in "|", so an entry is never found again nor removed, and a second one grows beside it.
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
loadmodule "pv.so"
loadmodule "htable.so"
loadmodule "textops.so"
modparam("htable", "htable", "t=>size=4;")
request_route {
    \$sht(t=>\$ci|\$ua) = "stored";
    \$var(key) = \$ci + "|" + \$ua;
    append_to_reply("X-Found: \$sht(t=>\$var(key))\r\n");
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

def found(header):
    """What the second spelling of the key finds, for a request with this header."""
    text = (f"OPTIONS sip:edge@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{sip.getsockname()[1]};rport;branch=z9hG4bK{random.random()}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:phone@127.0.0.1>;tag=1\r\nTo: <sip:edge@127.0.0.1>\r\nCall-ID: {random.random()}\r\n"
            f"CSeq: 1 OPTIONS\r\n{header}Content-Length: 0\r\n\r\n")
    for _ in range(10):
        try:
            sip.sendto(text.encode(), edge)
            lines = sip.recv(9999).decode().splitlines()
            return next(line for line in lines if line.startswith("X-Found: "))[9:]
        except (TimeoutError, ConnectionError):
            time.sleep(0.3)
    return "no answer"

named, unnamed = found("User-Agent: phone\r\n"), found("")
print(f"with User-Agent:    expected stored, seen {named}\nwithout User-Agent: expected stored, seen {unnamed}")
assert (named, unnamed) == ("stored", "<null>"), "it behaves otherwise now"
PY
