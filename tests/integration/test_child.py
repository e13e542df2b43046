"""A supervised process whose program vanishes for a while, or which says too much: it comes back, and it is told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ivr.engine.supervisor.child import LINE_CHARACTERS, Child, ChildSpec
from ivr.errors import EnvironmentFault
from tests.integration.conftest import until

PROGRAM = f"#!{sys.executable}\nimport time\nprint('up', flush=True)\ntime.sleep(60)\n"


class Told:
    """What the child's keeper logs and raises."""

    def __init__(self) -> None:
        self.logged: list[str] = []
        self.alarms: list[tuple[str, str]] = []

    def log(self, event: str, fields: Mapping[str, object]) -> None:
        """As the supervisor's log."""
        self.logged.append(event)

    async def alarm(self, kind: str, text: str) -> None:
        """As the hub."""
        self.alarms.append((kind, text))


def program(path: Path, text: str = PROGRAM) -> Path:
    """An executable file."""
    path.write_text(text)
    path.chmod(0o700)
    return path


def child_of(path: Path, told: Told, *, required: bool = True) -> Child:
    """A child that is ready once it has said a line."""
    found: list[Child] = []

    async def ready() -> bool:
        return bool(found[0].lines)

    spec = ChildSpec("worker", [str(path)], ready=ready, start_seconds=10, required=required)
    found.append(Child(spec, told.log, alarm=told.alarm))
    return found[0]


async def test_a_program_that_is_away_for_a_moment_is_tried_again_and_an_alarm_is_raised_once(tmp_path: Path) -> None:
    told, path = Told(), program(tmp_path / "worker")
    child = child_of(path, told)
    await child.start()
    first = child.pid
    assert first is not None
    path.unlink()  # as a package manager does, between the old program and the new one
    os.kill(first, signal.SIGKILL)
    await until(lambda: told.logged.count("child_does_not_start") >= 2, "the failed exec is not told")
    program(path)
    await asyncio.wait_for(child.is_ready.wait(), 20)
    assert child.pid not in (None, first)
    assert [kind for kind, _ in told.alarms] == ["child_does_not_start"]
    assert "worker cannot be started" in told.alarms[0][1]
    await child.stop()


async def test_a_program_that_was_never_there_refuses_the_start(tmp_path: Path) -> None:
    child = child_of(tmp_path / "nothing", Told())
    with pytest.raises(EnvironmentFault, match="worker cannot be started"):
        await child.start()


async def test_one_that_is_not_required_is_kept_also_when_it_does_not_start_at_first(tmp_path: Path) -> None:
    told = Told()
    child = child_of(tmp_path / "worker", told, required=False)
    with pytest.raises(EnvironmentFault, match="worker cannot be started"):
        await child.start()
    program(tmp_path / "worker")
    await asyncio.wait_for(child.is_ready.wait(), 20)
    await child.stop()


async def test_a_line_without_end_is_read_and_cut_and_the_next_one_is_heard(tmp_path: Path) -> None:
    long = f"#!{sys.executable}\nimport time\nprint('up', flush=True)\nprint('x' * 3_000_000)\n"
    path = program(tmp_path / "worker", long + "print('after', flush=True)\ntime.sleep(60)\n")
    child = child_of(path, Told())
    await child.start()
    await until(lambda: child.lines[-1] == "after", "what came behind the long line is not heard")
    assert [len(line) for line in child.lines] == [2, LINE_CHARACTERS, 5]
    assert child.pid is not None
    await child.stop()


async def test_one_that_lives_and_serves_no_more_is_killed_and_another_is_there(tmp_path: Path) -> None:
    told, serves = Told(), True

    async def ready() -> bool:
        return serves

    spec = ChildSpec("worker", [str(program(tmp_path / "worker"))], ready=ready, hangs_after=2.0)
    child = Child(spec, told.log)
    await child.start()
    first, serves = child.pid, False
    await until(lambda: told.logged.count("child_hangs") == 1, "it is told that it hangs")
    serves = True
    await until(lambda: child.pid not in (None, first) and child.is_ready.is_set(), "another is there")
    await child.stop()
