"""What is kept of a call: all of it, sealed, and nothing of a stranger's or of a secret."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from ivr.testing.datagrams import Stranger
from ivr.testing.dtmf import tone
from ivr.testing.hearing import heard_well, hears, voice_of
from ivr.testing.listening import find, part_heard, samples_of
from tests.integration.conftest import Dialled, Line


async def test_the_recording_holds_what_was_said_and_what_was_heard(line: Line, dial: Dialled) -> None:
    began = time.time()
    said = voice_of(11)
    async with dial() as call:
        await call.press("7")  # a prompt that speech does not stop
        await hears(call, line.prompt("This sentence"))
        await call.say(said)
        await call.silence(0.5)
        heard = call.heard()
    record = await asyncio.to_thread(line.record, began)
    kept_in, kept_out = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    # Word by word: a robot that is late on a busy machine makes the jitter buffer stretch or shorten what it says.
    assert heard_well(said, kept_in)
    # Sample by sample: what the caller heard is what was kept, but for the codec's own companding.
    place = find(heard[:16000], kept_out).sample
    ours = samples_of(kept_out)[place : place + len(heard) // 2]
    theirs = samples_of(heard)[: len(ours)]
    assert len(ours) > 8000
    assert abs(ours - theirs).max() <= abs(ours).max() / 16 + 16


SECRET = "248842484"
"""So long that no port, hash or time in a log holds it by chance. Four digits did."""


def logs(line: Line) -> list[Path]:
    """Every log that the engine writes."""
    found = [path for path in Path(line.engine.settings["data_dir"]).rglob("*") if path.suffix in {".log", ".jsonl"}]
    assert found
    return found


async def test_a_secret_number_is_nowhere_in_what_is_kept(line: Line, dial: Dialled) -> None:
    began = time.time()
    async with dial(keys=False) as call:
        await call.press("6", via="inband", seconds=0.12, gap=0.12)  # the way used first counts for the whole call
        await hears(call, line.prompt("Enter your account"))
        await call.press("10000001", via="inband", seconds=0.12, gap=0.12)
        asked = await hears(call, line.prompt("Enter your secret"))
        await call.press(SECRET, via="inband", seconds=0.12, gap=0.12)
        await hears(call, line.prompt("The bank has answered"), since=asked)
    record = await asyncio.to_thread(line.record, began)
    (kept, _) = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    for key in "248":  # 6 was pressed in the menu, too
        assert find(tone(key, 0.1), kept).score < 0.7, "a secret key's tone was recorded"
    shown = line.engine.command("recordings", "show", record["call_id"], "--json").stdout
    assert SECRET not in shown
    assert SECRET not in line.engine.log_text()
    assert not [path for path in logs(line) if SECRET in path.read_text()]


async def test_a_strangers_packets_are_neither_heard_nor_kept(line: Line, dial: Dialled) -> None:
    began = time.time()
    mine, foreign = voice_of(13), voice_of(14)
    stranger = Stranger()
    async with dial() as call:
        await call.press("7")
        assert call.theirs is not None
        target = (call.theirs.host, call.theirs.port)
        flood = asyncio.ensure_future(stranger.flood(target, foreign, seconds=1.5))
        await asyncio.sleep(0.2)
        await call.say(mine)
        await flood
        await hears(call, line.prompt("This sentence"))
    stranger.close()
    assert stranger.sent > 300
    record = await asyncio.to_thread(line.record, began)
    (kept, _) = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    assert heard_well(mine, kept)
    assert part_heard(foreign, kept) == 0.0
