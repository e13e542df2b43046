"""What people do to keys and data while the engine runs: nothing that is recorded then may be lost."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ivr.testing.engine import IVR
from tests.integration.conftest import Line, start_line

WHY = ("--reason", "a test")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    running = start_line(tmp_path_factory.mktemp("keys"), cells=2, edge=False)
    yield running
    running.engine.stop()


async def recorded_call(line: Line) -> str:
    """Dial in, listen for a moment, hang up; returns the call's id."""
    since = time.time()
    async with line.caller() as robot:
        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        await call.hang_up()
    record = await asyncio.to_thread(line.record, since)
    return str(record["call_id"])


def ivr(line: Line, *words: str) -> tuple[int, str]:
    done = line.engine.command(*words)
    return done.returncode, done.stdout + done.stderr


async def test_a_key_that_cells_hold_in_advance_is_not_retired_from_under_the_next_calls(line: Line) -> None:
    old = ivr(line, "keys", "list")[1].split()[0]
    during = time.time()
    async with line.caller() as robot:
        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        assert ivr(line, "keys", "rotate")[0] == 0
        code, said = ivr(line, "keys", "retire", old)
        assert code == 6, said
        await call.hang_up()
    await asyncio.to_thread(line.record, during)
    assert ivr(line, "recordings", "compact")[0] == 0
    assert ivr(line, "keys", "rotate")[0] == 0
    code, said = ivr(line, "keys", "retire", old)
    assert code == 0, said
    for _ in range(2):  # each cell had a stock of four
        name = await recorded_call(line)
        assert ivr(line, "recordings", "compact")[0] == 0
        shown, text = ivr(line, "recordings", "show", name)
        assert shown == 0, text


def test_its_start_and_its_settings_are_in_the_log(line: Line) -> None:
    told = [json.loads(entry) for entry in ivr(line, "audit", "log", "--json", "--last", "10000")[1].splitlines()]
    engine = [one for one in told if one["subject"] in ("engine", "settings")]
    assert [one["action"] for one in engine] == ["settings.changed", "engine.started"]
    assert engine[1]["details"]["pid"] == line.engine.pid


def test_neither_a_second_engine_nor_a_move_of_keys_begins_beside_it(line: Line, tmp_path: Path) -> None:
    settings = {**line.engine.settings, "run_dir": str(tmp_path / "run"), "metrics": {"listen": "127.0.0.1:0"}}
    second = tmp_path / "second.yaml"
    second.write_text(yaml.safe_dump({**settings, "metrics": {"listen": "127.0.0.1:19464"}}), encoding="utf-8")
    refused = subprocess.run(
        [*IVR, "serve", "--no-edge", "--config", str(second)], capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode == 2
    assert f"pid {line.engine.pid}" in refused.stderr
    moved = dict(settings, keys={"module": "/nowhere.so", "token": "t", "pin_file": str(tmp_path / "pin")})
    second.write_text(yaml.safe_dump(moved), encoding="utf-8")
    code, said = ivr(line, "keys", "move", "--to", "pkcs11", *WHY, "--config", str(second))
    assert code == 2, said
    assert f"pid {line.engine.pid}" in said
