"""The hub's side of proofs of identity: how often each account may be tried, over all calls and restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from ivr.core.alarms import AlarmKind
from ivr.core.audit.entry import AuditEntry
from ivr.engine.bus.attempts import AttemptAnswered, AttemptPassed, AttemptUnanswered, AttemptWanted
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.config import HubPorts
from ivr.errors import IvrError


class Attempts:
    """Counts what cells ask for. What cannot be counted is not allowed."""

    def __init__(self, ports: HubPorts, alarms: Alarms) -> None:
        self._ports, self._alarms = ports, alarms
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, wanted: AttemptWanted, *, actor: str, answer: Callable[[AttemptAnswered], None]) -> None:
        """Count an attempt, then say whether it may be made."""
        self._start(self._count(wanted, actor, answer))

    def ended(self, message: AttemptPassed | AttemptUnanswered) -> None:
        """It succeeded, so nothing is held against the account by it; or it was not answered, and does not count."""
        self._start(self._note(message))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _count(self, wanted: AttemptWanted, actor: str, answer: Callable[[AttemptAnswered], None]) -> None:
        allowed = False
        try:
            allowed = await asyncio.to_thread(self._ports.attempts.ask, wanted.account, wanted.factor)
            if not allowed:
                await asyncio.to_thread(self._enter, wanted, actor)
        except IvrError as error:
            self._alarms.raise_alarm(AlarmKind.IDENTITY, f"no proof of identity can be taken: {error}", wanted.call_id)
        answer(AttemptAnswered(wanted.call_id, wanted.lookup_id, allowed))

    def _enter(self, wanted: AttemptWanted, actor: str) -> None:
        mark, now = self._ports.attempts.mark(wanted.account), self._ports.wall()
        self._ports.audit.append([AuditEntry(now, actor, "identity.locked", mark, details={"call": wanted.call_id})])

    async def _note(self, message: AttemptPassed | AttemptUnanswered) -> None:
        counter = self._ports.attempts
        note = counter.clear if isinstance(message, AttemptPassed) else counter.give_back
        try:
            await asyncio.to_thread(note, message.account, message.factor)
        except IvrError as error:
            self._alarms.raise_alarm(
                AlarmKind.IDENTITY, f"an attempt's end could not be noted: {error}", message.call_id
            )
