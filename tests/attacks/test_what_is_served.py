"""What is served is what was published: files edited, broken or damaged under a running engine change nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr.core.orders.playing import Clip
from ivr.testing.engine import Engine
from ivr.testing.hearing import hears
from ivr.testing.robot_call import RobotCall
from tests.integration.conftest import Line, spoken, until

WARNING = "You may lose all that you pay in."


def text(version: str, *, name: str = "fund", greeting: str = "Press one.") -> str:
    """A dialplan with a warning before its deal."""
    return yaml.safe_dump(
        {
            "name": name, "version": version, "languages": ["en"], "start": "menu",
            "disclosures": {"risk": {
                "say": {"en": WARNING},
                "acknowledge": {"ask": {"en": "Press one to go on."}, "press": 1, "attempts": 2, "otherwise": "bye"},
            }},
            "protect": {"deal": {"after": ["risk"]}},
            "defaults": {"wait": 30, "otherwise": "bye"},
            "states": {
                "menu": {"ask": {"en": greeting}, "choices": {"deal": {"press": 1, "go": "warn"},
                                                              "end": {"press": 2, "go": "bye"}},
                         "silence": {"attempts": 2, "otherwise": "bye"},
                         "nomatch": {"attempts": 2, "otherwise": "bye"}},
                "warn": {"disclose": "risk", "go": "deal"},
                "deal": {"say": {"en": "The deal is done."}, "go": "bye"},
                "bye": {"hang_up": "completed"},
            },
        }
    )  # fmt: skip


class Desk:
    """An engine, the dialplan file that its operator edits, and a caller."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "fund.yaml"
        self.version = 0
        self.edit()
        self.engine = Engine(directory / "engine", dialplan=self.file, cells=2)
        self.line = Line(self.engine, None, {}, 0, 0)  # type: ignore[arg-type]

    def edit(self, *, greeting: str = "Press one.") -> str:
        """The next version, in the operator's file; returns its name."""
        self.version += 1
        self.file.write_text(text(str(self.version), greeting=greeting))
        return f"fund@{self.version}"

    def lose_prompts(self) -> dict[Path, bytes]:
        """A disk that lost all that was not synced: what was there."""
        kept = {path: path.read_bytes() for path in (self.engine.directory / "var" / "prompts").glob("*.pcm")}
        for path in kept:
            path.write_bytes(b"")
        return kept

    @asynccontextmanager
    async def call(self, user: str = "service") -> AsyncIterator[RobotCall]:
        """A call that is greeted."""
        async with self.line.caller(user) as robot:
            call = await robot.dial()
            await call.hears_sound(since=call.invited_at)
            yield call

    async def serves(self, user: str = "service") -> dict[str, Any]:
        """The record of a short call now."""
        began = time.time()
        async with self.call(user) as call:
            await call.press("2")
            await call.wait_ended(timeout=10)
        return await asyncio.to_thread(self.line.record, began)

    def entries(self, *actions: str) -> list[dict[str, Any]]:
        """The audit log's, of these actions."""
        found = self.engine.command("audit", "log", "--last", "100000", "--json")
        return [one for one in map(json.loads, found.stdout.splitlines()) if one["action"] in actions]

    def published(self) -> list[dict[str, Any]]:
        """Entries of what was published of the fund line, in their order."""
        return [one for one in self.entries("dialplan.published") if one["subject"].startswith("fund@")]

    async def told(self, words: str) -> None:
        """What it printed has these words."""
        await until(lambda: words in self.engine.log_text(), f"it does not say: {words}")

    async def kill_cells(self) -> None:
        """All of them: each is forked again."""
        before = self.engine.cell_pids()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        await until(lambda: not set(before) & set(self.engine.cell_pids()), "killed cells are still known")
        await until(self.engine.ready, "the cells do not come back")

    def kill_nursery(self) -> None:
        """The next one reads again what is published."""
        named = (pid for pid in self.engine.children() if "nursery" in Path(f"/proc/{pid}/cmdline").read_text())
        os.kill(next(named), signal.SIGKILL)

    def alarms(self) -> str:
        """Their texts."""
        return " ".join(alarm["text"] for alarm in self.engine.status()["alarms"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    running = Desk(tmp_path_factory.mktemp("desk"))
    running.engine.start()
    yield running
    running.engine.stop()
    assert not running.engine.left_behind


async def test_files_that_nobody_published_mean_nothing_to_fresh_cells(desk: Desk) -> None:
    await desk.told("nothing was published yet, so ")
    assert desk.published()[0]["actor"] in desk.engine.log_text()
    published = desk.published()[-1]["details"]["sha256"]
    assert (await desk.serves())["dialplan_sha256"] == published
    kept = desk.file.read_text()
    desk.file.write_text(text("999").replace("after: [risk]", "after: []"))  # the rule is gone, if anybody read it
    await desk.kill_cells()
    assert (await desk.serves())["dialplan_sha256"] == published
    desk.file.write_text("[")
    pcm = spoken(desk.engine)(Clip("en", WARNING))
    lost = desk.lose_prompts()
    async with desk.call() as call:
        await call.press("1")
        await hears(call, pcm, since=call.invited_at)
        await call.hang_up()
    await desk.kill_cells()
    assert (await desk.serves())["dialplan_sha256"] == published
    desk.file.write_text(kept)
    for path, audio in lost.items():
        path.write_bytes(audio)


async def test_damaged_prompts_are_spoken_again_at_the_next_start_and_the_warning_is_heard_whole(desk: Desk) -> None:
    assert desk.lose_prompts()
    await asyncio.to_thread(desk.kill_nursery)
    await until(lambda: "a dialplan is not served" in desk.alarms(), "no alarm before the first caller is refused")
    await asyncio.to_thread(desk.engine.stop)
    desk.engine.run_dir.mkdir(mode=0o700)
    await asyncio.to_thread(desk.engine.start)
    await desk.told("every prompt is whole again")
    *_, first, published = desk.published()
    began = time.time()
    async with desk.call() as call:
        await call.press("1")
        said = spoken(desk.engine)
        await hears(call, said(Clip("en", WARNING)), since=call.invited_at)
        await hears(call, said(Clip("en", "Press one to go on.")), since=call.invited_at)
        await call.press("1")
        await call.wait_ended(timeout=15)
    record = await asyncio.to_thread(desk.line.record, began)
    assert "deal" in record["states"]
    assert published["reason"].startswith("prompts were damaged")
    shown = desk.engine.command("recordings", "show", record["call_id"]).stdout
    assert f"{record['disclosures'][0]['audio_sha256']}, as it was published" in shown
    assert first["details"]["sha256"] == published["details"]["sha256"]
    assert record["disclosures"][0]["audio_sha256"] == published["details"]["warnings"]["risk"]["en"]


async def test_publishing_under_a_call_serves_new_calls_and_the_running_one_keeps_its_version(desk: Desk) -> None:
    began = time.time()
    before = f"fund@{desk.version}"
    edited = desk.edit(greeting="Press one, or two to end.")
    async with desk.call() as running:
        await running.hears_quiet(0.5)
        done = await asyncio.to_thread(desk.engine.command, "publish", "--reason", "asked for")
        assert done.returncode == 0, done.stderr
        assert edited in done.stdout
        assert "1 running calls end with what they began with" in done.stdout
        async with desk.call() as fresh:
            await fresh.press("2")
            await fresh.wait_ended(timeout=10)
        status = desk.engine.command("status").stdout
        assert edited in status
        assert "every other number" in status
        await running.press("2")
        await running.wait_ended(timeout=10)
    await until(lambda: len(ended := ended_since(desk, began)) == 2 and all(ended), "records are missing")
    versions = {record["dialplan"] for record in desk.line.records() if record["started_at"] >= began}
    assert versions == {before, edited}
    newest = desk.published()[-1]
    assert (newest["subject"], newest["reason"]) == (edited, "asked for")
    elsewhere = desk.engine.settings_file.with_name("elsewhere.yaml")  # a person's settings name another run_dir
    elsewhere.write_text(yaml.safe_dump({**desk.engine.settings, "run_dir": str(desk.file.parent / "elsewhere")}))
    again = desk.engine.command("publish", "--config", str(elsewhere))
    assert again.returncode == 0, again.stderr
    assert "new calls are served by it" in again.stdout, "the engine is found by the lock that it holds"
    await until(lambda: one_publication(desk), "the cell that had the call is not replaced")
    assert (await desk.serves())["dialplan"] == edited


def ended_since(desk: Desk, began: float) -> list[Any]:
    """Ends of the calls since then."""
    return [record["ended_at"] for record in desk.line.records() if record["started_at"] >= began]


def one_publication(desk: Desk) -> bool:
    """Whether every cell serves the same."""
    cells = desk.engine.status()["cells"]
    return len(cells) == 2 and len({cell["publication"] for cell in cells}) == 1


async def test_a_signal_publishes_what_the_settings_list_by_then_or_nothing(desk: Desk) -> None:
    other = desk.file.with_name("loans.yaml")
    other.write_text(text("1", name="loans"))
    listed = [{"file": str(desk.file)}, {"file": str(other), "called": ["3000"]}]
    settings = {**desk.engine.settings, "dialplans": listed, "drain_seconds": 2.0}
    desk.engine.settings_file.write_text(yaml.safe_dump(settings))
    before = f"fund@{desk.version}"
    desk.file.write_text(text(str(desk.version), greeting="The same version, and other words."))
    os.kill(desk.engine.pid, signal.SIGHUP)
    await desk.told("publishing refused, what was served goes on")
    await desk.told("in force after a restart only: drain_seconds")
    assert f"{before} was published with another text before" in desk.engine.log_text()
    assert (await desk.serves("3000"))["dialplan"] == before
    edited = desk.edit()
    os.kill(desk.engine.pid, signal.SIGHUP)
    await until(lambda: "loans@1" in desk.engine.command("status").stdout, "what was published is not taken")
    await until(lambda: one_publication(desk), "a cell is not replaced")
    assert (await desk.serves("3000"))["dialplan"] == "loans@1"
    assert (await desk.serves())["dialplan"] == edited
    last = desk.entries("dialplan.published")[-2:]
    assert [(one["subject"], one["reason"]) for one in last] == [
        (edited, "SIGHUP to the running engine"),
        ("loans@1", "SIGHUP to the running engine"),
    ]
