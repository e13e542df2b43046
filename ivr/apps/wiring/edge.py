"""The edge, made from the settings; and what the supervisor tells it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress

from ivr.adapters.kamailio.config import (
    CELL_SIDE,
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
from ivr.apps.settings import Settings, split_endpoint
from ivr.apps.settings_trunks import is_number
from ivr.apps.wiring.trunks import put_trunks, trunk_lines, trunk_networks, without_edge
from ivr.engine.cell.callee import Outgoing
from ivr.engine.supervisor.sip_ping import SipPing
from ivr.errors import PeerError
from ivr.ports.edge import LostMedia

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
        afar=tuple(CellsAfar(one.address, one.base_port, one.count) for one in settings.hosts.cells.values()),
        streams=StreamLimits(sip.tcp.connections, sip.tcp.per_source, sip.tcp.silent_seconds, sip.tcp.idle_seconds),
    )


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
        plain_from=media.plain_from,
    )


def relay_sides(config: EdgeConfig) -> tuple[tuple[str, str, str | None], ...]:
    """The relay's interfaces: name, address, and what far ends are told in its place. Cells are on loopback."""
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
    """address:port of the edge, as cells see it: on loopback too, unless there are cells of other hosts."""
    if settings.works_for is not None:
        return settings.works_for.edge
    address, port = settings.sip_endpoint
    if not settings.hosts.cells:
        return f"{LOOPBACK}:{port}"
    return f"{split_endpoint(settings.hosts.listen or '')[0] if address == EVERY else address}:{port}"


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
    """Orders to the running edge. It always listens on loopback too, for our cells."""
    socket = settings.edge_dir / "control.sock"
    return EdgeControl(socket, edge_for_cells(settings), tuple(settings.trunks))


def edge_desk(settings: Settings, bell: SipPing) -> EdgeDesk:
    """What the supervisor tells the running edge."""
    control = edge_control(settings)
    return EdgeDesk(control, bell, put_trunks(control, settings, edge_config(settings)))


class EdgeDesk:
    """What the supervisor tells the edge, in threads since it may have to wait; a missing edge is told later."""

    def __init__(self, control: EdgeControl, bell: SipPing, put_trunks: Callable[[], None] = lambda: None) -> None:
        """`bell` is rung by the edge when it has a doubt; `put_trunks()` tells it the passwords of trunks."""
        self._control = control
        self._bell = bell
        self._put_trunks = put_trunks

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
        """It was started: it learns where we hear, and what trunks want to hear."""
        with suppress(PeerError):
            await asyncio.to_thread(self._control.tell_doubts_to, self._bell.endpoint)
            await asyncio.to_thread(self._put_trunks)

    async def lost_media(self, known: Callable[[], Collection[str]]) -> LostMedia:
        """Cells whose call's media goes through a relay that does not know of it.

        `known` asks the relay for its calls, as MD5 of their Call-IDs. The edge is asked first: it notes a call once
        relay has it.
        """

        def lost() -> LostMedia:
            relayed = self._control.relayed()
            there = known() if relayed else ()
            return self._control.forget_relayed([call for call, mark in relayed.items() if mark not in there])

        with suppress(PeerError):
            return await asyncio.to_thread(lost)
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

    async def doubted(self) -> frozenset[int]:
        """Nobody complains."""
        await asyncio.Event().wait()
        return frozenset()

    async def drain(self) -> None:
        """Nothing to tell."""
