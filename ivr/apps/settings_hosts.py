"""Settings of cells on other hosts: of the engine, which says where they are, and of such a host."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from ivr.apps.settings_sections import Endpoint, Section

HostName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
CELLS_MAX = 900
"""Of all hosts: the edge looks at each of them to find a free one, at most a thousand times."""


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


class HostCellSettings(Section):
    """Cells of one other host."""

    address: Address
    """Where they take SIP and media."""
    count: int = Field(default=8, ge=1, le=500)
    """`cells.count` of its own settings."""
    base_port: int = Field(default=5070, ge=1024, le=65000)
    """`cells.base_port` of its own settings."""


class HostsSettings(Section):
    """Other hosts whose cells carry calls of this engine (`ivr host add`)."""

    listen: Endpoint | None = None
    """IPv4 address:port where they reach the hub, by TLS with a certificate on both sides; none: no host may."""
    cells: dict[HostName, HostCellSettings] = Field(default_factory=dict)
    """Host -> its cells."""

    @model_validator(mode="after")
    def _make_sense(self) -> HostsSettings:
        if self.cells and self.listen is None:
            raise ValueError("listen is not said: other hosts need an address:port by which they reach the hub")
        addresses = [host.address for host in self.cells.values()]
        if len(set(addresses)) < len(addresses):
            raise ValueError("cells: two hosts have the same address")
        return self


class WorksForSettings(Section):
    """The engine that this host works for; this host has no hub, edge, key or log of its own (`ivr host serve`)."""

    engine: Endpoint
    """`hosts.listen` of its settings."""
    edge: Endpoint
    """Where its edge takes SIP over UDP, as seen from here."""
    address: Address
    """Of this host, where its cells take SIP and media."""
    identity: Path | None = None
    """What `ivr host add` made; none: `ivr host serve --identity` says it."""


def first_numbers(hosts: HostsSettings, here: int) -> Mapping[str, int]:
    """Host -> number of its first cell, behind the engine's own, `here` of them, in the order of the settings."""
    found: dict[str, int] = {}
    for name, host in hosts.cells.items():
        found[name] = here
        here += host.count
    return found
