"""The link between the edge and a host's cells and relay: real TLS, real datagrams, and a host that cheats."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.adapters.host_certificates import MAIN, HostFiles, client_context, server_context
from ivr.apps.wiring.host_door import named
from ivr.engine.link.cells_there import Places
from ivr.engine.link.datagrams import QUEUED_MAX, Datagram, Kind, Sender
from ivr.engine.link.dialling import There, dial
from ivr.engine.link.door import Door
from ivr.engine.link.edge_door import CARRY, CARRY_AND_RELAY, LINE_MAX, LOST, EdgeDoor, ask_lost
from ivr.engine.link.edge_there import EdgeThere
from ivr.errors import EnvironmentFault, PeerError
from ivr.ports.edge import LostMedia
from ivr.testing.datagrams import bound
from ivr.testing.ports import free_port
from tests.integration.conftest import until

SOON_SECONDS = 5.0
CELLS = 2
HERE, THERE = "127.128.0.2", "127.128.0.3"
"""Where the host's cells appear at the edge, and are: one address where there are two machines."""


def udp(address: str, port: int = 0) -> socket.socket:
    made = bound(address, port)
    made.setblocking(False)
    return made


async def came(at: socket.socket) -> tuple[bytes, tuple[str, int]]:
    async with asyncio.timeout(SOON_SECONDS):
        return await asyncio.get_running_loop().sock_recvfrom(at, 65535)


def nothing(at: socket.socket) -> bool:
    try:
        at.recv(65535)
    except BlockingIOError:
        return True
    return False


@dataclass
class Machines:
    """The edge's machine with its door, and who may come to it."""

    files: HostFiles
    folder: Path
    port: int
    edge: socket.socket
    near: Places
    far: Places
    reached: dict[str, bool] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    lost: Callable[[str], LostMedia] = lambda host: LostMedia(frozenset({1}), frozenset({0}))

    def there(self, host: str) -> There:
        """How that host knows the edge's."""
        path = self.folder / f"{host}.pem"
        if not path.exists():
            path.write_bytes(self.files.add(host, now=datetime.now(UTC)).identity)
            path.chmod(0o600)
        return There(MAIN, (("127.0.0.1", self.port),), client_context(path), lambda connection: True)

    @asynccontextmanager
    async def linked(self, edge_port: int) -> AsyncIterator[None]:
        """The host's end of the link, as its process has it."""
        reader, writer = await dial(self.there("hk2"))
        writer.write(CARRY_AND_RELAY)
        work = asyncio.create_task(EdgeThere(self.far, edge_port, relay=True).serve(reader, writer))
        await until(lambda: self.reached.get("hk2"), "the host is not reached")
        try:
            yield
        finally:
            writer.transport.abort()
            with suppress(asyncio.CancelledError):
                await work

    async def raw(self, host: str, word: bytes = CARRY_AND_RELAY) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection of a host that says what it likes."""
        reader, writer = await dial(self.there(host))
        writer.write(word)
        return reader, writer


async def is_cut_off(reader: asyncio.StreamReader) -> bool:
    with suppress(OSError):
        async with asyncio.timeout(SOON_SECONDS):
            return await reader.read() == b""
    return True


@asynccontextmanager
async def machines(tmp_path: Path) -> AsyncIterator[Machines]:
    """The edge's, with its door."""
    files = HostFiles(tmp_path / "hosts")
    files.add("first", now=datetime.now(UTC))
    port, first, relay = free_port(), free_port(count=CELLS + 1), free_port()
    edge = udp("127.0.0.1")
    near = Places(HERE, first, CELLS, first + CELLS)
    made = Machines(files, tmp_path, port, edge, near, Places(THERE, first, CELLS, relay))
    edge_door = EdgeDoor(
        {"hk2": near}, edge.getsockname()[1], lost=lambda host: made.lost(host),
        reached=lambda host, there, relay: made.reached.update({host: there}),
        log=lambda event, data: made.told.append(str(data.get("reason", event))),
    )  # fmt: skip
    door = Door(
        ("127.0.0.1", port), context=server_context(files.own), named=lambda shown: named(shown, files),
        came=edge_door.came, refused=lambda address, reason: made.told.append(reason), line_max=LINE_MAX,
    )  # fmt: skip
    work = asyncio.create_task(door.run())
    await asyncio.sleep(0.05)
    try:
        yield made
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        edge.close()


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Machines]:
    async with machines(tmp_path) as made:
        yield made


