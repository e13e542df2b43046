"""A cell is told where a message came from by the edge, and by nobody else."""

from __future__ import annotations

from ivr.testing.robot_call import SDP_TYPE, RobotCall
from ivr.testing.sdp import build
from ivr.testing.sip import Headers
from tests.integration.edge_bench import EdgeBench, edge_bench

HEADER = "x-ivr-source"
FORGED = (("X-IVR-Source", "203.0.113.66;trunk=1"), ("x-ivr-source", "203.0.113.67;trunk=1"))


async def told(bench: EdgeBench) -> list[list[str]]:
    """What a cell reads in an INVITE and a re-INVITE into which their sender put such headers."""
    async with bench.caller() as caller:
        call = await caller.dial(extra=FORGED)
        answer = await call.request("INVITE", Headers((SDP_TYPE, *FORGED)), build(call.ours, version=2))
        assert answer.code == 200
        (there,) = (one for one in bench.cells[0].calls.values() if isinstance(one, RobotCall))
        again = next(request for request in there.requests if request.method == "INVITE")
        await call.hang_up()
        return [bench.cells[0].invites[0].headers.all(HEADER), again.headers.all(HEADER)]


async def test_a_strangers_word_on_where_they_are_is_replaced_by_ours() -> None:
    async with edge_bench(1, trunks=()) as bench:
        assert await told(bench) == [["127.0.0.1;trunk=0"]] * 2


async def test_a_trunk_is_told_from_other_callers_by_the_settings() -> None:
    async with edge_bench(1) as bench:
        assert await told(bench) == [["127.0.0.1;trunk=1"]] * 2


async def test_an_agents_answer_says_where_it_came_from() -> None:
    async with edge_bench(1, trunks=()) as bench:
        bench.employ("alice")
        async with bench.phone("alice"):
            call = await bench.cell_dials(bench.cells[0], "alice")
            assert call.invite is not None
            assert call.invite.responses[-1][0].headers.all(HEADER) == ["127.0.0.1;trunk=0"]
            await call.hang_up()
