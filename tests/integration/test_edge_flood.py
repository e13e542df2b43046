"""5,000 INVITEs a second from a stranger: who is honest gets in, what was refused is counted, and no memory grows."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from ivr.testing.engine import descendants, private_memory_bytes
from tests.integration.conftest import until
from tests.integration.edge_bench import EdgeBench, edge_bench
from tests.integration.flooder import flooded
from tests.integration.test_edge_denials import counted

STRANGERS_CALLS = 2
"""Cells that one address may hold."""
SET_UP_SECONDS = 4.0
"""An INVITE that the kernel had no room for is sent again after 0.5, 1.5 and 3.5 s (RFC 3261 17.1.1.2)."""
GROWTH_BYTES = 2 << 20
WARM_SECONDS = 1.0
"""A flood before what is measured: what is allocated once is there."""


def flooding(edge: EdgeBench) -> bool:
    """Whether the edge drops what comes."""
    return counted(edge)["flood"] > 0


async def set_up(edge: EdgeBench) -> float:
    """Seconds until an honest caller is answered."""
    async with edge.caller() as caller:
        call = await caller.dial(timeout_seconds=SET_UP_SECONDS)
        await call.hang_up()
        return call.answered_at - call.invited_at


def shared(edge: EdgeBench) -> int:
    """Octets that Kamailio's processes use of the memory that they share."""
    told = edge.control.call("core.shmmem")
    assert isinstance(told, dict)
    return int(told["used"])


def private(edge: EdgeBench) -> int:
    return sum(private_memory_bytes(pid) for pid in (edge.pid, *descendants(edge.pid)))


@dataclass(frozen=True, slots=True)
class Flooded:
    """What it came to."""

    sent: int
    denied: int
    set_ups: list[float]
    """Seconds of each honest call."""
    grown: int
    """Octets, shared and private."""
    lost: int
    """Packets of calls that were up, as those who serve them counted."""


async def flood(seconds: float, *, calls: int) -> Flooded:
    """Flood an edge that carries so many calls already."""
    cells = calls + 2 * STRANGERS_CALLS
    async with (
        edge_bench(cells, trunks=("127.0.0.9/32",), calls_per_source=STRANGERS_CALLS) as edge,
        AsyncExitStack() as callers,
    ):
        edge.employ("alice")
        hosts = [f"127.0.0.{20 + number}" for number in range(calls)]
        for host in hosts:
            await (await callers.enter_async_context(edge.caller(host=host))).dial()
        served = [one for cell in edge.cells for one in cell.calls.values()]
        async with flooded(edge.target, WARM_SECONDS) as stranger:
            await stranger.sent()
        await until(lambda: flooding(edge), "the stranger is told apart")
        memory, denied = shared(edge) + private(edge), sum(counted(edge).values())
        began, set_ups = time.monotonic(), []
        async with flooded(edge.target, seconds) as stranger:
            while time.monotonic() - began < seconds / 2:
                set_ups.append(await set_up(edge))
                await asyncio.sleep(0.2)
            async with edge.phone("alice"):
                assert edge.control.registered() == {"alice"}
            sent = await stranger.sent()
        await set_up(edge)  # what came before it was read before it
        lost = sum(one.media.lost for one in served)
        for one in (one for cell in edge.cells for one in cell.calls.values() if one not in served):
            one.ended.set()  # the stranger answers no BYE
        return Flooded(sent, sum(counted(edge).values()) - denied, set_ups, shared(edge) + private(edge) - memory, lost)


def assert_served(found: Flooded) -> None:
    assert max(found.set_ups) < SET_UP_SECONDS
    # What the kernel had no room for never came; nothing that came is served.
    assert found.sent * 0.5 < found.denied <= found.sent
    assert found.grown < GROWTH_BYTES


async def test_while_a_stranger_floods_honest_calls_are_set_up_a_phone_registers_and_no_memory_grows() -> None:
    assert_served(await flood(2.0, calls=1))


@pytest.mark.soak
async def test_a_minute_of_it_costs_twenty_running_calls_nothing() -> None:
    found = await flood(60.0, calls=20)
    assert_served(found)
    assert found.lost == 0
