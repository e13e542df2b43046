"""Where the settings listen, held against each other: two listeners or ranges of ours on one port are told at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from ivr.apps.settings_sections import split_endpoint
from ivr.apps.settings_words import Place, first_written

if TYPE_CHECKING:
    from ivr.apps.settings import Settings

LOOPBACK, EVERY = "127.0.0.1", "0.0.0.0"  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True)
class Listener:
    """Ports in a row that one setting takes."""

    place: Place
    transport: str
    """UDP or TCP."""
    address: str
    first: int
    last: int

    @property
    def setting(self) -> str:
        """As it is written with dots."""
        return ".".join(map(str, self.place))

    @property
    def ports(self) -> str:
        """For people."""
        ports = f"port {self.first}" if self.first == self.last else f"ports {self.first}-{self.last}"
        return f"{self.transport} {ports} on {self.address}"

    def meets(self, other: Listener) -> bool:
        """Whether both want the same port."""
        same_address = self.address == other.address or EVERY in (self.address, other.address)
        same_port = self.first <= other.last and other.first <= self.last
        return self.place != other.place and self.transport == other.transport and same_address and same_port


def listener_faults(settings: Settings) -> Iterator[tuple[Place, str]]:
    """Each pair of settings that want the same port, once, at one of them that somebody wrote.

    Ports that are to be picked (0, auto) are no part of it.
    """
    told: set[tuple[Place, Place]] = set()
    for one, other in combinations(listeners(settings), 2):
        if (one.place, other.place) in told or not one.meets(other):
            continue
        told.add((one.place, other.place))
        if first_written(settings, other.place, one.place) == one.place:
            one, other = other, one
        yield other.place, f"it takes {other.ports}, and {one.setting} takes {one.ports}: each needs ports of its own"


def listeners(settings: Settings) -> list[Listener]:
    """All of this machine's whose numbers are known."""
    if settings.works_for is not None:
        found = [_one(("works_for", "sip_port"), "UDP", LOOPBACK, settings.works_for.sip_port)]
        return [*found, *_cells(settings), *_media(settings, settings.works_for.address)]
    return [*_sip(settings), *_cells(settings), *_media(settings, settings.sip_endpoint[0]), *_services(settings)]


def _one(place: Place, transport: str, address: str, port: int) -> Listener:
    return Listener(place, transport, address, port, port)


def _at(place: Place, endpoint: str) -> Iterator[Listener]:
    """TCP there, if the port is known."""
    address, port = split_endpoint(endpoint)
    if port:
        yield _one(place, "TCP", address, port)


def _sip(settings: Settings) -> Iterator[Listener]:
    """The edge's. It listens on loopback, too, whatever address it is given."""
    if not settings.edge:
        return
    (address, port), sip = settings.sip_endpoint, settings.sip
    for transport in ("UDP",) if sip.tcp.listen is not None else ("UDP", "TCP"):
        for one in dict.fromkeys((address, LOOPBACK)) if port else ():
            yield _one(("sip", "listen"), transport, one, port)
    for name, section in (("tcp", sip.tcp), ("tls", sip.tls), ("websocket", sip.websocket)):
        if section is not None and section.listen is not None:
            yield from _at(("sip", name, "listen"), section.listen)


def _cells(settings: Settings) -> Iterator[Listener]:
    first = settings.cell_sip_port(0)
    if first:
        place = ("cells", "base_port") if settings.edge else ("sip", "listen")
        last = first + settings.cells.count - 1
        yield Listener(place, "UDP", settings.cell_sip_address, first, last)


def _media(settings: Settings, outward: str) -> Iterator[Listener]:
    """`outward`: where the relay meets far ends; it meets cells on loopback."""
    media = settings.media
    if media.rtp_ports != "auto":
        yield Listener(("media", "rtp_ports"), "UDP", settings.media_address, *settings.rtp_range)
    if not settings.edge or media.relay == "never":
        return
    if media.relay_ports != "auto":
        for address in dict.fromkeys((outward, LOOPBACK)):
            yield Listener(("media", "relay_ports"), "UDP", address, *settings.relay_range)
    if media.relay_control:
        for transport in ("UDP", "TCP"):
            yield _one(("media", "relay_control"), transport, LOOPBACK, media.relay_control)


def _services(settings: Settings) -> Iterator[Listener]:
    yield from _at(("metrics", "listen"), settings.metrics.listen)
    if settings.console.enabled:
        yield from _at(("console", "listen"), settings.console.listen)
    if settings.hosts.listen is not None:
        yield from _at(("hosts", "listen"), settings.hosts.listen)
    if settings.hosts.cells:
        address, port = settings.hosts.edge_endpoint
        yield _one(("hosts", "edge"), "TCP", address, port)
