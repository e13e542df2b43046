"""Transfers on real SIP: the target is rung, both talk and are recorded; busy, unanswered and abandoned transfers."""

from __future__ import annotations

import asyncio
import time

import pytest

from ivr.testing.engine import Engine
from ivr.testing.hearing import heard_well, hears, hears_word, in_touch, voice_of
from tests.integration.conftest import Dialled, Line


async def test_both_hear_each_other_are_recorded_and_the_call_goes_on_after(line: Line, dial: Dialled) -> None:
    began = time.time()
    mine, theirs = voice_of(11), voice_of(12)
    async with line.office(rings=0.5) as office, dial() as call:
        await call.press("8")
        far = await office.takes_call()
        await in_touch(call, far)
        await asyncio.gather(call.say(mine), far.say(theirs))
        await asyncio.gather(hears_word(far, mine), hears_word(call, theirs))
        left = time.monotonic()
        await far.hang_up()
        await hears(call, line.prompt("Welcome"), since=left)
        await call.hang_up()
    record = await asyncio.to_thread(line.record, began)
    assert record["transfers"] == ["office"]
    assert record["outcome"] == "transferred"
    said, heard = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    (from_target,) = await asyncio.to_thread(line.recorded, record["call_id"], "target.in")
    assert heard_well(mine, said)
    assert heard_well(theirs, heard)
    assert heard_well(theirs, from_target)


async def test_a_busy_target_sends_the_call_on(line: Line, dial: Dialled) -> None:
    async with line.office(refuse=486, rings=0.0), dial() as call:
        spoken = await call.press("8")
        await hears(call, line.prompt("The head office does not answer"), since=spoken.began)


async def test_a_target_that_only_rings_is_cancelled_and_the_call_goes_on(line: Line, dial: Dialled) -> None:
    async with line.office(rings=60) as office, dial() as call:
        spoken = await call.press("8")
        await asyncio.wait_for(office.ringing.wait(), 15)
        await asyncio.wait_for(office.cancelled.wait(), 10)
        await hears(call, line.prompt("The head office does not answer"), since=spoken.began)


async def test_nobody_at_the_address_sends_the_call_on(line: Line, dial: Dialled) -> None:
    async with dial() as call:
        spoken = await call.press("8")
        await hears(call, line.prompt("The head office does not answer"), since=spoken.began)


async def test_the_target_stops_ringing_when_the_caller_leaves(line: Line, dial: Dialled) -> None:
    async with line.office(rings=60) as office, dial() as call:
        await call.press("8")
        await asyncio.wait_for(office.ringing.wait(), 15)
        await call.hang_up()
        await asyncio.wait_for(office.cancelled.wait(), 5)


async def test_the_target_is_hung_up_on_when_the_caller_leaves(line: Line, dial: Dialled) -> None:
    async with line.office(rings=0.0) as office, dial() as call:
        await call.press("8")
        far = await office.takes_call()
        await call.hang_up()
        await far.wait_ended()
        assert far.ended_by_peer


def test_a_destination_that_the_settings_do_not_name_is_not_served(
    line: Line, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plan = tmp_path_factory.mktemp("unnamed") / "unnamed.yaml"
    plan.write_text(
        'name: unnamed\nversion: "1"\nlanguages: [en]\nstart: away\n'
        "states:\n  away: {transfer: moon, failed: bye}\n  bye: {hang_up: completed}\n"
    )
    engine = Engine(plan.parent, dialplan=plan, cells=1)
    try:
        found = engine.command("serve")
        assert found.returncode != 0
        assert "state 'away' transfers to 'moon'" in found.stderr
        assert "transfers: {moon:" in found.stderr
    finally:
        engine.stop()
