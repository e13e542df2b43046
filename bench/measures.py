"""The measurements, each on real SIP and RTP, timed where the caller is: by the kernel's time of arrival."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.figures import Figure
from ivr.core.media.frame import SAMPLE_RATE
from ivr.errors import PeerError
from ivr.testing.engine import Engine, cpu_seconds, private_memory_bytes
from ivr.testing.hearing import fell_silent, hears
from ivr.testing.listening import samples_of
from ivr.testing.robot import CallRefused, RobotCall, RobotCaller

LATE_GAP_SECONDS = 0.04
"""A packet that comes so long after the one before is late: a frame is missing when it should be played."""
QUIET_SECONDS = 10.0
"""How long calls run while CPU and gaps are counted."""
SPEECH_LEVEL = 500
"""Samples of a clean recording louder than this are speech, not its breath."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the measurements work with."""

    engine: Engine
    prompt: Callable[[str], bytes]
    """PCM of a static prompt, by its text's beginning."""
    word: bytes
    """PCM of a real person who says `telephone number`."""
    say: Callable[[str], None]
    """Progress."""

    def caller(self) -> RobotCaller:
        """A fresh robot."""
        return RobotCaller(target=self.engine.target)


async def when_heard(call: RobotCall, sound: bytes, *, since: float) -> float | None:
    """Arrival of the sound's first packet, None when it never came."""
    try:
        return await hears(call, sound, since=since)
    except PeerError:
        return None


async def setup(bench: Bench, calls: int) -> list[Figure]:
    """INVITE to 200, ACK to the first packet of the greeting."""
    answer, greeting = [], []
    sound = bench.prompt("Welcome")
    async with bench.caller() as robot:
        for number in range(calls):
            bench.say(f"setting up call {number + 1} of {calls}")
            call = await robot.dial()
            answer.append((call.answered_at - call.invited_at) * 1000)
            at = await when_heard(call, sound, since=call.invited_at)
            if at is not None:
                greeting.append((at - call.acked_at) * 1000)
            await call.hang_up()
            await asyncio.sleep(0.2)
    return [
        Figure("INVITE to 200", "ms", tuple(answer), goal=50),
        Figure("ACK to the first packet of the greeting", "ms", tuple(greeting), goal=60),
    ]


async def keys(bench: Bench, presses: int) -> list[Figure]:
    """From the key's release (its first end packet) and from its beginning to the next prompt's first packet."""
    released, pressed = [], []
    sound = bench.prompt("Forwarding")
    async with bench.caller() as robot:
        call = await robot.dial()
        await call.hears_prompt()
        for number in range(presses):
            bench.say(f"pressing key {number + 1} of {presses}")
            spoken = await call.press("1", seconds=0.08)
            at = await when_heard(call, sound, since=spoken.began)
            if at is not None:
                released.append((at - spoken.ended) * 1000)
                pressed.append((at - spoken.began) * 1000)
            await call.hears_sound()
            await call.hears_quiet(1.0)
    return [
        Figure("end of key to the next prompt's packet", "ms", tuple(released), goal=60),
        Figure("begin of key (80 ms) to the next prompt's packet", "ms", tuple(pressed)),
    ]


def speech_bounds(pcm: bytes) -> tuple[float, float]:
    """Seconds at which speech begins and ends in a clean recording."""
    loud = np.flatnonzero(np.abs(samples_of(pcm)) > SPEECH_LEVEL)
    return float(loud[0]) / SAMPLE_RATE, float(loud[-1]) / SAMPLE_RATE


async def spoken_turn(bench: Bench, robot: RobotCaller) -> tuple[float | None, float | None]:
    """One call in which the word is said into the prompt: milliseconds from the onset of speech to silence, and from
    its end to the first packet of the answer; None: it never came."""
    onset, end = speech_bounds(bench.word)
    call = await robot.dial()
    await call.hears_sound()
    await call.silence(1.0)
    spoken = await call.say(bench.word)
    stopped = fell_silent(call, since=spoken.began)
    at = await when_heard(call, bench.prompt("A telephone number"), since=spoken.began)
    await call.hang_up()
    return (
        None if stopped is None else (stopped - spoken.began - onset) * 1000,
        None if at is None else (at - spoken.began - end) * 1000,
    )


async def speech(bench: Bench, turns: int) -> list[Figure]:
    """Barge-in: onset of speech to silence. And end of speech to the first packet of the answer."""
    found = []
    async with bench.caller() as robot:
        for number in range(turns):
            bench.say(f"speaking {number + 1} of {turns}")
            found.append(await spoken_turn(bench, robot))
            await asyncio.sleep(0.2)
    silence, answer = (tuple(ms for ms in column if ms is not None) for column in zip(*found, strict=True))
    return [
        Figure("onset of speech to silence (barge-in)", "ms", silence, goal=250),
        Figure("end of speech to the answer's first packet", "ms", answer, goal=700),
    ]


async def cost(bench: Bench, cells: Callable[[], list[int]], calls: int) -> list[Figure]:
    """CPU and own memory of cells whose callers are silent or press keys now and then, recording on."""
    before = {pid: cpu_seconds(pid) for pid in cells()}
    async with bench.caller() as robot:
        held = [await robot.dial() for _ in range(calls)]
        await asyncio.gather(*(call.hears_prompt() for call in held))
        start = {pid: cpu_seconds(pid) for pid in cells()}
        bench.say(f"{calls} silent calls for {QUIET_SECONDS:g} s")
        await asyncio.sleep(QUIET_SECONDS)
        after = {pid: cpu_seconds(pid) for pid in cells()}
        busy = [pid for pid in after if after[pid] - before.get(pid, 0.0) > 0.05 and pid in start]
        memory = [private_memory_bytes(pid) / 1e6 for pid in busy]
    spent = [(after[pid] - start[pid]) * 1000 / QUIET_SECONDS for pid in busy]
    return [
        Figure("CPU of a call, caller silent, recording on", "ms/s", tuple(spent), goal=5.4),
        Figure("memory of its own a cell holds in a call", "MB", tuple(memory), goal=9),
    ]


async def capacity(bench: Bench, most: int) -> list[Figure]:
    """Calls at once of which none got a late packet, while all hear the greeting."""
    best = 0
    for count in sorted({1, 2, 4, 6, 8, 12, 16, most}):
        if count > most:
            break
        bench.say(f"{count} calls at once")
        async with bench.caller() as robot:
            try:
                held = await asyncio.gather(*(robot.dial() for _ in range(count)))
            except CallRefused:
                break
            await asyncio.sleep(QUIET_SECONDS / 2)
            late = sum(call.late_packets(LATE_GAP_SECONDS) for call in held)
        if late:
            bench.say(f"{count} calls at once: {late} late packets")
            break
        best = count
        await asyncio.sleep(0.5)
    return [Figure("calls at once without a late packet (robots on the same machine)", "calls", (float(best),))]


def prompts_of(engine: Engine, dialplan: Path) -> Callable[[str], bytes]:
    """PCM of an engine's rendered prompts, by the beginning of their text."""
    from ivr.apps.settings_file import load_settings
    from ivr.apps.wiring.served import load_served, publications

    settings = load_settings(engine.settings_file, {})
    named = publications(settings).named()
    assert named is not None
    served = load_served(settings, named)
    plan = next(one.dialplan for one in served.plans if Path(one.published.file).name == dialplan.name)
    library = served.prompts_for(plan)

    def pcm(beginning: str) -> bytes:
        return library.pcm(next(clip for clip in plan.static_clips() if clip.text.startswith(beginning)))

    return pcm
