"""A UDP socket of pjmedia's, held by a descriptor of ours: its filter in the kernel and what the kernel knows of it."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

Address = tuple[str, int]
"""IPv4 address and port."""
ANY_PORT = 0
"""As the port: every one of that host."""
ANYBODY: Address = ("", ANY_PORT)

_SO_ATTACH_FILTER, _SO_MEMINFO = 26, 55
_DROPS = 8
"""Place of the dropped packets among the nine numbers of SO_MEMINFO (SK_MEMINFO_DROPS, linux/sock_diag.h)."""
_SIOCGSTAMP = 0x8906
"""Gives when the last packet that was read came in (socket(7))."""
_TIMEVAL = bytes(16)
_INSTRUCTION = struct.Struct("=HBBI")
"""struct sock_filter: code, jump if true, jump if false, operand (linux/filter.h)."""
_LOAD_WORD, _LOAD_HALF, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x28, 0x15, 0x06
_IP_SOURCE = 0xFFF00000 + 12
"""SKF_NET_OFF: from the IP header on, where the source address stands at octet 12 (RFC 791 3.1)."""
_UDP_SOURCE_PORT = 0
"""A UDP socket's filter sees the datagram from its UDP header on (RFC 768)."""
_WHOLE = 0xFFFFFFFF
_RTP_HEADER_BYTES, _RTP_VERSION, _VERSION_BITS = 12, 0x80, 0xC0
_LARGEST = 2048

_Instruction = tuple[int, int, int, int]


class MediaSocket:
    """One of RTP or RTCP. `close` it when the leg is over: until then it keeps the port."""

    def __init__(self, held: socket.socket) -> None:
        self._held = held
        self.port = int(held.getsockname()[1])
        self._dropped_before = self._drops()
        with suppress(OSError):
            fcntl.ioctl(held, _SIOCGSTAMP, _TIMEVAL)  # from here on the kernel notes the times

    @classmethod
    def find(cls, local_port: int) -> Self | None:
        """This process's UDP socket on a port; None when there is none."""
        found = udp_socket(local_port)
        return None if found is None else cls(found)

    def fileno(self) -> int:
        """Our descriptor of it."""
        return self._held.fileno()

    def hear(self, sources: Sequence[Address]) -> None:
        """Let these through and nobody else. What came from others and waits to be read is thrown away."""
        program = b"".join(_INSTRUCTION.pack(*instruction) for instruction in _program(sources))
        kept = ctypes.create_string_buffer(program, len(program))
        handed = struct.pack("@HP", len(program) // _INSTRUCTION.size, ctypes.addressof(kept))  # struct sock_fprog
        self._held.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, handed)
        if ANYBODY not in sources:
            self.drain()

    def first_source(self, *, rtp: bool) -> Address | None:
        """Who sent the first RTP (or RTCP) packet that waits to be read. It stays; what is neither is thrown away."""
        while True:
            try:
                head, source = self._held.recvfrom(_RTP_HEADER_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            except OSError:
                return None
            if len(head) >= (_RTP_HEADER_BYTES if rtp else 8) and head[0] & _VERSION_BITS == _RTP_VERSION:
                return str(source[0]), int(source[1])
            with suppress(OSError):
                self._held.recv(_LARGEST, socket.MSG_DONTWAIT)

    def drain(self, *, apart_from: Address | None = None) -> Address | None:
        """Throw away all that waits to be read; who sent some of it, apart from one."""
        found = None
        while True:
            try:
                _, source = self._held.recvfrom(_LARGEST, socket.MSG_DONTWAIT)
            except OSError:
                return found
            if tuple(source) != apart_from:
                found = str(source[0]), int(source[1])

    @property
    def last_came(self) -> bytes:
        """When the last packet that was read came, in the kernel's words: to be compared only."""
        try:
            return fcntl.ioctl(self._held, _SIOCGSTAMP, _TIMEVAL)
        except OSError:
            return b""

    @property
    def dropped(self) -> int:
        """Packets that the filter dropped; also such for which there was no room, which a call never has."""
        return self._drops() - self._dropped_before

    def _drops(self) -> int:
        try:
            found = self._held.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36)
        except OSError:
            return 0
        return int(struct.unpack("=9I", found)[_DROPS])

    def close(self) -> None:
        """Let go of it."""
        self._held.close()


def udp_socket(local_port: int) -> socket.socket | None:
    """This process's UDP socket on a port, by a descriptor of our own; None when there is none."""
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = descriptor.readlink()
        except OSError:
            continue
        if not str(target).startswith("socket:"):
            continue
        candidate = socket.socket(fileno=os.dup(int(descriptor.name)))
        if (
            candidate.family == socket.AF_INET
            and candidate.type & socket.SOCK_DGRAM
            and candidate.getsockname()[1] == local_port
        ):
            return candidate
        candidate.close()
    return None


def _program(sources: Sequence[Address]) -> list[_Instruction]:
    """Classic BPF: for each source, whole if it is that one; nothing at the end."""
    if ANYBODY in sources:
        return [(_RETURN, 0, 0, _WHOLE)]
    program: list[_Instruction] = []
    for host, port in sources:
        named = int.from_bytes(socket.inet_aton(host), "big")
        program.append((_LOAD_WORD, 0, 0, _IP_SOURCE))
        if port == ANY_PORT:
            program.append((_JUMP_IF_EQUAL, 0, 1, named))
        else:
            program.append((_JUMP_IF_EQUAL, 0, 3, named))
            program.append((_LOAD_HALF, 0, 0, _UDP_SOURCE_PORT))
            program.append((_JUMP_IF_EQUAL, 0, 1, port))
        program.append((_RETURN, 0, 0, _WHOLE))
    return [*program, (_RETURN, 0, 0, 0)]
