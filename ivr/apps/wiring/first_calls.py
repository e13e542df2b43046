"""The first calls: where the examples run and nothing is recorded yet, `ivr demo`'s robot dials in by itself.

Rule: the engine waits for nothing of it. The robot is a process of its own, which gives way to the others (nice(1)),
and hangs up when the engine is told to stop.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from ivr.apps.settings import Settings
from ivr.engine.supervisor.kin import tell_group

NICENESS: Final = "10"
"""More would make its speech halt: it, too, speaks in real time."""
FAREWELL_SECONDS: Final = 10.0
"""It hangs up, and takes away what it brought."""
BEGINS: Final = """
The demo's robot makes some first calls, so that there is something to see: a few minutes, beside everything else.
Watch them: ivr calls list, or the console's Live calls. (ivr serve --no-demo: none)"""

Say = Callable[[str], None]


def wanted(written: Settings) -> bool:
    """Whether there is nothing to see yet, by the settings as they were read."""
    recordings = written.recordings_dir
    return written.demo_calls and not any(one.is_dir() for one in recordings.iterdir())


def robot(settings_file: Path | None) -> list[str]:
    """The command that dials in. It is told, too, when the supervisor is killed (setpriv: util-linux)."""
    named = ["--config", str(settings_file)] if settings_file else []
    ours = [sys.executable, "-m", "ivr.apps.cli.main", "demo", *named]
    return ["setpriv", "--pdeathsig", "INT", "nice", "-n", NICENESS, *ours]


class FirstCalls:
    """The robot's process, beside the supervisor."""

    def __init__(self, command: Sequence[str], say: Say) -> None:
        """`command`: `robot(…)`; empty: nobody calls."""
        self._command, self._say = command, say
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Have the robot call, and say so."""
        if self._command:
            self._say(BEGINS)
            self._task = asyncio.create_task(self._call())

    def stop(self) -> None:
        """Have it hang up."""
        if self._task is not None:
            self._task.cancel()

    async def over(self) -> None:
        """It has hung up, and is gone."""
        self.stop()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _call(self) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True
            )
        except OSError as error:
            self._say(f"the demo's robot does not start ({error.strerror}): make its calls by `ivr demo`")
            return
        try:
            said, _ = await process.communicate()
        except asyncio.CancelledError:
            await _send_away(process)
            raise
        if process.returncode == 0:
            self._say("The demo's first calls are made: ivr recordings list, or the console's Recordings.")
            return
        why = said.decode(errors="replace").strip().rpartition("\n")[2]
        self._say(f"not all of the demo's first calls went as they should ({why}): `ivr demo` makes them again")


async def _send_away(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.communicate(), FAREWELL_SECONDS)
    tell_group(process.pid, signal.SIGKILL)  # and what it may have left
    await process.wait()
