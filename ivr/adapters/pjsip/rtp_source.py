"""RTP is accepted from the negotiated source only, by the kernel.

pjmedia follows whoever sends ten packets in a row ("probation", for callers behind NAT), so a stranger who floods the
port can put his voice into the call and draw ours to himself. A filter on the UDP socket (classic BPF, socket(7))
drops what is not from the negotiated address before anybody sees it. Connecting the socket would do that too, but it
ties the socket to one of the machine's own addresses as well: the one on the way to the caller, which need not be the
one that the SDP named and the caller sends to.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from pathlib import Path

Address = tuple[str, int]

_SO_ATTACH_FILTER = 26
_INSTRUCTION = struct.Struct("=HBBI")
"""struct sock_filter: code, jump if true, jump if false, operand (linux/filter.h)."""
_LOAD_WORD, _LOAD_HALF, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x28, 0x15, 0x06
_IP_SOURCE = 0xFFF00000 + 12
"""SKF_NET_OFF: from the IP header on, where the source address stands at octet 12 (RFC 791 3.1)."""
_UDP_SOURCE_PORT = 0
"""A UDP socket's filter sees the datagram from its UDP header on (RFC 768)."""
_WHOLE = 0xFFFFFFFF


def parse_address(text: str) -> Address | None:
    """`192.0.2.1:4000` as pjsua prints it; None for anything else."""
    host, _, port = text.strip("[]").rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        return None
    return host, int(port)


def accept_only(local_port: int, remote: Address) -> bool:
    """Have this process's UDP socket on `local_port` hear `remote` alone; False when there is no such socket."""
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
                _attach(candidate, remote)
                return True
    return False


def _attach(udp: socket.socket, remote: Address) -> None:
    """Put the filter in; it takes the place of an earlier one."""
    host, port = remote
    program = b"".join(
        _INSTRUCTION.pack(*instruction)
        for instruction in (
            (_LOAD_WORD, 0, 0, _IP_SOURCE),
            (_JUMP_IF_EQUAL, 0, 3, int.from_bytes(socket.inet_aton(host), "big")),
            (_LOAD_HALF, 0, 0, _UDP_SOURCE_PORT),
            (_JUMP_IF_EQUAL, 0, 1, port),
            (_RETURN, 0, 0, _WHOLE),
            (_RETURN, 0, 0, 0),
        )
    )
    kept = ctypes.create_string_buffer(program, len(program))
    handed = struct.pack("@HP", len(program) // _INSTRUCTION.size, ctypes.addressof(kept))  # struct sock_fprog
    udp.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, handed)
