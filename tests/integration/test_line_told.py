"""A caller hears what the line is before it asks, and no figure that is not the official one; the record says both."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from ivr.engine.bus.client import HubClient
from ivr.engine.bus.live import CallsReport, CallsWanted
from ivr.testing.hearing import hears
from tests.integration.conftest import Dialled, Line, until

ALERT_SECONDS = 3.0
"""Within which those who watch are told."""


@pytest.mark.parametrize(
    ("key", "language", "instead", "say"),
    [
        ("1", "en", "The rest is told", "A colleague will tell you your balance."),
        ("2", "zh", "其余内容由我们", "客服人员将告知您余额。"),
    ],
    ids=["en", "zh"],
)
async def test_the_line_is_told_and_a_wrong_figure_is_not(
    line: Line, dial: Dialled, key: str, language: str, instead: str, say: str
) -> None:
    began = time.time()
    hub = HubClient(line.engine.run_dir / "hub.sock", "the test's")

    seen: list[tuple[str, str, str]] = []

    def alerts() -> bool:
        stands = [one.stands for one in hub.ask(CallsWanted(), CallsReport).calls if one.started_at >= began]
        seen[:] = [(one.rule, one.speaker, one.say) for stand in stands if stand for one in stand.alerts]
        return bool(seen)

    async with dial("told") as call:
        await hears(call, line.prompt("I am a machine"))
        pressed = await call.press(key)
        await until(alerts, "those who watch are not told", seconds=20)
        told_at = time.monotonic()
        assert seen == [("told/balance", "machine", say)]
        way_out = await hears(call, line.prompt(instead), since=pressed.began, timeout=20)
        assert told_at < way_out + ALERT_SECONDS, "the way out is heard as soon as the figure is held back"
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
