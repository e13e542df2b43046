"""Legs that cells dial: who is called in SRTP, who in clear after all, and whom nobody rings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.kamailio.config import HERE
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.certificates import Authority
from ivr.testing.robot import CallRefused
from tests.integration.carrier import PASSWORD, Carrier
from tests.integration.conftest import until
from tests.integration.edge_bench import BenchRelay, EdgeBench, relay_bench
from tests.integration.test_phone_flows import flow
from tests.integration.test_relay import relayed, talk
from tests.integration.test_trunks import dials, trunk

AUTHORITY = Authority()


@asynccontextmanager
async def required(tmp_path: Path, **use: Any) -> AsyncIterator[tuple[EdgeBench, BenchRelay]]:
    async with relay_bench(AUTHORITY.issue(tmp_path), use={"required": True, **use}) as made:
        yield made


@asynccontextmanager
async def offered(tmp_path: Path) -> AsyncIterator[tuple[EdgeBench, BenchRelay]]:
    async with relay_bench(AUTHORITY.issue(tmp_path)) as made:
        yield made


def by_tls(edge: EdgeBench, *, srtp: bool) -> RobotAgent:
    edge.employ("alice")
    phone = edge.phone("alice", transport="tls", tls=AUTHORITY.context(), srtp=srtp)
    phone.target = phone.registrar = edge.tls_target
    return phone


async def test_an_agents_phone_is_talked_to_in_srtp_and_the_cell_in_rtp(tmp_path: Path) -> None:
    async with required(tmp_path) as (edge, relay), by_tls(edge, srtp=True) as phone:
        leg = await edge.cell_dials(edge.cells[0], "alice")
        answered = await phone.takes_call()
        assert answered.theirs is not None
        assert leg.theirs is not None
        assert answered.theirs.key, "it was offered SRTP"
        assert not leg.theirs.key, "the cell was answered in RTP"
        await talk(leg, answered)
        assert answered.media.unopened == 0
        assert (await answered.hold()).code == 200
        assert (await answered.unhold()).code == 200
        await talk(leg, answered)
        assert (await leg.reinvite()).code == 200
        await talk(leg, answered)
        assert (len(edge.control.relayed(HERE)), relayed(relay)) == (1, 1)
        await leg.hang_up()
        await answered.wait_ended()
        assert (edge.control.relayed(HERE), relayed(relay)) == ({}, 0)


async def test_a_phone_that_would_be_heard_in_clear_is_not_rung_and_it_is_counted(tmp_path: Path) -> None:
    async with required(tmp_path) as (edge, _):
        edge.employ("bob")
        async with edge.phone("bob", srtp=True) as phone:
            with pytest.raises(CallRefused, match="488 Media Would Be In Clear"):
                await edge.cell_dials(edge.cells[0], "bob")
            assert not phone.ringing.is_set()
        assert {one.kind for one in edge.control.denials()} == {"in_clear"}


async def test_a_phone_on_tls_that_has_no_srtp_is_not_talked_to_in_clear(tmp_path: Path) -> None:
    async with required(tmp_path) as (edge, relay), by_tls(edge, srtp=False) as phone:
        with pytest.raises(CallRefused, match="488"):
            await edge.cell_dials(edge.cells[0], "alice")
        assert not phone.calls
        assert (edge.control.relayed(HERE), relayed(relay)) == ({}, 0)


async def test_who_is_exempt_is_rung_in_clear(tmp_path: Path) -> None:
    async with (
        required(tmp_path, plain_from=("127.0.0.7/32",)) as (edge, _),
        RobotAgent(user="desk", host="127.0.0.7") as phone,
    ):
        edge.employ("desk", uri=phone.uri_here)
        leg = await edge.cell_dials(edge.cells[0], "desk")
        await talk(leg, await phone.takes_call())
        await leg.hang_up()


async def test_without_the_relay_nobody_is_rung(tmp_path: Path) -> None:
    async with required(tmp_path) as (edge, relay), by_tls(edge, srtp=True) as phone:
        relay.kill()
        with pytest.raises(CallRefused, match="503 Media Relay Away"):
            await edge.cell_dials(edge.cells[0], "alice")
        assert not phone.ringing.is_set()
        assert [(one.kind, one.count) for one in edge.control.denials()] == [("no_relay", 1)]


async def test_a_call_that_was_given_up_while_it_rang_leaves_nothing_at_the_relay(tmp_path: Path) -> None:
    async with required(tmp_path) as (edge, relay), by_tls(edge, srtp=True) as phone:
        phone.rings = 30.0
        cell = edge.cells[0]
        cell.target, cell.uri = edge.target, f"sip:alice@127.0.0.1:{edge.config.port}"
        leg = await cell.ring(extra=edge.word)
        await asyncio.wait_for(phone.ringing.wait(), 10)
        assert relayed(relay) == 1
        await cell.cancel(leg)
        await asyncio.wait_for(phone.cancelled.wait(), 10)
        await until(lambda: not edge.control.relayed(HERE) and not relayed(relay), "nothing is left behind")


async def test_where_srtp_is_offered_who_registered_by_tls_is_called_in_it_and_who_came_by_udp_in_clear(
    tmp_path: Path,
) -> None:
    async with offered(tmp_path) as (edge, relay), by_tls(edge, srtp=True) as phone:
        edge.employ("bob")
        async with edge.phone("bob") as plain:
            for name, rung in (("alice", phone), ("bob", plain)):
                leg = await edge.cell_dials(edge.cells[0], name)
                answered = await rung.takes_call()
                assert answered.theirs is not None
                assert bool(answered.theirs.key) == rung.srtp
                await talk(leg, answered)
                assert relayed(relay) == rung.srtp
                await leg.hang_up()
                await answered.wait_ended()
        assert (edge.control.relayed(HERE), relayed(relay)) == ({}, 0)


async def test_where_srtp_is_offered_a_phone_on_tls_that_refuses_it_is_talked_to_in_clear(tmp_path: Path) -> None:
    async with offered(tmp_path) as (edge, relay), by_tls(edge, srtp=False) as phone:
        leg = await edge.cell_dials(edge.cells[0], "alice")
        answered = await phone.takes_call()
        await talk(leg, answered)
        assert (edge.control.relayed(HERE), relayed(relay)) == ({}, 0)
        assert (await answered.hold()).code == 200
        assert (await answered.unhold()).code == 200
        await talk(leg, answered)
        await leg.hang_up()
        await answered.wait_ended()


@pytest.mark.parametrize("said", [486, 603])
async def test_a_phone_that_refuses_the_call_itself_is_not_asked_again_in_clear(tmp_path: Path, said: int) -> None:
    async with offered(tmp_path) as (edge, relay), by_tls(edge, srtp=True) as phone:
        phone.refuse = said
        with pytest.raises(CallRefused, match=str(said)):
            await edge.cell_dials(edge.cells[0], "alice")
        assert phone.rung == 1
        assert (edge.control.relayed(HERE), relayed(relay)) == ({}, 0)


async def test_where_srtp_is_offered_a_relay_that_is_away_takes_no_phone_down_to_clear(tmp_path: Path) -> None:
    async with offered(tmp_path) as (edge, relay), by_tls(edge, srtp=False) as phone:
        relay.kill()
        with pytest.raises(CallRefused, match="503 Media Relay Away"):
            await edge.cell_dials(edge.cells[0], "alice")
        assert not phone.ringing.is_set()


async def test_a_trunk_that_must_have_srtp_and_refuses_it_is_not_called_in_clear(tmp_path: Path) -> None:
    async with Carrier() as carrier:
        line = trunk(carrier, srtp=True)
        more: dict[str, Any] = {"outbound": (line,), "options_seconds": 0, "callees": ("+852",)}
        async with relay_bench(AUTHORITY.issue(tmp_path), **more) as (edge, relay):
            edge.control.put_trunk(edge.config, line, PASSWORD)
            with pytest.raises(CallRefused, match="488"):
                await dials(edge)
            assert (edge.control.relayed(HERE), relayed(relay)) == ({}, 0)
        assert [b"RTP/SAVP " in one.body for one in carrier.robot.invites] == [True]


async def test_a_phone_whose_last_connection_ends_while_it_is_rung_is_gone_and_no_relay_is_blamed(
    tmp_path: Path,
) -> None:
    files = AUTHORITY.issue(tmp_path)
    async with relay_bench(files) as (edge, relay):
        way: dict[str, Any] = {"transport": "tls", "registrar": edge.tls_target, "tls": AUTHORITY.context()}
        way["srtp"] = True
        async with flow(edge, 1, **way) as first, flow(edge, 2, **way) as second:
            second.deaf = True
            asked = asyncio.ensure_future(edge.cell_dials(edge.cells[0], "alice"))
            await asyncio.wait_for(second.reached.wait(), 10)
            await first.wire.drop()
            with pytest.raises(CallRefused, match="430 Flow Failed"):
                await asked
            assert edge.control.denials() == []
            assert edge.control.relayed(HERE) == {}
            assert relayed(relay) == 0
