"""Ports for what a test starts: free now, and given to nobody else meanwhile, by the kernel or by another test.

Never one of the ephemeral range: the kernel hands those out to every socket that asks for none. A client that keeps
trying a port of that range is in time given the very port as its own and is then connected to itself (RFC 9293 3.5,
simultaneous open). Nor one where engines choose for themselves (`auto`): they hold many that they do not bind yet.

Between the choice and whoever binds it lie seconds. So each process has a lane of its own, and goes round in it.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path

from ivr.errors import EnvironmentFault

LOWEST = 10_000
HIGHEST = 65_000
"""Any of them may be where an engine's cells begin (`cells.base_port`)."""
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
LANE = 370
"""Ports of one process. Above the usual ephemeral range there is room for ten, and more below it."""


class Lane:
    """Ports that only this process gives, for as long as it lives. Raises EnvironmentFault."""

    def __init__(self) -> None:
        self._claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        for at in _firsts():
            try:
                self._claim.bind(f"\0ivr-test-ports-{at}")  # the kernel forgets it when the process ends
            except OSError:
                continue
            self.ports = range(at, at + LANE)
            break
        else:
            raise EnvironmentFault("too many tests run on this machine: each process needs ports of its own")
        self._next = 0

    def free(self, host: str, count: int) -> int:
        """First of `count` consecutive ports that are free. Raises EnvironmentFault."""
        for _ in range(2 * LANE):
            if self._next + count > LANE:
                self._next = 0
            chosen = self.ports[self._next : self._next + count]
            taken = [port for port in chosen if not is_free(host, port)]
            if not taken:
                self._next += count
                return chosen[0]
            self._next = taken[-1] + 1 - self.ports[0]
        raise EnvironmentFault("no free ports were found: close other programs that use many")


_LANES: list[Lane] = []
"""This process's one, once it needed a port."""


def free_port(host: str = "127.0.0.1", *, count: int = 1) -> int:
    """First of `count` consecutive ports that are free for both UDP and TCP. Raises EnvironmentFault."""
    if not _LANES:
        _LANES.append(Lane())
    return _LANES[0].free(host, count)


def _firsts() -> list[int]:
    """First ports of all lanes, in no order: those where no engine chooses before those where one may."""
    low, high = (int(word) for word in EPHEMERAL.read_text().split())
    above, below = (list(range(*span, LANE)) for span in ((high + 1, HIGHEST - LANE + 2), (LOWEST, low - LANE + 1)))
    for lanes in (above, below):
        random.SystemRandom().shuffle(lanes)
    return above + below


def is_free(host: str, port: int) -> bool:
    """Whether nobody holds it, of UDP or TCP. Whoever listens there is not told."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def udp_ports(pid: int) -> set[int]:
    """Those that a process holds, from /proc. Raises OSError when it has ended."""
    ports = {}
    for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
        fields = line.split()
        ports[f"socket:[{fields[9]}]"] = int(fields[1].rpartition(":")[2], 16)
    held = [str(name.readlink()) for name in Path(f"/proc/{pid}/fd").iterdir()]
    return {ports[target] for target in held if target in ports}
