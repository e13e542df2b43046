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

from ivr.core.alarms import AlarmKind
from ivr.engine.supervisor.backoff import BackOff
from ivr.engine.supervisor.kin import reap_group, tell_group
from ivr.engine.supervisor.warm import WarmProcesses, open_process
from ivr.errors import EnvironmentFault

KILL_AFTER_SECONDS = 10.0
"""Between SIGTERM and SIGKILL."""
READY_POLL_SECONDS = 0.05
LEFT_POLL_SECONDS = 0.01
ASK_SECONDS = 1.0
"""Between two times that one that may hang is asked whether it still serves."""
LINES_KEPT = 30
READ_BYTES = 65536
LINE_CHARACTERS = 2000
"""Of one line of a child's that are kept; the rest of a longer one is read and let go of."""

Log = Callable[[str, Mapping[str, object]], None]
AlarmRaiser = Callable[[AlarmKind, str], Awaitable[None]]


async def no_alarm(kind: AlarmKind, text: str) -> None:
    """Of a child that nobody watches."""


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
    required: bool = True
    """Whether the engine refuses to start without it; else it is tried again and again."""
    hangs_after: float | None = None
    """One that lives and was not `ready` for so many seconds is killed; None: nobody asks once it served."""


class Child:
    """A process of a spec. `keep` runs it until `stop`."""

    def __init__(
        self,
        spec: ChildSpec,
        log: Log,
        *,
        on_ready: Callable[[], Awaitable[None]] | None = None,
        alarm: AlarmRaiser = no_alarm,
        warm: WarmProcesses | None = None,
    ) -> None:
        """`on_ready` is awaited each time it has become ready, the first time included. `warm`: it may wait there.

        `alarm(kind, text)` is told once when it cannot be started again; it is tried again all the same.
        """
        self.spec = spec
        self._log = log
        self._alarm = alarm
        self._alarmed = False
        self._on_ready = on_ready
        self._warm = warm
        self._was_warm = False
        self._process: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.is_ready = asyncio.Event()
        self._faulty = asyncio.Event()
        self._fault = ""
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        """The last it said on its standard error."""

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def start(self) -> None:
        """Start it and wait until it is ready; from then on it is kept. Raises EnvironmentFault.

        One that is not required is kept, and tried again, also when this raises.
        """
        self._task = asyncio.create_task(self._keep())
        waiting = {asyncio.create_task(event.wait()) for event in (self.is_ready, self._faulty)}
        done, _ = await asyncio.wait({self._task, *waiting}, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        if self._task in done:
            self._task.result()
        elif not self.is_ready.is_set():
            raise EnvironmentFault(self._fault)

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
        """Run it until told to stop. Raises EnvironmentFault when a required one never became ready."""
        backoff = BackOff()
        was_ready = False
        while not self._stopping:
            began = time.monotonic()
            try:
                fault = await self._live()
            except OSError as error:  # of exec (its program is being replaced, say), or no process or pipe was left
                fault = f"{self.spec.name} cannot be started: {error}"
            was_ready = was_ready or not fault
            if self._told_to_stop():
                return
            if fault and self._was_warm:
                continue  # one that waited for long may have died of it: an ordinary one says more
            if not was_ready and self.spec.required:
                raise EnvironmentFault(fault)
            if fault:
                await self._tell(fault)
            await asyncio.sleep(backoff.delay(lived=time.monotonic() - began, clean=False))

    async def _live(self) -> str:
        """One life of it: returns why it never was ready, else nothing. Raises OSError."""
        process, output = await self._spawn()
        watch: asyncio.Task[None] | None = None
        try:
            ready = await self._becomes_ready(process)
            if ready:
                self._alarmed = False
                await self._announce()
                watch = asyncio.create_task(self._ends_when_it_hangs(process))
            elif process.poll() is None:
                tell_group(process.pid, signal.SIGKILL)
            code = await _code(process)
        finally:
            self.is_ready.clear()
            if watch is not None:
                watch.cancel()
            if process.poll() is None:
                tell_group(process.pid, signal.SIGKILL)
            output.cancel()
        await _nothing_left(process.pid)
        if not self._told_to_stop():
            self._log("child_ended", {"child": self.spec.name, "code": code, "level": "warning"})
        said = "\n  ".join(self.lines) or "(it said nothing)"
        return "" if ready else f"{self.spec.name} does not start (exit code {code}); it said:\n  {said}"

    async def _ends_when_it_hangs(self, process: subprocess.Popen[bytes]) -> None:
        """What lives and serves no more would do so for ever."""
        if self.spec.hangs_after is None:
            return
        asks = max(2, round(self.spec.hangs_after / ASK_SECONDS))
        unanswered = 0  # counted, not timed: after a moment in which this process got no time it asks again first
        while unanswered < asks:
            await asyncio.sleep(ASK_SECONDS)
            unanswered = 0 if await self.spec.ready() else unanswered + 1
        self._log("child_hangs", {"child": self.spec.name, "pid": process.pid, "level": "error"})
        tell_group(process.pid, signal.SIGKILL)

    async def _tell(self, fault: str) -> None:
        """It ran before and does not start now: somebody must look. What it said may hold a caller's data: not told."""
        reason = fault.partition(";")[0]
        self._fault = fault
        self._faulty.set()
        self._log("child_does_not_start", {"child": self.spec.name, "reason": reason, "level": "error"})
        if not self._alarmed:
            self._alarmed = True
            await self._alarm(AlarmKind.CHILD_DOES_NOT_START, f"{reason}; it is tried again and again")

    def _told_to_stop(self) -> bool:
        return self._stopping

    async def _announce(self) -> None:
        self._log("child_ready", {"child": self.spec.name, "pid": self.pid})
        if self._on_ready is not None:
            await self._on_ready()
        self.is_ready.set()

    async def _spawn(self) -> tuple[subprocess.Popen[bytes], asyncio.Task[None]]:
        self.lines.clear()
        warm = self._warm.take(self.spec.command) if self._warm is not None else None
        self._was_warm = warm is not None
        process = self._process = warm or _open(self.spec)
        return process, asyncio.create_task(self._read(process))

    async def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Take what it says as long as it lives: a pipe that nobody reads, or a closed one, would stop or end it."""
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), process.stdout
        )
        line = b""
        try:
            while data := await reader.read(READ_BYTES):
                first, *others = data.split(b"\n")
                line = (line + first)[:LINE_CHARACTERS]
                for following in others:
                    self._hear(line)
                    line = following[:LINE_CHARACTERS]
            if line:
                self._hear(line)
        finally:
            transport.close()

    def _hear(self, line: bytes) -> None:
        self.lines.append(line.decode(errors="replace").rstrip())
        if self.is_ready.is_set():
            told = self.spec.may_be_told(self.lines[-1])
            self._log("child_said", {"child": self.spec.name, "text": told, "level": "debug"})

    async def _becomes_ready(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + self.spec.start_seconds
        while process.poll() is None and time.monotonic() < deadline:
            if await self.spec.ready():
                return True
            await asyncio.sleep(READY_POLL_SECONDS)
        return False


def _open(spec: ChildSpec) -> subprocess.Popen[bytes]:
    return open_process(spec.command, pass_fds=spec.pass_fds, environment=spec.environment)


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


async def _nothing_left(pid: int) -> None:
    """End what it left running: its ports are then free, and nothing of it stays behind as a zombie of ours."""
    tell_group(pid, signal.SIGKILL)
    until = time.monotonic() + KILL_AFTER_SECONDS
    while reap_group(pid):
        if time.monotonic() > until:
            return
        await asyncio.sleep(LEFT_POLL_SECONDS)


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