async def test_a_cell_hears_the_edge_and_the_edge_the_cell_each_at_its_own_address(two: Machines) -> None:
    edge_port = free_port()
    with udp(THERE, two.far.first_port + 1) as cell, udp(THERE, two.far.first_port) as other:
        async with two.linked(edge_port):
            two.edge.sendto(b"INVITE", (HERE, two.near.first_port + 1))
            assert await came(cell) == (b"INVITE", ("127.0.0.1", edge_port))
            cell.sendto(b"100", ("127.0.0.1", edge_port))
            assert await came(two.edge) == (b"100", (HERE, two.near.first_port + 1))
            assert nothing(other)
        await until(lambda: two.reached["hk2"] is False, "the host is reached without a link")
        two.edge.sendto(b"INVITE", (HERE, two.near.first_port + 1))
        await asyncio.sleep(0.1)
        assert nothing(cell)


async def test_the_largest_datagram_comes_whole(two: Machines) -> None:
    edge_port, whole = free_port(), bytes(range(256)) * 255
    with udp(THERE, two.far.first_port) as cell:
        async with two.linked(edge_port):
            two.edge.sendto(whole, (HERE, two.near.first_port))
            assert (await came(cell))[0] == whole


async def test_nobody_but_the_edge_is_carried_to_a_cell_and_nobody_but_a_cell_to_the_edge(two: Machines) -> None:
    edge_port = free_port()
    with udp(THERE, two.far.first_port) as cell, udp("127.0.0.1") as here, udp(THERE) as there:
        async with two.linked(edge_port):
            here.sendto(b"from a program beside the edge", (HERE, two.near.first_port))
            there.sendto(b"from a program beside the cell", ("127.0.0.1", edge_port))
            two.edge.sendto(b"from the edge", (HERE, two.near.first_port))
            assert (await came(cell))[0] == b"from the edge"
            cell.sendto(b"from the cell", ("127.0.0.1", edge_port))
            assert (await came(two.edge))[0] == b"from the cell"


async def test_who_orders_the_relay_about_gets_the_answer_to_their_own_order(two: Machines) -> None:
    with udp("127.0.0.1", two.far.relay_port) as relay, udp("127.0.0.1") as one, udp("127.0.0.1") as other:
        async with two.linked(free_port()):
            for asker, order in ((one, b"1 ping"), (other, b"2 ping")):
                asker.sendto(order, (HERE, two.near.relay_port))
            orders = dict([await came(relay), await came(relay)])
            for order, source in reversed(orders.items()):
                relay.sendto(order[:1] + b" pong", source)
            assert (await came(one))[0] == b"1 pong"
            assert (await came(other))[0] == b"2 pong"


async def test_a_host_answers_no_port_of_the_edges_machine_that_asked_it_nothing(two: Machines) -> None:
    with udp("127.0.0.1") as bystander, udp("127.0.0.1") as asker:
        _, writer = await two.raw("hk2")
        await until(lambda: two.reached.get("hk2"), "the host is not reached")
        asker.sendto(b"1 ping", (HERE, two.near.relay_port))
        await asyncio.sleep(0.1)
        sender = Sender(writer)
        for port in (bystander.getsockname()[1], asker.getsockname()[1]):
            sender.send(Datagram(Kind.RELAY, port, b"1 pong"))
        assert (await came(asker))[0] == b"1 pong"
        assert nothing(bystander)
        writer.transport.abort()


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (struct.pack("!HBH", 1, Kind.SIP, CELLS) + b"x", "a cell that it does not have"),
        (struct.pack("!HBH", 1, 7, 0) + b"x", "no known kind"),
    ],
)
async def test_a_host_that_says_what_none_may_say_is_cut_off(two: Machines, frame: bytes, why: str) -> None:
    reader, writer = await two.raw("hk2")
    await until(lambda: two.reached.get("hk2"), "the host is not reached")
    writer.write(frame)
    assert await is_cut_off(reader)
    assert nothing(two.edge)
    assert two.reached == {"hk2": False}
    assert any(why in told for told in two.told)


