"""Keys as real phones, gateways and lossy lines send them: each is taken as it was pressed, or asked for again."""

from __future__ import annotations

import asyncio
import copy
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from ivr.core.media.telephone_event import KEYS
from ivr.testing.robot_call import RobotCall
from ivr.testing.sip import Headers, SipResponse
from tests.attacks.keypad import Desk, keypad
from tests.integration.conftest import until

RELAY = "application/dtmf-relay"
MOST_LOSS = 0.05
"""Each call's line loses something between nothing and this."""
WHOLE = 400
"""Entries each way in `make chaos`: twenty real calls at once, some seven minutes. `test_keys_over_lossy_lines` has ten
thousand each way, without telephones."""
SAMPLE = 24
"""In `make test`."""
LINES = 4
MANY_LINES = 20


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with keypad(tmp_path_factory.mktemp("keypad"), lines=LINES) as running:
        yield running


@asynccontextmanager
async def calling(desk: Desk, line: int = 0, *, keys: bool = True) -> AsyncIterator[RobotCall]:
    desk.told[line].clear()
    async with desk.caller(line) as robot:
        call = await robot.dial(keys=keys)
        await call.hears_sound(since=call.invited_at)
        yield call


async def info(call: RobotCall, body: bytes, kind: str = RELAY) -> SipResponse:
    return await call.request("INFO", Headers((("Content-Type", kind),) if kind else ()), body)


def event(call: RobotCall, key: str, length: int, stamp: int, *, end: bool = False, marker: bool = False) -> None:
    code = bytes([KEYS.index(key), (0x80 if end else 0) | 10])
    call.media.send_event(code + length.to_bytes(2, "big"), stamp, marker=marker)


async def keyed(call: RobotCall, key: str, lengths: tuple[int, ...], end: int, copies: int) -> None:
    stamp = call.media.clock
    for place, length in enumerate(lengths):
        event(call, key, length, stamp, marker=place == 0)
        await asyncio.sleep(0.02)
    for _ in range(copies):
        event(call, key, end, stamp, end=True)
    await asyncio.sleep(0.08)


# Lengths of the updates, length in the end packets, how many of those; and what is keyed in.
HABITS = {
    "end packets only": ((), 800, 3, "10000001"),
    "the same length in every packet": ((800, 800, 800), 800, 3, "1123"),
    "no length at all": ((0, 0, 0), 0, 3, "1123"),
    "ends say less than the update before": ((160, 320, 480, 640), 600, 3, "1123"),
    "one packet a key": ((), 400, 1, "1123"),
    "ends are lost": ((160, 320, 480), 0, 0, "1123"),
}


@pytest.mark.parametrize("habit", HABITS)
async def test_keys_are_told_apart_by_their_time_stamps(desk: Desk, habit: str) -> None:
    lengths, end, copies, digits = HABITS[habit]
    async with calling(desk) as call:
        for key in digits:
            await keyed(call, key, lengths, end, copies)
        await call.press("#")
        assert await desk.next() == digits


async def test_a_short_key_and_one_whose_first_packets_were_lost_are_two(desk: Desk) -> None:
    async with calling(desk) as call:
        await keyed(call, "1", (160, 320), 480, 3)
        await keyed(call, "1", (480, 640), 800, 3)
        await call.press("#")
        assert await desk.next() == "11"


async def test_a_key_that_is_leaned_on_for_nine_seconds_is_one(desk: Desk) -> None:
    async with calling(desk) as call:
        call.media.muted = True
        # As if it had been pressed nine seconds ago: time stamps are what counts, not our clock.
        stamp, length = call.media.clock - 470 * 160, 0
        for step in range(470):
            length += 160
            if length > 0xFFFF:
                stamp, length = stamp + 65520, length - 65520
            event(call, "7", length, stamp, marker=step == 0)
            await asyncio.sleep(0.001)
        for _ in range(3):
            event(call, "7", length, stamp, end=True)
        call.media.muted = False
        await asyncio.sleep(0.1)
        await call.press("#")
        assert await desk.next() == "7"


async def test_a_key_sent_by_two_ways_at_once_is_one_key(desk: Desk) -> None:
    async with calling(desk) as call:
        for key in "1123#":
            await asyncio.gather(call.press(key), call.press(key, via="info"))
            await asyncio.sleep(0.1)
        assert await desk.next() == "1123"
        await asyncio.sleep(0.5)
        assert not desk.told[0]


async def test_keys_by_info_are_read_in_every_form_and_nothing_else_is_a_key(desk: Desk) -> None:
    """A stranger's bodies between the keys: each is answered, none is a key, and the call lives."""
    async with calling(desk) as call:
        for body, kind, code in (
            (b"Signal=1\r\nDuration=100\r\n", RELAY, 200),
            (b"signal=2\r\nduration=100\r\n", RELAY, 200),
            (b"3\r\n", "application/dtmf", 200),
            (b"Signal=4", "Application/DTMF", 200),
            (b"Signal=16\r\nDuration=100\r\n", RELAY, 200),
            (b"Signal=1x\r\n", RELAY, 200),
            (b"Signal=\r\n", RELAY, 400),
            (b"Signal", RELAY, 400),
            (b"Signal=5\r\nSignal=6\r\n", RELAY, 400),
            (b"\x00\xff" * 40, RELAY, 400),
            (b"5", "text/plain", 415),
            (b"", "", 200),
            (b"Signal=11\r\nDuration=100\r\n", RELAY, 200),
        ):
            answer = await info(call, body, kind)
            assert answer.code == code, body
            if code == 415:
                assert "application/dtmf-relay" in answer.headers.get("accept")
        assert await desk.next() == "1234"


