"""kill -9 on cells with callers on the line: each recording opens, is what was sent, and lacks 200 ms at most."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.vault import open_key_store
from ivr.core.media.frame import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from ivr.core.media.g711 import encode_ulaw
from ivr.errors import PeerError
from ivr.testing.engine import alive
from ivr.testing.ports import udp_ports
from ivr.testing.robot import RobotCall
from tests.integration.conftest import Line, port_of, start_line

KILL_LOSS_SAMPLES = round(0.2 * SAMPLE_RATE)
CLOCKS_APART_SAMPLES = SAMPLE_RATE // 2
"""What a packet may be early by against its place in the recording: the first one may have been late."""
RUNNING = 8
"""Calls that run whenever one is killed."""
SPARE = 4
"""Calls beyond them, that come and go."""


def owner_of(ports: set[int], pids: list[int]) -> dict[int, tuple[int, Path | None]]:
    """Which process holds each UDP port, and the recording that it writes, from /proc."""
    found: dict[int, tuple[int, Path | None]] = {}
    for pid in pids:
        try:
            held = udp_ports(pid)
            targets = [str(name.readlink()) for name in Path(f"/proc/{pid}/fd").iterdir()]
        except OSError:
            continue  # it ended meanwhile
        journal = next((Path(target) for target in targets if target.endswith(".ivrj")), None)
        found |= dict.fromkeys(ports & held, (pid, journal))
    return found


def is_at(codes: NDArray[np.uint8], wire: NDArray[np.uint8], place: int) -> bool:
    """Whether a packet stands there, as far as the recording goes."""
    there = wire[place : place + len(codes)]
    return np.array_equal(there, codes[: len(there)])


@dataclass
class Killed:
    """What was lost."""

    lost_samples: list[int] = field(default_factory=list)
    stalled_samples: list[int] = field(default_factory=list)

    def check(self, files: RecordingFiles, journal: Path, call: RobotCall) -> None:
        """Open the victim's recording and compare it with what the caller heard."""
        opened = files.open(journal.stem)  # the keeper may have compacted it already
        assert opened.crashed
        kept = opened.timeline.channels.get("caller.out", b"")
        assert {len(pcm) for pcm in opened.timeline.channels.values()} <= {len(kept)}
        audio = [item for item in call.received if item.pcm]
        sent = audio[-1].position + FRAME_SAMPLES
        whole = np.frombuffer(kept, "<i2") & ~3  # the stack's mu-law looks at 14 bits, as G.711 has them
        wire = np.frombuffer(encode_ulaw(whole.astype("<i2").tobytes()), np.uint8)
        stalled = 0
        for item in audio:
            codes = np.frombuffer(item.packet.payload, np.uint8)
            while not is_at(codes, wire, item.position + stalled):
                # A cell that got no CPU for some frames sends none, and its recording keeps their time.
                stalled += FRAME_SAMPLES
            arrived = round((item.at - audio[0].at) * SAMPLE_RATE)
            assert item.position + stalled <= arrived + CLOCKS_APART_SAMPLES, "the recording is not what was sent"
        self.stalled_samples.append(stalled)
        self.lost_samples.append(sent + stalled - len(kept) // SAMPLE_BYTES)
        assert self.lost_samples[-1] <= KILL_LOSS_SAMPLES


async def dialled(line: Line, robot: object) -> RobotCall:
    """A call that is heard; dials again while no cell is free."""
    deadline = time.monotonic() + 60
    while True:
        try:
            call: RobotCall = await robot.dial()  # type: ignore[attr-defined]
        except PeerError:
            assert time.monotonic() < deadline, "no cell takes a call"
            await asyncio.sleep(0.2)
            continue
        await call.hears_sound(since=call.invited_at)
        return call


async def kill_cells(line: Line, kills: int, *, most: float) -> Killed:
    """Kill cells with calls, one at a time, each after a random while; there are always RUNNING calls."""
    settings = load_settings(line.engine.settings_file, {})
    files = RecordingFiles(settings.recordings_dir, open_key_store(settings))
    killed = Killed()
    async with line.caller() as robot:
        calls: list[RobotCall] = []
        coming = {asyncio.create_task(dialled(line, robot)) for _ in range(RUNNING + SPARE)}
        while len(killed.lost_samples) < kills:
            done, coming = await asyncio.wait(coming, timeout=random.uniform(0.0, most)) if coming else (set(), coming)
            calls += [task.result() for task in done]
            if len(calls) <= RUNNING:
                continue
            victim = calls.pop(random.randrange(len(calls)))
            port = port_of(victim)
            pid, journal = owner_of({port}, line.engine.children()).get(port, (0, None))
            if journal is None or victim.ended.is_set():  # the line says good-bye to a caller who only listens
                await asyncio.wait_for(victim.ended.wait(), 5)
                coming.add(asyncio.create_task(dialled(line, robot)))
                continue
            os.kill(pid, signal.SIGKILL)
            coming.add(asyncio.create_task(dialled(line, robot)))
            while alive(pid):  # noqa: ASYNC110 - nobody tells when another's child has gone
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.05)  # its last packet is here
            await asyncio.to_thread(killed.check, files, journal, victim)
            await victim.close()
            robot.calls = {name: call for name, call in robot.calls.items() if call is not victim}
            print(f"\r{len(killed.lost_samples)} kills", end="", flush=True)
    return killed


@pytest.mark.soak
async def test_a_thousand_cells_killed_in_calls_leave_recordings_that_open(tmp_path: Path) -> None:
    """About a quarter of an hour on two idle cores."""
    line = await asyncio.to_thread(start_line, tmp_path, cells=3 * RUNNING)
    try:
        killed = await kill_cells(line, int(os.environ.get("KILLS", "1000")), most=0.5)
    finally:
        await asyncio.to_thread(line.engine.stop)
    lost = [samples / SAMPLE_RATE for samples in killed.lost_samples]
    stalled = max(killed.stalled_samples) / SAMPLE_RATE
    print(f"\n{len(lost)} kills: lost {statistics.median(lost):.3f} s in the median, {max(lost):.3f} s at most")
    print(f"the machine kept a cell from sending for {stalled:.2f} s at most")