@pytest.mark.parametrize(("host", "word"), [("hk9", CARRY), ("hk9", LOST), ("hk2", b"GET / HTTP/1.1\r\n")])
async def test_a_host_without_cells_and_one_that_asks_for_something_else_are_cut_off(
    two: Machines, host: str, word: bytes
) -> None:
    reader, _ = await two.raw(host, word)
    assert await is_cut_off(reader)
    assert not any(two.reached.values())


async def test_a_host_that_comes_again_takes_the_place_of_its_dead_connection(two: Machines) -> None:
    first, _ = await two.raw("hk2")
    await until(lambda: two.reached.get("hk2"), "the host is not reached")
    edge_port = free_port()
    with udp(THERE, two.far.first_port) as cell:
        async with two.linked(edge_port):
            assert await is_cut_off(first)
            await until(lambda: two.reached["hk2"], "the host is not reached by its new connection")
            two.edge.sendto(b"INVITE", (HERE, two.near.first_port))
            assert (await came(cell))[0] == b"INVITE"


async def test_a_host_that_is_removed_loses_its_link(two: Machines) -> None:
    reader, _ = await two.raw("hk2")
    await until(lambda: two.reached.get("hk2"), "the host is not reached")
    two.files.remove("hk2")
    assert await is_cut_off(reader)
    assert two.reached == {"hk2": False}


async def test_an_address_that_somebody_holds_is_told_and_no_half_of_the_cells_is_there(two: Machines) -> None:
    with udp(HERE, two.near.first_port + 1):
        reader, _ = await two.raw("hk2")
        assert await is_cut_off(reader)
    assert any("cannot appear at 127.128.0.2" in told for told in two.told)
    with udp(HERE, two.near.first_port):
        assert not any(two.reached.values())


async def test_a_host_learns_which_of_its_cells_lost_their_media_and_that_nobody_knows_is_no_answer(
    two: Machines,
) -> None:
    there = two.there("hk2")
    assert await ask_lost(there, CELLS) == LostMedia(frozenset({1}), frozenset({0}))
    with pytest.raises(PeerError, match="does not have"):
        await ask_lost(there, 1)

    def away(host: str) -> LostMedia:
        raise PeerError("the edge takes no orders")

    two.lost = away
    with pytest.raises(PeerError, match="does not say"):
        await ask_lost(there, CELLS)
    two.port = free_port()
    with pytest.raises(EnvironmentFault):
        await ask_lost(two.there("hk2"), CELLS)


async def test_which_cells_lost_their_media_is_told_of_as_many_as_a_host_may_have(two: Machines) -> None:
    """More than one record of TLS holds, and each comes by itself."""
    many = LostMedia(frozenset(range(4000)), frozenset(range(4000, 8000)))
    two.lost = lambda host: many
    assert await ask_lost(two.there("hk2"), 8000) == many


async def test_a_link_that_takes_no_more_loses_what_comes_and_keeps_nothing_for_later() -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    sender, datagram = Sender(writer), Datagram(Kind.SIP, 0, bytes(60_000))
    for _ in range(1000):
        sender.send(datagram)
    assert sender.dropped > 500
    assert writer.transport.get_write_buffer_size() < QUEUED_MAX + 61_000
    writer.transport.abort()
    sender.send(datagram)  # of a connection that is over nothing is said
    server.close()
