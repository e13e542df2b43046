"""What was said in a real call is in its sealed recording, with samples, and finds it again."""

from __future__ import annotations

import asyncio
import json
import time

from ivr.testing.hearing import hears
from tests.conftest import RealVoice
from tests.integration.conftest import Dialled, Line


async def test_what_was_said_is_shown_in_order_and_finds_the_call(line: Line, dial: Dialled, voice: RealVoice) -> None:
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
