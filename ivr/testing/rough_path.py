"""The network between a telephone's audio and the line, as rough as a test wants it: a UDP relay on loopback.

It stands on a pair of ports of its own, which the telephone names in its SDP. What comes from the telephone goes to
the line, all else to the telephone, each way by its own `Roughness`. Chance is an argument: with the same seed the
same packets are lost. Reports (RTCP) pass unharmed, so that what they say of the packets can be compared with `Way`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ivr.testing.datagrams import bound_pair

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Roughness:
    """What happens to packets on their way."""

    loss: float = 0.0
    """Share of packets, 0..1; at most `most / (most + 1)`, where `most` is half of `burst + 1`."""
    burst: int = 1
    """Most that are lost in a row. Behind them at least one passes."""
    jitter_seconds: float = 0.0
    """Each is held for a time between none and this. What is held longer than the next one is overtaken by it."""
    doubled: float = 0.0
    """Share of packets that come twice, 0..1."""


SMOOTH = Roughness()


class Fate:
    """What becomes of one packet after the other."""

    def __init__(self, chance: random.Random, rough: Roughness = SMOOTH) -> None:
        self.rough = rough
        """May be changed at any time."""
        self._chance, self._losing, self._spared = chance, 0, False

    def next(self) -> tuple[float, ...]:
        """Seconds for which each copy of the next packet is held; nothing: it is lost."""
        if self._is_lost():
            return ()
        copies = 2 if self._chance.random() < self.rough.doubled else 1
        return tuple(self._chance.uniform(0.0, self.rough.jitter_seconds) for _ in range(copies))

    def _is_lost(self) -> bool:
        if self._losing:
            self._losing -= 1
            self._spared = not self._losing
            return True
        spared, self._spared = self._spared, False
        # Between bursts 1/begins packets pass on average, of which the first is spared: that makes the share.
        average, loss = (self.rough.burst + 1) / 2, self.rough.loss
        begins = loss / (average * (1 - loss)) if loss < 1 else 1.0
        if spared or self._chance.random() >= begins:
            return False
        self._losing = self._chance.randint(1, self.rough.burst) - 1
        self._spared = not self._losing
        return True


class Way:
    """One direction, and what happened on it so far."""

    def __init__(self, chance: random.Random) -> None:
        self.fate = Fate(chance)
        self.came = 0
        """Packets."""
        self.lost_at: list[float] = []
        """Monotonic seconds of each that was lost."""
        self.doubled = 0
        self.overtaken = 0
        """Packets that went on behind one that came later."""
        self.longest_seconds = 0.0
        """For which one was held, as measured: what the machine was late by counts."""
        self._newest = 0

    def take(self, sock: socket.socket, data: bytes, to: Address) -> None:
        """One came: lose it, or send it on when its time has come."""
        self.came += 1
        holds, at = self.fate.next(), time.monotonic()
        if not holds:
            self.lost_at.append(at)
        self.doubled += len(holds) > 1
        for hold in holds:
            asyncio.get_running_loop().call_later(hold, self._go, sock, data, to, self.came, at)

    def _go(self, sock: socket.socket, data: bytes, to: Address, number: int, came_at: float) -> None:
        self.longest_seconds = max(self.longest_seconds, time.monotonic() - came_at)
        self.overtaken += number < self._newest
        self._newest = max(self._newest, number)
        _send(sock, data, to)


class RoughPath:
    """Both ways of one call's audio. Made by `rough_path`, given to a robot that dials `through` it."""

    def __init__(self, seed: int, host: str = "127.0.0.1") -> None:
        self.to_line, self.to_phone = Way(random.Random(seed)), Way(random.Random(seed + 1))
        self.phone: Address | None = None
        """Where the telephone is; with the next one set by the robot that dials."""
        self.line: Address | None = None
        self._audio, self._control = bound_pair(host)
        self.host, self.port = host, int(self._audio.getsockname()[1])

    def listen(self) -> None:
        """Begin to pass packets on; call from a running loop."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._audio, self._read, self._audio, 0)
        loop.add_reader(self._control, self._read, self._control, 1)

    def close(self) -> None:
        """Free both ports."""
        for sock in (self._audio, self._control):
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()

    def _read(self, sock: socket.socket, beside: int) -> None:
        while True:
            try:
                data, source = sock.recvfrom(2048)
            except OSError:
                return
            from_phone = self.phone is not None and source == (self.phone[0], self.phone[1] + beside)
            to = self.line if from_phone else self.phone
            if to is None:
                continue  # as on any network: nobody is there yet
            if beside:
                _send(sock, data, (to[0], to[1] + beside))
            else:
                (self.to_line if from_phone else self.to_phone).take(sock, data, to)


def _send(sock: socket.socket, data: bytes, to: Address) -> None:
    with contextlib.suppress(OSError):  # one of the two has hung up, or the path was closed over what it held
        sock.sendto(data, to)


@asynccontextmanager
async def rough_path(seed: int) -> AsyncIterator[RoughPath]:
    """A path that is smooth until its ways are told otherwise."""
    path = RoughPath(seed)
    path.listen()
    try:
        yield path
    finally:
        path.close()
