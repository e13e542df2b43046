"""Every refusal of the edge is counted, by kind and source, however many there are and from however many sources."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter

import pytest

from ivr.adapters.kamailio.render import DENIED_KEPT_SECONDS, DENIED_SOURCES
from ivr.core.audit.denial import OTHERS
from ivr.errors import PeerError
from ivr.testing.robot import CallRefused
from ivr.testing.robot_call import RobotCall
from ivr.testing.sip import Headers, SipRequest
from ivr.testing.sip_wire import token
from tests.integration.edge_bench import EdgeBench, edge_bench
from tests.integration.test_edge_hostile import _ask

STRANGERS = 40
FLOOD = 10_000


def counted(bench: EdgeBench) -> Counter[str]:
    """How many requests of each kind were denied."""
    kinds: Counter[str] = Counter()
    for denial in bench.control.denials():
        kinds[denial.kind] += denial.count
    return kinds


def received(bench: EdgeBench) -> tuple[int, int]:
    """Requests that the edge received, and those that it answered with 200."""
    lines = bench.control.call("stats.get_statistics", "all")
    assert isinstance(lines, list)
    stats = dict(str(line).split(" = ") for line in lines)
    return int(stats["core:rcv_requests"]), int(stats["sl:200_replies"])


def options(bench: EdgeBench, host: str) -> bytes:
    """A small request that a scanner sends."""
    return (
        f"OPTIONS sip:bank@127.0.0.1:{bench.config.port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {host}:5060;branch=z9hG4bK{token()}\r\nFrom: <sip:x@{host}>;tag=1\r\n"
        f"To: <sip:bank@127.0.0.1>\r\nCall-ID: {token()}\r\nCSeq: 1 OPTIONS\r\n"
        "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()


async def floods(bench: EdgeBench, host: str, times: int) -> None:
    """Send so many, not faster than a socket's buffer takes them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((host, 0))
        for number in range(times):
            stranger.sendto(options(bench, host), bench.target)
            if number % 20 == 19:
                await asyncio.sleep(0.004)


async def test_each_kind_of_refusal_is_counted() -> None:
    async with edge_bench(1) as bench, bench.caller() as caller, bench.caller() as late:
        bench.employ("anna")
        for method in ("SUBSCRIBE", "MESSAGE", "BYE"):
            await _ask(caller, method)
        await _ask(caller, "OPTIONS", X_Filler="a" * 20000)
        await _ask(caller, "OPTIONS", Max_Forwards="0")
        call = await caller.dial()
        with pytest.raises(CallRefused):
            await late.dial()
        await call.hang_up()
        with pytest.raises(PeerError, match="401"):
            async with bench.phone("anna", password="wrong"):
                pass
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"\x00" * 100, bench.target)
            scan = options(bench, "127.0.0.1").replace(b"Max-", b"User-Agent: sipvicious\r\nMax-")
            stranger.sendto(scan, bench.target)
        await asyncio.sleep(0.3)
        assert counted(bench) == {
            "method": 2, "no_call": 1, "too_large": 1, "too_many_hops": 1, "busy": 1, "malformed": 1, "scanner": 1,
            "password": 1,
        }  # fmt: skip
        assert {denial.source for denial in bench.control.denials()} == {"127.0.0.1"}


async def test_a_phone_that_registers_properly_is_denied_nothing() -> None:
    async with edge_bench() as bench:
        bench.employ("anna")
        async with bench.phone("anna"):
            assert "anna" in bench.control.registered()
        assert not counted(bench)


async def test_a_flood_of_ten_thousand_makes_one_count_and_none_is_lost() -> None:
    async with edge_bench(1, trunks=("127.0.0.9/32",), flood_requests=20, flood_seconds=2) as bench:
        await floods(bench, "127.0.0.3", FLOOD)
        await asyncio.sleep(0.3)
        requests, answered = received(bench)
        assert requests > FLOOD * 0.9, "the kernel dropped too many for this to show anything"
        denied = bench.control.denials()
        assert {(one.kind, one.source) for one in denied} == {("flood", "127.0.0.3")}
        assert len({one.minute for one in denied}) == len(denied) <= 2
        assert sum(one.count for one in denied) == requests - answered


