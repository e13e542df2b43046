"""The edge, made from the settings; and what the supervisor tells it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType

from ivr.adapters.kamailio.config import (
    CELL_SIDE,
    HERE,
    LOOPBACK,
    CellsAfar,
    EdgeConfig,
    Listener,
    RelayUse,
    StreamLimits,
    WebSockets,
    relay_side,
)
from ivr.adapters.kamailio.control import EdgeControl
from ivr.adapters.kamailio.interfaces import listening_on
from ivr.adapters.kamailio.render import callee_user, transfer_user
from ivr.adapters.kamailio.render_cells import relay_places
from ivr.adapters.rtpengine import daemon
from ivr.apps.settings import Settings, split_endpoint
from ivr.apps.settings_hosts import loopback_of
from ivr.apps.settings_trunks import is_number
from ivr.apps.wiring.reached_hosts import ReachedHosts
from ivr.apps.wiring.trunks import put_trunks, trunk_lines, trunk_networks, without_edge
from ivr.engine.cell.callee import Outgoing
from ivr.engine.supervisor.sip_ping import SipPing
from ivr.errors import PeerError
from ivr.ports.edge import CarriedCall, LostMedia

NO_RELAYS: Mapping[int, Callable[[], Iterable[CarriedCall]]] = MappingProxyType({})
ASK_AGAIN_SECONDS = 1.0
EVERY = "0.0.0.0"  # noqa: S104 - compared, not bound


def edge_config(settings: Settings) -> EdgeConfig:
    """What Kamailio is to do."""
    address, port = settings.sip_endpoint
    sip, dial = settings.sip, settings.callbacks.dial
    return EdgeConfig(
        run_dir=settings.edge_dir,
        interfaces=listening_on(address),
        port=port,
        public_address=sip.public_address,
        local_networks=sip.local_networks,
        trunks=(*sip.trunks, *trunk_networks(settings)),
        realm=sip.realm,
        cell_count=settings.cells.count,
        cell_first_port=settings.cells.base_port,
        retry_after_seconds=sip.retry_after_seconds,
        max_message_bytes=sip.max_message_bytes,
        flood_requests=sip.flood.requests,
        flood_seconds=sip.flood.seconds,
        trunk_requests_per_second=sip.flood.trunk_requests_per_second,
        calls_per_source=settings.calls_per_source,
        transfers=dict(settings.transfers),
        outbound=trunk_lines(settings),
        options_seconds=sip.options_seconds,
        callees=() if dial is None else tuple(dial.callees),
        never=() if dial is None else dial.never,
        tcp=None if sip.tcp.listen is None else _listener(sip.tcp.listen),
        tls=None if sip.tls is None else _listener(sip.tls.listen),
        websockets=_websockets(settings),
        relay=_relay(settings),
        afar=cells_afar(settings),
        streams=StreamLimits(sip.tcp.connections, sip.tcp.per_source, sip.tcp.silent_seconds, sip.tcp.idle_seconds),
    )


def cells_afar(settings: Settings) -> tuple[CellsAfar, ...]:
    """Cells on other hosts, in the order of the settings."""
    hosts = settings.hosts.cells.values()
    return tuple(CellsAfar(loopback_of(one.address), one.base_port, one.count, one.address) for one in hosts)


def _websockets(settings: Settings) -> WebSockets | None:
    told = settings.sip.websocket
    return None if told is None else WebSockets(_listener(told.listen), settings.console.origins, secure=told.secure)


def _relay(settings: Settings) -> RelayUse | None:
    media = settings.media
    if media.relay == "never" or media.relay_control == 0:
        return None
    bound = settings.media_address
    return RelayUse(
        media.relay_control,
        cell_media=LOOPBACK if bound == EVERY else bound,
        required=media.srtp == "required",
        always=media.relay == "always",
        plain_from=media.plain_from,
    )


def relay_sides(settings: Settings) -> tuple[tuple[str, str, str | None], ...]:
    """The relay's interfaces: name, address, and what far ends are told in its place. Cells are on loopback."""
    if settings.works_for is not None:
        return (CELL_SIDE, LOOPBACK, None), (relay_side(0), settings.works_for.address, settings.sip.public_address)
    config = edge_config(settings)
    outward = enumerate(config.outward)
    return (
        (CELL_SIDE, LOOPBACK, None),
        *((relay_side(place), one.address, config.public_address) for place, one in outward),
    )


def _listener(endpoint: str) -> Listener:
    address, port = split_endpoint(endpoint)
    return Listener(tuple(i for i in listening_on(address) if address in (EVERY, i.address)), port)


def transfer_addresses(settings: Settings, *, edge: bool) -> dict[str, str]:
    """Destination of a transfer -> what a cell dials: the edge, which knows the address; without one, the address."""
    if not edge:
        return {
            name: without_edge(settings, target) if is_number(target) else target
            for name, target in settings.transfers.items()
        }
    return {name: f"sip:{transfer_user(name)}@{edge_for_cells(settings)}" for name in settings.transfers}


def edge_for_cells(settings: Settings) -> str:
    """address:port of the edge, as cells see it: it always listens on loopback too, and so does the link to it."""
    port = settings.sip_endpoint[1] if settings.works_for is None else settings.works_for.sip_port
    return f"{LOOPBACK}:{port}"


