"""A whole engine of its own on loopback, in its own directories and on free ports: for tests, the bench and the demo.

It is started as an operator would start it, by the `ivr` command with a settings file, and stopped with SIGTERM.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from ivr.errors import EnvironmentFault
from ivr.testing.forked_commands import forked_commands
from ivr.testing.hostile_sip import Draft
from ivr.testing.ports import free_port

START_SECONDS = 120.0
"""Longest start that is waited for: speech models are loaded, prompts rendered."""
STOP_SECONDS = 20.0
"""Longest stop before the rest is killed."""
FREEZE_SECONDS = 10.0
"""Longest wait until a process stands that was told to: one that waits for a disk does so later."""
CELL_RTP_PORTS = 32
"""UDP ports that settings give each cell."""
IVR = (sys.executable, "-m", "ivr.apps.cli.main")
"""The command as a child runs it."""


def answers_options(target: tuple[str, int], *, seconds: float = 1.0) -> bool:
    """Whether a SIP peer answers an OPTIONS over UDP with anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        probe.settimeout(seconds)
        probe.connect(target)
        try:
            probe.send(bytes(Draft("service", "127.0.0.1", int(probe.getsockname()[1]))))
            return probe.recv(4096).startswith(b"SIP/2.0")
        except OSError:
            return False


