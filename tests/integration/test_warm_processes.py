"""A machine that stands by has its processes loaded: each begins once when it is told to, and ends unused otherwise."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.apps.wiring.left_behind import settle
from ivr.engine.supervisor.child import Child, ChildSpec
from ivr.engine.supervisor.warm import WarmProcesses
from tests.integration.conftest import until
from tests.integration.test_child import Told

PROGRAM = """
import sys
if "once-told" in sys.argv:
    print("settings", sys.stdin.readline().strip(), flush=True)
    assert sys.stdin.readline() == "begin\\n"
    assert sys.stdin.read() == ""
print("up", *sys.argv[1:], flush=True)
import time
time.sleep(60)
"""
COMMAND = (sys.executable, "-c", PROGRAM, "hub")


@contextmanager
def one_waits(settings: bytes = b"{}") -> Iterator[WarmProcesses]:
    warm = WarmProcesses([COMMAND], settings)
    try:
        yield warm
    finally:
        warm.close()


def child_of(warm: WarmProcesses) -> Child:
    """Ready once it is up."""
    found: list[Child] = []

    async def ready() -> bool:
        return any(line.startswith("up") for line in found[0].lines)

    spec = ChildSpec("hub", list(COMMAND), ready=ready, start_seconds=20)
    found.append(Child(spec, Told().log, warm=warm))
    return found[0]


def of_this_process() -> set[int]:
    told = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {int(pid) for pid in told}


async def test_who_waits_becomes_the_child_and_its_next_life_is_an_ordinary_one() -> None:
    before = of_this_process()
    with one_waits(b'{"a": 1}') as warm:
        [waits] = of_this_process() - before
        child = child_of(warm)
        await child.start()
        assert child.pid == waits
        assert list(child.lines) == ['settings {"a": 1}', "up hub once-told"]
        os.kill(waits, signal.SIGKILL)
        await until(lambda: list(child.lines) == ["up hub"], "it does not come back")
        assert child.pid != waits
        await child.stop()


async def test_one_that_died_while_it_waited_is_started_as_ever() -> None:
    before = of_this_process()
    with one_waits() as warm:
        [waits] = of_this_process() - before
        os.kill(waits, signal.SIGKILL)
        child = child_of(warm)
        await child.start()
        assert child.pid != waits
        assert list(child.lines) == ["up hub"]
        await child.stop()


async def test_nobody_waits_any_more_when_nobody_is_wanted() -> None:
    before = of_this_process()
    with one_waits():
        assert of_this_process() - before
    assert of_this_process() == before


async def test_what_waits_to_begin_is_not_taken_for_what_a_killed_engine_left_behind(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": str(tmp_path), "run_dir": str(tmp_path / "run")})
    words = [sys.executable, "-c", PROGRAM, "hub", str(settings.runtime_dir / "settings.json")]
    warm, told = WarmProcesses([words], b"{}"), list[str]()
    try:
        async with asyncio.timeout(10.0):
            assert await asyncio.to_thread(settle, settings, told.append) == {}
        assert told == []
    finally:
        warm.close()
