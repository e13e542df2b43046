"""One request to the speech service and its answer, over one non-blocking connection.

It ends exactly once: done (the receiver said so), failed (reported through `fail`), or closed by its owner. Failures
are reported only from `pump`, never from inside a request, so that the owner's state is settled.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any

from ivr.engine.speech.wire import WireDecoder, WireEvent, encode
from ivr.errors import PeerError

MAX_UNSENT_BYTES = 1024 * 1024
"""A minute of audio that the service did not take: it hangs."""
READ_BYTES = 64 * 1024


class Exchange:
    """A connection that carries one request. `sock` None: the service is not there."""

    __slots__ = ("_decoder", "_expires_at", "_fail", "_receive", "_sock", "_time_limit", "_trouble", "_unsent")

    def __init__(
        self,
        sock: socket.socket | None,
        receive: Callable[[WireEvent], bool],
        fail: Callable[[str], None],
        *,
        time_limit: float,
    ) -> None:
        self._sock = sock
        self._receive = receive
        self._fail = fail
        self._decoder = WireDecoder()
        self._unsent = bytearray()
        self._trouble = "" if sock is not None else "the speech service is not running"
        self._time_limit = time_limit
        self._expires_at: float | None = None

    def fileno(self) -> int:
        """The connection's descriptor, -1 when it has none."""
        return -1 if self._sock is None else self._sock.fileno()

    def limit(self, seconds: float) -> None:
        """A new time limit, counted from the next `pump`."""
        self._time_limit = seconds
        self._expires_at = None

    def send(self, kind: str, data: Mapping[str, Any] | None = None, payload: bytes = b"") -> None:
        """Send one event, now as far as the socket takes it."""
        if self._trouble:
            return
        self._unsent += encode(kind, data, payload)
        self._flush()

    def pump(self, now: float) -> None:
        """Send, receive, and see to the time limit."""
        if self._expires_at is None:
            self._expires_at = now + self._time_limit
        if not self._trouble and self._unsent:
            self._flush()
        done = self._read() if self._sock is not None else False
        if done:
            self.close()
        elif self._trouble:
            self.close()
            self._fail(self._trouble)
        elif now >= self._expires_at:
            self.close()
            self._fail("the speech service did not answer in time")

    def close(self) -> None:
        """Drop the connection."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    def _flush(self) -> None:
        assert self._sock is not None
        try:
            sent = self._sock.send(self._unsent)
            del self._unsent[:sent]
        except BlockingIOError:
            pass
        except OSError:
            # What it answered before it went may still be unread: `pump` reads first.
            self._trouble = "the speech service closed the connection"
        if len(self._unsent) > MAX_UNSENT_BYTES:
            self._trouble = "the speech service takes no more audio"

    def _read(self) -> bool:
        """Whether the answer is complete."""
        assert self._sock is not None
        while True:
            try:
                chunk = self._sock.recv(READ_BYTES)
            except BlockingIOError:
                return False
            except OSError:
                chunk = b""
            if not chunk:
                self._trouble = self._trouble or "the speech service closed the connection"
                return False
            try:
                for event in self._decoder.feed(chunk):
                    if event.type == "error":
                        self._trouble = str(event.data.get("text") or "the speech service reported an error")
                        return False
                    if self._receive(event):
                        return True
            except (PeerError, ValueError, TypeError) as error:
                self._trouble = str(error)
                return False
