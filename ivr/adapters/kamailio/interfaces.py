"""The machine's IPv4 addresses, asked of the kernel (getifaddrs(3))."""

from __future__ import annotations

import ctypes
import ipaddress
import os
import socket
from collections.abc import Iterator

from ivr.adapters.kamailio.config import Interface
from ivr.errors import EnvironmentFault

IFF_UP = 0x1


class _SockAddr(ctypes.Structure):
    """struct sockaddr_in (ip(7))."""

    _fields_ = (("family", ctypes.c_ushort), ("port", ctypes.c_ushort), ("address", ctypes.c_ubyte * 4))


class _IfAddrs(ctypes.Structure):
    """struct ifaddrs, as far as it is read here."""


_IfAddrs._fields_ = (
    ("next", ctypes.POINTER(_IfAddrs)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.POINTER(_SockAddr)),
    ("netmask", ctypes.POINTER(_SockAddr)),
)

_libc = ctypes.CDLL(None, use_errno=True)


def interfaces() -> tuple[Interface, ...]:
    """Every IPv4 address of an interface that is up, the one that faces the world first. Raises EnvironmentFault."""
    outward = default_address()
    found = dict.fromkeys(_addresses())
    return tuple(sorted(found, key=lambda interface: interface.address != outward))


def _addresses() -> Iterator[Interface]:
    first = ctypes.POINTER(_IfAddrs)()
    if _libc.getifaddrs(ctypes.byref(first)) != 0:
        raise EnvironmentFault(f"the machine's addresses cannot be read: {os.strerror(ctypes.get_errno())}")
    try:
        entry = first
        while entry:
            one = entry.contents
            if one.flags & IFF_UP and one.address and one.netmask and one.address.contents.family == socket.AF_INET:
                address, mask = (socket.inet_ntoa(bytes(part.contents.address)) for part in (one.address, one.netmask))
                yield Interface(address, str(ipaddress.IPv4Network(f"{address}/{mask}", strict=False)))
            entry = one.next
    finally:
        _libc.freeifaddrs(first)


def default_address() -> str | None:
    """The address that packets to the world leave from; sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737): only the route is looked up
        except OSError:
            return None
        return str(probe.getsockname()[0])


def listening_on(address: str) -> tuple[Interface, ...]:
    """What a listen address stands for: 0.0.0.0 is every interface; loopback is always there, for our cells."""
    known = interfaces()
    if address == "0.0.0.0":  # noqa: S104 - compared, not bound
        chosen = known
    else:
        chosen = tuple(i for i in known if i.address == address) or (Interface(address, f"{address}/32"),)
    loopback = Interface("127.0.0.1", "127.0.0.0/8")
    return chosen if any(i.address == loopback.address for i in chosen) else (*chosen, loopback)
