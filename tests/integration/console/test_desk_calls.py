"""An agent's desk over a whole engine: it shows the call as their phone rings, and its buttons act on the real call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial

import pytest

from ivr.core.audit.roles import GRANTED, Role
from ivr.engine.office.acts import DENIED
from ivr.testing.console_visitor import ConsoleVisitor
from ivr.testing.hearing import hears, in_touch
from ivr.testing.listening import loudness
from ivr.testing.ports import free_port
from tests.integration.conftest import Line, start_line, until
from tests.integration.console.test_live_calls import LINK, PASSWORD, enter, entries, shown

SCRIPT = "Thank you for waiting."


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Line, ConsoleVisitor]]:
    """An engine with a console; who signs in is the agent `desk`, and nothing else."""
    port = free_port()
    settings = {
        "console": {"enabled": True, "listen": f"127.0.0.1:{port}", "sign_in": {"second_factor_for": []}},
        "queues": {"desk": {"script": {"en": SCRIPT}}, "quiet": {"join": "always", "skills": {"patience": 1}}},
    }
    line = start_line(tmp_path_factory.mktemp("desk"), cells=2, settings=settings)
    visitor = ConsoleVisitor(port)
    link = LINK.search(line.engine.log_text())
    assert link is not None
    visitor.come_in(link[0], PASSWORD)
    uri = f"sip:desk@127.0.0.1:{line.desk_port}"
    linked = line.engine.command("agents", "add", "desk", "--uri", uri, "--user", "user:admin")
    assert linked.returncode == 0, linked.stderr
    enter(line, GRANTED, "user:officer", Role.SECURITY_OFFICER)
    enter(line, GRANTED, "user:admin", Role.AGENT)
    yield line, visitor
    line.engine.stop()
    assert not line.engine.left_behind


def entered_once(line: Line, action: str) -> bool:
    return entries(line, action) == 1


async def press(visitor: ConsoleVisitor, button: str, **fields: str) -> int:
    """Press a button of the page; the answer's status."""
    page = await asyncio.to_thread(visitor.ask, "GET", "/desk")
    token = page.text.partition('name="csrf-token" content="')[2].partition('"')[0]
    return (await asyncio.to_thread(lambda: visitor.ask("POST", f"/desk/{button}", csrf=token, **fields))).status


async def test_a_desk_shows_the_call_that_rings_and_holds_it_by_a_button(house: tuple[Line, ConsoleVisitor]) -> None:
    line, visitor = house
    async with visitor.stream("/api/desk/stream") as stream:
        assert (await shown(stream, lambda told: told["state"] == "available"))["call"] is None
        assert await press(visitor, "hold") == 422, "there is no call to hold"
        async with line.desk(rings=1.5) as phone, line.caller(caller="+85212345678") as robot:
            call = await robot.dial()
            await hears(call, line.prompt("Welcome to the test line"))
            await call.press("3")
            rings = await shown(stream, lambda told: told["state"] == "offered" and told["call"])
            assert (rings["call"]["caller"], rings["queue"], rings["script"]) == ("***678", "desk", SCRIPT)
            talk = await phone.takes_call()
            await in_touch(call, talk)
            talks = await shown(stream, lambda told: told["state"] == "talking")
            assert any("Welcome" in one["text"] for one in talks["words"]["lines"])
            here = talks["call"]["call"]
            assert await press(visitor, "hold", call=here) == 303
            await shown(stream, lambda told: told["scene"] == "hold")
            held = time.monotonic()
            await until(lambda: loudness(call.heard(held)) > 50, "the caller heard no music")
            assert await press(visitor, "hold", agent="somebody", call=here) == 403
            assert await press(visitor, "hold", call=here) == 303
            await shown(stream, lambda told: told["scene"] == "talk")
            await in_touch(call, talk)
            assert await press(visitor, "conference", call=here) == 422, "there is nobody else"
            assert await press(visitor, "pause-recording", call=here) == 303
            await shown(stream, lambda told: "resume_recording" in told["ways"])
            assert await press(visitor, "resume-recording", call=here) == 303
            assert await press(visitor, "pause", reason="lunch") == 303
            await call.hang_up()
            paused = await shown(stream, lambda told: told["state"] == "paused")
            assert (paused["call"], paused["reason"]) == (None, "lunch")
        assert await press(visitor, "resume") == 303
    assert await asyncio.to_thread(entries, line, "desk.hold") == 2
    assert await asyncio.to_thread(entries, line, DENIED) == 1
    assert await asyncio.to_thread(entries, line, "call.followed") == 1
    for kept in ("recording.paused", "recording.resumed"):
        await until(partial(entered_once, line, kept), f"{kept} was not entered")
    assert (await asyncio.to_thread(visitor.ask, "GET", "/live")).status == 403, "an agent sees their desk alone"
