"""UDP sockets whose datagrams carry the kernel's time of arrival, and a source of RTP that nobody asked for.

The kernel's times (SO_TIMESTAMPNS) are given on the monotonic clock, the same as asyncio's: a busy test process does
not count as late audio.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import time

from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES
from ivr.core.media.g711 import encode_ulaw
from ivr.errors import EnvironmentFault
from ivr.testing.rtp import RtpPacket

SO_TIMESTAMPNS = 35
"""Linux: time-stamp of arrival as ancillary data (socket(7)); Python has no name for it."""


def arrival(ancillary: list[tuple[int, int, bytes]]) -> float:
    """Monotonic seconds of a datagram's arrival, from its kernel time-stamp where there is one."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            age: float = time.time() - (seconds + nanoseconds / 1e9)
            return time.monotonic() - age
    return time.monotonic()


def bound(host: str, port: int) -> socket.socket:
    """A non-blocking UDP socket whose datagrams carry the kernel's time of arrival."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def bound_pair(host: str) -> tuple[socket.socket, socket.socket]:
    """An even port and the odd one above it (RFC 3550 11)."""
    for _ in range(100):
        audio = bound(host, 0)
        port = int(audio.getsockname()[1])
        if port % 2 == 0:
            with contextlib.suppress(OSError):
                return audio, bound(host, port + 1)
        audio.close()
    raise EnvironmentFault("no free pair of UDP ports was found: close other programs that use many")


class Stranger:
    """A source of RTP that was never negotiated: what an attacker would send."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._socket = bound(host, 0)
        self.sent = 0

    async def flood(self, target: tuple[str, int], pcm: bytes, *, seconds: float, rate: int = 500) -> None:
        """Send PCM as PCMU to `target`, `rate` packets a second."""
        payloads = [encode_ulaw(pcm[at : at + FRAME_BYTES]) for at in range(0, len(pcm), FRAME_BYTES)]
        ssrc, end = random.getrandbits(32), time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(max(1, rate // 100)):
                packet = RtpPacket(0, self.sent, self.sent * FRAME_SAMPLES, ssrc, payloads[self.sent % len(payloads)])
                with contextlib.suppress(OSError):
                    self._socket.sendto(bytes(packet), target)
                self.sent += 1
            await asyncio.sleep(0.01)

    def close(self) -> None:
        """Free the port."""
        self._socket.close()