async def test_many_sources_name_only_so_many_and_the_others_are_counted_together() -> None:
    async with edge_bench(1, trunks=("127.0.1.9/32",), flood_requests=5, flood_seconds=2) as bench:
        for number in range(STRANGERS):
            await floods(bench, f"127.0.0.{10 + number}", 40)
        await asyncio.sleep(0.3)
        requests, answered = received(bench)
        denied = bench.control.denials()
        assert sum(one.count for one in denied) == requests - answered
        for minute in {one.minute for one in denied}:
            named = [one.source for one in denied if one.minute == minute]
            assert len(set(named)) == len(named) <= DENIED_SOURCES + 1
        assert OTHERS in {one.source for one in denied}


async def test_what_is_forgotten_is_gone_and_all_that_a_hub_away_leaves_there_can_be_asked_for() -> None:
    async with edge_bench() as bench:
        minutes = DENIED_KEPT_SECONDS // 60 + 1
        for minute in range(minutes):
            for number in range(DENIED_SOURCES + 15):
                key = f"trunk_flood|198.51.100.{100 + number}|{29400000 + minute}"
                bench.control.call("htable.seti", "denied", key, 1000000 + number)
        found = bench.control.denials()
        assert len(found) == minutes * (DENIED_SOURCES + 15)
        bench.control.forget_denials(found[:10])
        assert len(bench.control.denials()) == len(found) - 10


async def test_a_trunk_that_sends_too_many_is_counted() -> None:
    async with edge_bench(2, trunk_requests_per_second=5) as bench, bench.caller() as caller:
        answers = await asyncio.gather(*(_ask(caller, "OPTIONS") for _ in range(40)))
        assert counted(bench) == {"trunk_flood": [answer.code for answer in answers].count(503)}


async def test_who_asks_the_edge_to_relay_is_counted() -> None:
    async with edge_bench(1) as bench, bench.caller() as caller:
        call = await caller.dial()
        assert call.dialog is not None
        own = call.dialog.request("BYE")
        request = SipRequest("BYE", "sip:victim@198.51.100.1", own.headers)
        assert (await caller.wire.request(request, caller.target, timeout_seconds=2)).code == 403
        await call.hang_up()
        assert counted(bench) == {"relay": 1}


async def says(call: RobotCall, method: str) -> int:
    """Ask something in a dialog, as somebody does who has not heard yet that it is over."""
    assert call.dialog is not None
    request = call.dialog.request(method)
    return (await call.wire.request(request, call.dialog.next_hop(), timeout_seconds=5)).code


@pytest.mark.parametrize("dialled", [False, True])
@pytest.mark.parametrize("method", ["BYE", "INFO", "UPDATE", "INVITE"])
async def test_what_crosses_the_other_sides_bye_is_answered_481_and_is_no_denial(method: str, dialled: bool) -> None:
    async with edge_bench(1) as bench, bench.caller() as caller:
        bench.employ("anna")
        async with bench.phone("anna") as phone:
            if dialled:
                one = await bench.cell_dials(bench.cells[0], "anna")
                other = await phone.takes_call()
            else:
                one = await caller.dial()
                other = await bench.cells[0].takes_call()
            await one.hang_up()
            assert await says(other, method) == 481
            assert await says(one, method) == 481
            assert not counted(bench)
            for call in (one, other):
                assert call.dialog is not None
                asked = call.dialog.request(method)
                lines = (("Call-ID", token()) if name == "Call-ID" else (name, value) for name, value in asked.headers)
                strange = SipRequest(method, asked.uri, Headers(tuple(lines)))
                assert (await call.wire.request(strange, call.dialog.next_hop(), timeout_seconds=5)).code == 481
            assert counted(bench) == {"no_call": 2}
