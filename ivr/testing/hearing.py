"""Whether and when a call heard a known sound: the prompt itself, to the sample, not just any noise."""

from __future__ import annotations

import asyncio
import itertools
import time

import numpy as np

from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.errors import PeerError
from ivr.testing.listening import find, part_heard, peak
from ivr.testing.robot_call import RobotCall

GOOD_MATCH = 0.8
"""Correlation above which it was surely the sound: G.711 costs some 0.001, another prompt reaches 0.2."""
AUDIBLE = 50
"""Samples above this are sound: companded silence stays below 8."""
ENOUGH_SECONDS = 1.0
"""As much of a sound's beginning is looked for."""
WELL = 0.6
"""Share of a word's stretches of 200 ms that arrive intact: a jitter buffer drops or stretches a frame of two."""
HELLO_SECONDS = 0.4
"""Two stretches: shorter, and one stretched frame makes it another sound."""
_HELLOS = itertools.count(7_000)


def arrival_of(call: RobotCall, sound: bytes, *, since: float = 0.0) -> float | None:
    """Arrival of the packet that carries the first sample of `sound`; None when it was not heard since then."""
    packets = [item for item in call.received if item.pcm and item.at >= since]
    if not packets:
        return None
    found = find(sound[: round(ENOUGH_SECONDS * SAMPLE_RATE) * SAMPLE_BYTES], call.heard(since))
    if found.score < GOOD_MATCH:
        return None
    first = min(item.position for item in packets)
    return next(item.at for item in packets if item.position + len(item.pcm) // SAMPLE_BYTES > first + found.sample)


async def hears(call: RobotCall, sound: bytes, *, since: float = 0.0, timeout: float = 20.0) -> float:  # noqa: ASYNC109
    """Wait until the first second of `sound` has come; its first packet's arrival. Raises PeerError."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        at = await asyncio.to_thread(arrival_of, call, sound, since=since)
        if at is not None:
            return at
        await asyncio.sleep(0.2)
    raise PeerError(f"a prompt that was expected was not heard for {timeout:g} s")


async def hears_all(call: RobotCall, sound: bytes, *, since: float = 0.0, timeout: float = 20.0) -> float:  # noqa: ASYNC109
    """Wait until the whole of `sound` has come; its first packet's arrival. Raises PeerError."""
    at = await hears(call, sound, since=since, timeout=timeout)
    await asyncio.sleep(max(0.0, at + len(sound) / SAMPLE_BYTES / SAMPLE_RATE + 0.1 - time.monotonic()))
    if find(sound, call.heard(at)).score < GOOD_MATCH:
        raise PeerError("a prompt began but was not heard to its end")
    return at


def fell_silent(call: RobotCall, *, since: float, gap: float = 0.3) -> float | None:
    """Arrival of the last packet with sound before the first `gap` seconds of silence; None when all was silent."""
    last: float | None = None
    for item in call.received:
        if item.at < since or not item.pcm:
            continue
        if peak(item.pcm) > AUDIBLE:
            if last is not None and item.at - last > gap:
                break
            last = item.at
    return last


def packets_with_sound(call: RobotCall, *, since: float, until: float) -> int:
    """How many came between two moments, monotonic seconds."""
    return sum(since < item.at < until and peak(item.pcm) > AUDIBLE for item in call.received)


def voice_of(seed: int, seconds: float = 1.0) -> bytes:
    """Noise that is unlike any other noise: it is found again to the sample."""
    noise = np.random.default_rng(seed).normal(0, 3000, round(seconds * SAMPLE_RATE))
    return np.clip(noise, -20000, 20000).astype("<i2").tobytes()


def heard_well(sound: bytes, heard: bytes) -> bool:
    """Whether enough of a sound arrived to be understood."""
    return part_heard(sound, heard) >= WELL


async def hears_word(call: RobotCall, word: bytes, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109
    """Wait until a word that was said has come. Raises PeerError."""
    deadline = time.monotonic() + timeout
    while not await asyncio.to_thread(heard_well, word, call.heard()):
        if time.monotonic() > deadline:
            raise PeerError(f"a word was not heard for {timeout:g} s")
        await asyncio.sleep(0.1)


async def in_touch(*calls: RobotCall, timeout: float = 15.0) -> None:  # noqa: ASYNC109
    """Wait until all hear each other: each says hello again and again, as people do. Raises PeerError.

    An answered call is not a bridged one yet. How long that takes is measured in `bench`, not here. No hello is said
    twice: all that a call has heard is searched for it.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        hellos = [voice_of(next(_HELLOS), HELLO_SECONDS) for _ in calls]
        await asyncio.gather(*(call.say(hello) for call, hello in zip(calls, hellos, strict=True)))
        await asyncio.sleep(0.2)
        pairs = [(hello, far) for near, hello in zip(calls, hellos, strict=True) for far in calls if far is not near]
        if all([await asyncio.to_thread(heard_well, hello, far.heard()) for hello, far in pairs]):
            return
    raise PeerError(f"they did not hear each other for {timeout:g} s")
