"""Whether and when a call heard a known sound: the prompt itself, to the sample, not just any noise."""

from __future__ import annotations

import asyncio
import time

from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.errors import PeerError
from ivr.testing.listening import find, peak
from ivr.testing.robot_call import RobotCall

GOOD_MATCH = 0.8
"""Correlation above which it was surely the sound: G.711 costs some 0.001, another prompt reaches 0.2."""
AUDIBLE = 50
"""Samples above this are sound: companded silence stays below 8."""
ENOUGH_SECONDS = 1.0
"""As much of a sound's beginning is looked for."""


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
