"""The audit log tells what happened in a call, in order; a hub that is killed meanwhile costs no step of it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import time
from typing import Any

from ivr.testing.hearing import hears
from tests.integration.conftest import Dialled, Line


def story(line: Line, call_id: str) -> list[dict[str, Any]]:
    """The log's entries about a call."""
    found = line.engine.command("audit", "log", "--subject", call_id, "--last", "1000", "--json")
    assert found.returncode == 0, found.stderr
    return [json.loads(row) for row in found.stdout.splitlines()]


async def told_whole(line: Line, call_id: str) -> list[dict[str, Any]]:
    """The same, once the call's end is in it."""
    deadline = time.monotonic() + 30
    while True:
        entries = await asyncio.to_thread(story, line, call_id)
        if any(one["action"] == "call.ended" for one in entries):
            return entries
        assert time.monotonic() < deadline, [one["action"] for one in entries]
        await asyncio.sleep(0.3)


async def test_after_a_call_the_log_tells_its_story_in_order(line: Line, dial: Dialled) -> None:
    began = time.time()
    async with line.desk(rings=0.2) as agent, dial() as call:
        spoken = await call.press("4")
        asked = await hears(call, line.prompt("To say that you have"), since=spoken.began, timeout=30)
        spoken = await call.press("1")
        done = await hears(call, line.prompt("Your deal is done"), since=asked)
        await hears(call, line.prompt("Welcome"), since=done)
        await call.press("3")
        desk = await agent.takes_call()
        await call.silence(0.5)
        await call.hang_up()
        await desk.wait_ended()
    record = await asyncio.to_thread(line.record, began)
    entries = [one for one in await told_whole(line, record["call_id"]) if "step" in one["details"]]
    assert [one["details"]["step"] for one in entries] == list(range(1, len(entries) + 1))
    assert {one["actor"].split()[0] for one in entries} == {"cell"}
    actions = [one["action"] for one in entries]
    at = -1
    for action in (
        "call.arrived", "recording.started", "call.answered", "state.entered", "disclosure.played",
        "disclosure.acknowledged", "state.entered", "queue.asked", "queue.joined", "agent.rung", "agent.connected",
        "call.ended",
    ):  # fmt: skip
        assert action in actions[at + 1 :], f"{action} is not after {actions[: at + 1]}"
        at = actions.index(action, at + 1)
    assert next(one for one in entries if one["action"] == "agent.connected")["details"]["agent"] == "desk"
    assert all(one["details"]["as_published"] is True for one in entries if one["action"] == "disclosure.played")
    raw = json.dumps(entries)
    assert "warning" not in raw, "what a step was about is a hash"
    shown = await asyncio.to_thread(line.engine.command, "audit", "show", record["call_id"])
    assert shown.returncode == 0, shown.stderr
    assert "'warning' was acknowledged by key" in shown.stdout
    assert "sound as published" in shown.stdout
    assert "state 'deal' was entered" in shown.stdout
    assert "desk and the caller were connected" in shown.stdout
    verified = await asyncio.to_thread(line.engine.command, "audit", "verify")
    assert re.search(r"Warnings that were played: [1-9]\d* as they were published", verified.stdout), verified.stdout


async def test_a_hub_killed_in_mid_call_costs_the_log_no_step_and_doubles_none(line: Line, dial: Dialled) -> None:
    began = time.time()
    async with dial() as call:
        await hears(call, line.prompt("Welcome"))
        hub = (await asyncio.to_thread(line.engine.status))["hub"]["pid"]
        spoken = await call.press("1")
        os.kill(hub, signal.SIGKILL)
        forwarding = await hears(call, line.prompt("Forwarding"), since=spoken.began)
        await hears(call, line.prompt("Welcome"), since=forwarding)
        spoken = await call.press("2")
        await hears(call, line.prompt("A telephone number"), since=spoken.began)
        await call.hang_up()
    record = await asyncio.to_thread(line.record, began, wait_seconds=30.0)
    entries = [one for one in await told_whole(line, record["call_id"]) if "step" in one["details"]]
    assert [one["details"]["step"] for one in entries] == list(range(1, len(entries) + 1))
    assert [one["action"] for one in entries].count("state.entered") == len(record["states"])


async def test_dialplans_and_agents_are_in_the_log(line: Line) -> None:
    found = await asyncio.to_thread(line.engine.command, "audit", "log", "--last", "100000", "--json")
    entries = [json.loads(row) for row in found.stdout.splitlines()]
    published = next(one for one in entries if one["action"] == "dialplan.published" and one["subject"] == "line@1")
    assert len(published["details"]["sha256"]) == 64
    assert published["details"]["certificate"]
    assert any(one["action"] == "agents.listed" and "desk" in one["details"]["agents"] for one in entries)
    assert any(one["action"] == "retention.applied" for one in entries)
