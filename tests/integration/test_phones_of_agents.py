"""Agents at telephones that we did not write: a whole story of calls, by baresip and sipp, heard on the samples.

Each phone sends a tone of its own, so who hears whom is who has whose tone, at any moment and in every direction.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ivr.testing.agent_phone import RobotAgent
from ivr.testing.hearing import in_touch
from ivr.testing.ports import free_port
from tests.integration.conftest import Dialled, Line, until
from tests.integration.real_phones import Baresip, hear, tones_ever_in

SLOW_MACHINE = 1.5
"""Seconds for ringing, answering and the hub; what the phone's own silence takes is told in `core/call/life.py`."""
SIPP = Path(__file__).parent / "sipp" / "no_answer.xml"


@pytest.fixture
def house(line: Line) -> Iterator[Any]:
    """Adds agents to the engine, and takes them away; the one of other tests is logged out meanwhile."""
    added = []

    def add(name: str, uri: str, *more: str) -> None:
        done = line.engine.command("agents", "add", name, "--uri", uri, *more)
        assert done.returncode == 0, done.stderr
        added.append(name)

    assert line.engine.command("agents", "logout", "desk").returncode == 0
    yield add
    for name in added:
        line.engine.command("agents", "remove", name)
    line.engine.command("agents", "login", "desk")


@asynccontextmanager
async def phones(directory: Path, **hertz: int) -> AsyncIterator[dict[str, Baresip]]:
    """Telephones of these names and tones."""
    async with AsyncExitStack() as stack:
        made = {name: Baresip(directory, name, tone) for name, tone in hertz.items()}
        for phone in made.values():
            await stack.enter_async_context(phone)
        yield made


async def test_a_day_at_the_desk_by_baresip_and_sipp_is_heard_in_every_direction_and_recorded(
    line: Line, house: Any, tmp_path: Path
) -> None:
    began, ned = time.time(), free_port()
    elsewhere = ("--queue", "nobody-waits-here")
    async with phones(tmp_path, cal=370, ann=860, ben=1350, kim=2120) as there:
        cal, ann, ben, kim = there.values()

        async def order(*words: str) -> None:
            done = await asyncio.to_thread(line.engine.command, "agents", *words)
            assert done.returncode == 0, done.stderr

        async def hears(**expected: str) -> None:
            """Name -> whom they hear."""
            named = {there[name]: {there[other] for other in others.split()} for name, others in expected.items()}
            await hear(named, among=there.values())

        await asyncio.to_thread(house, "ned", f"sip:ned@127.0.0.1:{ned}", "--queue", "desk")
        nobody = await no_answer(ned)
        host, port = line.engine.target
        await cal.dial(f"sip:service@{host}:{port}")
        await cal.until("CALL_ESTABLISHED")
        await asyncio.sleep(0.5)
        await cal.press("3")
        await until(lambda: state_of(line, "ned") == "offered", "the first phone rings")
        for name, extension, *queues in (("ann", "214"), ("ben", "215", *elsewhere), ("kim", "216", *elsewhere)):
            await asyncio.to_thread(house, name, there[name].uri, "--extension", extension, *queues)
        assert await asyncio.wait_for(nobody.wait(), 30) == 0, "sipp's scenario did not go as written"
        # Nobody was at the first phone: the second one is rung, and answers.
        await hears(cal="ann", ann="cal")
        await ann.press("*1")
        await hears(cal="", ann="")
        await ann.press("*1")
        await hears(cal="ann", ann="cal")
        await ann.press("*2215#")
        await hears(cal="", ann="ben", ben="ann")
        await ann.press("*3")
        await hears(cal="ann ben", ann="cal ben", ben="cal ann")
        await order("listen", "ann", "--phone", "kim")
        await hears(cal="ann ben", ann="cal ben", ben="cal ann", kim="cal ann ben")
        await order("whisper", "ann", "--phone", "kim")
        await hears(cal="ann ben", ann="cal ben kim", ben="cal ann", kim="cal ann ben")
        await order("join", "ann", "--phone", "kim")
        await hears(cal="ann ben kim", ann="cal ben kim", ben="cal ann kim", kim="cal ann ben")
        await kim.hang_up()
        await hears(cal="ann ben", ann="cal ben", ben="cal ann")
        await ann.press("*4")
        await ann.until("CALL_CLOSED")
        await hears(cal="ben", ben="cal")
        await until(lambda: state_of(line, "kim") == "available", "the supervisor's phone is free")
        await ben.press("*5216#")
        await ben.until("CALL_CLOSED")
        await hears(cal="kim", kim="cal")
        await cal.hang_up()
        await kim.until("CALL_CLOSED")
    record = await asyncio.to_thread(line.record, began)
    assert record["agents"] == ["ann", "ben", "kim"]
    call_id = record["call_id"]
    tones = {phone.hertz: name for name, phone in there.items()}
    held: dict[str, set[str]] = {}
    for left, right in (("caller.in", "caller.out"), ("agent.in", "consultant.in"), ("supervisor.in", "caller.in")):
        pcm = await asyncio.to_thread(line.recorded, call_id, left, right)
        for channel, sound in zip((left, right), pcm, strict=True):
            held[channel] = {tones[one] for one in tones_ever_in(sound, list(tones))}
    assert held == {
        "caller.in": {"cal"},
        "caller.out": {"ann", "ben", "kim"},
        "agent.in": {"ann", "kim"},
        "consultant.in": {"ben"},
        "supervisor.in": {"kim"},
    }, "nobody is missing, and nobody is where they should not be"
    replayed = await asyncio.to_thread(line.engine.command, "replay", call_id)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


async def test_a_killed_phone_frees_its_agent_at_once_and_one_that_is_silent_yet_answers_keeps_its_talk(
    line: Line, house: Any, dial: Dialled, tmp_path: Path
) -> None:
    async with phones(tmp_path, ann=860) as there, RobotAgent(user="ben") as other, dial() as caller:
        await asyncio.to_thread(house, "ann", there["ann"].uri)
        await caller.press("3")
        await there["ann"].until("CALL_ESTABLISHED")
        await until(lambda: state_of(line, "ann") == "talking", "they talk")
        await caller.silence(1.5)  # by now the phone has answered that it is there
        await asyncio.to_thread(house, "ben", other.uri_here)
        there["ann"].vanish()
        gone = time.monotonic()
        talk = await other.takes_call()
        assert time.monotonic() - gone < 2.0 + SLOW_MACHINE, "the next agent has the call"
        talk.media.muted = True  # neither RTP nor RTCP
        await caller.silence(6.0)
        assert sum(request.method == "OPTIONS" for request in talk.requests) > 3
        assert not talk.ended.is_set()
        talk.media.muted = False
        await in_touch(caller, talk)


def state_of(line: Line, name: str) -> str:
    """What an agent does now."""
    return next((str(one["state"]) for one in line.engine.status()["agents"] if one["name"] == name), "")


async def no_answer(port: int) -> asyncio.subprocess.Process:
    """A phone that rings once and is not answered; it ends with 0 when all went as its scenario says."""
    program = shutil.which("sipp")
    assert program, "install sip-tester (apt-get install sip-tester)"
    words = ("-sf", str(SIPP), "-i", "127.0.0.1", "-p", str(port), "-m", "1", "-nostdin", "-timeout", "60s")
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(program, *words, stdin=quiet, stdout=quiet, stderr=quiet)
