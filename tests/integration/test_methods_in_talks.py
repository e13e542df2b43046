"""Every request of docs/sip.md's table in a live talk, from every leg of it: each gets its answer, nobody is moved or
cut off, and they go on hearing each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import pytest

from ivr.testing import sdp
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.engine import alive
from ivr.testing.hearing import in_touch
from ivr.testing.ports import free_port
from ivr.testing.robot import RobotCaller
from ivr.testing.robot_call import RobotCall
from ivr.testing.sip import Headers, SipResponse
from tests.attacks.test_sip_under_the_engine import ASKED, inside, table
from tests.integration.conftest import Line
from tests.integration.test_desk import says

Leg = tuple[RobotCaller, RobotCall]
"""A phone, and its call."""
COLLEAGUE = "ben"
PUT_OFF = (491, 500)
"""RFC 3261 14.2."""


@pytest.fixture(scope="module")
def colleague(line: Line) -> Callable[[], RobotAgent]:
    """The phone of somebody whom the agent may ring."""
    port = free_port()
    words = ("--uri", f"sip:{COLLEAGUE}@127.0.0.1:{port}", "--queue", "nobody-waits-here", "--extension", "207")
    added = line.engine.command("agents", "add", COLLEAGUE, *words)
    assert added.returncode == 0, added.stderr
    return lambda: RobotAgent(user=COLLEAGUE, port=port)


async def all_hear_each(legs: list[Leg]) -> None:
    """One after the other: three who say hello at once are hard to tell apart."""
    calls = [call for _, call in legs]
    for number, call in enumerate(calls):
        await says(call, 300 + number, to=[other for other in calls if other is not call])


@asynccontextmanager
async def with_an_agent(line: Line, keys: str = "") -> AsyncIterator[list[Leg]]:
    async with line.desk() as desk, line.caller() as robot:
        call = await robot.dial()
        await call.press("3")
        theirs = await desk.takes_call()
        await in_touch(call, theirs)
        yield [(robot, call), (desk, theirs)]


@asynccontextmanager
async def with_a_transfers_target(line: Line) -> AsyncIterator[list[Leg]]:
    async with line.office() as office, line.caller() as robot:
        call = await robot.dial()
        await call.press("8")
        far = await office.takes_call()
        await in_touch(call, far)
        yield [(robot, call), (office, far)]


async def rung(agent: RobotCall, phone: RobotAgent) -> RobotCall:
    """The colleague's call. Keys whose packets a busy machine sends late are no code, and pressed again."""
    for _ in range(3):
        await agent.press("*2207#")
        with suppress(TimeoutError):
            return await phone.takes_call(8)
    raise AssertionError("the colleague is not rung")


@asynccontextmanager
async def with_two(line: Line, phone: RobotAgent, then: str) -> AsyncIterator[list[Leg]]:
    """A colleague is rung by the agent, who presses something more when they are there."""
    async with phone, with_an_agent(line) as legs:
        (robot, call), (_, agent) = legs
        ben = await rung(agent, phone)
        await in_touch(agent, ben)
        await agent.press(then)
        if then == "*4":
            await agent.wait_ended()
            legs = [(robot, call), (phone, ben)]
        else:
            legs = [*legs, (phone, ben)]
        await all_hear_each(legs)
        yield legs


KINDS: dict[str, Callable[[Line, Callable[[], RobotAgent]], AbstractAsyncContextManager[list[Leg]]]] = {
    "an agent": lambda line, phone: with_an_agent(line),
    "the target of a transfer": lambda line, phone: with_a_transfers_target(line),
    "a conference of three": lambda line, phone: with_two(line, phone(), "*3"),
    "a colleague to whom the caller was left": lambda line, phone: with_two(line, phone(), "*4"),
}


async def answered(call: RobotCall, phone: RobotCaller, name: str) -> SipResponse:
    """What a request of the table gets; a change that is put off, as another is under way, is asked for again."""
    for _ in range(20):
        response = await inside(call, phone, ASKED[name])
        if not (name.startswith("INVITE") and response.code in PUT_OFF):
            break
        await asyncio.sleep(0.2)
    return response


async def test_a_phone_behind_a_proxy_of_its_own_has_each_answer_through_it(line: Line) -> None:
    """Its requests come with two Via, in two headers or in one (RFC 3261 7.3.1, 18.2.2): both come back, in order."""
    beneath = "SIP/2.0/UDP 192.0.2.9:5060;received=198.51.100.7;branch=z9hG4bKphone"
    async with line.caller() as robot:
        call = await robot.dial()
        for method, code in (("OPTIONS", 200), ("INFO", 200), ("UPDATE", 200), ("MESSAGE", 405), ("BYE", 200)):
            request = call.dialog.request(method, extra=Headers((("Via", beneath),)))
            kept = [item for item in request.headers if item[0] == "Via"]
            assert kept == [("Via", beneath)]
            response = await robot.wire.request(request, robot.target, timeout_seconds=5)
            assert response.code == code, method
            ours, *others = ", ".join(response.headers.all("via")).split(", ")
            assert "127.0.0.1" in ours
            assert others == [beneath]
        await call.close()


MORE = ("an agent", "a colleague to whom the caller was left")
"""Their legs are in the others too."""


@pytest.mark.parametrize(
    "kind",
    [
        "the target of a transfer",
        "a conference of three",
        *(pytest.param(kind, marks=pytest.mark.soak) for kind in MORE),
    ],
)
async def test_no_request_moves_or_ends_a_talk(line: Line, colleague: Callable[[], RobotAgent], kind: str) -> None:
    before = await asyncio.to_thread(line.engine.cell_pids)
    wrong: dict[str, Any] = {}
    async with KINDS[kind](line, colleague) as legs:
        for number, (phone, call) in enumerate(legs):
            phone.target = call.dialog.next_hop()
            call.ours = sdp.offer("127.0.0.1", call.ours.port, ("PCMU", "PCMA"))
            for name, (_, code) in table().items():
                if name == "BYE":
                    continue
                response = await answered(call, phone, name)
                if response.code != code:
                    wrong[f"leg {number}: {name}"] = (response.code, response.reason)
        assert not [call for _, call in legs if call.ended.is_set()]
        await all_hear_each(legs)
    assert not wrong
    assert all(alive(pid) for pid in before), "a cell died"