def outgoing(settings: Settings, *, edge: bool) -> Outgoing | None:
    """How a cell dials those who asked to be called back; None: the settings do not let it."""
    dial = settings.callbacks.dial
    if dial is None:
        return None
    place = edge_for_cells(settings)

    def address(number: str) -> str:
        return f"sip:{callee_user(number)}@{place}" if edge else without_edge(settings, number)

    return Outgoing(address, dial.caller)


def edge_control(settings: Settings) -> EdgeControl:
    """Orders to the running edge."""
    socket = settings.edge_dir / "control.sock"
    return EdgeControl(socket, edge_for_cells(settings), tuple(settings.trunks))


def edge_desk(settings: Settings, bell: SipPing) -> EdgeDesk:
    """What the supervisor tells the running edge."""
    control = edge_control(settings)
    config = edge_config(settings)
    reached, names = ReachedHosts(settings.runtime_dir), list(settings.hosts.cells)

    def has_none(host: int) -> bool:
        return host > HERE and reached.has_no_relay(names[host - HERE - 1])

    return EdgeDesk(control, bell, put_trunks(control, settings, config), relays(config, has_none))


def relays(
    config: EdgeConfig, has_none: Callable[[int], bool] = lambda host: False
) -> dict[int, Callable[[], Iterable[CarriedCall]]]:
    """The number of each host, and what asks its relay for its calls; `has_none(host)`: it has no relay to ask."""

    def carried(host: int, place: tuple[str, int]) -> Iterable[CarriedCall]:
        return () if has_none(host) else daemon.carried(place)

    return {host: partial(carried, host, place) for host, place in relay_places(config)}


def lost_media(control: EdgeControl, host: int, known: Callable[[], Collection[str]]) -> LostMedia:
    """Cells whose call's media goes through the relay of a host that does not know of it. Raises PeerError.

    `known` asks the relay for its calls, as MD5 of their Call-IDs. The edge is asked first: it notes a call once the
    relay has it.
    """
    relayed = control.relayed(host)
    there = known() if relayed else ()
    return control.forget_relayed([call for call, mark in relayed.items() if mark not in there])


class EdgeDesk:
    """What the supervisor tells the edge, in threads since it may have to wait; a missing edge is told later."""

    def __init__(
        self, control: EdgeControl, bell: SipPing, put_trunks: Callable[[], None] = lambda: None,
        relays: Mapping[int, Callable[[], Iterable[CarriedCall]]] = NO_RELAYS,
    ) -> None:  # fmt: skip
        """`bell` is rung by the edge when it has a doubt; `put_trunks()` tells it the passwords of trunks; `relays`:
        the number of each host with a relay, and what asks that for its calls."""
        self._control = control
        self._bell = bell
        self._put_trunks = put_trunks
        self._relays = relays
        self._untold: set[int] = set()

    async def alive(self) -> bool:
        """Whether it takes orders."""
        return await asyncio.to_thread(self._control.alive)

    async def free(self, cell: int) -> None:
        """May be offered a call."""
        with suppress(PeerError):
            await asyncio.to_thread(self._control.free_cell, cell)

    async def down(self, cell: int) -> None:
        """Must not."""
        with suppress(PeerError):
            await asyncio.to_thread(self._control.down_cell, cell)

    async def suspect(self, cell: int) -> None:
        """Must not, until it answers."""
        with suppress(PeerError):
            await asyncio.to_thread(self._control.suspect_cell, cell)

    async def begin(self) -> None:
        """It was started: it learns which calls the relays carry, where we hear, and what trunks want to hear."""
        self._untold = set(self._relays)
        await self._tell_relayed()
        with suppress(PeerError):
            await asyncio.to_thread(self._control.tell_doubts_to, self._bell.endpoint)
            await asyncio.to_thread(self._put_trunks)

    async def keep_telling(self) -> None:
        """Until cancelled: a relay that did not answer when the edge was started is asked again."""
        while True:
            await asyncio.sleep(ASK_AGAIN_SECONDS)
            await self._tell_relayed()

    async def _tell_relayed(self) -> None:
        untold = self._untold  # another edge that is started meanwhile has its own
        for host in tuple(untold):
            with suppress(PeerError):
                await asyncio.to_thread(lambda of: self._control.know_relayed(self._relays[of](), of), host)
                untold.discard(host)

    async def lost_media(self, known: Callable[[], Collection[str]]) -> LostMedia:
        """Cells whose call's media goes through this machine's relay, which does not know of it."""
        with suppress(PeerError):
            return await asyncio.to_thread(lost_media, self._control, HERE, known)
        return LostMedia()

    async def doubted(self) -> frozenset[int]:
        """Wait for the edge's word; returns cells that said nothing to a call."""
        while True:
            await self._bell.rung.wait()
            self._bell.rung.clear()
            with suppress(PeerError):
                cells = await asyncio.to_thread(self._control.cells)
                return frozenset(cell for cell, state in cells.items() if state == "asked")

    async def drain(self) -> None:
        """No new calls."""
        with suppress(PeerError):
            await asyncio.to_thread(self._control.drain)


class NoEdgeDesk:
    """Without an edge each cell refuses calls by itself."""

    async def free(self, cell: int) -> None:
        """Nothing to tell."""

    async def down(self, cell: int) -> None:
        """Nothing to tell."""

    async def suspect(self, cell: int) -> None:
        """Nothing to tell."""

    async def begin(self) -> None:
        """There is none."""

    async def keep_telling(self) -> None:
        """There is none."""

    async def doubted(self) -> frozenset[int]:
        """Nobody complains."""
        await asyncio.Event().wait()
        return frozenset()

    async def drain(self) -> None:
        """Nothing to tell."""
