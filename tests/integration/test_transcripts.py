"""What was said in a real call is in its sealed recording, with samples, and finds it again."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from ivr.testing.hearing import hears
from tests.conftest import RealVoice
from tests.integration.conftest import Dialled, Line

RULES = """
name: made
version: "1"
languages: [en]
rules:
  promise: {source: a law, counsel: check with counsel, severity: critical, forbid: {en: [what you chose]}}
  greeting: {source: a law, counsel: check with counsel, require: {en: [welcome to the test line]}}
  unsaid: {source: a law, counsel: check with counsel, require: {en: [you may lose money]}}
"""


async def test_what_was_said_is_shown_in_order_finds_the_call_and_is_read_by_rules(
    line: Line, dial: Dialled, voice: RealVoice, tmp_path: Path
) -> None:
    began = time.time()
    async with dial() as call:
        await hears(call, line.prompt("Welcome"))
        await call.hears_quiet(0.5)
        spoken = await call.say(voice("call-forwarding"))
        await hears(call, line.prompt("Forwarding"), since=spoken.began)
        await call.silence(0.3)
        await call.hang_up()
    record = await asyncio.to_thread(line.record, began)
    assert record["loss_here"] == 0.0
    assert "lossy_line" not in record["flags"]
    shown = await asyncio.to_thread(line.engine.command, "recordings", "show", record["call_id"])
    said = [row.strip() for row in shown.stdout.partition("\nsaid\n")[2].splitlines()]
    assert "Welcome to the test line." in said[0]
    assert "engine (en)" in said[0]
    assert "caller (en, 0." in said[1]
    assert said[1].endswith("-> forwarding"), "what was heard, and what it was taken for"
    assert "Forwarding is what you chose." in said[2]
    compacted = await asyncio.to_thread(line.engine.command, "recordings", "compact")
    assert compacted.returncode == 0, compacted.stderr
    found = await asyncio.to_thread(line.engine.command, "recordings", "list", "--said", "forwarding", "--json")
    assert record["call_id"] in [json.loads(row)["call_id"] for row in found.stdout.splitlines()]

    rules = tmp_path / "made.yaml"
    rules.write_text(RULES, encoding="utf-8")
    words = ("inspect", "run", record["call_id"], "--rules", str(rules), "--words", "--reason", "a test")
    read = await asyncio.to_thread(line.engine.command, *words)
    assert read.returncode == 1, read.stdout + read.stderr
    *found_there, count = read.stdout.splitlines()
    assert count == "1 calls read: 1 critical, 1 major, 0 minor", read.stdout
    told = {row.partition("made/")[2].partition(":")[0]: row for row in found_there}
    assert sorted(told) == ["promise", "unsaid"]
    assert "what you chose" in told["promise"]
    assert "(machine, 100% sure)" in told["promise"]
    log = await asyncio.to_thread(line.engine.command, "audit", "log", "--action", "calls.inspected", "--json")
    assert record["call_id"] in log.stdout
    assert "forwarding" not in log.stdout.lower()

    milder = tmp_path / "milder.yaml"
    milder.write_text(RULES.replace("[what you chose]", "[what we promise]"), encoding="utf-8")
    tried = ("inspect", "replay", "--rules", str(milder), "--against", str(rules), "--last", "1")
    change = await asyncio.to_thread(line.engine.command, *tried)
    assert change.returncode == 1, change.stdout + change.stderr
    gone, counted = change.stdout.splitlines()
    assert gone.startswith(f"- {record['call_id']}  at ")
    assert "made/promise" in gone
    assert "what you chose" not in gone
    assert counted == "1 calls read: 1 differ"
