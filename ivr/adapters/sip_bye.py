"""A BYE in a dead cell's name, sent by ourselves where there is no edge (RFC 3261 15, 17.1.2).

It goes to an address in figures, which the far end gave; no name is looked up.
"""

from __future__ import annotations

import re
import secrets
import socket
import time

from ivr.core.sip.dialog import Farewell
from ivr.errors import PeerError

WAITS_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""Between one sending and the next (T1, doubled to T2). Then the far end is gone, too."""
_HOP = re.compile(r"sip:([0-9.]+):([0-9]+);transport=(udp|tcp)")


class ByeSender:
    """Sends from one of our addresses."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __call__(self, bye: Farewell) -> None:
        """Send it until it is answered. May wait for seconds. Raises PeerError when nobody answers."""
        hop = _HOP.fullmatch(bye.next_hop)
        if hop is None:
            raise PeerError("a farewell goes to an IPv4 address by UDP or TCP")
        to, transport = (hop[1], int(hop[2])), hop[3]
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        try:
            with socket.socket(socket.AF_INET, kind) as here:
                here.bind((self._address, 0))
                here.settimeout(WAITS_SECONDS[-1])
                here.connect(to)
                _exchange(here, bye, transport)
        except OSError as error:
            raise PeerError(f"a far end does not take its farewell: {error.strerror or 'no answer'}") from error


def _exchange(here: socket.socket, bye: Farewell, transport: str) -> None:
    branch = f"z9hG4bK{secrets.token_hex(8)}"
    host, port = here.getsockname()[:2]
    via = f"Via: SIP/2.0/{transport.upper()} {host}:{port};branch={branch};rport\r\n"
    end = "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    message = f"BYE {bye.uri} SIP/2.0\r\n{via}{bye.headers}{end}".encode("utf-8", "surrogateescape")
    for wait in WAITS_SECONDS if transport == "udp" else (sum(WAITS_SECONDS),):
        here.send(message)
        deadline = time.monotonic() + wait
        while (left := deadline - time.monotonic()) > 0:
            here.settimeout(left)
            try:
                answer = here.recv(65535)
            except TimeoutError:
                break
            if not answer:
                raise PeerError("a far end closed its connection under its farewell")
            if answer.startswith(b"SIP/2.0 ") and branch.encode() in answer and not answer.startswith(b"SIP/2.0 1"):
                return
    raise PeerError("a far end does not answer its farewell")
