"""The machine's IPv4 addresses, asked of the kernel (netdevice(7))."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct

from ivr.adapters.kamailio.render import Interface

SIOCGIFFLAGS = 0x8913
SIOCGIFADDR = 0x8915
SIOCGIFNETMASK = 0x891B
IFF_UP = 0x1


def interfaces() -> tuple[Interface, ...]:
    """Every interface that is up and has an address, the one of the default route first."""
    found: list[Interface] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            try:
                flags = struct.unpack_from("H", fcntl.ioctl(probe, SIOCGIFFLAGS, request), 16)[0]
                address = socket.inet_ntoa(fcntl.ioctl(probe, SIOCGIFADDR, request)[20:24])
                mask = socket.inet_ntoa(fcntl.ioctl(probe, SIOCGIFNETMASK, request)[20:24])
            except OSError:
                continue  # no IPv4 address here
            if flags & IFF_UP:
                found.append(Interface(address, str(ipaddress.IPv4Network(f"{address}/{mask}", strict=False))))
    outward = default_address()
    return tuple(sorted(found, key=lambda interface: interface.address != outward))


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
