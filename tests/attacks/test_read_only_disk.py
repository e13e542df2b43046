"""The disk turns read-only under a whole running engine, as after an error of the disk: said, refused, none lost, and
well again by itself when it is writable.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ivr.testing.hearing import hears
from ivr.testing.robot import CallRefused
from tests.integration.conftest import DIALPLANS, Line, start_line, until

pytestmark = pytest.mark.chaos

PRELOADED = Path(__file__).with_name("read_only_disk.c")
Set = Callable[[bool], None]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Line, Set]]:
    """An engine all of whose files are on one disk, and what makes that read-only, or writable."""
    directory = tmp_path_factory.mktemp("disk")
    disk, now, preloaded = directory / "disk", directory / "now", directory / "read_only_disk.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(preloaded), str(PRELOADED)], check=True)
    now.write_bytes(b"\0")

    def read_only(is_so: bool) -> None:
        with now.open("r+b") as file:
            file.write(bytes([is_so]))

    places = {name: str(disk / name) for name in ("recordings_dir", "voiceprints_dir")}
    dialplans = [{"file": str(DIALPLANS / "line.yaml")}]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(preloaded))
        patch.setenv("READ_ONLY_NOW", str(now))
        patch.setenv("READ_ONLY_BELOW", str(disk))
        settings = {"data_dir": str(disk / "var"), "dialplans": dialplans, **places}
        line = start_line(directory / "line", cells=2, settings=settings)
        yield line, read_only
        read_only(False)
        line.engine.stop()
    assert not line.engine.left_behind


def healthz(line: Line) -> tuple[int, str]:
    """Status, and what is wrong with a disk."""
    try:
        with urllib.request.urlopen(f"http://{line.engine.settings['metrics']['listen']}/healthz", timeout=30) as reply:
            return reply.status, json.load(reply)["disk"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["disk"]


async def test_an_engine_whose_disk_turns_read_only_says_so_loses_nothing_and_recovers(kept: tuple[Line, Set]) -> None:
    line, read_only = kept
    pids = sorted(line.engine.children())
    async with line.caller() as robot:
        call = await robot.dial()
        await hears(call, line.prompt("Welcome"))
        assert healthz(line) == (200, "")
        read_only(True)
        try:
            await until(lambda: healthz(line)[0] == 503, "a disk that takes nothing is called well", seconds=60)
            await until(lambda: "read-only" in healthz(line)[1], "it does not say why", seconds=60)
            await until(lambda: "disk" in {one["kind"] for one in line.engine.status()["alarms"]}, "nobody is told")
            await call.wait_ended(60)
            with pytest.raises(CallRefused):
                await robot.dial()
            for words in (("publish", "--reason", "a test"), ("keys", "rotate"), ("audit", "checkpoint")):
                done = await asyncio.to_thread(line.engine.command, *words)
                assert "Traceback" not in done.stderr, done.stderr
                assert done.returncode == 0 or "ead-only" in done.stderr, (words, done.stderr)
        finally:
            read_only(False)
    await until(lambda: healthz(line)[0] == 200, "it is writable again", seconds=60)
    async with line.caller() as robot:
        again = await robot.dial()
        await hears(again, line.prompt("Welcome"))
        await again.hang_up()
    await until(lambda: len([one for one in line.records() if one["ended_at"]]) >= 2, "a record is lost", seconds=60)

    def pending() -> bool:
        hub = line.engine.status()["hub"]
        return bool(hub["records_pending"] or hub["steps_pending"])

    await until(lambda: not pending(), "something waits for ever", seconds=60)
    verified = await asyncio.to_thread(line.engine.command, "audit", "verify")
    assert verified.returncode == 0, verified.stderr
    told = await asyncio.to_thread(line.engine.command, "audit", "log", "--json", "--last", "1000")
    entries = [json.loads(row) for row in told.stdout.splitlines()]
    steps = [(one["subject"], one["details"]["step"]) for one in entries if "step" in one["details"]]
    assert len(steps) == len(set(steps))
    ended = {one["subject"] for one in entries if one["action"] == "call.ended"}
    assert ended >= {record["call_id"] for record in line.records()}, "what ended is in the log"
    assert sorted(line.engine.children()) == pids, "no process was lost over it"
