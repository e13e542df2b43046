"""Ports for what a test starts: free now, and such that the kernel gives them to nobody else meanwhile.

Never one of the ephemeral range: the kernel hands those out to every socket that asks for none. A client that keeps
trying a port of that range is in time given the very port as its own and is then connected to itself (RFC 9293 3.5,
simultaneous open).
"""

from __future__ import annotations

import random
import socket
from pathlib import Path

from ivr.errors import EnvironmentFault

LOWEST = 10_000
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_CHOICE = random.SystemRandom()


def free_port(host: str = "127.0.0.1", *, count: int = 1) -> int:
    """First of `count` consecutive ports that are free for both UDP and TCP. Raises EnvironmentFault."""
    first, last = _outside_ephemeral()
    for _ in range(400):
        port = _CHOICE.randint(first, last - count)
        if all(_is_free(host, each) for each in range(port, port + count)):
            return port
    raise EnvironmentFault("no free ports were found: close other programs that use many")


def _outside_ephemeral() -> tuple[int, int]:
    low, high = (int(word) for word in EPHEMERAL.read_text().split())
    below, above = (LOWEST, low - 1), (high + 1, 65_535)
    return max(below, above, key=lambda span: span[1] - span[0])


def _is_free(host: str, port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
