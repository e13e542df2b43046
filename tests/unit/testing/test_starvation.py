"""What a slow machine may excuse: one failure of a test, and only while it was short of time."""

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


@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize(
    ("still", "crowded", "outcomes"),
    [("0.4", "0.0", {"passed": 1}), ("0.0", "0.5", {"passed": 1}), ("0.1", "0.1", {"failed": 1})],
)
def test_only_a_failure_on_a_machine_that_stood_still_or_was_crowded_is_tried_again(
    pytester: pytest.Pytester, still: str, crowded: str, outcomes: dict[str, int], workers: str
) -> None:
    pytester.makeconftest(CONFTEST.format(still=still, crowded=crowded))
    pytester.makepyfile(f"{SUITE}\ndef test_late(tmp_path):\n    assert tmp_path.is_dir()\n    fails_first()\n")
    ran = pytester.runpytest_subprocess("-p", "no:asyncio", "-n", workers)
    ran.assert_outcomes(**outcomes)
    told = "RUN AGAIN test_" in ran.stdout.str()
    assert told == (outcomes == {"passed": 1}), "what ran twice is named"


def test_a_fault_stays_a_fault_however_still_the_machine_stood(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST.format(still="0.4", crowded="0.5"))
    pytester.makepyfile("def test_wrong():\n    assert False\n")
    pytester.runpytest_subprocess("-p", "no:asyncio").assert_outcomes(failed=1)


def test_what_the_kernel_counts_is_read_in_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = tmp_path / "cpu"
    counted.write_text("some avg10=0.47 avg60=2.56 avg300=1.27 total=5404703\nfull avg10=0.00 total=0\n")
    monkeypatch.setattr(starvation, "PRESSURE", counted)
    assert starvation.waited() == 5.404703
    monkeypatch.setattr(starvation, "PRESSURE", tmp_path / "no such file")
    assert starvation.waited() == 0.0, "a kernel that does not count excuses nothing"
