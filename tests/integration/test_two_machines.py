"""One line on two machines: the first dies, is cut off, is stopped for a while, or ends, and the second goes on."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import time
import wave
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.integration.two_machines import Machine, Pair, two_machines

pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="only root makes network namespaces"),
    pytest.mark.slow,
    pytest.mark.soak,
]

TAKEN_OVER_SECONDS = 30.0
"""On a machine that does other work; docs/runbook.md says what was measured."""


@pytest.fixture
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """The first one leads, the second one waits."""
    with two_machines(tmp_path_factory.mktemp("pair")) as made:
        made.a.start()
        call = await made.a.answers(120.0)
        await call.hang_up()
        made.b.start()
        made.said(made.b, "stands by: a leads")
        yield made


def kept(machine: Machine) -> list[dict[str, Any]]:
    found = machine.command("recordings", "list", "--json", "--limit", "1000")
    assert found.returncode == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines()]


def entries(machine: Machine) -> list[dict[str, Any]]:
    """The whole audit log, which is sound."""
    sound = machine.command("audit", "verify")
    assert sound.returncode == 0, sound.stderr
    found = machine.command("audit", "log", "--json", "--last", "100000")
    assert found.returncode == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines()]


def said_in(machine: Machine, call_id: str) -> bytes:
    """What a recording holds, opened where the line is now."""
    words = ("recordings", "play", call_id, "--output", "-", "--salvage")
    found = subprocess.run(
        machine.words(*words), env=machine.environment(), capture_output=True, timeout=90, check=True
    )
    with wave.open(io.BytesIO(found.stdout)) as file:
        return bytes(file.readframes(file.getnframes()))


async def test_the_second_machine_answers_soon_after_the_first_one_died(pair: Pair) -> None:
    lost = await pair.a.answers()
    await asyncio.sleep(2.0)
    pair.a.dies()
    died = time.monotonic()
    call = await pair.b.answers()
    took = time.monotonic() - died
    print(f"\nkilled: the other machine answered after {took:.1f} s")
    await asyncio.sleep(1.0)
    await call.hang_up()
    assert pair.term() == {"number": 2, "machine": "b"}
    log = entries(pair.b)
    assert len([one for one in log if one["action"] == "engine.started"]) == 2
    crashed = await crash_kept(pair.b)
    assert any(said_in(pair.b, crashed))
    await lost.hang_up()
    assert took < TAKEN_OVER_SECONDS, took


async def crash_kept(machine: Machine) -> str:
    """The call that the other machine had when it died."""
    deadline = time.monotonic() + 30.0
    while True:
        if found := [one["call_id"] for one in kept(machine) if one["outcome"] == "crashed"]:
            return str(found[0])
        assert time.monotonic() < deadline, "the call's record is not kept"
        await asyncio.sleep(0.5)


async def test_a_machine_that_is_cut_off_has_ended_before_the_other_one_begins(pair: Pair) -> None:
    call = await pair.a.answers()
    pair.a.host.cut()
    cut = time.monotonic()
    assert await asyncio.to_thread(pair.a.waited) == 75
    ended = time.monotonic() - cut
    assert not pair.a.host.pids(), "something of it lives on"
    began = await asyncio.to_thread(pair.said, pair.b, "checking settings")
    other = await pair.b.answers()
    took = time.monotonic() - cut
    print(f"\nafter the cut: {ended:.1f} s ended, {began - cut:.1f} s the other began, {took:.1f} s it answered")
    await other.hang_up()
    await call.hang_up()
    assert "b leads now" in pair.a.told()
    assert ended < began - cut
    assert len(entries(pair.b)) > 0
    await crash_kept(pair.b)


async def test_a_machine_that_was_stopped_for_a_while_writes_nothing_and_ends(pair: Pair) -> None:
    await (await pair.a.answers()).hang_up()
    pair.a.host.each(signal.SIGSTOP)
    call = await pair.b.answers()
    before = entries(pair.b)
    pair.a.host.each(signal.SIGCONT)
    went_on = time.monotonic()
    assert await asyncio.to_thread(pair.a.waited) == 75
    print(f"\nstopped: ended {time.monotonic() - went_on:.1f} s after it went on")
    assert not pair.a.host.pids(), "something of it lives on"
    await call.hang_up()
    after = entries(pair.b)
    assert after[: len(before)] == before
    of_b = {one["details"]["pid"] for one in after if one["action"] == "engine.started"}
    assert len(of_b) == 2
    assert not [one for one in after[len(before) :] if one["action"] in ("engine.stopped", "engine.killed")]


async def test_a_drained_machine_hands_over_and_may_stand_by(pair: Pair) -> None:
    assert pair.a.process is not None
    [supervisor] = [pid for pid in pair.a.host.pids() if pid == pair.a.process.pid]
    os.kill(supervisor, signal.SIGTERM)
    assert await asyncio.to_thread(pair.a.waited) == 0
    stopped = time.monotonic()
    await (await pair.b.answers()).hang_up()
    print(f"\nstopped in order: the other one answered after {time.monotonic() - stopped:.1f} s")
    pair.a.start()
    await asyncio.to_thread(pair.said, pair.a, "stands by: b leads")
    sound = pair.a.command("settings", "check")
    assert sound.returncode == 0, sound.stderr
    refused = pair.a.command("keys", "rotate")
    assert refused.returncode != 0
    assert "b leads" in refused.stderr
    pair.a.dies()
    await asyncio.to_thread(alarmed, pair.b, "a, which stood by, has been silent")


def alarmed(machine: Machine, words: str, seconds: float = 60.0) -> None:
    """Wait until people there are told so."""
    deadline = time.monotonic() + seconds
    while words not in machine.command("alarms", "list").stdout:
        assert time.monotonic() < deadline, f"nobody is told that {words!r}"
        time.sleep(1.0)
