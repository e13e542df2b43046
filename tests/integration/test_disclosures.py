"""A warning is a warning only when it was heard: in full, with little loss, and acknowledged."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from ivr.testing.hearing import hears, hears_all, in_touch
from ivr.testing.robot_call import duration
from tests.integration.conftest import Dialled, Line, until


async def test_a_warning_is_evidenced_by_what_left_and_what_was_reported(line: Line, dial: Dialled) -> None:
    began = time.time()
    async with dial(report_seconds=0.3) as call:
        await call.press("4")
        await hears_all(call, line.prompt("The value of a fund"))
        await hears(call, line.prompt("To say that you have understood"))
        spoken = await call.press("1")
        await hears(call, line.prompt("Your deal is done"), since=spoken.began)
    record = await asyncio.to_thread(line.record, began)
    (evidence,) = record["disclosures"]
    length = len(line.prompt("The value of a fund")) // 2
    assert evidence["disclosure"] == "warning"
    # Audio leaves in frames of 160 samples: the last one may hold silence beyond the warning's end.
    assert length <= evidence["last_sample"] - evidence["first_sample"] < length + 160
    assert abs(evidence["packets_sent"] - length / 160) <= 2
    assert evidence["loss"] is not None
    assert evidence["loss"] <= 0.05
    assert (evidence["plays"], evidence["acknowledged_by"], evidence["answer"]) == (1, "key", "1")


async def test_a_warning_lost_on_the_way_is_played_again(line: Line, dial: Dialled) -> None:
    began = time.time()
    warning = line.prompt("The value of a fund")
    async with dial(report_seconds=0.3) as call:
        call.media.drop = lambda packet: packet.sequence % 4 == 0
        pressed = await call.press("4")
        first = await hears(call, warning, since=pressed.began)
        ends = first + duration(warning)
        await call.silence(ends - time.monotonic() - 0.5)
        call.media.drop = lambda packet: False
        again = await hears_all(call, warning, since=ends - 0.1, timeout=25)
        await hears(call, line.prompt("To say that you have understood"), since=again, timeout=30)
        spoken = await call.press("1")
        await hears(call, line.prompt("Your deal is done"), since=spoken.began)
    record = await asyncio.to_thread(line.record, began)
    evidence = record["disclosures"][-1]
    # A report that comes late may charge the first play's losses to the second, which is then played again too.
    assert evidence["plays"] >= 2
    assert evidence["loss"] <= 0.05


async def test_no_deal_without_the_acknowledgement(line: Line, dial: Dialled) -> None:
    began = time.time()
    async with dial() as call:
        await call.press("4")
        await hears_all(call, line.prompt("The value of a fund"))
        asked = await hears(call, line.prompt("To say that you have understood"))
        await call.press("2")
        await call.silence(0.5)
        await call.press("2")
        await hears(call, line.prompt("Thank you for calling"), since=asked, timeout=30)
        await call.wait_ended(15)
    record = await asyncio.to_thread(line.record, began)
    assert "deal" not in record["states"]


async def test_a_hold_during_the_warning_plays_it_again(line: Line, dial: Dialled) -> None:
    warning = line.prompt("The value of a fund")
    async with dial() as call:
        await call.press("4")
        await hears(call, warning)
        await call.hold()
        await call.silence(0.5)
        resumed = time.monotonic()
        await call.unhold()
        await hears_all(call, warning, since=resumed, timeout=25)


async def test_in_an_agents_call_what_is_protected_opens_when_the_line_has_played_the_warning_and_it_was_acknowledged(
    line: Line, dial: Dialled, tmp_path: Path
) -> None:
    began = time.time()
    warning, ask = line.prompt("The value of a fund"), line.prompt("To say that you have understood")
    async with line.desk(rings=0.2) as agent, dial(report_seconds=0.3) as call:
        await call.press("3")
        desk = await agent.takes_call()
        await in_touch(call, desk)
        await desk.say(warning)  # the agent says it themselves: nothing opens by that
        await desk.press("*#29#")
        missing = lambda: '"missing": ["warning"' in line.engine.command("calls", "list", "--json").stdout  # noqa: E731
        await until(missing, "nobody sees what is missing")
        pressed = time.monotonic()
        await desk.press("*#21#")
        played = await hears_all(call, warning, since=pressed, timeout=25)
        await hears(desk, warning, since=pressed, timeout=25)
        await hears(call, ask, since=played, timeout=25)
        spoken = await call.press("1")
        await hears(call, line.prompt("Your deal with the agent is done"), since=spoken.began, timeout=25)
        await in_touch(call, desk)
    record = await asyncio.to_thread(line.record, began)
    (evidence,) = record["disclosures"]
    assert (evidence["disclosure"], evidence["acknowledged_by"]) == ("warning", "key")
    assert evidence["last_sample"] - evidence["first_sample"] >= len(warning) // 2
    assert record["states"][-4:] == ["waiting", "agreed", "agreed_deal", "waiting"]
    told = await asyncio.to_thread(line.engine.command, "audit", "show", record["call_id"])
    for words in ("desk let the line take over at place 1", "desk has the caller back from the line"):
        assert words in told.stdout
    compacted = await asyncio.to_thread(line.engine.command, "recordings", "compact")
    made = await asyncio.to_thread(line.engine.command, "receipt", "make", record["call_id"])
    assert made.returncode == 0, compacted.stdout + compacted.stderr + made.stderr
    file = tmp_path / "receipt.txt"
    file.write_text(made.stdout, encoding="utf-8")
    checked = await asyncio.to_thread(line.engine.command, "receipt", "verify", str(file))
    assert "disclosure  warning (en)" in checked.stdout, checked.stdout + checked.stderr
    replayed = await asyncio.to_thread(line.engine.command, "replay", record["call_id"])
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
