"""A test that fails while the machine was short of time proves nothing about the engine, and is run again, alone.

Robots here send a packet each 20 ms and listen with a clock. When the machine gives them or the engine no time for a
while (a neighbour on the same host, a disk that hangs, other tests), audio is late and what is heard is late. Two
things tell: a thread that is woken late, and the kernel's own count of the time in which somebody who could run had
to wait (PSI, "some" of /proc/pressure/cpu). A failure is put off only when one of them was seen within that very
test. When all others are done, the file of what was put off runs in a process of its own with nothing beside it, and
must pass. The report names each with its first failure. A failure on a machine that ran is a failure at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from tests.hung import STOOD

NAP_SECONDS = 0.02
STILL_SECONDS = 0.15
"""How late the watcher must wake. A jitter buffer holds less."""
PRESSURE = Path("/proc/pressure/cpu")
CROWDED = 0.15
"""Share of a test's time in which somebody waited for a processor."""
ROUNDS = 2
"""How often what was put off is run alone. The second time only for what the machine disturbed again."""
AGAIN_MAX = 12
"""More failures than this are no chance, and none is put off."""
ALONE_SECONDS = 1800.0
"""Longest run of one file alone: one that hangs where no signal is heeded is killed, and has failed."""
ROUND = "TESTS_ROUND"
"""The environment's word for a run that is alone. No setting: those begin with IVR_, and an unknown one is refused."""


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


def _stood(report: pytest.TestReport) -> list[str]:
    """Where the tasks of a test stood whose time was up."""
    return [text for title, text in report.sections if title == STOOD]


class Starvation:
    """The plug-in: what `conftest.py` registers."""

    def __init__(self) -> None:
        self._watcher = Watcher()
        self._round = int(os.environ.get(ROUND, "0"))
        self._off: dict[str, list[pytest.TestReport]] = {}
        """Name of a test -> its failures that were put off."""
        self._said: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run a test, and mark its failure when the machine was short of time meanwhile."""
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self._watcher.longest()
        began, before = time.monotonic(), waited()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        why = self._lacked(time.monotonic() - began, waited() - before) if self._round < ROUNDS else ""
        for report in reports:
            if report.failed and why:
                report.outcome = "put off"  # type: ignore[assignment]  # as pytest's own plug-ins add outcomes
                report.user_properties.append(("short_of_time", why))
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _lacked(self, seconds: float, waited_seconds: float) -> str:
        """What the machine lacked meanwhile ("": nothing)."""
        if (still := self._watcher.longest()) > STILL_SECONDS:
            return f"the machine stood still for {still:.2f} s"
        crowded = waited_seconds / max(seconds, NAP_SECONDS)
        return f"somebody waited for a processor {crowded:.0%} of the time" if crowded > CROWDED else ""

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """How it is printed."""
        return ("put off", "P", "PUT OFF") if report.outcome == "put off" else None  # type: ignore[comparison-overlap]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what was put off. Where there are workers, the process that prints hears it of each of them."""
        if report.outcome == "put off":  # type: ignore[comparison-overlap]
            self._off.setdefault(report.nodeid, []).append(report)  # type: ignore[unreachable]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Run alone what was put off: all workers are gone by now."""
        if not self._off or hasattr(session.config, "workerinput"):
            return
        few = len(self._off) <= AGAIN_MAX
        alone: dict[str, tuple[bool, str]] = {}
        for name, reports in self._off.items():
            file = name.partition("::")[0]
            if file not in alone:
                alone[file] = self._alone(session, file) if few else (False, "")
            passed, output = alone[file]
            why = dict(reports[0].user_properties)["short_of_time"]
            first = "\n".join(text for report in reports for text in (report.longreprtext, *_stood(report)))
            said = f"run alone: {'passed' if passed else 'failed'}" if few else "too many to be run alone"
            self._said.append(f"RUN AGAIN {name}: {why}; {said}\n{first}")
            if not passed:
                self._count_as_failed(session, reports, output)

    def _alone(self, session: pytest.Session, file: str) -> tuple[bool, str]:
        """Whether a file passes in a process of its own, and what that printed."""
        words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-m", session.config.option.markexpr]
        with tempfile.TemporaryFile("w+") as said:  # no pipe: what a killed run leaves behind may hold it open
            try:
                ran = subprocess.run(
                    [*words, file], cwd=session.config.rootpath, stdout=said, stderr=said, check=False,
                    env={**os.environ, ROUND: str(self._round + 1)}, timeout=ALONE_SECONDS,
                )  # fmt: skip
                code, end = ran.returncode, ""
            except subprocess.TimeoutExpired:
                code, end = -1, f"\nit was killed after {ALONE_SECONDS:g} s"
            said.seek(0)
            return code == 0, said.read() + end

    def _count_as_failed(self, session: pytest.Session, reports: list[pytest.TestReport], output: str) -> None:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for report in reports:
            report.outcome = "failed"
            report.sections.append(("run again, alone", output))
        if reporter is not None:
            reporter.stats.setdefault("failed", []).extend(reports)
            reporter.stats["put off"] = [one for one in reporter.stats["put off"] if one not in reports]
        session.testsfailed += len(reports)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name them, so that nobody takes a slow machine for a sound test."""
        for text in self._said:
            terminalreporter.write_line(text)
