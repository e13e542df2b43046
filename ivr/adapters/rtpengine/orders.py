"""Orders to a running rtpengine and their answers, by TCP: of what is longer than a datagram it says nothing by one.

A stranger chooses how long a Call-ID is, and rtpengine lists them all at once.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ivr.adapters.rtpengine.bencode import Value, decoded
from ivr.errors import PeerError

SILENT_SECONDS = 0.5
"""It is on this machine or a near one: what does not go on by then does not come."""
ANSWER_SECONDS = 10.0
"""For the whole of an answer, which may come over a network."""
ANSWER_MAX = 32 << 20
"""Octets: 1,000 calls, each Call-ID as long as a message that cells are offered (4,000), are an eighth of it."""
CHUNK = 1 << 16


class Orders:
    """One connection to one relay."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def give(self, order: bytes) -> Value:
        """One order and its answer. Raises PeerError."""
        cookie = os.urandom(4).hex().encode() + b" "
        try:
            self._connection.sendall(cookie + order)
            return self._answer(cookie)
        except OSError as error:
            raise _refusal(error) from error

    def _answer(self, cookie: bytes) -> Value:
        """Nothing but the answer itself says where it ends. Raises PeerError, OSError."""
        said, deadline = bytearray(), time.monotonic() + ANSWER_SECONDS
        while chunk := self._connection.recv(CHUNK):
            said += chunk
            if not said.startswith(cookie[: len(said)]):
                raise PeerError("the media relay answered something else")
            if len(said) > ANSWER_MAX or time.monotonic() > deadline:
                raise PeerError("the media relay's answer has no end")
            if said.endswith(b"e") and (whole := _whole(bytes(said[len(cookie) :]))) is not None:
                return whole
        raise PeerError("the media relay's answer ends in mid word")


def _whole(said: bytes) -> Value | None:
    """None: more of it is to come."""
    try:
        return decoded(said)
    except PeerError:
        return None


@contextmanager
def orders(control: tuple[str, int]) -> Iterator[Orders]:
    """A connection to the relay that takes orders there. Raises PeerError."""
    try:
        connection = socket.create_connection(control, SILENT_SECONDS)
    except OSError as error:
        raise _refusal(error) from error
    with connection:
        yield Orders(connection)


def _refusal(error: OSError) -> PeerError:
    return PeerError(f"the media relay takes no orders: {error}")
