"""What strangers may do to the edge: little."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from ivr.testing.robot import CallRefused, RobotCaller
from ivr.testing.sip import Headers, SipRequest, SipResponse
from ivr.testing.sip_wire import NoAnswer, token
from tests.integration.edge_bench import EdgeBench, edge_bench


async def _ask(caller: RobotCaller, method: str, *, drop: str = "", **headers: str) -> SipResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    own = caller._headers(method, caller.uri, token(), 1)
    kept = tuple(item for item in own if item[0].lower() != drop and item[0] not in names)
    request = SipRequest(method, caller.uri, Headers((*kept, *names.items())))
    return await caller.wire.request(request, caller.target, timeout_seconds=2)


async def test_options_are_answered_with_what_we_can_do() -> None:
    async with edge_bench() as bench, bench.caller() as caller:
        response = await caller.options()
        assert response.code == 200
        assert response.headers.get("accept") == "application/sdp"
        assert "INVITE" in response.headers.all("allow")
        assert "kamailio" not in str(response).lower(), "our software and its version are no one's business"


@pytest.mark.parametrize(
    ("method", "code"),
    [("SUBSCRIBE", 405), ("PUBLISH", 405), ("MESSAGE", 405), ("REFER", 405), ("FROBNICATE", 405), ("BYE", 481),
     ("UPDATE", 481), ("INFO", 481), ("PRACK", 481)],
)  # fmt: skip
async def test_a_request_out_of_place_is_refused_properly(method: str, code: int) -> None:
    async with edge_bench() as bench, bench.caller() as caller:
        assert (await _ask(caller, method)).code == code


async def test_messages_too_large_or_too_far_travelled_are_refused() -> None:
    async with edge_bench() as bench, bench.caller() as caller:
        assert (await _ask(caller, "OPTIONS", X_Filler="a" * 20000)).code == 513
        assert (await _ask(caller, "OPTIONS", Max_Forwards="0")).code == 483


async def test_a_senseless_message_is_refused_or_ignored_and_the_next_caller_is_served() -> None:
    senseless = [
        b"",
        b"\x00" * 100,
        b"INVITE",
        b"INVITE sip:x SIP/2.0\r\n\r\n",
        b"INVITE sip:bank@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=\r\nCSeq: 99999999999 INVITE\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n\r\n",
        b"INVITE " + b"sip:" * 2000 + b" SIP/2.0\r\n\r\n",
        b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: -5\r\nCall-ID: \xff\xfe\r\n\r\n",
    ]
    async with edge_bench(1) as bench, bench.caller() as caller:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for message in senseless:
                stranger.sendto(message, bench.target)
        for message in senseless:
            await _tcp(bench, message)
        await (await caller.dial()).hang_up()
        assert sum(cell.offered for cell in bench.cells) == 1


async def test_angle_brackets_in_a_contact_that_name_no_instance_are_refused_before_a_cell_has_to_read_them() -> None:
    async with edge_bench(1) as bench, bench.caller() as caller:
        plain = caller.wire.contact
        for odd in (";x=<urn:uuid:1>", ';+sip.instance="<urn:uuid:1>";y=<z>', ';+sip.instance="<x>"'):
            caller.wire.contact = lambda user, odd=odd: plain(user) + odd  # type: ignore[method-assign,misc]
            with pytest.raises(CallRefused, match="400 Bad Address"):
                await caller.dial()
        assert not bench.cells[0].offered


async def test_a_flood_from_a_stranger_is_ignored_and_others_are_served() -> None:
    async with edge_bench(1, trunks=("127.0.0.9/32",), flood_requests=20, flood_seconds=2) as bench:
        stranger = RobotCaller(target=bench.target, uri=f"sip:bank@127.0.0.1:{bench.config.port}", host="127.0.0.3")
        async with stranger, bench.caller() as caller:
            await asyncio.gather(*(_send_options(stranger) for _ in range(300)))
            await asyncio.sleep(0.1)
            with pytest.raises(NoAnswer):
                await _ask(stranger, "OPTIONS")
            await (await caller.dial()).hang_up()


async def test_a_trunk_that_sends_too_many_is_told_so_and_its_running_calls_go_on() -> None:
    async with edge_bench(2, trunk_requests_per_second=5) as bench, bench.caller() as caller:
        call = await caller.dial()
        answers = await asyncio.gather(*(_ask(caller, "OPTIONS") for _ in range(40)))
        codes = [answer.code for answer in answers]
        assert codes.count(503) > 10
        assert all(answer.headers.get("retry-after") == "7" for answer in answers if answer.code == 503)
        await call.hang_up()
        assert call.ended.is_set()


async def _send_options(caller: RobotCaller) -> None:
    request = SipRequest("OPTIONS", caller.uri, Headers(caller._headers("OPTIONS", caller.uri, token(), 1)))
    await caller.wire.begin(request, caller.target)


async def _tcp(bench: EdgeBench, message: bytes) -> None:
    _, writer = await asyncio.open_connection(*bench.target)
    writer.write(message)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    writer.close()
