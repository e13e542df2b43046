#!/usr/bin/env bash
# Kamailio: counting requests with the pipelimit module reads every socket of the machine once a second.
#
# The module's documentation tells of algorithms that look at the load (FEEDBACK, NETWORK) and of TAILDROP, which only counts. With a single
# TAILDROP pipe one expects a counter that is reset each interval. Seen: each second a timer reads /proc/stat, /proc/net/udp and /proc/net/tcp
# whole, whatever algorithm the pipes have: on a host with thousands of sockets that is most of what an idle edge costs.
# Fails when the program no longer does this.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${tracer:-}" 2>/dev/null || true; sleep 1; rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
apt-get download -qq kamailio=5.6.3-2 strace=6.1-0.1 2>/dev/null || { echo "Debian 12's packages kamailio 5.6.3-2 and strace 6.1-0.1 are needed (apt-get update?)" >&2; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" files; done
modules=$work/files/usr/lib/x86_64-linux-gnu/kamailio/modules
port=$(python3 -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >edge.cfg <<CFG
#!KAMAILIO
children=1
auto_aliases=no
listen=udp:127.0.0.1:$port
loadmodule "sl.so"
PIPELIMIT
request_route {
    sl_send_reply("200", "OK");
}
CFG
files/usr/sbin/kamailio -v | head -n 1

reads() { # of the kernel's tables of sockets, within six seconds: $1 is what stands in place of PIPELIMIT
    sed "s|PIPELIMIT|$1|" edge.cfg >run.cfg
    files/usr/bin/strace -f -qq -e trace=openat -o trace files/usr/sbin/kamailio -f run.cfg -L "$modules" -w "$work" -Y "$work" -m 32 -M 4 -DD -E >log 2>&1 &
    tracer=$!
    sleep 6
    kill "$tracer" 2>/dev/null || true
    pkill -P "$tracer" 2>/dev/null || true
    wait "$tracer" 2>/dev/null || true
    grep -c '"/proc/net/\(udp\|tcp\)"' trace || true
}
without=$(reads "")
with=$(reads 'loadmodule "pipelimit.so"\nmodparam("pipelimit", "timer_interval", 1)')
echo "without the module: $without reads of /proc/net/udp and /proc/net/tcp in six seconds"
echo "with pipelimit and no pipe that looks at a load: expected $without, seen $with"
[ "$without" -eq 0 ] && [ "$with" -ge 4 ] || { echo "it behaves otherwise now" >&2; exit 1; }
