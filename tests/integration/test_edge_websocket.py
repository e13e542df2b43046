"""SIP over WebSocket at a real edge: calls, an agent's browser phone, and what pages of strangers get."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.kamailio.config import StreamLimits
from ivr.core.queueing.directory import password_hash
from ivr.errors import PeerError
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.certificates import Authority
from ivr.testing.hostile_sip import Draft
from ivr.testing.robot import CallRefused
from ivr.testing.robot_call import RobotCall
from ivr.testing.websocket import TEXT, WebSocketRefused, frame, open_websocket
from tests.integration.edge_bench import PAGE, PASSWORD, REALM, EdgeBench, edge_bench

AUTHORITY = Authority()
PATIENCE = 60.0


@asynccontextmanager
async def wss_bench(tmp_path: Path, cells: int = 1, **changes: Any) -> AsyncIterator[EdgeBench]:
    async with edge_bench(cells, tls_files=AUTHORITY.issue(tmp_path), browsers=True, **changes) as made:
        yield made


async def ends(one: RobotCall, other: RobotCall) -> None:
    """One side hangs up, and the other one hears of it."""
    await one.hang_up()
    await asyncio.wait_for(other.ended.wait(), PATIENCE)


async def test_either_side_ends_a_call_over_ws() -> None:
    async with edge_bench(1, browsers=True) as edge, edge.browser() as caller:
        for number in range(2):
            call = await caller.dial()
            served = await edge.cells[0].takes_call()
            assert (await call.hold()).code == 200
            await (ends(call, served) if number else ends(served, call))


@pytest.mark.parametrize("trunks", [("127.0.0.0/8",), ()], ids=["as a trunk", "as anybody"])
async def test_either_side_ends_a_call_over_wss(tmp_path: Path, trunks: tuple[str, ...]) -> None:
    tls = AUTHORITY.context()
    async with wss_bench(tmp_path, trunks=trunks) as edge, edge.browser(transport="wss", tls=tls) as caller:
        for number in range(2):
            call = await caller.dial()
            served = await edge.cells[0].takes_call()
            await (ends(call, served) if number else ends(served, call))


def phone(edge: EdgeBench, **more: Any) -> RobotAgent:
    """The browser of alice."""
    how: dict[str, Any] = {"registrar": edge.browser_target, "password": PASSWORD, "transport": "ws", "origin": PAGE}
    return RobotAgent(user="alice", **{**how, **more})


async def until_registered(edge: EdgeBench, names: set[str]) -> None:
    until = time.monotonic() + PATIENCE
    while await asyncio.to_thread(edge.control.registered) != names:
        assert time.monotonic() < until, "the edge knows who is there"
        await asyncio.sleep(0.02)


async def test_a_browser_is_rung_on_its_websocket_and_is_gone_with_it() -> None:
    async with edge_bench(1, browsers=True) as edge:
        edge.employ("alice")
        edge.control.put_phone_key("alice", password_hash("alice", REALM, "for a while"))
        async with phone(edge, password="for a while") as there:
            for number in range(2):
                call = await edge.cell_dials(edge.cells[0], "alice")
                taken = await there.takes_call()
                await (ends(call, taken) if number else ends(taken, call))
            seen = edge.control.sign().registrations
            await there.wire.drop()
            await until_registered(edge, set())
            assert edge.control.sign().registrations > seen, "the hub looks again"
            with pytest.raises(CallRefused) as refused:
                await edge.cell_dials(edge.cells[0], "alice")
            assert refused.value.code == 480


async def test_the_newest_page_has_the_phone_and_an_older_one_takes_nothing_with_it() -> None:
    async with edge_bench(1, browsers=True) as edge:
        edge.employ("alice")
        edge.control.put_phone_key("alice", password_hash("alice", REALM, "for a while"))
        old, new = phone(edge, password="for a while"), phone(edge, password="for a while")
        async with new, old:
            assert (await new.register("alice")).code == 200
            await old.wire.drop()
            call = await edge.cell_dials(edge.cells[0], "alice")
            await ends(await new.takes_call(), call)


async def test_the_password_of_a_phone_is_none_of_a_browsers_and_the_other_way_round() -> None:
    async with edge_bench(1, browsers=True) as edge:
        edge.employ("alice")
        edge.control.put_phone_key("alice", password_hash("alice", REALM, "for a while"))
        for one in (phone(edge), edge.phone("alice", "for a while")):
            with pytest.raises(PeerError, match="401"):
                async with one:
                    pass
        assert [one.kind for one in edge.control.denials()] == ["password"]


@pytest.mark.parametrize("origin", ["", "https://evil.test", f"{PAGE}.evil.test", f"{PAGE}:8443", "null", PAGE.upper()])
async def test_a_page_that_is_not_ours_gets_no_websocket(origin: str) -> None:
    async with edge_bench(1, browsers=True) as edge:
        with pytest.raises(WebSocketRefused) as refused:
            await open_websocket(edge.browser_target, origin=origin)
        assert refused.value.status == 403
        assert [one.kind for one in edge.control.denials()] == ["other_origin"]


async def test_nothing_but_websockets_of_sip_is_served_there_and_no_http_elsewhere() -> None:
    async with edge_bench(1, browsers=True) as edge, edge.caller(transport="tcp") as caller:
        for protocol in ("", "chat"):
            with pytest.raises(WebSocketRefused) as refused:
                await open_websocket(edge.browser_target, origin=PAGE, protocol=protocol)
            assert refused.value.status == 400
        with pytest.raises(WebSocketRefused) as refused:
            await open_websocket(edge.target, origin=PAGE)
        assert refused.value.status == 0
        get = f"GET / HTTP/1.1\r\nHost: x\r\nOrigin: {PAGE}\r\n\r\n".encode()
        assert (await said(edge.browser_target, get)).startswith(b"HTTP/1.1 404 ")
        options = bytes(Draft("bank", "127.0.0.1", 5060)).replace(b"/UDP", b"/TCP")
        assert await said(edge.browser_target, options) == b""
        assert (await said(edge.target, options)).startswith(b"SIP/2.0 200 ")
        assert await said(edge.target, options.replace(b"Content-Length: 0\r\n", b"")) == b"", "RFC 3261 18.3"
        await (await caller.dial()).hang_up()


async def said(address: tuple[str, int], data: bytes) -> bytes:
    """What comes back first; nothing where the connection is closed."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(data)
        with suppress(ConnectionError):
            return await asyncio.wait_for(reader.read(4096), PATIENCE)
        return b""
    finally:
        writer.close()


