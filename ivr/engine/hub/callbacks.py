"""The hub's side of callback requests: durable and audited before a caller is told that they are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.core.alarms import AlarmKind
from ivr.core.audit.entry import AuditEntry
from ivr.core.queueing.callback import CallbackRequest
from ivr.engine.bus.callbacks import CallbackAnswered, CallbackWanted
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.config import HubPorts
from ivr.errors import IvrError


class Callbacks:
    """Keeps what cells bring."""

    def __init__(self, ports: HubPorts, alarms: Alarms) -> None:
        self._ports = ports
        self._alarms = alarms
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, wanted: CallbackWanted, *, actor: str, answer: Callable[[CallbackAnswered], None]) -> None:
        """Keep a request, then tell whether it is kept."""
        task = asyncio.get_running_loop().create_task(self._keep(wanted, actor, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(self, wanted: CallbackWanted, actor: str, answer: Callable[[CallbackAnswered], None]) -> None:
        kept = True
        try:
            await asyncio.to_thread(self._store, wanted, actor)
        except IvrError as error:
            kept = False
            self._alarms.raise_alarm(
                AlarmKind.CALLBACK, f"a callback request could not be kept: {error}", wanted.call_id
            )
        answer(CallbackAnswered(wanted.call_id, wanted.callback_id, kept))

    def _store(self, wanted: CallbackWanted, actor: str) -> None:
        now = self._ports.wall()
        request = CallbackRequest(
            wanted.queue, wanted.number, wanted.call_id, wanted.language, now, wanted.waited, wanted.priority
        )
        kept = self._ports.callbacks.keep(request)
        details = {"queue": kept.queue, "call": wanted.call_id, "renewed": kept.call_id != wanted.call_id}
        self._ports.audit.append([AuditEntry(now, actor, "callback.wished", kept.callback_id, details=details)])
