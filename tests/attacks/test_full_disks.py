"""An engine whose disk fills up in mid-call: said, refused, nothing lost; well again by itself when there is room."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from ivr.testing.hearing import hears
from ivr.testing.robot import CallRefused
from tests.integration.conftest import DIALPLANS, Line, start_line, until
from tests.small_disk import SmallDisk, mounted

ROOM_MEGABYTES = 300
"""What a start asks for, and some."""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    with mounted(tmp_path_factory.mktemp("disk") / "small", megabytes=ROOM_MEGABYTES) as made:
        yield made


@pytest.fixture(scope="module")
def small(disk: SmallDisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """An engine of which everything that it keeps is on that disk."""
    places = {name: str(disk.path / name) for name in ("recordings_dir", "voiceprints_dir")}
    dialplans = [{"file": str(DIALPLANS / "line.yaml")}]
    settings = {"data_dir": str(disk.path / "var"), "dialplans": dialplans, **places}
    line = start_line(tmp_path_factory.mktemp("line"), cells=2, settings=settings)
    yield line
    line.engine.stop()
    assert not line.engine.left_behind


def healthz(line: Line) -> tuple[int, str]:
    """Status, and what is wrong with a disk."""
    try:
        with urllib.request.urlopen(f"http://{line.engine.settings['metrics']['listen']}/healthz", timeout=5) as reply:
            return reply.status, json.load(reply)["disk"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["disk"]


def alarms(line: Line) -> set[str]:
    return {alarm["kind"] for alarm in line.engine.status()["alarms"]}


async def test_an_engine_on_a_full_disk_says_so_loses_nothing_and_recovers(small: Line, disk: SmallDisk) -> None:
    async with small.caller() as robot:
        call = await robot.dial()
        await hears(call, small.prompt("Welcome"))
        assert healthz(small) == (200, "")
        await asyncio.to_thread(disk.fill)
        try:
            await until(lambda: healthz(small)[0] == 503, "a full disk is called well")
            assert "make room" in healthz(small)[1]
            await until(lambda: "disk" in alarms(small), "nobody is told")
            await call.wait_ended(20)
            with pytest.raises(CallRefused):
                await robot.dial()
        finally:
            disk.empty()
    await until(lambda: healthz(small)[0] == 200, "it has room again")
    async with small.caller() as robot:
        again = await robot.dial()
        await hears(again, small.prompt("Welcome"))
        await again.hang_up()
    # The record of the call that the disk cut, and of the one after, reach the database; the log is whole.
    await until(lambda: len([one for one in small.records() if one["ended_at"]]) >= 2, "a record is lost")
    verified = await asyncio.to_thread(small.engine.command, "audit", "verify")
    assert verified.returncode == 0, verified.stderr
    status = small.engine.status()
    assert status["hub"]["records_pending"] == status["hub"]["steps_pending"] == 0
    told = await asyncio.to_thread(small.engine.command, "audit", "log", "--json", "--last", "1000")
    ended = [json.loads(line) for line in told.stdout.splitlines()]
    kept = {one["call_id"] for one in small.records()}
    assert {one["subject"] for one in ended if one["action"] == "call.ended"} >= kept, "what ended is in the log"


def test_commands_on_a_full_disk_fail_whole_and_say_why(small: Line, disk: SmallDisk) -> None:
    commands = (
        ("agents", "add", "eve", "--uri", "sip:eve@127.0.0.1:5999"),
        ("keys", "rotate"),
        ("publish", "--reason", "a test"),
        ("audit", "checkpoint"),
    )
    disk.fill()
    try:
        for words in commands:
            done = small.engine.command(*words)
            assert "Traceback" not in done.stderr, done.stderr
            assert done.returncode == 0 or "o space left" in done.stderr or "room" in done.stderr, (words, done.stderr)
    finally:
        disk.empty()
    assert small.engine.command("agents", "remove", "desk").returncode == 0
    assert small.engine.command("audit", "verify").returncode == 0