async def test_what_is_too_large_or_no_frame_ends_its_own_websocket_alone() -> None:
    async with edge_bench(1, browsers=True) as edge, edge.browser() as caller:
        sane = Draft("bank", "127.0.0.1", 5060)
        for size, expected in ((12_000, ["SIP/2.0 200"]), (40_000, [])):
            socket = await open_websocket(edge.browser_target, origin=PAGE)
            socket.write(bytes(replace(sane, added=(f"X-Filler: {'a' * size}",))).replace(b"/UDP", b"/WS"))
            answers = []
            async for message in socket.messages():
                answers.append(message[:11].decode())
                socket.close()
            assert answers == expected, size
        for spoilt in (
            b"\xff" * 400,
            frame(TEXT, b"x" * 10, masked=False),
            frame(TEXT, b"OPTIONS sip:a@b SIP/2.0\r\n", last=False),
            frame(TEXT, b"")[:1] + b"\xff" + b"\x7f" * 12,
            frame(3, b"reserved"),
        ):
            socket = await open_websocket(edge.browser_target, origin=PAGE)
            socket.write_raw(spoilt)
            socket.close()
        call = await caller.dial()
        await ends(await edge.cells[0].takes_call(), call)


async def test_one_address_has_no_more_websockets_than_it_may() -> None:
    limits = StreamLimits(per_source=2)
    async with edge_bench(1, browsers=True, streams=limits, trunks=("127.0.0.99/32",)) as edge:
        open_ones = [await open_websocket(edge.browser_target, origin=PAGE) for _ in range(2)]
        with pytest.raises(WebSocketRefused):
            await open_websocket(edge.browser_target, origin=PAGE)
        open_ones[0].close()
        until = time.monotonic() + PATIENCE
        while True:  # the edge hears of it by and by
            with suppress(WebSocketRefused):
                (await open_websocket(edge.browser_target, origin=PAGE)).close()
                break
            assert time.monotonic() < until
        open_ones[1].close()
