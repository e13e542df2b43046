"""Agents' phones at the edge: who may register, and how a cell reaches them."""

from __future__ import annotations

import asyncio

import pytest

from ivr.errors import PeerError
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.robot import CallRefused
from tests.integration.edge_bench import REALM, edge_bench


async def test_a_phone_registers_with_its_password_and_rings_when_a_cell_calls() -> None:
    async with edge_bench(1) as bench:
        bench.employ("alice")
        assert bench.control.registered() == frozenset()
        async with bench.phone("alice") as phone:
            assert bench.control.registered() == {"alice"}
            call = await bench.cell_dials(bench.cells[0], "alice")
            answered = await phone.takes_call()
            await call.hang_up()
            await answered.wait_ended()
            assert bench.control.cells() == {}, "a call to an agent takes no cell"
        assert bench.control.registered() == frozenset()


async def test_a_phone_on_tcp_is_reached_on_its_connection() -> None:
    async with edge_bench(1) as bench:
        bench.employ("alice")
        async with bench.phone("alice", transport="tcp") as phone:
            call = await bench.cell_dials(bench.cells[0], "alice")
            answered = await phone.takes_call()
            await answered.hang_up()
            await call.wait_ended()


async def test_a_phone_at_a_fixed_address_needs_no_registration() -> None:
    async with edge_bench(1) as bench, RobotAgent(user="desk") as phone:
        bench.employ("desk", uri=phone.uri_here)
        call = await bench.cell_dials(bench.cells[0], "desk")
        await phone.takes_call()
        await call.hang_up()


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("mallory", "correct horse")])
async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(name: str, password: str) -> None:
    async with edge_bench() as bench:
        bench.employ("alice")
        with pytest.raises(PeerError, match="401"):
            await bench.phone(name, password).__aenter__()
        assert bench.control.registered() == frozenset()


async def test_an_agent_cannot_register_in_anothers_name() -> None:
    async with edge_bench() as bench:
        bench.employ("alice")
        bench.employ("bob")
        async with bench.phone("bob") as phone:
            assert (await phone.register("alice")).code == 403
        assert "alice" not in bench.control.registered()


async def test_a_cell_learns_at_once_that_a_phone_is_not_there() -> None:
    async with edge_bench(1) as bench:
        bench.employ("alice")
        for agent, code in (("alice", 480), ("nobody", 404)):
            with pytest.raises(CallRefused) as refusal:
                await bench.cell_dials(bench.cells[0], agent)
            assert refusal.value.code == code


async def test_callers_cannot_ring_agents() -> None:
    async with edge_bench(1) as bench:
        bench.employ("alice")
        async with bench.phone("alice") as phone, bench.caller("alice") as caller:
            call = await caller.dial()
            await bench.cells[0].takes_call()
            assert not phone.ringing.is_set(), "whatever a caller dials, a cell answers"
            await call.hang_up()


async def test_a_removed_agent_is_rung_no_more_and_cannot_come_back() -> None:
    async with edge_bench(1) as bench:
        bench.employ("alice")
        async with bench.phone("alice") as phone:
            bench.control.drop_agent("alice")
            assert bench.control.agents() == {}
            assert bench.control.registered() == frozenset()
            assert (await phone.register("alice")).code == 401
            with pytest.raises(CallRefused):
                await bench.cell_dials(bench.cells[0], "alice")


async def test_the_agents_phone_stops_ringing_when_the_cell_gives_up() -> None:
    async with edge_bench(1) as bench:
        bench.employ("alice")
        async with bench.phone("alice", rings=30.0) as phone:
            cell = bench.cells[0]
            cell.target, cell.uri = bench.target, f"sip:alice@127.0.0.1:{bench.config.port}"
            call = await cell.ring(extra=bench.word)
            await cell.progressed(call)
            assert (await cell.cancel(call)).code == 487
            async with asyncio.timeout(3):
                await phone.cancelled.wait()


async def test_the_edge_never_hands_out_a_password_hash() -> None:
    async with edge_bench() as bench:
        bench.employ("alice")
        known = bench.control.agents()
        assert known["alice"][0] == "phone"
        text = bench.config.config_file.read_text()
        assert REALM in text
        assert str(known["alice"][1]) not in text, "hashes go through the control socket, never into a file"
        assert bench.config.control_socket.stat().st_mode & 0o077 == 0
