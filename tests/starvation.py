"""A test that fails while the machine stood still proves nothing about the engine, and is run once more.

Robots here send a packet each 20 ms and listen with a clock. When the machine gives their process no time for a
while (a neighbour on the same host, a disk that hangs), their audio is late and what they hear is late. A thread
watches for that. A failure is tried again only when it saw the machine stand still within that very test, and the
report says so. A failure on a machine that ran is a failure.
"""

from __future__ import annotations

import threading
import time

import pytest
from _pytest.runner import runtestprotocol

NAP_SECONDS = 0.02
STILL_SECONDS = 0.15
"""How late the watcher must wake. A jitter buffer holds less."""


class Watcher:
    """Sleeps and notes when it was woken much too late."""

    def __init__(self) -> None:
        self._longest = 0.0
        threading.Thread(target=self._watch, name="starvation", daemon=True).start()

    def _watch(self) -> None:
        while True:
            slept_at = time.monotonic()
            time.sleep(NAP_SECONDS)
            self._longest = max(self._longest, time.monotonic() - slept_at - NAP_SECONDS)

    def longest(self) -> float:
        """Seconds of the longest standstill since this was last asked."""
        found, self._longest = self._longest, 0.0
        return found


class Starvation:
    """The plug-in: what `conftest.py` registers."""

    def __init__(self) -> None:
        self._watcher = Watcher()
        self._again: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run a test; once more if it failed while the machine stood still."""
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self._watcher.longest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        still = self._watcher.longest()
        if still > STILL_SECONDS and any(report.failed for report in reports):
            item._initrequest()  # type: ignore[attr-defined]  # pytest's own way to give a test fresh fixtures
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            for report in reports:
                report.sections.append(("run again", f"the machine stood still for {still:.2f} s in the first run"))
                report.user_properties.append(("run_again", f"{still:.2f}"))
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what ran twice. Where there are workers, the process that prints hears it of each of them."""
        still = dict(report.user_properties).get("run_again")
        if still is not None and report.when == "call":
            self._again.append(f"{report.nodeid}: the machine stood still for {still} s; run again: {report.outcome}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name them, so that nobody takes a slow machine for a sound test."""
        for line in self._again:
            terminalreporter.write_line(f"RUN AGAIN {line}")
