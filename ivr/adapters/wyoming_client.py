"""A blocking connection to any Wyoming service, for threads that may wait. Foreign trouble becomes PeerError here."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import BinaryIO, Final, cast
from urllib.parse import urlsplit

from wyoming.event import Event, Eventable, read_event, write_event

from ivr.adapters.not_itself import refuse_itself
from ivr.errors import PeerError, SettingsError

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 20.0
"""A remote synthesizer may take its time over a long prompt."""


class WyomingConnection:
    """One connection; use it with `with`."""

    def __init__(self, uri: str, *, timeout: float = ANSWER_SECONDS) -> None:
        """Connect. Raises PeerError, SettingsError for an address of another kind."""
        self._uri: Final = uri
        try:
            self._socket = _connected(uri)
            self._socket.settimeout(timeout)
        except OSError as error:
            raise PeerError(f"The Wyoming service at {uri} cannot be reached: {error}.") from error
        self._file = cast(BinaryIO, self._socket.makefile("rwb"))

    def __enter__(self) -> WyomingConnection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, *events: Eventable) -> None:
        """Write events. Raises PeerError."""
        try:
            for event in events:
                write_event(event.event(), self._file)
        except OSError as error:
            raise PeerError(f"The Wyoming service at {self._uri} closed the connection: {error}.") from error

    def receive(self) -> Event:
        """The next event. Raises PeerError: closed, too late, malformed, or an error of the service."""
        try:
            event = read_event(self._file)
        except (OSError, KeyError, TypeError, AttributeError) as error:
            raise PeerError(f"The Wyoming service at {self._uri} did not answer: {error}.") from error
        if event is None:
            raise PeerError(f"The Wyoming service at {self._uri} closed the connection.")
        if event.type == "error":
            raise PeerError(f"The Wyoming service at {self._uri} reported an error.")
        return event

    def close(self) -> None:
        """Hang up."""
        for part in (self._file, self._socket):
            try:
                part.close()
            except OSError:
                continue


def _connected(uri: str) -> socket.socket:
    parts = urlsplit(uri)
    if parts.scheme == "unix" and parts.path:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(CONNECT_SECONDS)
            sock.connect(parts.path)
        except OSError:
            sock.close()
            raise
        return sock
    if parts.scheme == "tcp" and parts.hostname and parts.port:
        return refuse_itself(socket.create_connection((parts.hostname, parts.port), timeout=CONNECT_SECONDS))
    raise SettingsError(f"{uri} is no Wyoming address: write tcp://HOST:PORT or unix:///PATH")
