"""A caller hears what the line is before it asks, and no figure that is not the official one; the record says both."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from ivr.testing.hearing import hears
from tests.integration.conftest import Dialled, Line


@pytest.mark.parametrize(
    ("key", "language", "instead"), [("1", "en", "The rest is told"), ("2", "zh", "其余内容由我们")], ids=["en", "zh"]
)
async def test_the_line_is_told_and_a_wrong_figure_is_not(
    line: Line, dial: Dialled, key: str, language: str, instead: str
) -> None:
    began = time.time()
    async with dial("told") as call:
        await hears(call, line.prompt("I am a machine"))
        pressed = await call.press(key)
        await hears(call, line.prompt(instead), since=pressed.began, timeout=20)
    record = await asyncio.to_thread(line.record, began)
    assert (record["language"], record["states"][-2:]) == (language, ["wrong", "by_a_person"])
    (told,) = record["disclosures"]
    assert (told["disclosure"], told["acknowledged_by"], told["loss"] or 0.0) == ("line", "not asked", 0.0)
    assert told["packets_sent"] * 160 >= told["last_sample"] - told["first_sample"] > 0
    (withheld,) = record["withheld"]
    assert (withheld["rule"], withheld["state"]) == ("told/balance", "wrong")
    shown = await asyncio.to_thread(line.engine.command, "recordings", "show", record["call_id"])
    assert "figure_withheld" in shown.stdout
    assert record["voices"]
    assert all("espeak" in voice for voice in record["voices"])
    alarms = await asyncio.to_thread(line.engine.command, "alarms", "list")
    assert "figure" in alarms.stdout
    assert json.dumps(record).count("12345.67") == 0