class Engine:
    """`ivr serve` as a child process, on settings that spare tests what they do not need; a section that is given as
    None, or a setting within one, is as a bank has it that set nothing.
    """

    spoken: Path | None = None
    """Where engines of one run of tests find each other's prompts: what was spoken once is copied, not spoken again."""
    models: Path | None = None
    """The models that they share: 150 MB are put together by the first of them."""

    def __init__(self, directory: Path, *, dialplan: Path, cells: int = 2, edge: bool = True,
                 settings: dict[str, Any] | None = None) -> None:  # fmt: skip
        self.directory, self.edge = directory, edge
        self.run_dir = Path(tempfile.mkdtemp(prefix="ivr"))  # short: Unix socket paths are limited
        self.port = free_port(count=1 if edge else cells)  # without an edge each cell takes calls at a port of its own
        self.settings_file = directory / "ivr.yaml"
        self.log = directory / "engine.log"
        self.left_behind: list[int] = []
        """Processes that outlived the supervisor when it was stopped; there must be none."""
        self._process: subprocess.Popen[bytes] | None = None
        self._said_before = 0
        chosen: dict[str, Any] = {
            "data_dir": str(directory / "var"),
            "run_dir": str(self.run_dir),
            "recordings_dir": str(directory / "recordings"),
            "voiceprints_dir": str(directory / "voiceprints"),
            "dialplans": [{"file": str(dialplan)}],
            "sip": {"listen": f"127.0.0.1:{self.port}"},
            "media": {"rtp_ports": "auto", "relay_ports": "auto", "relay": "never"},
            "cells": {"count": cells, "base_port": 0},
            "metrics": {"listen": f"127.0.0.1:{free_port()}"},
            "console": {"enabled": False},
            "inspection": {"enabled": False},
            "drain_seconds": 1.0,
            "sources": {"bank": {"url": "demo"}},
            "speech": {} if self.models is None else {"models_dir": str(self.models)},
        }
        for section, value in (settings or {}).items():
            if value is None:
                del chosen[section]
                continue
            whole = {**chosen[section], **value} if isinstance(chosen.get(section), dict) else value
            kept = {name: one for name, one in whole.items() if one is not None} if isinstance(whole, dict) else whole
            chosen[section] = kept
        self.settings: dict[str, Any] = chosen
        directory.mkdir(parents=True, exist_ok=True)
        self.settings_file.write_text(yaml.safe_dump(chosen, allow_unicode=True), encoding="utf-8")

    @property
    def target(self) -> tuple[str, int]:
        """Where to dial."""
        return "127.0.0.1", self.port

    @property
    def pid(self) -> int:
        """Of the supervisor."""
        assert self._process is not None
        return self._process.pid

    def command(self, *words: str, timeout_seconds: float = 60.0, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run `ivr WORDS…` with this engine's settings."""
        ran = self.output_of(*words, timeout_seconds=timeout_seconds, given=text.encode())
        return subprocess.CompletedProcess(ran.args, ran.returncode, ran.stdout.decode(), ran.stderr.decode())

    def output_of(
        self, *words: str, timeout_seconds: float = 60.0, given: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        """The same, where what it prints is no text."""
        environment = self._environment()
        if words[0] == "serve" or "LD_PRELOAD" in environment:  # it lives long, or its very loading is altered
            return subprocess.run(  # noqa: S603 - our own program
                [*IVR, *words], env=environment, cwd=self.directory, capture_output=True, timeout=timeout_seconds,
                input=given, check=False,
            )  # fmt: skip
        return forked_commands().run(
            words, environment=environment, directory=self.directory, timeout_seconds=timeout_seconds, given=given
        )

    def start(self) -> None:
        """Start and wait until calls are served. Raises EnvironmentFault with the log's end."""
        prompts = Path(self.settings["data_dir"]) / "prompts"
        if self.spoken is not None:
            _copy_prompts(self.spoken, prompts)
        self._said_before = len(self.log_text())
        words = [*IVR, "serve", *([] if self.edge else ["--no-edge"])]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                words, env=self._environment(), cwd=self.directory, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + START_SECONDS
        try:
            while not self.ready():
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise EnvironmentFault(f"the engine did not start:\n{self.log_text()[-4000:]}")
                time.sleep(0.2)
        except BaseException:  # also a test whose time is up
            self.stop()
            raise
        if self.spoken is not None:
            _copy_prompts(prompts, self.spoken)

    def ready(self) -> bool:
        """Whether every cell of this host is there, speech is loaded, SIP answered, and all was said at its start."""
        health, count = self.health(), self.settings["cells"]["count"]
        return (
            health.get("ok") is True
            and health.get("cells", 0) >= count
            and _listened_to(self.run_dir / "speech.sock")
            and "Dial in with" in self.log_text()[self._said_before :]
            and answers_options(self.target)
            and not (self.edge and self.withheld() & {"all", *(f"c{number}" for number in range(count))})
        )

    def withheld(self) -> set[str]:
        """Cells that the edge offers no call, though they carry none: the hub knows a new cell before the edge does."""
        held = self.edge_table("cells")
        if held is None:
            return {"all"}
        return {name for name, why in held.items() if why in {"down", "asked", "suspect", "busy"}}

    def edge_table(self, table: str) -> dict[str, str] | None:
        """What the edge itself holds in one of its tables: it is told of much a second after the hub knows it. None:
        there is no edge."""
        path = self.run_dir / "edge" / "control.sock"
        asked = {"jsonrpc": "2.0", "method": "htable.dump", "params": [table], "id": 1}
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as here:
            here.settimeout(1.0)
            here.bind(name := str(path.with_name(f"test-{os.getpid()}-{threading.get_ident():x}")))
            try:
                here.sendto(json.dumps(asked).encode(), str(path))
                slots = json.loads(here.recv(65536)).get("result", [])
            except (OSError, ValueError):
                return None
            finally:
                Path(name).unlink(missing_ok=True)
        return {str(item["name"]): str(item["value"]) for slot in slots for item in slot["slot"]}

    def health(self) -> dict[str, Any]:
        """The hub's /healthz; empty while there is none."""
        try:
            with urllib.request.urlopen(f"http://{self.settings['metrics']['listen']}/healthz", timeout=2) as reply:
                found = json.load(reply)
        except (OSError, ValueError):
            return {}
        assert isinstance(found, dict)
        return found

    def metrics(self) -> str:
        """What Prometheus would read. Raises EnvironmentFault."""
        try:
            with urllib.request.urlopen(f"http://{self.settings['metrics']['listen']}/metrics", timeout=5) as reply:
                return str(reply.read(), "utf-8")
        except OSError as error:
            raise EnvironmentFault(f"the engine tells no metrics: {error}") from error

    def stop(self) -> int:
        """SIGTERM, wait, and kill what is left; returns the exit code."""
        process = self._process
        if process is None:
            shutil.rmtree(self.run_dir, ignore_errors=True)
            return 0
        family = [process.pid, *self.children()]
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        self.left_behind = [pid for pid in family if pid != process.pid and alive(pid)]
        for pid in [*self.left_behind, process.pid]:
            if alive(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        code = process.wait()
        self._process = None
        shutil.rmtree(self.run_dir, ignore_errors=True)
        return code

    def log_text(self) -> str:
        """What it printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def status(self) -> dict[str, Any]:
        """`ivr status --json`."""
        found = self.command("status", "--json")
        if found.returncode:
            raise EnvironmentFault(f"ivr status failed: {found.stderr.strip()}")
        state = json.loads(found.stdout)
        assert isinstance(state, dict)
        return state

    def cell_pids(self) -> list[int]:
        """Of every cell that the hub knows."""
        return [int(cell["pid"]) for cell in self.status()["cells"]]

    def children(self) -> list[int]:
        """Every process below the supervisor."""
        return list(descendants(self.pid))

    def named(self, name: str) -> list[int]:
        """Processes below the supervisor that have this name now: some may end while one looks."""
        return [pid for pid in self.children() if process_name(pid) == name]

    def kill_edge(self) -> Callable[[], bool]:
        """Kill it as a crash would; whether another serves is then asked of what comes back.

        Its workers outlive their parent for a moment, and would answer whoever asks whether it is well.
        """
        killed = self.named("kamailio")
        os.kill(killed[0], signal.SIGKILL)
        return lambda: not any(map(alive, killed)) and self.ready()

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
        return {**kept, "IVR_CONFIG": str(self.settings_file), "PYTHONUNBUFFERED": "1"}


def _listened_to(path: Path) -> bool:
    """Whether somebody listens there: the name of a socket outlives who did."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == 0


def _copy_prompts(source: Path, target: Path) -> None:
    """What is not there yet. Others may do the same at once, so a file has its name when it is whole."""
    for folder in (target.parent, target):
        folder.mkdir(mode=0o700, exist_ok=True)
    for ending in (".pcm", ".made"):  # first the sound, then what names it
        for path in source.glob(f"*{ending}"):
            if not (there := target / path.name).exists():
                unfinished = there.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident():x}")
                unfinished.touch(mode=0o600)
                shutil.copyfile(path, unfinished)
                unfinished.replace(there)


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def freeze(pid: int) -> None:
    """Make a process hang until SIGCONT; returns when each of its threads stands, which is not at once. One that has
    ended, or ends meanwhile, raises ProcessLookupError.
    """
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + FREEZE_SECONDS
    while moving := set(_thread_states(pid)) - {"T", "t"}:
        if not alive(pid):
            break
        if time.monotonic() > deadline:
            raise EnvironmentFault(f"a process was told to stop and did not: its threads are in {sorted(moving)}")
        time.sleep(0.001)
    if not alive(pid):
        raise ProcessLookupError(f"there is no process {pid} any more that could be stopped")


def _thread_states(pid: int) -> list[str]:
    """A letter for each thread (proc(5)); none where there is no such process."""
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread may end alone
                found.append((thread / "stat").read_text().rpartition(")")[2].split()[0])
    return found


def process_name(pid: int) -> str:
    """What the kernel calls it, at most 15 characters; empty when there is no such process any more."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def descendants(pid: int) -> Iterator[int]:
    """Process ids below `pid`, from /proc."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid:
            child = int(path.parent.name)
            yield child
            yield from descendants(child)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def private_memory_bytes(pid: int) -> int:
    """Memory that this process alone wrote to (what was shared by fork is counted once, elsewhere). What it only reads
    of a file counts as its own, or not, by who else runs the same program at that moment, and is left out."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = [int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_Dirty")]
    return sum(kilobytes) * 1024
