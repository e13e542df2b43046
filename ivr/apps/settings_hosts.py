"""Settings of cells on other hosts: of the engine, which says where they are, and of such a host."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ivr.apps.settings_sections import Endpoint, Section, split_endpoint

HostName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
LAST_PORT = 65535
MACHINE = r"^[a-z0-9][a-z0-9-]{0,30}$"
CELLS_MAX = 900
"""Of all hosts: the edge looks at each of them to find a free one, at most a thousand times."""


FAR_LOOPBACK, FAR_BITS = int(IPv4Address("127.128.0.0")), (1 << 23) - 1
"""127.128.0.0/9: loopback as 127.0.0.1 is (RFC 1122 3.2.1.3), and not where anything else listens."""


def _address(text: str) -> str:
    try:
        found = IPv4Address(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no IPv4 address") from error
    if found.is_loopback or found.is_unspecified:
        raise ValueError(f"{text} is no address by which another host is reached")
    return str(found)


Address = Annotated[str, AfterValidator(_address)]
"""IPv4, by which hosts reach each other."""


Endpoints = Annotated[
    tuple[Endpoint, ...], BeforeValidator(lambda said: (said,) if isinstance(said, str) else said), Field(min_length=1)
]
"""One address:port, or several."""


def loopback_of(address: str) -> str:
    """Where cells of the host with this address take SIP: an address of loopback, the same on their host and here.

    Its last 23 bits are those of the host's own, so that hosts differ in it, too.
    """
    return str(IPv4Address(FAR_LOOPBACK | int(IPv4Address(address)) & FAR_BITS))


class HostCellSettings(Section):
    """Cells of one other host."""

    address: Address
    """Where their media is taken."""
    count: int = Field(default=8, ge=1, le=500)
    """`cells.count` of its own settings."""
    base_port: int = Field(default=5070, ge=1024, le=65000)
    """`cells.base_port` of its own settings."""


class HostsSettings(Section):
    """Other hosts whose cells carry calls of this engine (`ivr host add`)."""

    listen: Endpoint | None = None
    """IPv4 address:port where they reach the hub, by TLS with a certificate on both sides; none: no host may."""
    edge: Endpoint | None = None
    """IPv4 address:port where their cells reach the edge, likewise; by default the port behind that of `listen`."""
    machines: tuple[Address, ...] = ()
    """Addresses at which they look for this engine, where two machines have the line (`standby`); none: that of
    `listen`."""
    cells: dict[HostName, HostCellSettings] = Field(default_factory=dict)
    """Host -> its cells."""

    @model_validator(mode="after")
    def _make_sense(self) -> HostsSettings:
        if self.cells and self.listen is None:
            raise ValueError("listen is not said: other hosts need an address:port by which they reach the hub")
        if self.cells and (self.edge == self.listen or self.edge_endpoint[1] > LAST_PORT):
            raise ValueError("edge: name a port of its own, by which their cells reach the edge")
        addresses = [host.address for host in self.cells.values()]
        if len(set(addresses)) < len(addresses):
            raise ValueError("cells: two hosts have the same address")
        if len({loopback_of(one) for one in addresses}) < len(addresses):
            raise ValueError(
                "cells: two hosts have addresses of the same last 23 bits, by which their cells are told apart"
            )
        return self

    @property
    def reached_at(self) -> tuple[str, ...]:
        """Addresses that other hosts dial, with the ports of `listen` and `edge`."""
        return self.machines or (split_endpoint(self.listen or "")[0],)

    @property
    def edge_endpoint(self) -> tuple[str, int]:
        """(address, port) of `edge`."""
        if self.edge is not None:
            return split_endpoint(self.edge)
        address, port = split_endpoint(self.listen or "")
        return address, port + 1


class WorksForSettings(Section):
    """The engine that this host works for; this host has no hub, edge, key or log of its own (`ivr host serve`)."""

    engine: Endpoints
    """`hosts.listen` of its settings; several where two machines have the line (`standby`): that of each."""
    edge: Endpoints
    """`hosts.edge` of its settings, likewise."""
    sip_port: int = Field(default=5060, ge=1, le=65535)
    """Port of `sip.listen` of its settings: cells of this host reach the edge there, on loopback."""
    address: Address
    """Of this host, where the media of its cells is taken."""
    identity: Path | None = None
    """What `ivr host add` made; none: `ivr host serve --identity` says it."""


class StandbySettings(Section):
    """Two machines with one line between them: one leads, the other waits. See docs/runbook.md."""

    machine: str = Field(default_factory=lambda: socket.gethostname().partition(".")[0].lower(), pattern=MACHINE)
    """Name of this machine, which the other one does not have; by default the host's own."""


def first_numbers(hosts: HostsSettings, here: int) -> Mapping[str, int]:
    """Host -> number of its first cell, behind the engine's own, `here` of them, in the order of the settings."""
    found: dict[str, int] = {}
    for name, host in hosts.cells.items():
        found[name] = here
        here += host.count
    return found
