#!/usr/bin/env bash
# Kamailio: a $var that was given an absent value is not absent: it is 0, and "!= $null" holds.
#
# $sht(t=>key) of a key that is not there equals $null. Expected: so does $var(x) after $var(x) = $sht(t=>key). Seen: the value itself equals
# $null, and its copy does not; it has become 0. "Nothing is known" is read as something known. An $avp or $xavp keeps the absence.
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
modparam("htable", "htable", "t=>size=2;")
request_route {
    \$avp(kept) = \$sht(t=>missing);
    \$var(copy) = \$sht(t=>missing);
    if (\$sht(t=>missing) == \$null) append_to_reply("X-Value: absent\r\n");
    if (\$avp(kept) == \$null) append_to_reply("X-Avp: absent\r\n");
    if (\$var(copy) == \$null) append_to_reply("X-Var: absent\r\n");
    else append_to_reply("X-Var: \$var(copy)\r\n");
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
    """The answer to OPTIONS."""
    text = (f"OPTIONS sip:edge@127.0.0.1 {version}\r\nVia: SIP/2.0/UDP 127.0.0.1:{sip.getsockname()[1]};rport;branch=z9hG4bK{random.random()}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:phone@127.0.0.1>;tag=1\r\nTo: <sip:edge@127.0.0.1>\r\nCall-ID: {random.random()}\r\n"
            f"{cseq}\r\n{subject}\r\nContent-Length: 0\r\n\r\n")
    for _ in range(5):
        try:
            sip.sendto(text.encode(), edge)
            return sip.recv(9999).decode()
        except (TimeoutError, ConnectionError):
            time.sleep(0.3)
    return "no answer"

answer = ask()
seen = {name: next((line.split(": ")[1] for line in answer.splitlines() if line.startswith(name)), "not absent") for name in ("X-Value", "X-Avp", "X-Var")}
for name, value in seen.items():
    print(f"{name}: expected absent, seen {value}")
assert seen == {"X-Value": "absent", "X-Avp": "absent", "X-Var": "0"}, "it behaves otherwise now"
PY
