"""RTP is accepted from the negotiated source only, by the kernel.

pjmedia follows whoever sends ten packets in a row ("probation", for callers behind NAT), so a stranger who floods the
port can put his voice into the call and draw ours to himself. A UDP socket that is connected to the negotiated
address receives from there and nowhere else (connect(2)), at no cost.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

Address = tuple[str, int]


def parse_address(text: str) -> Address | None:
    """`192.0.2.1:4000` as pjsua prints it; None for anything else."""
    host, _, port = text.strip("[]").rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        return None
    return host, int(port)


def accept_only(local_port: int, remote: Address) -> bool:
    """Bind this process's UDP socket on `local_port` to `remote`; False when there is no such socket."""
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = descriptor.readlink()
        except OSError:
            continue
        if not str(target).startswith("socket:"):
            continue
        with socket.socket(fileno=os.dup(int(descriptor.name))) as candidate:
            if candidate.family != socket.AF_INET or candidate.type != socket.SOCK_DGRAM:
                continue
            if candidate.getsockname()[1] == local_port:
                candidate.connect(remote)
                return True
    return False
