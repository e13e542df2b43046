"""A forked command is the command: its words, environment, directory, input, output and exit code are its own."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr.errors import EnvironmentFault
from ivr.testing.engine import IVR, Engine, alive, descendants
from ivr.testing.forked_commands import ForkedCommands, forked_commands
from tests.integration.conftest import DIALPLANS

LINE = DIALPLANS / "early.yaml"


def forked(*words: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
    return forked_commands().run(words, environment={**known, **environment}, directory=directory, timeout_seconds=60)


@pytest.mark.parametrize(
    "words",
    [("--help",), ("status",), ("no-such-command",), ("agents", "list", "--no-such-option"), ("check", "line.yaml")],
    ids=lambda words: words[0],
)
def test_it_says_and_returns_what_the_command_does_that_imports_for_itself(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "line.yaml").write_bytes(LINE.read_bytes())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
    alone = subprocess.run([*IVR, *words], env=environment, cwd=tmp_path, capture_output=True, check=False)
    ran = forked(*words, directory=tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (alone.returncode, alone.stdout, alone.stderr)


def test_two_engines_are_asked_side_by_side_and_each_answers_for_itself(tmp_path: Path) -> None:
    engines = [Engine(tmp_path / name, dialplan=LINE) for name in ("one", "two")] * 4
    with ThreadPoolExecutor(4) as asking:
        shown = list(asking.map(lambda engine: engine.command("settings", "show").stdout, engines))
    for engine, text in zip(engines, shown, strict=True):
        assert f"data_dir: {engine.directory}/var\n" in text
    for engine in engines:
        engine.stop()


def test_nothing_of_a_command_is_left_to_the_next_one(tmp_path: Path) -> None:
    wrong = forked("settings", "show", directory=tmp_path, IVR_CONFIG=str(tmp_path / "nowhere.yaml"))
    assert wrong.returncode == 2
    assert b"nowhere.yaml" in wrong.stderr
    engine = Engine(tmp_path / "engine", dialplan=LINE)
    assert engine.command("settings", "show").returncode == 0
    engine.stop()


def test_one_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    engine, commands = Engine(tmp_path / "engine", dialplan=LINE), ForkedCommands()
    known = {**os.environ, "IVR_CONFIG": str(engine.settings_file)}
    fifo = tmp_path / "password"
    os.mkfifo(fifo)  # whoever reads it waits for ever
    words = ["agents", "add", "alice", "--password-file", str(fifo)]
    with pytest.raises(subprocess.TimeoutExpired):
        commands.run(words, environment=known, directory=tmp_path, timeout_seconds=8)
    deadline = time.monotonic() + 10
    while len(list(descendants(commands._process.pid))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(descendants(commands._process.pid)) == []
    commands.close()
    with pytest.raises(EnvironmentFault):
        commands.run(["status"], environment=known, directory=tmp_path, timeout_seconds=8)
    engine.stop()


def test_one_whose_time_was_up_before_it_began_does_not_live_on_unwatched(tmp_path: Path) -> None:
    engine, commands = Engine(tmp_path / "engine", dialplan=LINE), ForkedCommands()
    known = {**os.environ, "IVR_CONFIG": str(engine.settings_file)}
    os.mkfifo(fifo := tmp_path / "password")
    words = ["agents", "add", "alice", "--password-file", str(fifo)]
    with pytest.raises(subprocess.TimeoutExpired):
        commands.run(words, environment=known, directory=tmp_path, timeout_seconds=0)
    help_after_it = commands.run(["--help"], environment=known, directory=tmp_path, timeout_seconds=60)
    assert help_after_it.returncode == 0
    until = time.monotonic() + 3  # by then it would read
    while time.monotonic() < until:
        with pytest.raises(OSError, match=os.strerror(errno.ENXIO)):
            os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        time.sleep(0.05)
    commands.close()
    engine.stop()


def test_it_ends_with_whoever_asks(tmp_path: Path) -> None:
    asks = (
        "import os, pathlib, sys; from ivr.testing.forked_commands import forked_commands as it;"
        "it().run(['--help'], environment=dict(os.environ), directory=pathlib.Path(), timeout_seconds=60);"
        "print(it()._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    ran = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=False)
    pid = int(ran.stdout)
    deadline = time.monotonic() + 20
    while alive(pid):
        assert time.monotonic() < deadline, "it outlives whoever asked"
        time.sleep(0.05)
