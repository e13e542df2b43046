"""Media in clear through the relay, where the settings say so: it hears who was named, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ivr.adapters.kamailio.config import HERE
from ivr.adapters.rtpengine import daemon
from ivr.core.sip.dialog import Dialog
from ivr.testing.certificates import Authority
from ivr.testing.robot_call import RobotCall
from ivr.testing.srtp import made_key
from tests.integration.edge_bench import BenchRelay, EdgeBench, relay_bench
from tests.integration.test_relay import HIGH, NOWHERE, Stranger, assert_unheard, ends, port_of, relayed, talk

AUTHORITY = Authority()


@asynccontextmanager
async def always(tmp_path: Path, **changes: Any) -> AsyncIterator[tuple[EdgeBench, BenchRelay]]:
    async with relay_bench(AUTHORITY.issue(tmp_path), use={"always": True}, **changes) as made:
        yield made


@asynccontextmanager
async def strangers(port: int, host: str = "127.0.0.1") -> AsyncIterator[list[Stranger]]:
    """From elsewhere, and from the very host of the far end."""
    them = [Stranger("127.0.0.9"), Stranger(host)]
    tasks = [asyncio.ensure_future(one.shouts(port, "127.0.0.1")) for one in them]
    try:
        yield them
    finally:
        for task in tasks:
            task.cancel()
        for one in them:
            one.socket.close()


async def is_changed(one: RobotCall, other: RobotCall) -> None:
    assert (await one.hold()).code == 200
    assert (await one.unhold()).code == 200
    await talk(one, other)
    assert (await other.reinvite()).code == 200
    await talk(one, other)


async def test_a_caller_in_clear_is_heard_through_the_relay_and_no_stranger_is(tmp_path: Path) -> None:
    async with always(tmp_path) as (edge, relay), edge.caller() as caller:
        call = await caller.dial(muted=True)
        served = await edge.cells[0].takes_call()
        assert relayed(relay) == 1
        assert edge.cells[0].invites[-1].headers.get("x-ivr-source") == "127.0.0.1;trunk=1"
        async with strangers(port_of(call)) as them:
            await served.say(HIGH)
            assert not [one for one in served.received if one.pcm]
            call.media.muted = False
            await talk(call, served)
            await is_changed(call, served)
            assert_unheard(served, them)
        await call.press("42#")
        await asyncio.sleep(0.3)
        assert served.media.keys == ["4", "2", "#"]
        await call.hang_up()
        await ends(served)
        assert (edge.control.relayed(HERE), relayed(relay)) == ({}, 0)


async def test_an_agent_in_clear_is_heard_through_the_relay_and_no_stranger_is(tmp_path: Path) -> None:
    async with always(tmp_path) as (edge, relay):
        edge.employ("bob")
        async with edge.phone("bob") as phone:
            leg = await edge.cell_dials(edge.cells[0], "bob")
            answered = await phone.takes_call()
            assert relayed(relay) == 1
            async with strangers(port_of(answered)) as them:
                await talk(leg, answered)
                await is_changed(answered, leg)
                assert_unheard(leg, them)
            await leg.hang_up()
            await answered.wait_ended()
            assert (edge.control.relayed(HERE), relayed(relay)) == ({}, 0)


async def test_who_names_another_address_than_they_come_from_speaks_to_the_cell_as_before(tmp_path: Path) -> None:
    async with always(tmp_path, trunks=("127.0.0.9/32",)) as (edge, relay), edge.caller() as caller:
        call = await caller.dial(named=NOWHERE)
        await edge.cells[0].takes_call()
        assert edge.cells[0].invites[-1].headers.get("x-ivr-source") == "127.0.0.1;trunk=0"
        assert relayed(relay) == 0
        await call.hang_up()


async def test_a_call_stays_in_clear_or_encrypted_also_where_both_are_relayed(tmp_path: Path) -> None:
    async with always(tmp_path) as (edge, relay), edge.tls_caller(AUTHORITY) as caller:
        for srtp in (True, False):
            call = await caller.dial(srtp=srtp)
            served = await edge.cells[0].takes_call()
            assert relayed(relay) == 1
            agreed, call.ours = call.ours, replace(call.ours, key="" if srtp else made_key())
            assert (await call.reinvite()).code == 488
            call.ours = agreed
            await talk(call, served)
            await call.hang_up()
            await ends(served)


async def test_a_call_in_clear_outlives_its_edge_too(tmp_path: Path) -> None:
    async with always(tmp_path) as (edge, relay), edge.caller() as caller:
        call = await caller.dial()
        served = await edge.cells[0].takes_call()
        await edge.restart()
        edge.control.know_relayed(daemon.carried(("127.0.0.1", relay.config.control_port)), HERE)
        dialog = call.dialog
        edge.control.know_dialog(0, Dialog(dialog.call_id, dialog.remote, dialog.local, dialog.contact))
        edge.control.put_word("another")
        await is_changed(call, served)
        await call.hang_up()
        await ends(served)
