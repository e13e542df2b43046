"""Notices over HTTPS: the address is looked up once, judged, and that very address is spoken to."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from ivr.core.call.notices import may_be_spoken_to
from ivr.errors import PeerError

SECONDS = 10.0
"""Until all of the answer's head is there. A receiver that takes longer keeps the others waiting."""


class HttpPoster:
    """`Poster`. It follows no redirect, and reads nothing of an answer but its status."""

    def __init__(self, *, seconds: float = SECONDS, trusted: ssl.SSLContext | None = None) -> None:
        """`trusted`: which certificates are; the system's by default."""
        self._seconds, self._trusted = seconds, trusted

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, inside: bool) -> int:
        """The answer's status."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        try:
            connected = self._connected(host, port, url, inside=inside)
        except OSError as error:
            raise PeerError(f"{host} cannot be reached") from error
        # A receiver may answer a byte at a time: the whole has one deadline, not each reading.
        open_now: list[socket.socket] = [connected]
        watch = threading.Timer(self._seconds, lambda: _shut(open_now[-1]))
        watch.daemon = True
        watch.start()
        try:
            if parts.scheme == "https":
                trusted = self._trusted or ssl.create_default_context()
                secured = trusted.wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)
                open_now.append(secured)
                secured.do_handshake()
            connection = http.client.HTTPConnection(host, port)
            connection.sock = open_now[-1]
            path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            connection.request("POST", path, body, {**headers, "Connection": "close", "User-Agent": "ivr"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PeerError(f"{host} gave no answer in {self._seconds:g} seconds, or none of HTTP over TLS") from error
        finally:
            watch.cancel()
            open_now[-1].close()

    def _connected(self, host: str, port: int, url: str, *, inside: bool) -> socket.socket:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        meant = [one for one in found if may_be_spoken_to(str(one[4][0]).partition("%")[0], url, inside=inside)]
        if not meant:
            raise PeerError(
                f"{host} stands for an address inside: add the target with --inside if it is to be in your network"
            )
        family, kind, protocol, _, address = meant[0]
        made = socket.socket(family, kind, protocol)
        made.settimeout(self._seconds)
        try:
            made.connect(address)
        except OSError:
            made.close()
            raise
        return made


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
