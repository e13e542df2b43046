"""What the hub may rely on of the edge: the same for the one in memory and for a real Kamailio."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest

from ivr.core.queueing.directory import AgentEntry, password_hash
from ivr.core.sip.dialog import Dialog, Farewell
from ivr.errors import PeerError
from ivr.ports.edge import Edge
from ivr.testing.fake_edge import MemoryEdge
from tests.integration.conftest import until
from tests.integration.edge_bench import PASSWORD, REALM, EdgeBench, edge_bench

ANN = AgentEntry("ann", ha1=password_hash("ann", REALM, PASSWORD))
DESK = AgentEntry("desk", uri="sip:desk@192.0.2.9:5060")
CALLED = Dialog("call-1", "<sip:bank@192.0.2.1>;tag=ours", "<sip:+852@192.0.2.7>;tag=theirs", "sip:x@192.0.2.7")
DIALLED = Dialog("call-2", "<sip:bank@192.0.2.1>;tag=us", "<sip:ann@192.0.2.8>;tag=ann", "sip:ann@192.0.2.8", (), True)


@dataclass(slots=True)
class World:
    """An edge, and what happens around it."""

    edge: Edge
    phone: Callable[[str, str], AbstractAsyncContextManager[object]]
    """A phone that registers in an agent's name with a password; PeerError: it was refused."""
    die: Callable[[], None]
    """The edge's process is gone."""
    byes: Callable[[Farewell], int]
    """How many BYEs arrived where a farewell goes."""


def memory() -> World:
    edge = MemoryEdge()

    @asynccontextmanager
    async def phone(name: str, password: str) -> AsyncIterator[None]:
        if password != PASSWORD:
            edge.refuses("password", "127.0.0.1", 1)
            raise PeerError("401")
        edge.phones |= {name}
        yield
        edge.phones -= {name}

    def die() -> None:
        edge.down = True

    return World(edge, phone, die, edge.ended.count)


def kamailio(bench: EdgeBench, far_end: socket.socket) -> World:
    def byes(bye: Farewell) -> int:
        first, *lines = far_end.recv(4096).decode().split("\r\n")
        # Word for word: a phone knows the call by both tags, and an edge may well write one of its own.
        return int(first == f"BYE {bye.uri} SIP/2.0" and set(bye.headers.splitlines()) <= set(lines))

    return World(bench.control, bench.phone, lambda: os.killpg(bench.pid, signal.SIGKILL), byes)


@pytest.fixture
def far_end() -> Iterator[socket.socket]:
    """Where a peer's phone listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(8)
        yield opened


@pytest.fixture(params=["memory", "kamailio"])
async def world(request: pytest.FixtureRequest, far_end: socket.socket) -> AsyncIterator[World]:
    if request.param == "memory":
        yield memory()
        return
    async with edge_bench(2, robots=0) as bench:
        yield kamailio(bench, far_end)


async def test_it_knows_the_agents_that_it_was_told_as_they_were_told_last(world: World) -> None:
    edge = world.edge
    assert edge.agents() == {}
    edge.put_agent(ANN)
    edge.put_agent(DESK)
    assert edge.agents() == {"ann": ("phone", ANN.ha1), "desk": (DESK.uri, None)}
    edge.put_agent(AgentEntry("ann", uri="sip:ann@192.0.2.3"))
    assert edge.agents()["ann"] == ("sip:ann@192.0.2.3", None), "and no hash of before"
    edge.drop_agent("ann")
    edge.drop_agent("ann")
    assert edge.agents() == {"desk": (DESK.uri, None)}
    assert edge.agent_uri("desk").startswith("sip:desk@")


async def test_a_phone_counts_as_registered_while_it_is_and_while_its_agent_is_known(world: World) -> None:
    edge = world.edge
    edge.put_agent(ANN)
    edge.put_agent(DESK)
    assert edge.registered() == frozenset()
    async with world.phone("ann", PASSWORD):
        assert edge.registered() == {"ann"}
        edge.drop_agent("ann")
        assert edge.registered() == frozenset()


async def test_what_it_denied_stands_until_it_is_told_to_forget(world: World) -> None:
    edge = world.edge
    edge.put_agent(ANN)
    assert edge.denials() == []
    with pytest.raises(PeerError, match="401"):
        async with world.phone("ann", "wrong"):
            pass
    (denied,) = edge.denials()
    assert (denied.kind, denied.source, denied.count) == ("password", "127.0.0.1", 1)
    edge.forget_denials([denied])
    edge.forget_denials([denied])
    assert edge.denials() == []


async def test_the_cell_of_a_callers_dialog_is_taken_until_it_is_freed(world: World) -> None:
    edge = world.edge
    edge.free_cell(0)
    edge.free_cell(1)
    assert edge.cells() == {}
    edge.know_dialog(1, CALLED)
    edge.know_dialog(1, CALLED)
    (caller,) = edge.cells().values()
    edge.know_dialog(1, DIALLED)
    assert edge.cells() == {1: caller}, "a leg that the cell dialled changes nothing while it has a caller"
    edge.free_cell(1)
    edge.free_cell(1)
    assert edge.cells() == {}


async def test_the_cell_of_one_who_is_called_back_is_taken_too(world: World) -> None:
    edge = world.edge
    edge.free_cell(0)
    edge.know_dialog(0, DIALLED)
    assert set(edge.cells()) == {0}, "it has no caller"
    edge.free_cell(0)
    assert edge.cells() == {}


async def test_it_keeps_the_word_that_it_was_told(world: World) -> None:
    world.edge.put_word("sesame")
    assert world.edge.sign().word == "sesame"
    world.edge.put_word("another")
    assert world.edge.sign().word == "another"


async def test_its_sign_changes_when_a_phone_registers_and_when_it_leaves_and_at_no_other_time(world: World) -> None:
    edge = world.edge
    edge.put_agent(ANN)
    before = edge.sign()
    with pytest.raises(PeerError, match="401"):
        async with world.phone("ann", "wrong"):
            pass
    assert edge.sign() == before
    async with world.phone("ann", PASSWORD):
        # The phone has its answer a moment before the edge says that something happened.
        await until(lambda: edge.sign() != before, "it says so")
        registered = edge.sign()
        assert edge.sign() == registered
    await until(lambda: edge.sign() != registered, "it says so again")
    assert edge.sign() != before


async def test_a_farewell_reaches_the_far_end_as_a_bye(world: World, far_end: socket.socket) -> None:
    host, port = far_end.getsockname()
    headers = "From: <sip:b@192.0.2.1>;tag=a\r\nTo: <sip:c@192.0.2.7>;tag=b\r\nCall-ID: call-3\r\nCSeq: 9 BYE\r\n"
    bye = Farewell(f"sip:c@{host}:{port}", f"sip:{host}:{port};transport=udp", headers)
    world.edge.hang_up(bye)
    assert await asyncio.to_thread(world.byes, bye) == 1


async def test_an_edge_that_is_gone_says_so_to_every_question(world: World) -> None:
    edge = world.edge
    world.die()
    orders: list[Callable[[], object]] = [
        edge.agents, edge.registered, edge.cells, edge.sign, edge.denials,
        lambda: edge.put_agent(ANN), lambda: edge.drop_agent("ann"), lambda: edge.free_cell(0),
        lambda: edge.put_word("sesame"), lambda: edge.know_dialog(0, CALLED),
    ]  # fmt: skip
    for order in orders:
        with pytest.raises(PeerError):
            order()
