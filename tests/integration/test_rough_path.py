"""Calls by a bad network: packets come late, in the wrong order, twice, or not at all (`ivr.testing.rough_path`)."""

from __future__ import annotations

import asyncio
import time

import numpy as np

from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from ivr.testing.hearing import hears, hears_all
from ivr.testing.listening import loudness, tone_level
from ivr.testing.robot_call import RobotCall, duration
from ivr.testing.rough_path import Roughness, rough_path
from tests.integration.conftest import Dialled, Line

UNSTEADY = Roughness(jitter_seconds=0.04, doubled=0.1)
BURSTS = Roughness(loss=0.05, burst=4)
"""A key goes in eight packets, and behind a burst one passes: some of each key comes."""
HEAVY, LIGHT = Roughness(loss=0.4, burst=5), Roughness(loss=0.02)
"""Beyond what may be lost of a warning (`max_loss`: 0.05), and within."""
HERTZ = (440, 570, 860, 1150)
"""One for each second that is spoken; no pair of them is a key."""
SECOND_FRAMES = SAMPLE_RATE // FRAME_SAMPLES
BUFFER_FRAMES = 8
"""By as much a jitter buffer that adapts may move a sound: four times the jitter."""
MOST_SPOILED = 10
"""Frames of a second in which its tone is not the loudest: what came too late, and where frames were left out."""
NUMBER = "0085266112200"
"""Twice the same key, again and again."""


def scale() -> bytes:
    """A second of each tone."""
    at = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return np.concatenate([8000 * np.sin(2 * np.pi * hertz * at) for hertz in HERTZ]).astype("<i2").tobytes()


def tones_of(pcm: bytes) -> list[int]:
    """Of each frame the tone that is most of it; 0: none is."""
    found = []
    for start in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
        frame = pcm[start : start + FRAME_BYTES]
        levels = {hertz: tone_level(frame, hertz) for hertz in HERTZ} if loudness(frame) > 1000 else {0: 1.0}
        most = max(levels, key=lambda hertz: levels[hertz])
        found.append(most if levels[most] > 0.5 else 0)
    return found


def heard_for(call: RobotCall) -> int:
    """Samples from the line's first packet to the end of its last one, by their RTP time."""
    places = [one.position for one in call.received if one.pcm]
    return max(places) + FRAME_SAMPLES - min(places)


async def keys_in(call: RobotCall, line: Line) -> None:
    """Leave a number to be called back at."""
    pressed = await call.press("*")
    await hears(call, line.prompt("Enter the number to call"), since=pressed.began)
    pressed = await call.press(NUMBER + "#", gap=0.1)
    await hears(call, line.prompt("Your request has been noted"), since=pressed.began)


async def sings(call: RobotCall, line: Line) -> None:
    """Send a second of each tone into a sentence that a voice does not stop."""
    pressed = await call.press("7")
    await hears(call, line.prompt("This sentence"), since=pressed.began)
    await call.say(scale())
    await asyncio.sleep(0.5)  # what is still on its way


async def understood(line: Line) -> str:
    """The number that was left; the request is closed."""
    taken = await asyncio.to_thread(line.engine.command, "callbacks", "take", "--queue", "loans")
    request, number = taken.stdout.split()
    closed = await asyncio.to_thread(line.engine.command, "callbacks", "done", request, "--result", "reached")
    assert closed.returncode == 0, closed.stderr
    return number