async def test_codes_of_two_figures_are_star_and_pound_and_not_one(desk: Desk) -> None:
    """As SEMS and Yeti write them: * is no key of an account, so the entry is not understood, and asked for again."""
    async with calling(desk) as call:
        for word in (b"1", b"10", b"11"):
            await info(call, b"Signal=" + word + b"\r\nDuration=100\r\n")
        assert await desk.next(seconds=1) is None
        for word in (b"2", b"11"):
            await info(call, b"Signal=" + word + b"\r\nDuration=100\r\n")
        assert await desk.next() == "2"


async def test_an_info_that_comes_twice_is_one_key_and_one_that_was_overtaken_is_no_guess(desk: Desk) -> None:
    async with calling(desk) as call:
        kind = Headers((("Content-Type", RELAY),))
        words = (b"1", b"2", b"3", b"11")
        first, second, third, end = (
            call.dialog.request("INFO", extra=kind, body=b"Signal=" + word + b"\r\n") for word in words
        )
        hop = call.dialog.next_hop()
        assert (await call.wire.request(first, hop)).code == 200
        assert (await call.wire.request(first, hop)).code == 200
        assert (await call.wire.request(third, hop)).code == 200
        assert (await call.wire.request(second, hop)).code == 500
        assert (await call.wire.request(end, hop)).code == 200
        assert await desk.next(seconds=1) is None
        await call.press("14#", via="info")
        assert await desk.next() == "14"


async def test_an_info_outside_a_call_is_no_key(desk: Desk) -> None:
    async with calling(desk) as call:
        # Of another dialog: it uses up no number of this one's, where a gap would mean that a key is missing.
        stray = copy.deepcopy(call.dialog)
        request = stray.request("INFO", extra=Headers((("Content-Type", RELAY),)), body=b"Signal=1\r\n")
        headers = Headers(tuple((n, v.replace("tag=", "tag=x") if n == "To" else v) for n, v in request.headers))
        answer = await call.wire.request(
            type(request)(request.method, request.uri, headers, request.body), call.dialog.next_hop()
        )
        assert answer.code == 481
        await call.press("2#", via="info")
        assert await desk.next() == "2"


# --- over a lossy line ----------------------------------------------------------------------------------------------


async def dialled(call: RobotCall, keys: str) -> None:
    """Keys by INFO as a person presses them: the phone sends each when it is pressed, whatever was answered so far."""
    sent = []
    for key in keys:
        sent.append(asyncio.ensure_future(info(call, f"Signal={key}\r\nDuration=80\r\n".encode())))
        await asyncio.sleep(0.1)
    # One that was overtaken is refused (RFC 3261 12.2.2): its place is not known.
    assert {answer.code for answer in await asyncio.gather(*sent)} <= {200, 500}


async def entries(desk: Desk, line: int, via: str, count: int, seed: int) -> int:
    """Key in `count` accounts and PINs; each arrives right or is asked for again. Returns how many were."""
    chance, again = random.Random(seed), 0
    loss = chance.uniform(0.0, MOST_LOSS)
    async with calling(desk, line, keys=via == "rfc4733") as call:
        call.media.lose = call.wire.lose = lambda: chance.random() < loss
        for _ in range(count):
            call.received.clear()
            digits = "".join(chance.choices("0123456789", k=chance.choice((4, 8))))
            if via == "info":
                await dialled(call, digits + "#")
            else:
                await call.press(digits + "#", via=via, seconds=0.08 if via == "inband" else 0.06, gap=0.06)
            # Understood or not, the line asks for the next: after a second if the closing key was lost.
            await call.hears_sound(since=time.monotonic(), timeout=60)
            taken = desk.told[line].pop(0) if desk.told[line] else None
            again += taken is None
            assert taken in (digits, None), f"line {line}, entry {_}, loss {loss:.3f}: keyed in {digits}, taken {taken}"
        call.media.lose = call.wire.lose = lambda: False
    return again


async def judge(desk: Desk, via: str, count: int, seed: int) -> None:
    await until(desk.is_idle, "cells still end the calls of before")
    lines = len(desk.told)
    async with asyncio.TaskGroup() as group:  # one that fails ends the calls of the others
        told = [group.create_task(entries(desk, line, via, count // lines, seed + line)) for line in range(lines)]
    again = sum(task.result() for task in told)
    print(f"{via}: {count} entries, {again} asked for again, none taken wrongly")
    assert again <= count * 3 // 4, "the line understands too little"


@pytest.mark.parametrize("via", ["rfc4733", "info", "inband"])
async def test_what_is_keyed_in_over_a_lossy_line_is_right_or_asked_again(desk: Desk, via: str) -> None:
    await judge(desk, via, SAMPLE, seed=5)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with keypad(tmp_path_factory.mktemp("keypads"), lines=MANY_LINES, between=1) as running:
        yield running


@pytest.mark.chaos
@pytest.mark.parametrize("via", ["rfc4733", "info", "inband"])
async def test_four_hundred_entries_over_lossy_lines(many: Desk, via: str) -> None:
    await judge(many, via, WHOLE, seed=11)
