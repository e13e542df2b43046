"""Numbers that cells dial, by trunks: passwords, registrations, what may be dialled, the next trunk where one fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from ivr.adapters.kamailio.config import TrunkLine
from ivr.adapters.kamailio.render import callee_user, transfer_user
from ivr.testing.robot import CallRefused
from ivr.testing.robot_call import RobotCall
from tests.integration.carrier import LOGIN, PASSWORD, REALM, Carrier
from tests.integration.conftest import until
from tests.integration.edge_bench import EdgeBench, edge_bench
from tests.integration.test_relay import talk

NUMBER = "+85291234567"


def trunk(carrier: Carrier, name: str = "first", **more: Any) -> TrunkLine:
    return replace(TrunkLine(name, (carrier.address,), REALM, ("+852",), ("+852900",), login=LOGIN), **more)


@asynccontextmanager
async def bench(*trunks: TrunkLine, password: str = PASSWORD, **more: Any) -> AsyncIterator[EdgeBench]:
    changes = {"outbound": trunks, "options_seconds": 0, "callees": ("+852", "+44"), **more}
    async with edge_bench(1, **changes) as made:
        for one in trunks:
            made.control.put_trunk(made.config, one, password)
        yield made


async def dials(edge: EdgeBench, number: str = NUMBER) -> RobotCall:
    cell = edge.cells[0]
    cell.target, cell.uri = edge.target, f"sip:{callee_user(number)}@127.0.0.1:{edge.config.port}"
    return await cell.dial(extra=edge.word)


async def test_a_call_goes_out_with_our_password_and_the_trunks_number_and_can_be_ended_by_either() -> None:
    caller = "sip:+85230001000@bank.example"
    async with Carrier() as carrier, bench(trunk(carrier, caller=caller)) as edge:
        for ours in (True, False):
            leg = await dials(edge)
            answered = await carrier.robot.takes_call()
            invite = carrier.robot.invites[-1]
            assert invite.uri == f"sip:{NUMBER}@{REALM}"
            assert invite.headers.get("from").startswith(f"<{caller}>")
            assert not invite.headers.all("x-ivr-cell")
            await talk(leg, answered)
            assert (await leg.reinvite()).code == 200
            assert (await answered.hold()).code == 200
            assert (await answered.unhold()).code == 200
            await (leg if ours else answered).hang_up()
            await (answered if ours else leg).wait_ended()
        assert edge.control.cells() == {}
        (state,) = edge.control.trunks()
        assert (state.there, state.registered, state.tried, state.answered, state.failed) == (True, None, 2, 2, 0)


async def test_a_wrong_password_and_a_trunk_that_is_away_leave_the_call_to_the_next() -> None:
    async with Carrier() as wrong, Carrier() as away, Carrier() as good:
        away.kill()
        names = ("wrong", "away", "good")
        trunks = [trunk(one, name) for one, name in zip((wrong, away, good), names, strict=True)]
        async with bench(*trunks) as edge:
            edge.control.put_trunk(edge.config, trunks[0], "another")
            leg = await dials(edge)
            answered = await good.robot.takes_call()
            await talk(leg, answered)
            await leg.hang_up()
            await answered.wait_ended()
            told = {one.name: (one.tried, one.answered, one.failed, one.password) for one in edge.control.trunks()}
            assert told == {"wrong": (1, 0, 1, 1), "away": (1, 0, 1, 0), "good": (1, 1, 0, 0)}
            assert wrong.seen("invited") == 2, "a password is tried once"
            good.kill()
            with pytest.raises(CallRefused):
                await dials(edge)
            assert edge.control.cells() == {}
            assert {one.kind for one in edge.control.denials()} == {"no_trunk"}


async def test_what_a_callee_says_is_no_fault_of_the_trunks() -> None:
    async with (
        Carrier() as first,
        Carrier() as second,
        bench(trunk(first), trunk(second, "second")) as edge,
    ):
        for code in (486, 404, 480, 603):
            first.robot.refuse = code
            with pytest.raises(CallRefused, match=str(code)):
                await dials(edge)
        assert second.seen("invited") == 0
        assert [one.failed for one in edge.control.trunks()] == [0, 0]


@pytest.mark.parametrize("number", ["+85290012345", "+441632960000", "+8529", "1234567", "+8529123456789012345"])
async def test_no_other_number_leaves_the_house_and_it_is_counted(number: str) -> None:
    transfers = {"far": number}
    async with Carrier() as carrier, bench(trunk(carrier), transfers=transfers) as edge:
        cell = edge.cells[0]
        cell.target = edge.target
        for user in (callee_user(number), transfer_user("far")):
            cell.uri = f"sip:{user}@127.0.0.1:{edge.config.port}"
            with pytest.raises(CallRefused, match="403 Number Not Allowed"):
                await cell.dial(extra=edge.word)
        assert carrier.seen("invited") == 0
        assert edge.control.cells() == {}
        assert [(one.kind, one.count) for one in edge.control.denials()] == [("not_allowed", 2)]


async def test_a_transfer_to_a_number_goes_by_a_trunk() -> None:
    async with Carrier() as carrier, bench(trunk(carrier), transfers={"branch": NUMBER}) as edge:
        cell = edge.cells[0]
        cell.target, cell.uri = edge.target, f"sip:{transfer_user('branch')}@127.0.0.1:{edge.config.port}"
        leg = await cell.dial(extra=edge.word)
        await talk(leg, await carrier.robot.takes_call())
        await leg.hang_up()


async def test_a_registration_is_made_and_renewed_and_a_wrong_password_makes_none() -> None:
    async with Carrier(expires=5) as carrier, bench(trunk(carrier, registers=5)) as edge:
        await until(lambda: carrier.registrations == {LOGIN}, "it registers")
        await until(lambda: edge.control.trunks()[0].registered is True, "and knows it")
        await until(lambda: carrier.seen("registered") >= 3, "it registers again before that ends")
        edge.control.put_trunk(edge.config, edge.config.outbound[0], "another")
        await until(lambda: edge.control.trunks()[0].there is False, "it is not registered any more")


async def test_a_trunk_that_wants_no_calls_gets_none_until_it_answers_again() -> None:
    async with (
        Carrier() as first,
        Carrier() as second,
        bench(trunk(first), trunk(second, "second"), options_seconds=1) as edge,
    ):
        first.refuses(calls=True)
        await until(lambda: [one.there for one in edge.control.trunks()] == [False, True], "it is seen")
        leg = await dials(edge)
        await asyncio.gather((await second.robot.takes_call()).wait_ended(), leg.hang_up())
        assert first.seen("invited") == 0
        first.refuses(calls=False)
        await until(lambda: all(one.there for one in edge.control.trunks()), "it is back")
        leg = await dials(edge)
        await first.robot.takes_call()
        await leg.hang_up()


async def test_a_call_that_is_given_up_while_the_callee_rings_is_over_there_too() -> None:
    async with Carrier() as carrier, bench(trunk(carrier)) as edge:
        carrier.robot.rings = 30.0
        cell = edge.cells[0]
        cell.target, cell.uri = edge.target, f"sip:{callee_user(NUMBER)}@127.0.0.1:{edge.config.port}"
        leg = await cell.ring(extra=edge.word)
        await asyncio.wait_for(carrier.robot.ringing.wait(), 10)
        await cell.cancel(leg)
        await asyncio.wait_for(carrier.robot.cancelled.wait(), 10)
        await until(lambda: edge.control.cells() == {}, "the cell is free")