async def test_late_overtaken_and_doubled_packets_leave_each_second_each_key_and_the_warning_whole(
    line: Line, dial: Dialled
) -> None:
    began = time.time()
    async with rough_path(7) as path, dial(through=path) as call:
        path.to_line.fate.rough = path.to_phone.fate.rough = UNSTEADY
        await keys_in(call, line)
        await hears(call, line.prompt("Welcome"), since=time.monotonic())
        pressed = await call.press("4")
        await hears_all(call, line.prompt("The value of a fund"), since=pressed.began)
        await hears(call, line.prompt("To say that you have understood"), since=pressed.began)
        pressed = await call.press("1")
        await hears(call, line.prompt("Your deal is done"), since=pressed.began)
        await hears(call, line.prompt("Welcome"), since=pressed.began)
        await sings(call, line)
        ways = (path.to_line, path.to_phone)
        assert all(way.overtaken > way.came / 20 and way.doubled > way.came / 20 and not way.lost_at for way in ways)
    record = await asyncio.to_thread(line.record, began)
    assert await understood(line) == NUMBER
    states = ["menu", "ask_phone", "call_me", "promised", "menu", "warned", "deal", "menu", "lecture"]
    assert record["states"][: len(states)] == states, "a key came twice, or not at all"
    (evidence,) = record["disclosures"]
    assert (evidence["plays"], evidence["acknowledged_by"]) == (1, "key")
    assert evidence["loss"] <= 0.02
    (kept, _) = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    tones = tones_of(kept)
    first = tones.index(HERTZ[0])
    for number, hertz in enumerate(HERTZ):
        begins = first + number * SECOND_FRAMES
        there = [place for place, tone in enumerate(tones) if tone == hertz]
        assert len(there) >= SECOND_FRAMES - MOST_SPOILED, f"second {number + 1} is not whole"
        assert begins - BUFFER_FRAMES <= there[0] <= there[-1] < begins + SECOND_FRAMES + BUFFER_FRAMES


async def test_a_warning_of_which_packets_are_lost_is_played_again_and_its_evidence_says_how_many_were(
    line: Line, dial: Dialled
) -> None:
    began, warning = time.time(), line.prompt("The value of a fund")
    async with rough_path(11) as path, dial(through=path, report_seconds=0.3) as call:
        pressed = await call.press("4")
        first = await hears(call, warning, since=pressed.began)
        path.to_phone.fate.rough = HEAVY
        await asyncio.sleep(max(0.0, first + duration(warning) - 0.5 - time.monotonic()))
        path.to_phone.fate.rough = LIGHT
        told = call.media.lost
        assert told > 0.05 * len(warning) / FRAME_BYTES, "the caller's own report shows more than may be"
        again = await hears(call, warning, since=first + duration(warning) - 0.1, timeout=25)
        await hears(call, line.prompt("To say that you have understood"), since=again, timeout=30)
        await asyncio.sleep(0.5)  # what a report says of the last words comes while the line asks
        pressed = await call.press("1")
        await hears(call, line.prompt("Your deal is done"), since=pressed.began)
        lost = len(path.to_phone.lost_at)
        assert abs(call.media.lost - lost) <= 2, "what the caller reports is what was lost"
        share = lost / path.to_phone.came
    record = await asyncio.to_thread(line.record, began)
    evidence = record["disclosures"][-1]
    assert evidence["plays"] >= 2
    assert 0 < evidence["loss"] <= 0.05
    assert abs(record["loss_there"] - share) <= 0.02


async def test_of_a_caller_whose_packets_are_lost_in_bursts_no_time_is_missing_and_no_key_doubles(
    line: Line, dial: Dialled
) -> None:
    began = time.time()
    async with rough_path(13) as path, dial(through=path) as call:
        path.to_line.fate.rough = BURSTS
        await sings(call, line)
        await call.hang_up()
        lost, came, heard = len(path.to_line.lost_at), path.to_line.came, heard_for(call)
        assert lost > came / 50
    record = await asyncio.to_thread(line.record, began)
    assert record["states"][:2] == ["menu", "lecture"]
    assert record["states"].count("lecture") == 1, "a key doubled"
    assert abs(record["loss_here"] - lost / came) <= 0.03, "some of so few came before anybody counted"
    (kept, _) = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    assert abs(len(kept) // SAMPLE_BYTES - heard) <= SAMPLE_RATE // 5, "the recording is as long as the call"
    tones = tones_of(kept)
    for number, hertz in enumerate(HERTZ):
        assert tones.count(hertz) >= SECOND_FRAMES * 3 // 4, f"too little of second {number + 1} was heard"
