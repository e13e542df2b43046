"""A call with an agent, dialled and spoken, is read after it: an agent's words are found as theirs, and sealed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ivr.engine.bus.client import HubClient
from ivr.engine.bus.live import CallsReport, CallStands, CallsWanted, WordsReport, WordsWanted
from ivr.testing.hearing import hears, in_touch
from ivr.testing.robot_call import RobotCall
from tests.conftest import RealVoice
from tests.integration.conftest import Dialled, Line, start_line, until
from tests.integration.vault.markers import files_below, sightings, text_forms

RULES = """
name: spoken
version: "1"
languages: [en]
rules:
  promise:
    {source: a law, counsel: check with counsel, severity: critical, by: [agent],
     forbid: {en: [tests has been completed]}}
  number: {source: a law, counsel: check with counsel, by: [agent], forbid: {en: [telephone number]}}
"""
"""They stand in clear in the log: the forbidden words are written as a recognizer does not write them."""
WORDS = "test has been completed"
"""What the real person says for the agent."""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """Engines of tests read no calls; this one does."""
    running = start_line(tmp_path_factory.mktemp("read"), cells=2, settings={"inspection": {"enabled": True}})
    yield running
    running.engine.stop()


async def test_what_an_agent_said_is_found_in_their_channel_and_lies_nowhere_in_clear(
    line: Line, dial: Dialled, voice: RealVoice, tmp_path: Path
) -> None:
    rules = tmp_path / "spoken.yaml"
    rules.write_text(RULES, encoding="utf-8")
    command, began = line.engine.command, time.time()
    published = await asyncio.to_thread(command, "inspect", "publish", str(rules), "--reason", "a test")
    assert published.returncode == 0, published.stdout + published.stderr
    words = text_forms(WORDS)
    before = await asyncio.to_thread(lambda: sightings(everything(line), words))
    async with line.desk(rings=0.0) as agent, dial() as call:
        await call.press("3")
        desk = await agent.takes_call()
        await in_touch(call, desk)
        await desk.say(voice("demo-echodone"))
        await desk.silence(0.8)
        await call.say(voice("telephone-number"))
        await call.silence(0.8)
        await call.hang_up()
        await desk.wait_ended()
    call_id = (await asyncio.to_thread(line.record, began))["call_id"]
    assert (await asyncio.to_thread(command, "recordings", "compact")).returncode == 0

    # Killed at any moment, it begins anew, reads what it was reading, and nothing twice.
    (killed,) = await asyncio.to_thread(line.engine.named, "ivr-inspector")
    os.kill(killed, signal.SIGKILL)

    show = ("inspect", "show", call_id, "--words", "--reason", "a test")
    await until(lambda: "was not inspected" not in command(*show).stderr, "the inspector to read the call", seconds=120)
    shown = await asyncio.to_thread(command, *show)
    assert shown.returncode == 1, "a finding of the highest class"
    (found,) = [row for row in shown.stdout.splitlines() if "spoken/" in row]
    assert "critical  spoken/promise: a forbidden phrase (agent, " in found
    assert found.lower().rstrip(".").endswith(WORDS)
    assert "by spoken@1 (" in shown.stdout

    said = (await asyncio.to_thread(command, "recordings", "show", call_id)).stdout.partition("\nsaid\n")[2]
    (agents,) = [row for row in said.splitlines() if re.search(r"\sagent +\(en", row)]
    assert WORDS in agents.lower()
    assert any("caller (en" in row and "number" in row.lower() for row in said.splitlines()), said
    for option in (("--spoke", "completed"), ("number",)):
        found_by = await asyncio.to_thread(command, "recordings", "find", *option)
        assert call_id in found_by.stdout, option
    assert call_id not in (await asyncio.to_thread(command, "recordings", "find", "completed")).stdout, (
        "no caller said it"
    )

    log = (line.engine.directory / "var" / "log" / "ivr.jsonl").read_text(encoding="utf-8")
    assert len([row for row in log.splitlines() if '"call_inspected"' in row and call_id in row]) == 1
    (again,) = await asyncio.to_thread(line.engine.named, "ivr-inspector")
    assert again != killed
    assert lowest(again), "what takes time is run when nobody else wants to run"
    counted = await asyncio.to_thread(command, "inspect", "rules")
    assert "1  critical  spoken/promise" in counted.stdout
    metrics = await asyncio.to_thread(line.engine.metrics)
    counts = dict(row.rsplit(" ", 1) for row in metrics.splitlines() if row.startswith("ivr_inspection"))
    assert float(counts["ivr_inspection_calls_total"]) >= 1
    assert float(counts["ivr_inspection_talk_seconds_total"]) > 2
    after = await asyncio.to_thread(lambda: sightings(everything(line), words))
    more = {place: count for place, count in after.items() if count > before.get(place, 0)}
    assert more == {}


LIVE_RULES = """
name: live_words
version: "1"
languages: [en]
rules:
  promise:
    source: a law
    counsel: check with counsel
    severity: critical
    by: [agent]
    forbid: {en: [completed as dialed]}
    say: {en: Nothing is completed yet.}
