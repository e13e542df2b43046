"""The edge gives each caller a free cell, and says so when there is none: real Kamailio, robots as cells."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from ivr.core.sip.dialog import Dialog
from ivr.testing.robot import CallRefused
from ivr.testing.robot_call import RobotCall
from ivr.testing.sip import Headers, SipRequest
from tests.integration.edge_bench import EdgeBench, edge_bench


async def _dial_many(bench: EdgeBench, count: int) -> tuple[list[RobotCall], list[CallRefused]]:
    callers = [await bench.caller().__aenter__() for _ in range(count)]
    results = await asyncio.gather(*(caller.dial() for caller in callers), return_exceptions=True)
    calls = [result for result in results if isinstance(result, RobotCall)]
    refused = [result for result in results if isinstance(result, CallRefused)]
    assert len(calls) + len(refused) == count, results
    return calls, refused


async def _until_free(bench: EdgeBench, *, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while bench.control.cells():
        assert time.monotonic() < deadline, "cells stay taken"
        await asyncio.sleep(0.05)


async def test_twenty_callers_at_once_on_eight_cells_and_the_rest_are_told_when_to_try_again() -> None:
    async with edge_bench(8) as bench:
        for _ in range(2):
            calls, refused = await _dial_many(bench, 20)
            assert len(calls) == 8
            assert [one.code for one in refused] == [503] * 12
            assert {one.response.headers.get("retry-after") for one in refused} == {"7"}
            await asyncio.gather(*(call.hang_up() for call in calls))
            await _until_free(bench)
        assert [cell.offered for cell in bench.cells] == [2] * 8, "no busy cell is ever asked"


async def test_callers_are_spread_over_the_cells() -> None:
    async with edge_bench(3) as bench, bench.caller() as caller:
        for _ in range(6):
            await (await caller.dial()).hang_up()
            await _until_free(bench)
        assert [cell.offered for cell in bench.cells] == [2, 2, 2]


@pytest.mark.parametrize("code", [486, 503])
async def test_a_cell_that_is_taken_is_passed_over_and_the_caller_hears_nothing_of_it(code: int) -> None:
    async with edge_bench(2) as bench, bench.caller() as caller:
        bench.cells[0].refuse = bench.cells[1].refuse = code
        with pytest.raises(CallRefused) as refusal:
            await caller.dial()
        assert refusal.value.code == 503
        assert refusal.value.response.headers.get("retry-after") == "7"
        for number in range(2):
            bench.control.free_cell(number)
            bench.cells[number].refuse = 0 if number else code
        for _ in range(2):
            await (await caller.dial()).hang_up()


async def test_who_heard_a_cell_say_sorry_is_offered_to_no_other() -> None:
    """As of a full disk: every cell would say it again, and each be taken for as long."""
    async with edge_bench(2) as bench, bench.caller() as caller:
        for cell in bench.cells:
            cell.early, cell.refuse = True, 503
        with pytest.raises(CallRefused) as refusal:
            await caller.dial()
        assert refusal.value.code == 503, "another engine of the caller's may be asked (RFC 3261 21.5.4)"
        assert sum(cell.offered for cell in bench.cells) == 1
        await _until_free(bench)


async def test_a_call_is_offered_to_two_cells_at_most() -> None:
    async with edge_bench(4) as bench, bench.caller() as caller:
        for cell in bench.cells:
            cell.refuse = 486
        with pytest.raises(CallRefused) as refusal:
            await caller.dial()
        assert refusal.value.code == 503
        assert sum(cell.offered for cell in bench.cells) == 2


@pytest.mark.parametrize("code", [400, 408, 480, 488, 500])
async def test_a_refusal_of_the_caller_is_handed_on_and_says_nothing_of_the_cell(code: int) -> None:
    async with edge_bench(2) as bench, bench.caller() as caller:
        for cell in bench.cells:
            cell.refuse = code
        with pytest.raises(CallRefused) as refusal:
            await caller.dial()
        assert refusal.value.code == code
        assert sum(cell.offered for cell in bench.cells) == 1
        await _until_free(bench)


async def test_a_cell_that_says_nothing_costs_one_caller_two_seconds_and_is_in_doubt() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(("127.0.0.1", 0))
        supervisor.settimeout(0)
        async with edge_bench(2, robots=1) as bench, bench.caller() as caller:
            bench.control.tell_doubts_to("{}:{}".format(*supervisor.getsockname()))
            began = time.monotonic()
            with pytest.raises(CallRefused) as refusal:
                await caller.dial()
            assert time.monotonic() - began < 4.0
            assert refusal.value.code == 503, "who knows what it died of: no other cell is offered the same"
            assert refusal.value.response.headers.get("retry-after") == "7"
            assert bench.control.cells() == {1: "asked"}
            assert supervisor.recv(64) == b"doubt", "before the caller was answered"
            await (await caller.dial()).hang_up()
            bench.control.free_cell(1)
            assert bench.control.denials()[0].kind == "silent"
        with pytest.raises(BlockingIOError):
            supervisor.recv(64)


async def test_a_silent_cell_is_as_good_as_dead_and_the_call_goes_to_no_other() -> None:
    async with edge_bench(2) as bench, bench.caller() as caller:
        bench.cells[1].silent = True
        with pytest.raises(CallRefused):
            await caller.dial()
        assert bench.cells[0].offered == 0
        bench.control.suspect_cell(1)
        for _ in range(2):
            await (await caller.dial()).hang_up()
        assert bench.cells[0].offered == 2


async def test_a_caller_who_gives_up_leaves_the_cell_free() -> None:
    async with edge_bench(1) as bench, bench.caller() as caller:
        bench.cells[0].rings = 30.0
        call = await caller.ring()
        await caller.progressed(call)
        assert len(bench.control.cells()) == 1
        final = await caller.cancel(call)
        assert final.code == 487
        assert bench.cells[0].cancelled.is_set()
        await _until_free(bench)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_either_side_may_hang_up(transport: str) -> None:
    async with edge_bench(1) as bench, bench.caller(transport=transport) as caller:
        call = await caller.dial()
        await bench.cells[0].takes_call()
        await call.hang_up()
        await _until_free(bench)
        call = await caller.dial()
        served = await bench.cells[0].takes_call()
        await served.hang_up()
        await call.wait_ended()
        await _until_free(bench)


async def test_a_cell_that_is_down_gets_no_calls_until_it_is_back() -> None:
    async with edge_bench(2) as bench, bench.caller() as caller:
        bench.control.down_cell(0)
        await (await caller.dial()).hang_up()
        await (await caller.dial()).hang_up()
        assert [cell.offered for cell in bench.cells] == [0, 2]
        bench.control.down_cell(1)
        with pytest.raises(CallRefused):
            await caller.dial()
        bench.control.free_cell(0)
        await (await caller.dial()).hang_up()
        assert [cell.offered for cell in bench.cells] == [1, 2]


async def test_no_one_takes_two_cells_in_the_name_of_one_call() -> None:
    async with edge_bench(3) as bench, bench.caller() as caller:
        call = await caller.dial()
        assert call.invite is not None
        first = call.invite.request
        kept = tuple(item for item in first.headers if item[0].lower() != "via")
        again = SipRequest("INVITE", first.uri, Headers(kept), first.body)
        assert (await caller.wire.request(again, bench.target)).code == 482
        assert sum(cell.offered for cell in bench.cells) == 1
        await call.hang_up()
        await _until_free(bench)


async def test_a_draining_edge_takes_no_new_calls_and_keeps_the_running_ones() -> None:
    async with edge_bench(2) as bench, bench.caller() as caller, bench.caller() as late:
        call = await caller.dial()
        bench.control.drain()
        with pytest.raises(CallRefused) as refusal:
            await late.dial()
        assert refusal.value.code == 503
        await call.hang_up()
        await _until_free(bench)


async def test_requests_inside_a_call_go_to_its_cell_and_nowhere_else() -> None:
    async with edge_bench(1) as bench, bench.caller() as caller:
        call = await caller.dial()
        assert call.dialog is not None
        request = call.dialog.request("BYE")
        elsewhere = SipRequest("BYE", "sip:someone@192.0.2.99:5060", request.headers)
        assert (await caller.wire.request(elsewhere, bench.target)).code == 403
        beside = SipRequest("BYE", "sip:cell@127.0.0.1:9", request.headers)
        assert (await caller.wire.request(beside, bench.target)).code == 403
        unknown = Headers(tuple(item for item in request.headers if item[0].lower() != "route"))
        assert (await caller.wire.request(SipRequest("BYE", request.uri, unknown), bench.target)).code == 481
        await call.hang_up()
        await _until_free(bench)


async def test_an_edge_that_was_started_under_calls_offers_nobody_to_their_cells() -> None:
    async with edge_bench(2) as bench, bench.caller() as caller:
        for cell in range(2):
            name = f"<sip:them@127.0.0.1>;tag=theirs{cell}"
            dialog = Dialog(f"call-{cell}", "<sip:us@127.0.0.1>;tag=ours", name, "sip:them@127.0.0.1:9")
            bench.control.know_dialog(cell, dialog)
            assert set(bench.control.cells()) == set(range(cell + 1))
        with pytest.raises(CallRefused) as refusal:
            await caller.dial()
        assert refusal.value.code == 503
        assert [cell.offered for cell in bench.cells] == [0, 0]


async def test_a_phone_that_asks_an_edge_just_started_is_answered_when_the_hub_has_told_it_of_the_call() -> None:
    async with edge_bench(1) as bench, bench.caller() as caller:
        call = await caller.dial()
        known = call.dialog
        for table in ("cells", "sources", "calls", "peers"):
            bench.control.call("htable.flush", table)
        bench.control.call("htable.delete", "engine", "word")
        asked = asyncio.create_task(call.hold())
        done, _ = await asyncio.wait({asked}, timeout=1.5)
        assert not done, "told that there is no such call, a phone drops it"
        bench.control.know_dialog(0, Dialog(known.call_id, known.remote, known.local, known.contact))
        bench.control.put_word("another")
        assert (await asked).code == 200
        await call.hang_up()
        await _until_free(bench)
