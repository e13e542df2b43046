"""A process that did not run since it was seen asleep is not asked; whatever moved it, it is: also what stopped it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.engine.supervisor import rest
from ivr.engine.supervisor.rest import Rest


@pytest.fixture
def echo() -> Iterator[subprocess.Popen[bytes]]:
    """A process that wakes for each line."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        say(process)
        in_state(process.pid, "S")
        yield process
        process.kill()


def say(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"word\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"word\n"


def in_state(pid: int, state: str) -> None:
    """Wait until the kernel says so."""
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != state:
        assert time.monotonic() < deadline, f"it is not in state {state}"
        time.sleep(0.01)


def test_one_that_sleeps_on_is_let_sleep_and_one_that_was_woken_is_not(echo: subprocess.Popen[bytes]) -> None:
    cells = Rest()
    assert not cells.sleeps(3, echo.pid), "nobody has seen it yet"
    cells.fell_asleep(3, echo.pid)
    assert cells.sleeps(3, echo.pid)
    assert not cells.sleeps(4, echo.pid)
    assert not cells.sleeps(3, os.getpid()), "another process has its place now"
    say(echo)
    assert not cells.sleeps(3, echo.pid)


def test_one_that_was_stopped_is_asked(echo: subprocess.Popen[bytes]) -> None:
    cells = Rest()
    cells.fell_asleep(3, echo.pid)
    os.kill(echo.pid, signal.SIGSTOP)
    in_state(echo.pid, "T")
    assert not cells.sleeps(3, echo.pid)


def test_one_that_ended_is_asked(echo: subprocess.Popen[bytes]) -> None:
    cells = Rest()
    cells.fell_asleep(3, echo.pid)
    echo.kill()
    echo.wait()
    assert not cells.sleeps(3, echo.pid)


def test_all_are_asked_after_a_while_and_where_the_kernel_does_not_tell() -> None:
    now = [0.0]
    cells = Rest(count=lambda pid: b"7", monotonic=lambda: now[0])
    cells.fell_asleep(1, 1)
    now[0] = rest.ASK_AFTER_SECONDS - 0.1
    assert cells.sleeps(1, 1)
    now[0] = rest.ASK_AFTER_SECONDS
    assert not cells.sleeps(1, 1)
    untold = Rest(count=lambda pid: b"")
    untold.fell_asleep(1, 1)
    assert not untold.sleeps(1, 1)
