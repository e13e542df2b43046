"""Odd moments of a session: change upon change, both ends on hold, an agent who sends us elsewhere, an edge that died.

RFC 3261 14, RFC 3311. Through all of it the call goes on, and the caller hears us.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from ivr.testing.robot_call import SDP_TYPE, RobotCall
from ivr.testing.sip import Headers, SipRequest, SipResponse
from ivr.testing.sip_wire import Transaction
from tests.integration.conftest import Line, start_line, until

LATER = (491, 500)
"""Try again: another change is under way (RFC 3261 14.2), or this one was overtaken on its way (12.2.2)."""


class Ear(asyncio.DatagramProtocol):
    """Hears whatever comes to a port."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.got.append(data)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    running = start_line(tmp_path_factory.mktemp("glare"), cells=3)
    yield running
    running.engine.stop()


def change(call: RobotCall, method: str = "INVITE", *, offer: bool = True, direction: str = "sendrecv") -> SipRequest:
    call._version += 1
    body = call._sdp(direction) if offer else b""
    return call.dialog.request(method, extra=Headers((SDP_TYPE,) if body else ()), body=body)


async def begin(call: RobotCall, request: SipRequest) -> Transaction:
    return await call.wire.begin(request, call.dialog.next_hop())


async def finish(call: RobotCall, transaction: Transaction) -> SipResponse:
    response = await call.wire.finish(transaction, timeout_seconds=10)
    if transaction.request.method == "INVITE" and response.code == 200:
        await call.acknowledge(transaction.request)
    return response


async def goes_on(call: RobotCall) -> None:
    assert not call.ended.is_set()
    for _ in range(50):  # its ACK may still be on the way
        if (code := (await call.reinvite()).code) == 200:
            break
        assert code in LATER
        await asyncio.sleep(0.2)
    assert code == 200
    await call.hears_sound(since=time.monotonic(), timeout=30)


@pytest.mark.parametrize(
    "methods", [("INVITE", "INVITE"), ("INVITE", "UPDATE"), ("UPDATE", "UPDATE"), ("UPDATE", "INVITE")]
)
async def test_a_change_upon_a_change_is_served_or_put_off(line: Line, methods: tuple[str, str]) -> None:
    """Sent in one breath: the second meets the first unfinished, or is served after it."""
    async with line.caller() as robot:
        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        first, second = [await begin(call, change(call, method)) for method in methods]
        codes = [(await finish(call, one)).code for one in (first, second)]
        assert set(codes) <= {200, *LATER}
        await goes_on(call)


async def test_an_unacknowledged_change_and_what_follows_it(line: Line) -> None:
    async with line.caller() as robot:
        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        request = change(call)
        response = await call.wire.finish(await begin(call, request), timeout_seconds=10)
        assert response.code == 200
        hurried = await finish(call, await begin(call, change(call)))
        assert hurried.code in (200, *LATER)
        info = await call.request("INFO", Headers((("Content-Type", "application/dtmf-relay"),)), b"Signal=2\r\n")
        assert info.code == 200
        await call.acknowledge(request)
        await goes_on(call)


async def test_hold_from_both_ends_while_an_agent_talks(line: Line) -> None:
    async with line.desk(rings=0.0) as agent, line.caller() as robot:
        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        await call.press("3")
        desk = await agent.takes_call()
        codes = await asyncio.gather(call.hold(), desk.hold("inactive"))
        assert [one.code for one in codes] == [200, 200]
        for one in (call, desk):
            assert (await one.request("UPDATE", Headers((("Contact", one.dialog.contact),)))).code == 200
            assert (await one.request("OPTIONS")).code == 200
            assert (await one.request("REFER", Headers((("Refer-To", "<sip:x@127.0.0.1:9>"),)))).code == 405
            assert (await one.request("MESSAGE", Headers((("Content-Type", "text/plain"),)), b"x")).code == 405
            assert (await one.request("PRACK", Headers((("RAck", "1 1 INVITE"),)))).code == 481
        codes = await asyncio.gather(call.unhold(), desk.unhold())
        assert [one.code for one in codes] == [200, 200]
        tone = bytes(range(256)) * 62
        said = await desk.say(tone)
        await call.hears_sound(since=said.began)
        await desk.hang_up()
        assert not call.ended.is_set()
        await call.hang_up()


async def test_an_agents_phone_that_sends_us_elsewhere_is_not_followed(line: Line) -> None:
    """302 with a Contact (RFC 3261 21.3.3): nobody makes us dial."""
    transport, ear = await asyncio.get_running_loop().create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    try:
        async with line.desk(rings=0.0, refuse=302) as agent, line.caller() as robot:
            answer = agent.wire.answer

            def moved(arrived: object, response: SipResponse) -> None:
                more = ("Contact", f"<sip:x@127.0.0.1:{port}>")
                answer(arrived, SipResponse(response.code, response.reason, Headers((*response.headers, more)), b""))  # type: ignore[arg-type]

            agent.wire.answer = moved  # type: ignore[method-assign]
            call = await robot.dial()
            await call.hears_sound(since=call.invited_at)
            await call.press("3")
            await asyncio.wait_for(agent.ringing.wait(), 15)
            await call.silence(1.5)
            assert not call.ended.is_set()
            assert ear.got == []
            await call.hang_up()
    finally:
        transport.close()


async def test_a_call_that_outlives_its_edge_is_changed_and_ended_by_either_side(line: Line) -> None:
    async with line.caller() as robot, line.caller() as newcomer:
        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        await until(line.engine.kill_edge(), "the edge is not back")
        others = [await newcomer.dial() for _ in range(2)]
        assert (await call.hold()).code == 200
        assert (await call.unhold()).code == 200
        await goes_on(call)
        await asyncio.gather(*(one.hang_up() for one in (call, *others)))
    await until(lambda: not any(cell["call_id"] for cell in line.engine.status()["cells"]), "a BYE is lost")
