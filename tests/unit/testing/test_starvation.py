"""What a slow machine may excuse: one failure of a test, and only while it stood still."""

from pathlib import Path

import pytest

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
from tests.starvation import Starvation, Watcher
Watcher.longest = lambda self: {still}
def pytest_configure(config):
    config.pluginmanager.register(Starvation(), "starvation")
"""
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suites within find the plug-in."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize(("still", "outcomes"), [("0.4", {"passed": 1}), ("0.1", {"failed": 1})])
def test_only_a_failure_on_a_machine_that_stood_still_is_tried_again(
    pytester: pytest.Pytester, still: str, outcomes: dict[str, int], workers: str
) -> None:
    pytester.makeconftest(CONFTEST.format(still=still))
    pytester.makepyfile(f"{SUITE}\ndef test_late(tmp_path):\n    assert tmp_path.is_dir()\n    fails_first()\n")
    ran = pytester.runpytest_subprocess("-p", "no:asyncio", "-n", workers)
    ran.assert_outcomes(**outcomes)
    told = "RUN AGAIN test_" in ran.stdout.str()
    assert told == (outcomes == {"passed": 1}), "what ran twice is named"


def test_a_fault_stays_a_fault_however_still_the_machine_stood(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST.format(still="0.4"))
    pytester.makepyfile("def test_wrong():\n    assert False\n")
    pytester.runpytest_subprocess("-p", "no:asyncio").assert_outcomes(failed=1)
