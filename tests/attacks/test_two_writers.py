"""Attack: a second engine, or a move of keys, on data that an engine serves; it only names another run directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.only_one import cell_lives, holder, no_cell_lives, only_one
from ivr.errors import OperatorError

HOLD = """
import sys
from pathlib import Path
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.only_one import holder, only_one
with only_one(load_settings(Path(sys.argv[1]), {})):
    print("holding", flush=True)
    sys.stdin.read()
"""


def settings_in(directory: Path, **other: Path) -> Settings:
    places = {
        "data_dir": directory / "var",
        "run_dir": directory / "run",
        "recordings_dir": directory / "recordings",
        **other,
    }
    file = directory / f"ivr-{len(list(directory.iterdir()))}.yaml"
    file.write_text("".join(f"{name}: {place}\n" for name, place in places.items()), encoding="utf-8")
    return load_settings(file, {})


def test_another_run_directory_is_no_way_past_the_lock(tmp_path: Path) -> None:
    first = settings_in(tmp_path)
    second = settings_in(tmp_path, run_dir=tmp_path / "elsewhere")
    with only_one(first), pytest.raises(OperatorError, match=rf"pid {os.getpid()}"), only_one(second):
        pytest.fail("two engines on one data directory")
    with only_one(second):
        pass


def test_the_lock_says_where_the_engine_is_reached(tmp_path: Path) -> None:
    first = settings_in(tmp_path)
    second = settings_in(tmp_path, run_dir=tmp_path / "elsewhere")
    assert holder(second) is None
    with only_one(first):
        found = holder(second)
    assert found is not None
    assert (found.pid, found.run_dir) == (os.getpid(), first.runtime_dir)
    assert holder(second) is None


def test_recordings_and_key_store_are_guarded_where_they_lie(tmp_path: Path) -> None:
    first = settings_in(tmp_path)
    second = settings_in(tmp_path, data_dir=tmp_path / "other", run_dir=tmp_path / "elsewhere")
    with only_one(first), pytest.raises(OperatorError, match="recordings"), only_one(second):
        pytest.fail("two engines on one directory of recordings")
    alone = settings_in(tmp_path, data_dir=tmp_path / "other", recordings_dir=tmp_path / "others")
    with only_one(first), only_one(alone):
        pass


def test_a_killed_engine_leaves_no_lock_behind(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    file = next(tmp_path.glob("ivr-*.yaml"))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holding\n"
        with pytest.raises(OperatorError, match=f"pid {holder.pid}"), only_one(settings):
            pass
        holder.send_signal(signal.SIGKILL)
    with only_one(settings):
        pass


def test_a_cell_that_outlived_its_engine_keeps_its_keys_from_being_moved(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    cell = cell_lives(settings)
    with pytest.raises(OperatorError, match="still carries a call"), no_cell_lives(settings):
        pass
    os.close(cell)
    with no_cell_lives(settings):
        pass
