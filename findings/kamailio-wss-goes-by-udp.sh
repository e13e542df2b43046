#!/usr/bin/env bash
# Kamailio: where a request goes to "sip:…;transport=wss" it is sent by UDP.
#
# $pr of a message that came by WebSocket over TLS is "wss", and sip:ADDRESS:PORT;transport=$pr is how scripts write down where a message came
# from, to send to it later; it holds for udp, tcp, tls and ws. RFC 7118 5 names no transport wss, so one expects a refusal, or the
# connection. Seen: the word is passed over, as any that it does not know, and the request leaves as a datagram, to a port where nobody listens, in
# clear, with no word in the log.
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
tcp_children=1
auto_aliases=no
listen=udp:127.0.0.1:$port
listen=tcp:127.0.0.1:$port
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
request_route {
    # The user part of the request's URI is the transport that is written.
    \$du = "sip:127.0.0.1:" + \$(hdr(X-Port)) + ";transport=" + \$rU;
    if (!t_relay()) sl_send_reply("500", "Refused");
}
CFG
files/usr/sbin/kamailio -v | head -n 1
files/usr/sbin/kamailio -f edge.cfg -L "$modules" -w "$work" -Y "$work" -m 32 -M 4 -DD -E >log 2>&1 &
edge=$!
cat >ask.py <<'PY'
import socket, sys, time
edge = ("127.0.0.1", int(sys.argv[1]))
came = {}
for number, transport in enumerate(("udp", "tcp", "ws", "wss")):
    with socket.socket(type=socket.SOCK_DGRAM) as far_end, socket.socket(type=socket.SOCK_DGRAM) as caller:
        far_end.bind(("127.0.0.1", 0))
        far_end.settimeout(2)
        caller.bind(("127.0.0.1", 0))
        here = "127.0.0.1:%d" % caller.getsockname()[1]
        request = (
            f"OPTIONS sip:{transport}@{edge[0]}:{edge[1]} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKb{number}\r\n"
            f"Max-Forwards: 9\r\nFrom: <sip:ann@{here}>;tag=ann\r\nTo: <sip:bank@{edge[0]}>\r\nCall-ID: call-{number}\r\n"
            f"CSeq: 1 OPTIONS\r\nX-Port: {far_end.getsockname()[1]}\r\nContent-Length: 0\r\n\r\n"
        )
        came[transport] = False
        for _ in range(3):
            caller.sendto(request.encode(), edge)
            try:
                came[transport] = f"Call-ID: call-{number}" in far_end.recv(4096).decode()
                break
            except TimeoutError:
                time.sleep(0.2)
        print(f";transport={transport}: {'a datagram came' if came[transport] else 'no datagram'}")
sys.exit(0 if came == {"udp": True, "tcp": False, "ws": False, "wss": True} else 1)
PY
python3 ask.py "$port" || { echo "it behaves otherwise now" >&2; tail -n 3 log >&2; exit 1; }
echo "expected a datagram for udp alone; seen one for wss, too"
