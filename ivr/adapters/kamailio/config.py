"""What the edge is to be: frozen, of numbers and addresses only."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ivr.adapters.kamailio.exchange import pipe_beside

LOOPBACK = "127.0.0.1"
CELL_SIDE = "cell"
"""The relay's interface on loopback."""
HERE = 0
"""Number of this machine among the hosts with cells; the others follow from 1 in the order of the settings."""
TLS_STREAM_KB = 80
"""A TLS connection holds 75 kB (OpenSSL 3.0, measured)."""


@dataclass(frozen=True, slots=True)
class Interface:
    """An address of this machine and the network it stands in."""

    address: str
    network: str
    """Such as 192.168.1.0/24."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Where one transport is taken."""

    interfaces: tuple[Interface, ...]
    port: int


@dataclass(frozen=True, slots=True)
class WebSockets:
    """Where browsers are served (SIP over WebSocket, RFC 7118)."""

    listener: Listener
    origins: tuple[str, ...]
    """Of whose pages they may be: https://console.bank.example."""
    secure: bool
    """wss, with what is in `tls_pair`; else ws."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """How long TCP and TLS connections live, and how many there may be."""

    connections: int = 2048
    """In all."""
    per_source: int = 50
    """That one address which is no trunk may speak on."""
    silent_seconds: int = 30
    """One on which nobody registered or called, and nothing comes, is closed after so long."""
    idle_seconds: int = 3600
    """Any other, on which nothing comes."""
    flow_seconds: int = 90
    """A phone that keeps its connection alive (RFC 5626) says something so often; a quarter later it is gone."""


@dataclass(frozen=True, slots=True)
class RelayUse:
    """That calls whose media is encrypted are served, through rtpengine."""

    control_port: int
    """Of the relay, on loopback."""
    cell_media: str = LOOPBACK
    """Where cells hear and send from, as this machine sees them."""
    required: bool = False
    """Media in clear is refused, and encrypted media whose keys came in clear."""
    plain_from: tuple[str, ...] = ()
    """Networks that it is not refused of."""
    always: bool = False
    """Media in clear goes through it too, of who sends from the address and port that they name."""


@dataclass(frozen=True, slots=True)
class TrunkTls:
    """How a trunk is spoken to by TLS."""

    authorities: Path
    """PEM: whose certificates are believed of it."""
    names: tuple[str, ...]
    """One of these must be in its certificate."""
    pair: tuple[Path, Path] | None = None
    """Our certificate and its key, if it asks for one."""
    revoked: Path | None = None
    """PEM: what its authority has revoked."""


@dataclass(frozen=True, slots=True)
class TrunkLine:
    """A carrier or PBX by which cells call numbers. Its password is in none of our files (`EdgeControl.put_trunk`)."""

    name: str
    addresses: tuple[str, ...]
    """Host, or host:port, in the order in which they are tried."""
    domain: str
    """Host part of the addresses that we write to it."""
    prefixes: tuple[str, ...]
    """Of numbers that it may be asked for."""
    never: tuple[str, ...] = ()
    """Of numbers that it may not be asked for all the same."""
    transport: str = "udp"
    caller: str = ""
    """Our From to it; empty: what the cell says."""
    login: str = ""
    """User name of its password; empty: it asks for none."""
    registers: int = 0
    """Seconds of a registration of ours with it; 0: none is needed."""
    srtp: bool = False
    tls: TrunkTls | None = None
    """None: `transport` is not tls."""
    networks: tuple[str, ...] = ()
    """Where its calls come from, and ours go to."""
    shows_certificate: bool = False
    """Its calls must come by TLS, with a certificate that `tls` believes."""

    @property
    def uris(self) -> tuple[str, ...]:
        """Where it is sent to."""
        how = "" if self.transport == "udp" else f";transport={self.transport}"
        return tuple(f"sip:{address}{how}" for address in self.addresses)


@dataclass(frozen=True, slots=True)
class CellsAfar:
    """Cells on another host, whose numbers go on behind those of the cells before."""

    address: str
    """Where they are spoken to: of loopback, at the near end of the link to their host."""
    first_port: int
    count: int
    media: str
    """Where they hear and send from, as their host sees them."""

    @property
    def relay_port(self) -> int:
        """Where their host's relay takes orders, at the same address: behind the ports of its cells."""
        return self.first_port + self.count


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """What the edge is to do."""

    run_dir: Path
    interfaces: tuple[Interface, ...]
    """Where UDP is taken; the first that is not loopback faces peers of no known network."""
    port: int
    public_address: str | None
    local_networks: tuple[str, ...]
    trunks: tuple[str, ...]
    realm: str
    cell_count: int
    """Cells of this machine."""
    cell_first_port: int
    retry_after_seconds: int
    max_message_bytes: int
    flood_requests: int
    flood_seconds: int
    trunk_requests_per_second: int
    calls_per_source: int = 1000
    """Cells that one address which is no trunk may hold."""
    transfers: Mapping[str, str] = field(default_factory=dict)
    """Destination -> SIP URI, or a number that goes by a trunk. Cells may dial these, agents and callees only."""
    outbound: tuple[TrunkLine, ...] = ()
    """Trunks by which numbers are dialled, in the order in which they are tried."""
    callees: tuple[str, ...] = ()
    """Prefixes of numbers that may be called back."""
    never: tuple[str, ...] = ()
    """Prefixes that are not dialled all the same."""
    options_seconds: int = 30
    """Between two OPTIONS to each address of a trunk; 0: none are sent, and each counts as being there."""
    tcp: Listener | None = None
    """Where TCP is taken; None: where UDP is."""
    tls: Listener | None = None
    """Where TLS is taken, with what is in `tls_pair`; None: nowhere."""
    websockets: WebSockets | None = None
    """None: no browser is served."""
    streams: StreamLimits = StreamLimits()
    relay: RelayUse | None = None
    """None: media is served in clear only."""
    afar: tuple[CellsAfar, ...] = ()
    """Cells on other hosts."""

    @property
    def cells_everywhere(self) -> int:
        """On all hosts."""
        return self.cell_count + sum(host.count for host in self.afar)

    @property
    def outward(self) -> tuple[Interface, ...]:
        """Interfaces that are not loopback, in their order."""
        return tuple(one for one in self.interfaces if not is_loopback(one.address))

    @property
    def encrypts(self) -> bool:
        """Whether anybody is served by TLS."""
        return self.tls is not None or (self.websockets is not None and self.websockets.secure)

    @property
    def shared_megabytes(self) -> int:
        """Memory that Kamailio's processes share. When little is left TLS refuses whoever comes, and nobody else."""
        return 64 + (self.streams.connections * TLS_STREAM_KB // 1000 if self.encrypts else 0)

    @property
    def tls_pair(self) -> Path:
        """Certificate, chain and key of our TLS, in one file, so that no half of a change is ever read."""
        return self.run_dir / "tls.pem"

    @property
    def tls_file(self) -> Path:
        """What Kamailio's TLS reads."""
        return self.run_dir / "tls.cfg"

    @property
    def trunk_authorities(self) -> dict[str, TrunkTls]:
        """Of trunks that show us a certificate when they call, by their names."""
        return {one.name: one.tls for one in self.outbound if one.tls is not None and one.shows_certificate}

    @property
    def tells_authorities_apart(self) -> bool:
        """Whether trunks that show us a certificate have different authorities: then each speaks for its own only."""
        return len({one.authorities for one in self.trunk_authorities.values()}) > 1

    @property
    def issuers_file(self) -> Path:
        """Who signs each trunk's certificate: common names of authorities, as `EdgeControl.put_issuers` is told."""
        return self.run_dir / "issuers.json"

    @property
    def authorities_file(self) -> Path:
        """Their authorities' certificates, in one file."""
        return self.run_dir / "authorities.pem"

    @property
    def revoked_file(self) -> Path:
        """What those revoked."""
        return self.run_dir / "revoked.pem"

    @property
    def trunk_list(self) -> Path:
        """Where trunks are, as the dispatcher reads it."""
        return self.run_dir / "trunks.list"

    @property
    def trunk_table(self) -> Path:
        """An empty table of registrations."""
        return self.run_dir / "registrations"

    @property
    def control_socket(self) -> Path:
        """Where the edge takes orders."""
        return self.run_dir / "control.sock"

    @property
    def control_pipe(self) -> Path:
        """Where it is asked for tables, of any length."""
        return pipe_beside(self.control_socket)

    @property
    def config_file(self) -> Path:
        """What Kamailio reads."""
        return self.run_dir / "kamailio.cfg"


def relay_side(place: int) -> str:
    """What the relay calls its side at an interface that is not loopback. That on loopback is CELL_SIDE."""
    return f"far{place}"


def is_loopback(address: str) -> bool:
    """Whether it is of this machine alone."""
    return ipaddress.IPv4Address(address).is_loopback
