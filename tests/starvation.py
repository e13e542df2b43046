"""A test that fails while the machine was short of time proves nothing about the engine, and is run once more.

Robots here send a packet each 20 ms and listen with a clock. When the machine gives them or the engine no time for a
while (a neighbour on the same host, a disk that hangs, other tests), audio is late and what is heard is late. Two
things tell: a thread that is woken late, and the kernel's own count of the time in which somebody who could run had
to wait (PSI, "some" of /proc/pressure/cpu). A failure is tried again only when one of them was seen within that very
test, and the report says so. A failure on a machine that ran is a failure, and so is a second one.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

NAP_SECONDS = 0.02
STILL_SECONDS = 0.15
"""How late the watcher must wake. A jitter buffer holds less."""
PRESSURE = Path("/proc/pressure/cpu")
CROWDED = 0.3
"""Share of a test's time in which somebody waited for a processor."""


def waited() -> float:
    """Seconds since the machine's start in which somebody waited for a processor; 0 where the kernel does not count."""
    try:
        some = PRESSURE.read_text(encoding="ascii").splitlines()[0]
    except OSError:
        return 0.0
    return int(some.rpartition("total=")[2]) / 1e6


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
        reports, why = self._run(item, nextitem)
        if why and any(report.failed for report in reports):
            first = "\n".join(report.longreprtext for report in reports if report.failed)
            item._initrequest()  # type: ignore[attr-defined]  # pytest's own way to give a test fresh fixtures
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            for report in reports:
                report.sections.append(("run again", f"in the first run {why}, and this failed:\n{first}"))
                report.user_properties.append(("run_again", why))
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _run(self, item: pytest.Item, nextitem: pytest.Item | None) -> tuple[list[pytest.TestReport], str]:
        """Reports of one run, and what the machine lacked meanwhile ("" if nothing)."""
        self._watcher.longest()
        began, before = time.monotonic(), waited()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        crowded = (waited() - before) / max(time.monotonic() - began, NAP_SECONDS)
        if (still := self._watcher.longest()) > STILL_SECONDS:
            return reports, f"the machine stood still for {still:.2f} s"
        return reports, f"somebody waited for a processor {crowded:.0%} of the time" if crowded > CROWDED else ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what ran twice. Where there are workers, the process that prints hears it of each of them."""
        why = dict(report.user_properties).get("run_again")
        if why is not None and report.when == "call":
            self._again.append(f"{report.nodeid}: {why}; run again: {report.outcome}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name them, so that nobody takes a slow machine for a sound test."""
        for line in self._again:
            terminalreporter.write_line(f"RUN AGAIN {line}")