"""


async def test_while_they_talk_a_forbidden_phrase_alerts_and_a_warning_that_the_agent_reads_opens_what_it_protects(
    line: Line, dial: Dialled, voice: RealVoice, tmp_path: Path
) -> None:
    rules, command, began = tmp_path / "live.yaml", line.engine.command, time.time()
    rules.write_text(LIVE_RULES, encoding="utf-8")
    published = await asyncio.to_thread(command, "inspect", "publish", str(rules), "--reason", "a test")
    assert published.returncode == 0, published.stdout + published.stderr
    hub = HubClient(line.engine.run_dir / "hub.sock", "the test's")
    said = text_forms("cannot be completed")

    def stands() -> CallStands:
        calls = hub.ask(CallsWanted(), CallsReport).calls
        (found,) = (one.stands for one in calls if one.started_at >= began and one.stands is not None)
        return found

    async with line.desk(rings=0.0) as agent, dial() as call:
        await call.press("3")
        desk = await agent.takes_call()
        await in_touch(call, desk)
        await says_until(desk, voice("cannot-complete-as-dialed"), lambda: bool(stands().alerts))
        alert = stands().alerts[0]
        assert (alert.rule, alert.speaker, alert.say) == ("live_words/promise", "agent", "Nothing is completed yet.")
        await says_until(desk, voice("conf-waitforleader"), lambda: stands().readings[0].whole)
        words = hub.ask(WordsWanted(stands().call_id), WordsReport).lines
        assert any(one.who == "agent" and "leader arrives" in one.text for one in words)
        assert any("cannot be completed" in one.text.lower() for one in words), "else its absence proves nothing"
        assert await asyncio.to_thread(lambda: sightings(everything(line), said)) == {}, "while it goes on"
        await desk.press("*#22#")
        await hears(call, line.prompt("If the agent has told you"))
        await call.press("1")
        await hears(call, line.prompt("What you were told about is done."))
        await call.hang_up()
        await desk.wait_ended()
    record = await asyncio.to_thread(line.record, began)
    (evidence,) = record["disclosures"]
    assert (evidence["disclosure"], evidence["plays"], evidence["acknowledged_by"]) == ("spoken_by_agent", 0, "key")
    assert evidence["read"]["share"] == 1.0
    assert evidence["packets_sent"] * 160 >= evidence["last_sample"] - evidence["first_sample"] > 8000
    assert {one["rule"] for one in record["alerts"]} == {"live_words/promise"}
    replayed = await asyncio.to_thread(command, "replay", record["call_id"])
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    shown = (await asyncio.to_thread(command, "recordings", "show", record["call_id"])).stdout
    assert "critical  live_words/promise: a forbidden phrase (agent)" in shown
    assert "    instead   Nothing is completed yet." in shown
    assert "    said      completed as dialed" in shown.lower()
    assert await asyncio.to_thread(lambda: sightings(everything(line), said)) == {}, "nor when it is over"


async def says_until(by: RobotCall, sound: bytes, noticed: Callable[[], bool]) -> None:
    """Say it, again where the recognizer had no time for it, until it is noticed."""
    for _ in range(6):
        await by.say(sound)
        for _ in range(12):
            await by.silence(0.5)
            if await asyncio.to_thread(noticed):
                return
    raise AssertionError("it was never noticed")


def lowest(pid: int) -> list[int]:
    """Threads that the kernel runs when nobody else wants to run."""
    threads = (int(one.name) for one in Path(f"/proc/{pid}/task").iterdir())
    return [one for one in threads if os.sched_getscheduler(one) == os.SCHED_IDLE]


def everything(line: Line) -> list[Path]:
    """All that the engine can write: its data, recordings, logs, settings, sockets' directory."""
    return files_below(line.engine.directory, line.engine.run_dir)
