"""One supervised process: started, watched, started again when it ends, stopped when told."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.engine.supervisor.backoff import BackOff
from ivr.engine.supervisor.kin import tell_group
from ivr.errors import EnvironmentFault

KILL_AFTER_SECONDS = 10.0
"""Between SIGTERM and SIGKILL."""
READY_POLL_SECONDS = 0.05
LINES_KEPT = 30

Log = Callable[[str, Mapping[str, object]], None]


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run and how to know that it works."""

    name: str
    command: Sequence[str]
    ready: Callable[[], Awaitable[bool]]
    """Whether it serves now."""
    start_seconds: float = 30.0
    """It has failed when it is not ready by then."""
    pass_fds: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    may_be_told: Callable[[str], str] = str
    """What of a line that it said may go to the log; it may hold what a caller sent."""


class Child:
    """A process of a spec. `keep` runs it until `stop`."""

    def __init__(self, spec: ChildSpec, log: Log, *, on_ready: Callable[[], Awaitable[None]] | None = None) -> None:
        """`on_ready` is awaited each time it has become ready, the first time included."""
        self.spec = spec
        self._log = log
        self._on_ready = on_ready
        self._process: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.is_ready = asyncio.Event()
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        """The last it said on its standard error."""

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def start(self) -> None:
        """Start it and wait until it is ready; from then on it is kept. Raises EnvironmentFault."""
        self._task = asyncio.create_task(self._keep())
        ready = asyncio.create_task(self.is_ready.wait())
        done, _ = await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if self._task in done:
            ready.cancel()
            self._task.result()

    async def stop(self, *, patience: float = KILL_AFTER_SECONDS) -> None:
        """End it: SIGTERM, then SIGKILL."""
        self._stopping = True
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            if not await _ended(process, patience):
                self._log("child_killed", {"child": self.spec.name, "level": "warning"})
            tell_group(process.pid, signal.SIGKILL)
            await _ended(process, KILL_AFTER_SECONDS)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _keep(self) -> None:
        backoff = BackOff()
        was_ready = False
        while not self._stopping:
            began = time.monotonic()
            process, output = await self._spawn()
            try:
                if await self._becomes_ready(process):
                    was_ready = True
                    await self._announce()
                elif process.poll() is None:
                    tell_group(process.pid, signal.SIGKILL)
                code = await _code(process)
            finally:
                self.is_ready.clear()
                if process.poll() is None:
                    tell_group(process.pid, signal.SIGKILL)
                output.cancel()
            tell_group(process.pid, signal.SIGKILL)  # what it left running
            if self._told_to_stop():
                return
            self._log("child_ended", {"child": self.spec.name, "code": code, "level": "warning"})
            if not was_ready:
                said = "\n  ".join(self.lines) or "(it said nothing)"
                raise EnvironmentFault(f"{self.spec.name} does not start (exit code {code}); it said:\n  {said}")
            await asyncio.sleep(backoff.delay(lived=time.monotonic() - began, clean=False))

    def _told_to_stop(self) -> bool:
        return self._stopping

    async def _announce(self) -> None:
        self._log("child_ready", {"child": self.spec.name, "pid": self.pid})
        if self._on_ready is not None:
            await self._on_ready()
        self.is_ready.set()

    async def _spawn(self) -> tuple[subprocess.Popen[bytes], asyncio.Task[None]]:
        self.lines.clear()
        try:
            process = _open(self.spec)
        except OSError as error:
            raise EnvironmentFault(f"{self.spec.name} cannot be started: {error}") from error
        self._process = process
        return process, asyncio.create_task(self._read(process))

    async def _read(self, process: subprocess.Popen[bytes]) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), process.stdout
        )
        try:
            while line := await reader.readline():
                self.lines.append(line.decode(errors="replace").rstrip())
                if self.is_ready.is_set():
                    told = self.spec.may_be_told(self.lines[-1])
                    self._log("child_said", {"child": self.spec.name, "text": told, "level": "debug"})
        except ValueError:  # a line without end: no one needs it
            pass
        finally:
            transport.close()

    async def _becomes_ready(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + self.spec.start_seconds
        while process.poll() is None and time.monotonic() < deadline:
            if await self.spec.ready():
                return True
            await asyncio.sleep(READY_POLL_SECONDS)
        return False


def _open(spec: ChildSpec) -> subprocess.Popen[bytes]:
    """Start it in a session of its own: Ctrl-C reaches the supervisor alone, which ends things in order."""
    return subprocess.Popen(  # noqa: S603 - the command is built by our own wiring
        spec.command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=spec.pass_fds,
        env={**os.environ, **spec.environment},
    )


async def _code(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end, without a thread (pidfd_open(2))."""
    if process.poll() is None:
        await pid_ended(process.pid)
    return process.wait()


async def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await _code(process)
    except TimeoutError:
        return False
    return True


async def pid_ended(pid: int) -> None:
    """Wait until a process, anyone's, has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
