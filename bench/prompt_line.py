"""Prompts as a phone receives them: an engine of their own says each in real SIP calls, and a robot's phone keeps it.

The prompts are a generated dialplan for each call, one after the other. Where each was is found by its own sound, as
it was published, so what is judged is cut out to the sample; a prompt that is not found was not received.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.served import load_served, publications
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE, samples
from ivr.core.orders.playing import Clip
from ivr.errors import EnvironmentFault, PeerError
from ivr.testing.engine import Engine
from ivr.testing.listening import find
from ivr.testing.robot import RobotCaller

CALLS = 2
"""Of each language at one time."""
AROUND = bytes(samples(0.3) * SAMPLE_BYTES)
"""Silence before and after what is judged: people, too, hear it begin in silence, and a recognizer errs without."""
SURE = 0.8
"""Correlation from which it was that prompt: `ivr.testing.hearing`."""
SEARCHED = samples(5.0) * SAMPLE_BYTES
"""Beyond where the one before ended, a prompt begins."""
RENDER_SECONDS = 3600.0
END_SECONDS = 120.0
"""Longest wait beyond the length of the prompts."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one call says."""

    clips: Sequence[Clip]
    file: Path
    """Its dialplan; dialled by the name of it."""


def received(clips: Sequence[Clip], prompts: str, rendered: Path, scratch: Path) -> dict[Clip, bytes]:
    """8 kHz PCM that phones received of each clip. `prompts`: who speaks, as in the settings; `rendered`: a directory
    with what was spoken already, which stays as it is. Raises IvrError."""
    (scratch / "engine" / "var").mkdir(parents=True)
    parts = [
        _part(ours[first::CALLS], scratch / f"{language}{first}.yaml")
        for language in sorted({clip.language for clip in clips})
        for ours in [[clip for clip in clips if clip.language == language]]
        for first in range(min(CALLS, len(ours)))
    ]
    shutil.copytree(rendered, scratch / "engine" / "var" / "prompts")
    routes = [{"file": str(part.file), "called": [part.file.stem]} for part in parts[1:]]
    settings = {"dialplans": [{"file": str(parts[0].file)}, *routes], "speech": {"prompts": prompts}}
    engine = Engine(scratch / "engine", dialplan=parts[0].file, cells=len(parts), settings=settings)
    try:
        for words in (("keys", "init"), ("prompts", "render")):  # what was not spoken yet must not delay the start
            done = engine.command(*words, timeout_seconds=RENDER_SECONDS)
            if done.returncode:
                raise EnvironmentFault(f"ivr {' '.join(words)}: {done.stderr.strip()}")
        engine.start()
        return asyncio.run(_all(engine, parts))
    finally:
        engine.stop()


def _part(clips: Sequence[Clip], path: Path) -> Part:
    """A line that says these, one after the other."""
    language = clips[0].language
    states: dict[str, object] = {
        f"said{number}": {"say": {language: clip.text}, "barge_in": "never", "go": f"said{number + 1}"}
        for number, clip in enumerate(clips)
    }
    states[f"said{len(clips)}"] = {"hang_up": "completed"}
    plan = {"name": path.stem, "version": "1", "languages": [language], "start": "said0", "states": states}
    path.write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return Part(clips, path)


async def _all(engine: Engine, parts: Sequence[Part]) -> dict[Clip, bytes]:
    settings = load_settings(engine.settings_file, {})
    named = publications(settings).named()
    assert named is not None
    served = load_served(settings, named)
    plans = {plan.dialplan.name: plan.dialplan for plan in served.plans}
    sounds = [[served.prompts_for(plans[part.file.stem]).pcm(clip) for clip in part.clips] for part in parts]
    heard = await asyncio.gather(*(_heard(engine, *pair) for pair in zip(parts, sounds, strict=True)))
    return {
        clip: cut
        for part, known, pcm in zip(parts, sounds, heard, strict=True)
        for clip, cut in zip(part.clips, _cut(known, pcm), strict=True)
    }


async def _heard(engine: Engine, part: Part, sounds: Sequence[bytes]) -> bytes:
    """All that the phone received of one call."""
    host, port = engine.target
    length = sum(map(len, sounds)) / SAMPLE_BYTES / SAMPLE_RATE
    async with RobotCaller(target=(host, port), uri=f"sip:{part.file.stem}@{host}:{port}") as robot:
        call = await robot.dial()
        await call.wait_ended(length + END_SECONDS)
        return call.heard()


def _cut(sounds: Sequence[bytes], heard: bytes) -> Iterator[bytes]:
    """What came of each sound, in their order. Raises PeerError for one that did not come whole."""
    at = 0
    for number, sound in enumerate(sounds, 1):
        found = find(sound, heard[at : at + len(sound) + SEARCHED])
        if found.score < SURE:
            raise PeerError(f"prompt {number} of {len(sounds)} did not come as it was published ({found.score:.2f})")
        begin = at + found.sample * SAMPLE_BYTES
        at = begin + len(sound)
        yield AROUND + heard[begin:at] + AROUND
