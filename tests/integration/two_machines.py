"""Two machines with one line, for tests: a network namespace each, one PostgreSQL, one directory that both reach."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ivr.testing.engine import IVR
from ivr.testing.ports import free_port
from ivr.testing.postgres import find_postgres, running_postgres
from ivr.testing.robot import RobotCaller
from ivr.testing.robot_call import RobotCall
from tests.integration.linked_hosts import PATIENT_MENU, Namespace, another_host

PORT = 5080
DIALPLAN = {
    "name": "pair", "version": "1", "languages": ["en"], "start": "menu",
    "states": PATIENT_MENU,
}  # fmt: skip


@dataclass
class Machine:
    """One of them: `ivr serve` in a network namespace."""

    name: str
    host: Namespace
    folder: Path
    settings: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None
    run_dir: str = field(default_factory=lambda: tempfile.mkdtemp(prefix="ivr"))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        mine = {"run_dir": self.run_dir, "standby": {"machine": self.name}}
        (self.folder / "ivr.yaml").write_text(yaml.safe_dump({**self.settings, **mine}))

    @property
    def log(self) -> Path:
        return self.folder / "engine.log"

    def words(self, *words: str) -> list[str]:
        """`ivr WORDS…` as it is run there."""
        return ["/usr/sbin/ip", "netns", "exec", self.host.name, *IVR, *words]

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
        return {**kept, "IVR_CONFIG": str(self.folder / "ivr.yaml"), "PYTHONUNBUFFERED": "1"}

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.words("serve"), env=self.environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.words(*words), env=self.environment(), capture_output=True, text=True, timeout=90, check=False
        )

    def told(self) -> str:
        return self.log.read_text(errors="replace")

    def dies(self) -> None:
        """The power is cut, as far as processes can tell."""
        self.host.each(signal.SIGKILL)
        self.waited()

    def waited(self, seconds: float = 30.0) -> int:
        assert self.process is not None
        return self.process.wait(seconds)

    async def answers(self, seconds: float = 60.0) -> RobotCall:
        """The first call that is answered there."""
        deadline = time.monotonic() + seconds
        while True:
            robot = RobotCaller(
                target=(self.host.there, PORT), uri=f"sip:line@{self.host.there}:{PORT}", host=self.host.here
            )
            await robot.__aenter__()
            try:
                return await asyncio.wait_for(robot.dial(), 1.0)
            except Exception:
                await robot.__aexit__(None, None, None)
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name} answers no call:\n{self.told()[-3000:]}")
            await asyncio.sleep(0.1)


@dataclass(frozen=True)
class Pair:
    a: Machine
    b: Machine
    shared: Path

    def term(self) -> dict[str, Any]:
        found = json.loads((self.shared / "var" / "leading" / "term").read_text())
        assert isinstance(found, dict)
        return found

    def said(self, machine: Machine, words: str, seconds: float = 60.0) -> float:
        """Wait for a line of a machine's; returns when it stood there (monotonic)."""
        deadline = time.monotonic() + seconds
        while words not in machine.told():
            assert time.monotonic() < deadline, f"{machine.name} does not say {words!r}:\n{machine.told()[-3000:]}"
            time.sleep(0.02)
        return time.monotonic()


@contextmanager
def two_machines(folder: Path) -> Iterator[Pair]:
    """Not started."""
    binaries = find_postgres()
    assert binaries is not None, "PostgreSQL is not installed (apt-get install postgresql)"
    shared = folder / "shared"
    shared.mkdir()
    (shared / "plan.yaml").write_text(yaml.safe_dump(DIALPLAN))
    with ExitStack() as held:
        port = free_port()
        held.enter_context(running_postgres(binaries, networks=["10.0.0.0/8"], port=port))
        machines = []
        for name in "ab":
            host = held.enter_context(another_host())
            settings = {
                "data_dir": str(shared / "var"), "recordings_dir": str(shared / "recordings"),
                "voiceprints_dir": str(shared / "voiceprints"), "dialplans": [{"file": str(shared / "plan.yaml")}],
                "database": {"url": f"postgresql://ivr@{host.here}:{port}/postgres"},
                "sip": {"listen": f"0.0.0.0:{PORT}", "calls_per_source": 3},
                "media": {"rtp_ports": "auto", "relay_ports": "auto", "relay": "never"},
                "cells": {"count": 2}, "console": {"enabled": False}, "inspection": {"enabled": False},
                "drain_seconds": 1.0, "sources": {"bank": {"url": "demo"}},
            }  # fmt: skip
            machines.append(Machine(name, host, folder / name, settings))
        try:
            yield Pair(machines[0], machines[1], shared)
        finally:
            for machine in machines:
                machine.host.each(signal.SIGCONT)
                machine.host.each(signal.SIGKILL)
                if machine.process is not None:
                    machine.process.wait()
                shutil.rmtree(machine.run_dir, ignore_errors=True)
