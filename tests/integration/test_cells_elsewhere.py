"""Calls on cells of another host, in clear and encrypted: heard, kept, unread on the way; relay or link
dead, and back."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator

import pytest

from ivr.testing.engine import freeze
from ivr.testing.hearing import heard_well
from ivr.testing.listening import tone_level
from ivr.testing.robot_call import RobotCall
from tests.contract.test_telephony import tone
from tests.integration.conftest import until
from tests.integration.linked_hosts import captured
from tests.integration.two_hosts import FAR, TwoHosts, two_hosts

BACK_SECONDS = 5.0
"""A relay that died is back by then, and its calls are over."""
LOW = tone(700, 1.0)

pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="only root makes network namespaces"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoHosts]:
    with two_hosts(tmp_path_factory.mktemp("two")) as made:
        yield made


async def test_a_call_on_another_host_is_kept_where_all_calls_are(two: TwoHosts) -> None:
    since, calls = time.time(), dict[int, RobotCall]()
    async with two.robot() as robot:
        while not set(calls) & FAR:
            await two.dials(robot, calls)
        [cell] = set(calls) & FAR
        call_id = str(two.cells()[cell]["call_id"])
        assert two.cells()[cell]["host"] == "hk2"
        await asyncio.sleep(2.0)
        for call in calls.values():
            await call.hang_up()
    records = {record["call_id"]: record for record in two.line.records()}
    await until(lambda: not two.far.journals(), "the journal is not sent")
    record = two.line.record(since)
    assert call_id in records or record["call_id"] == call_id
    spoken, heard = two.line.recorded(call_id, "caller.out", "caller.in")
    assert len(spoken) > 8000 * 2
    assert any(spoken)
    assert len(heard) == len(spoken)


async def test_nobody_on_the_network_reads_or_hears_an_encrypted_call_on_another_host(two: TwoHosts) -> None:
    here, there = two.far.host.here, two.far.host.there
    with captured(two.far.host.cable) as wire:
        async with two.secret_robot() as robot:
            calls = dict[int, RobotCall]()
            cell = await two.dials_far(robot, calls, srtp=True)
            call, call_id = calls[cell], str(two.cells()[cell]["call_id"])
            await call.silence(1.0)
            await call.say(LOW)
            assert call.media.unopened == 0
            await call.hang_up()
    await until(lambda: not two.far.journals(), "the journal is not sent")
    said, heard = await asyncio.to_thread(two.line.recorded, call_id, "caller.out", "caller.in")
    prompt = said[: 2 * 8000]
    assert heard_well(prompt, call.heard()), "the caller hears the line"
    assert tone_level(heard, 700) > 0.2, "the line hears the caller"
    assert len(wire.datagrams(there)) > 50
    assert len(wire.datagrams(here)) > 50
    assert not heard_well(prompt, wire.sound(there))
    assert tone_level(wire.sound(here), 700) < 0.05
    assert not wire.says(b"SIP/2.0")
    assert not wire.says(b"X-IVR")
    assert not wire.says(b"inline:"), "a key of SRTP"


async def test_what_a_plain_caller_sends_and_hears_is_seen_by_the_same_look_and_its_sip_is_not(two: TwoHosts) -> None:
    """Or the test above would pass whatever goes over the cable."""
    with captured(two.far.host.cable) as wire:
        async with two.robot() as robot:
            calls = dict[int, RobotCall]()
            cell = await two.dials_far(robot, calls)
            call_id = str(two.cells()[cell]["call_id"])
            await calls[cell].silence(1.0)
            await calls[cell].say(LOW)
            await calls[cell].hang_up()
    await until(lambda: not two.far.journals(), "the journal is not sent")
    said = (await asyncio.to_thread(two.line.recorded, call_id, "caller.out", "caller.in"))[0]
    assert heard_well(said[: 2 * 8000], wire.sound(two.far.host.there))
    assert tone_level(wire.sound(two.far.host.here), 700) > 0.2
    assert not wire.says(b"SIP/2.0")


async def test_a_relay_that_dies_on_another_host_ends_its_calls_sealed_and_no_other_and_is_soon_back(
    two: TwoHosts,
) -> None:
    calls = dict[int, RobotCall]()
    async with two.secret_robot() as robot, two.robot() as other:
        lost = await two.dials_far(robot, calls, srtp=True)
        lost_id = str(two.cells()[lost]["call_id"])
        while not set(calls) >= FAR:
            plain = await two.dials(other, calls)
        if 0 in calls:  # or every line is busy while the other host has no relay
            await calls.pop(0).hang_up()
        [relay] = two.far.named("rtpengine")
        os.kill(relay, signal.SIGKILL)
        await calls.pop(lost).wait_ended(BACK_SECONDS)
        back_at = time.monotonic() + BACK_SECONDS
        while await two.dials(robot, calls, srtp=True) not in FAR:
            assert time.monotonic() < back_at, "no encrypted call is served there again"
            await calls.pop(0).hang_up()
        assert not calls[plain].ended.is_set()
        for call in calls.values():
            await call.hang_up()
    await until(lambda: not two.far.journals(), "the journal is not sent")
    await until(lambda: two.line.ended(lost_id), "the lost call has no record")
    record = two.line.ended(lost_id)
    assert "vanished" in record["flags"]
    assert any((await asyncio.to_thread(two.line.recorded, lost_id, "caller.out"))[0])


async def test_while_a_relay_hangs_there_encrypted_calls_are_served_here_and_its_own_are_ended(two: TwoHosts) -> None:
    calls = dict[int, RobotCall]()
    async with two.secret_robot() as robot:
        cell = await two.dials_far(robot, calls, srtp=True)
        [relay] = two.far.named("rtpengine")
        freeze(relay)
        assert await two.dials(robot, calls, srtp=True) == 0
        await calls[cell].wait_ended(30)
        assert two.far.named("rtpengine") != [relay]
        await calls[0].hang_up()


async def test_a_link_that_dies_costs_no_call_and_what_was_said_meanwhile_is_said_again(two: TwoHosts) -> None:
    calls = dict[int, RobotCall]()
    async with two.robot() as robot:
        cell = await two.dials_far(robot, calls)
        call_id = str(two.cells()[cell]["call_id"])
        for pid in (*two.line.engine.named("ivr-edge_door"), *two.far.named("ivr-edge_link")):
            os.kill(pid, signal.SIGKILL)
        await calls[cell].hang_up()
    await two.comes_back()
    await until(lambda: not two.far.journals(), "the journal is not sent")
    await until(lambda: two.line.ended(call_id), "the call has no record")
    found = two.line.ended(call_id)
    assert "vanished" not in found["flags"]
