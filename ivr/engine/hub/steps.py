"""Entries on their way into the audit log: batched, in order, by one thread; a cell hears when its steps are durable.

Rule: no step is entered twice, whatever was sent again, and none is dropped: what the log does not take now is tried
again, and a hub that dies leaves it to the cells, which still have what was not acknowledged.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ivr.core.alarms import AlarmKind
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.step import step_entry
from ivr.engine.archive.known_steps import KnownSteps
from ivr.engine.bus.calls import StepsKept, StepTold
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.config import HubPorts
from ivr.errors import IvrError

RETRY_SECONDS = 2.0
CALLS_MAX = 200
"""Calls whose entered steps are remembered, those that said one last. Of others the log is asked."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    entry: AuditEntry
    step: StepTold | None = None
    kept: Callable[[StepsKept], None] = lambda kept: None


class Steps:
    """The hub's side of the audit log."""

    def __init__(self, ports: HubPorts, alarms: Alarms) -> None:
        self._ports = ports
        self._alarms = alarms
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit")
        self._known = KnownSteps(ports.audit)
        self._waiting: list[_Waiting] = []
        self._work: asyncio.Task[None] | None = None
        self._entered: OrderedDict[str, set[int]] = OrderedDict()
        self._doubtful: set[str] = set()
        """Calls of which a step may be in the log although appending it failed."""
        self._failing = False

    @property
    def pending(self) -> int:
        """Entries that are not durable yet."""
        return len(self._waiting)

    @property
    def fault(self) -> str:
        """Why the log takes nothing now; empty while it does."""
        return "the audit log takes no entries" if self._failing else ""

    def take(self, step: StepTold, *, actor: str, kept: Callable[[StepsKept], None]) -> None:
        """A cell told a step; `kept` is called when it, and all before it, are durable."""
        self._put(_Waiting(step_entry(step.call_id, step.at, actor, step.action, step.details), step, kept))

    def enter(self, action: str, subject: str, **details: object) -> None:
        """Something that the hub did or found."""
        self._put(_Waiting(AuditEntry(self._ports.wall(), "hub", action, subject, details=details)))

    async def close(self) -> None:
        """Wait a little for what is on its way; cells keep the rest for the next hub."""
        if self._work is not None:
            await asyncio.wait({self._work}, timeout=RETRY_SECONDS)
            self._work.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _put(self, waiting: _Waiting) -> None:
        self._waiting.append(waiting)
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = self._waiting[:]
            try:
                await loop.run_in_executor(self._thread, self._append, batch)
            except IvrError as error:
                if not self._failing:
                    self._failing = True
                    self._alarms.raise_alarm(
                        AlarmKind.AUDIT, f"the audit log takes no entries now; they are kept: {error}"
                    )
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._failing = False
            del self._waiting[: len(batch)]
            last = {one.step.call_id: one for one in batch if one.step is not None}
            for call_id, one in last.items():
                assert one.step is not None
                one.kept(StepsKept(call_id, one.step.number))

    def _append(self, batch: list[_Waiting]) -> None:
        """On the thread."""
        self._ask_the_log([one.step for one in batch if one.step is not None])
        new: list[AuditEntry] = []
        numbers: list[tuple[set[int], int]] = []
        sent: set[tuple[str, int]] = set()
        for one in batch:
            step = one.step
            if step is not None:
                entered = self._entered_of(step.call_id)
                if step.number in entered or (step.call_id, step.number) in sent:
                    continue
                sent.add((step.call_id, step.number))
                numbers.append((entered, step.number))
            new.append(one.entry)
        if new:
            try:
                self._ports.audit.append(new)
            except IvrError:
                # It may have been durable before it failed: whoever tries again asks the log first.
                self._doubtful.update(call_id for call_id, _ in sent)
                raise
        for entered, number in numbers:
            entered.add(number)

    def _ask_the_log(self, steps: list[StepTold]) -> None:
        """Of steps that may be in it although we do not know: those that were said before, maybe to another hub, and
        those of which an appending failed. No clock is asked who of us is older: it may have been set."""
        asked = {
            step.call_id: step.began
            for step in steps
            if step.call_id in self._doubtful or not (step.fresh or step.number in self._entered.get(step.call_id, ()))
        }
        for call_id, known in self._known.of(asked).items():
            self._entered_of(call_id).update(known)
            self._doubtful.discard(call_id)

    def _entered_of(self, call_id: str) -> set[int]:
        """Numbers of a call's steps that the log holds, as far as we know."""
        entered = self._entered.setdefault(call_id, set())
        self._entered.move_to_end(call_id)
        if len(self._entered) > CALLS_MAX:
            self._entered.popitem(last=False)
        return entered
