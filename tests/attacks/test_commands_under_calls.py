"""Commands that change something, given while a caller talks with an agent: the talk goes on, none fails by a fault of
ours, and what is being recorded is neither sealed, erased nor cut.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest

from ivr.testing.hearing import in_touch
from tests.integration.conftest import DIALPLANS, Line, start_line, until

WHY = ("--reason", "a test")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    running = start_line(
        tmp_path_factory.mktemp("commands"), cells=2, settings={"dialplans": [{"file": str(DIALPLANS / "line.yaml")}]}
    )
    yield running
    running.engine.stop()
    assert not running.engine.left_behind


def wraps(line: Line) -> list[str]:
    """Ids of the keys that wrap data keys."""
    told = line.engine.command("keys", "list")
    assert told.returncode == 0, told.stderr
    return re.findall(r"kek-\d+-[0-9a-f]+", told.stdout)


@pytest.mark.soak
async def test_a_talk_goes_on_whatever_is_commanded(line: Line) -> None:
    async with line.desk() as phone, line.caller() as robot:
        call = await robot.dial()
        await call.press("3")
        desk = await phone.takes_call()
        await in_touch(call, desk)
        cells = (await asyncio.to_thread(line.engine.status))["cells"]
        (talk,) = [cell["call_id"] for cell in cells if cell["call_id"]]
        (before,) = await asyncio.to_thread(wraps, line)
        for words, goes in (
            (("recordings", "show", talk), True),
            (("recordings", "compact"), True),
            (("receipt", "make", talk), False),
            (("retention", "hold", talk, "--name", "case-1", *WHY), True),
            (("retention", "request", talk, *WHY), True),
            (("retention", "run"), True),
            (("keys", "rotate"), True),
            (("keys", "retire", before), False),
            (("publish", *WHY), True),
            (("agents", "pause", "desk", "--reason", "lunch"), True),
            (("agents", "logout", "desk"), True),
            (("agents", "remove", "desk"), True),
            (("audit", "verify"), True),
            (("audit", "show", talk), True),
            (("replay", talk), True),
        ):
            done = await asyncio.to_thread(line.engine.command, *words)
            assert (done.returncode == 0) is goes, (words, done.stderr)
            assert "Traceback" not in done.stderr, done.stderr
            assert not call.ended.is_set(), words
            assert not desk.ended.is_set(), words
        await in_touch(call, desk)
        await call.hang_up()
        await desk.wait_ended()
    await until(lambda: any(one["call_id"] == talk and one["ended_at"] for one in line.records()), "no record")
    shown = line.engine.command("recordings", "show", talk)
    assert shown.returncode == 0, shown.stderr
    assert "properly closed" in shown.stdout, "what was asked of it meanwhile has cut nothing off"
