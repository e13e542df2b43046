"""What a slow machine may excuse: a failure of a test while it was short of time, if it passes alone."""

from pathlib import Path

import pytest

from tests import starvation

pytest_plugins = ["pytester"]

SUITE = """
import pathlib, time
LEFT = pathlib.Path(__file__).with_suffix(".left")
def fails_first():
    first = not LEFT.exists()
    LEFT.touch()
    assert not first
"""
CONFTEST = """
import time
from tests import starvation
from tests.starvation import Starvation, Watcher
Watcher.longest = lambda self: {still}
starvation.waited = lambda: {crowded} * time.monotonic()
def pytest_configure(config):
    config.pluginmanager.register(Starvation(), "starvation")
"""
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suites within find the plug-in."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:asyncio")
    monkeypatch.delenv(starvation.ROUND, raising=False)


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(("still", "crowded", "excused"), [("0.4", "0.0", 1), ("0.0", "0.5", 1), ("0.1", "0.1", 0)])
def test_only_a_failure_on_a_machine_that_stood_still_or_was_crowded_is_run_again(
    pytester: pytest.Pytester, still: str, crowded: str, excused: int, workers: str
) -> None:
    pytester.makeconftest(CONFTEST.format(still=still, crowded=crowded))
    pytester.makepyfile(f"{SUITE}\ndef test_late(tmp_path):\n    assert tmp_path.is_dir()\n    fails_first()\n")
    ran = pytester.runpytest_subprocess("-n", workers)
    said = ran.stdout.str()
    assert ran.ret == (0 if excused else 1)
    assert said.count("RUN AGAIN test_") == excused, "what ran twice is named"
    assert "1 failed" in said or ("1 put off" in said and "assert not" in said), "with its first failure"


def test_what_runs_again_is_alone_with_its_file_and_without_what_another_file_left_behind(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(CONFTEST.format(still="0.4", crowded="0.0"))
    pytester.makepyfile(
        test_a="import sys\ndef test_leaves():\n    sys.left = 1\n",
        test_b="import sys\ndef test_finds():\n    assert not hasattr(sys, 'left')\n",
    )
    assert pytester.runpytest_subprocess().ret == 0


@pytest.mark.parametrize("failing", [1, starvation.AGAIN_MAX + 1])
def test_a_fault_stays_a_fault_however_still_the_machine_stood(pytester: pytest.Pytester, failing: int) -> None:
    pytester.makeconftest(CONFTEST.format(still="0.4", crowded="0.5"))
    pytester.makepyfile(
        f"import pytest\n@pytest.mark.parametrize('n', range({failing}))\ndef test_wrong(n):\n    assert n < 0\n"
    )
    pytester.makepyfile(test_other="def test_right():\n    pass\n")
    ran = pytester.runpytest_subprocess()
    assert ran.ret == 1
    assert f"{failing} failed, 1 passed" in ran.stdout.str()


def test_a_fault_of_a_fixture_is_one_too(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST.format(still="0.4", crowded="0.5"))
    pytester.makepyfile(
        "import pytest\n@pytest.fixture\ndef broken():\n    raise OSError\ndef test_any(broken):\n    pass\n"
    )
    assert pytester.runpytest_subprocess().ret == 1


def test_what_the_kernel_counts_is_read_in_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = tmp_path / "cpu"
    counted.write_text("some avg10=0.47 avg60=2.56 avg300=1.27 total=5404703\nfull avg10=0.00 total=0\n")
    monkeypatch.setattr(starvation, "PRESSURE", counted)
    assert starvation.waited() == 5.404703
    monkeypatch.setattr(starvation, "PRESSURE", tmp_path / "no such file")
    assert starvation.waited() == 0.0, "a kernel that does not count excuses nothing"


def test_a_file_that_hangs_when_it_runs_again_is_killed_and_has_failed(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST.format(still="0.4", crowded="0.0") + "starvation.ALONE_SECONDS = 3.0\n")
    pytester.makepyfile(f"{SUITE}\ndef test_hangs():\n    fails_first()\n    time.sleep(600)\n")
    ran = pytester.runpytest_subprocess(timeout=60)
    assert ran.ret == 1
    assert "it was killed after 3 s" in ran.stdout.str()


def test_of_a_test_whose_time_was_up_it_is_said_where_its_tasks_stood_although_it_passes_when_it_runs_again(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini("[pytest]\nasyncio_mode = auto\ntimeout = 1\ntimeout_method = signal\n")
    pytester.makeconftest(
        CONFTEST.format(still="0.4", crowded="0.0")
        + "    from tests.hung import Hung\n    config.pluginmanager.register(Hung(), 'hung')\n"
    )
    pytester.makepyfile(
        f"import asyncio\n{SUITE}\nasync def waits_for_ever():\n    await asyncio.Event().wait()\n"
        "async def test_hangs():\n    if not LEFT.exists():\n        LEFT.touch()\n        await waits_for_ever()\n"
    )
    ran = pytester.runpytest_subprocess("-n", "1", timeout=60)
    assert ran.ret == 0
    assert "in waits_for_ever" in ran.stdout.str().partition("RUN AGAIN")[2]
