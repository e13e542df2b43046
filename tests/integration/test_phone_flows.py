"""Phones that are reached by the connection on which they registered, and by no other (RFC 5626), by a real edge."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.kamailio.config import StreamLimits
from ivr.core.queueing.directory import password_hash
from ivr.errors import PeerError
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.certificates import Authority
from ivr.testing.robot import CallRefused
from ivr.testing.sip import Headers, SipResponse
from ivr.testing.sip_wire import Arrived
from tests.integration.conftest import until
from tests.integration.edge_bench import PAGE, PASSWORD, REALM, EdgeBench, edge_bench, tls_bench
from tests.integration.test_relay import talk

AUTHORITY = Authority()
ONE, OTHER = "beab6dbc-b017-003a-aeda-98b54ad0b845", "00000000-0000-1000-8000-000a95a0e128"
ENCRYPTED, OF_PAGES = {"tls", "wss"}, {"ws", "wss"}
SUPPORTED = (("Supported", "path, outbound"),)


class FlowPhone(RobotAgent):
    """Says which phone it is, and numbers the connection that it registers on. `deaf`: rung, it says nothing at all."""

    def __init__(self, number: int, instance: str = ONE, *, asks: tuple[tuple[str, str], ...] = SUPPORTED,
                 **more: Any) -> None:  # fmt: skip
        super().__init__(**more)
        self.deaf, self.asks, self.told = False, asks, SipResponse(0, "", Headers(()))
        self.reached = asyncio.Event()
        plain = self.wire.contact
        params = f';+sip.instance="<urn:uuid:{instance}>";reg-id={number}'
        self.wire.contact = lambda user: plain(user).replace(">", ";ob>") + params  # type: ignore[method-assign]

    async def register(self, user: str, **more: Any) -> SipResponse:
        self.told = await super().register(user, **{"extra": self.asks, **more})
        return self.told

    def on_invite(self, arrived: Arrived) -> None:
        self.reached.set()
        if not self.deaf:
            super().on_invite(arrived)


def flow(edge: EdgeBench, number: int, instance: str = ONE, **more: Any) -> FlowPhone:
    edge.employ("alice")
    if more.get("transport") in OF_PAGES:  # a page has a password of its own, for a while
        edge.control.put_phone_key("alice", password_hash("alice", REALM, PASSWORD))
    return FlowPhone(number, instance, **{
        "user": "alice", "registrar": edge.target, "password": PASSWORD, "transport": "tcp", **more,
    })  # fmt: skip


@asynccontextmanager
async def reached_by(transport: str, folder: Path) -> AsyncIterator[tuple[EdgeBench, dict[str, Any]]]:
    """An edge that takes this transport, and how a phone that uses it comes in."""
    changes: dict[str, Any] = {"browsers": transport in OF_PAGES}
    if transport in ENCRYPTED:
        changes["tls_files"] = AUTHORITY.issue(folder)
    async with edge_bench(1, **changes) as edge:
        way: dict[str, Any] = {"transport": transport, "registrar": edge.target}
        if transport in OF_PAGES:
            way |= {"registrar": edge.browser_target, "origin": PAGE}
        elif transport in ENCRYPTED:
            way["registrar"] = edge.tls_target
        if transport in ENCRYPTED:
            way["tls"] = AUTHORITY.context()
        yield edge, way


async def rings(edge: EdgeBench, *phones: FlowPhone) -> list[int]:
    """Call the agent, talk, and hang up; how often each phone rang."""
    before = [phone.rung for phone in phones]
    leg = await edge.cell_dials(edge.cells[0], "alice")
    taken = [asyncio.ensure_future(phone.takes_call()) for phone in phones]
    done, others = await asyncio.wait(taken, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    answered = done.pop().result()
    await talk(leg, answered)
    await leg.hang_up()
    await answered.wait_ended()
    return [phone.rung - then for phone, then in zip(phones, before, strict=True)]


@pytest.mark.parametrize("transport", ["tls", "ws", "wss"])
async def test_a_phone_that_numbers_its_connection_is_told_to_keep_it_alive_and_rung_on_it(
    tmp_path: Path, transport: str
) -> None:
    async with reached_by(transport, tmp_path) as (edge, way), flow(edge, 1, **way) as phone:
        assert phone.told.headers.all("require") == ["outbound"]
        # A page is asked by the edge whether it is there (RFC 7118 6), and need not say so by itself.
        assert phone.told.headers.get("flow-timer") == ("" if transport in OF_PAGES else "90")
        contact = phone.told.headers.get("contact")
        assert "reg-id=1" in contact
        assert ONE in contact
        assert await rings(edge, phone) == [1]


@pytest.mark.parametrize("transport", ["tcp", "ws", "wss"])
async def test_of_two_connections_of_a_phone_the_newest_rings_and_the_other_when_that_is_gone(
    tmp_path: Path, transport: str
) -> None:
    async with (
        reached_by(transport, tmp_path) as (edge, way),
        flow(edge, 1, **way) as first,
        flow(edge, 2, **way) as second,
    ):
        assert len(second.told.headers.all("contact")) == 2
        assert await rings(edge, first, second) == [0, 1]
        await first.register("alice")
        assert await rings(edge, first, second) == [1, 0]
        before = edge.control.sign()
        await first.wire.drop()
        await until(lambda: edge.control.sign() != before, "the edge knows that a connection has ended")
        assert edge.control.registered() == {"alice"}
        assert await rings(edge, first, second) == [0, 1]
        await second.wire.drop()
        await until(lambda: not edge.control.registered(), "nobody is there")
        with pytest.raises(CallRefused, match="480"):
            await edge.cell_dials(edge.cells[0], "alice")


@pytest.mark.parametrize("transport", ["tcp", "ws"])
async def test_a_phone_that_says_nothing_on_one_connection_is_rung_on_its_other(tmp_path: Path, transport: str) -> None:
    async with (
        reached_by(transport, tmp_path) as (edge, way),
        flow(edge, 1, **way) as first,
        flow(edge, 2, **way) as second,
    ):
        second.deaf = True
        assert await rings(edge, first, second) == [1, 0]


async def test_a_connection_of_the_same_number_takes_the_place_of_the_one_before() -> None:
    async with edge_bench(1) as edge, flow(edge, 1) as before, flow(edge, 1) as after:
        assert len(after.told.headers.all("contact")) == 1
        await before.wire.drop()
        await asyncio.sleep(0.5)
        assert edge.control.registered() == {"alice"}
        assert await rings(edge, before, after) == [0, 1]


async def test_another_phone_takes_the_place_of_all_connections_of_the_one_before() -> None:
    async with edge_bench(1) as edge, flow(edge, 1) as first, flow(edge, 2) as second, flow(edge, 1, OTHER) as other:
        assert len(other.told.headers.all("contact")) == 1
        assert await rings(edge, first, second, other) == [0, 0, 1]


async def test_a_third_connection_takes_the_place_of_both() -> None:
    async with edge_bench(1) as edge, flow(edge, 1), flow(edge, 2), flow(edge, 3) as third:
        assert len(third.told.headers.all("contact")) == 1


async def test_a_phone_whose_connection_ends_is_there_no_more_however_it_registered(tmp_path: Path) -> None:
    async with tls_bench(AUTHORITY.issue(tmp_path), 1) as edge:
        edge.employ("bob")
        phone = edge.phone("bob", transport="tls", tls=AUTHORITY.context())
        phone.target = phone.registrar = edge.tls_target
        async with phone:
            assert edge.control.registered() == {"bob"}
            await phone.wire.drop()
            await until(lambda: not edge.control.registered(), "its phone is gone", seconds=5)
            await phone.register("bob")
            assert edge.control.registered() == {"bob"}


@pytest.mark.parametrize("transport", ["tcp", "ws"])
async def test_what_a_cell_asks_of_a_phone_whose_connection_ended_fails_until_the_phone_comes_back(
    tmp_path: Path, transport: str
) -> None:
    async with reached_by(transport, tmp_path) as (edge, way), flow(edge, 1, **way) as phone:
        leg = await edge.cell_dials(edge.cells[0], "alice")
        answered = await phone.takes_call()
        await phone.wire.drop()
        await until(lambda: not edge.control.registered(), "its connection is gone")
        refused = await leg.reinvite()
        assert (refused.code, refused.reason) == (430, "Flow Failed")
        await phone.register("alice")
        assert (await answered.reinvite()).code == 200
        assert (await leg.reinvite()).code == 200
        await talk(leg, answered)
        await leg.hang_up()
        await answered.wait_ended()


async def test_who_promised_to_keep_a_connection_alive_and_does_not_is_gone_and_who_does_stays() -> None:
    limits = replace(StreamLimits(), flow_seconds=4)
    async with edge_bench(1, streams=limits) as edge, flow(edge, 1) as phone:
        assert phone.told.headers.get("flow-timer") == "4"
        for _ in range(5):
            await asyncio.sleep(2)
            await phone.wire.send(b"\r\n\r\n", edge.target)
        assert edge.control.registered() == {"alice"}
        began = time.monotonic()
        await until(lambda: not edge.control.registered(), "it is silent, and so it is gone")
        assert time.monotonic() - began > 2
        await phone.wire.drop()


async def test_by_udp_no_connection_is_kept_and_nobody_is_told_so() -> None:
    requires = (("Require", "outbound"),)
    async with edge_bench(1) as edge:
        async with flow(edge, 1, transport="udp") as phone:
            assert phone.told.headers.all("require") == []
            assert await rings(edge, phone) == [1]
        with pytest.raises(PeerError, match="420"):
            await flow(edge, 1, transport="udp", asks=requires).__aenter__()
        async with flow(edge, 1, asks=requires) as phone:
            assert phone.told.headers.all("require") == ["outbound"]


async def test_connections_that_idled_out_count_against_their_address_no_more() -> None:
    limits = StreamLimits(per_source=1, silent_seconds=3)
    async with (
        edge_bench(1, streams=limits, trunks=("127.0.0.9/32",)) as edge,
        edge.caller(transport="tcp") as first,
        edge.caller(transport="tcp") as second,
    ):
        assert (await first.options()).code == 200
        with pytest.raises(PeerError):
            await second.options()
        deadline = time.monotonic() + 30
        while True:
            async with edge.caller(transport="tcp") as third:
                try:
                    assert (await third.options()).code == 200
                    return
                except (PeerError, ConnectionError):
                    assert time.monotonic() < deadline, "the first one is gone, and its place is not free"
