"""Has callback requests dialled, each in its turn: between `core.queueing.turns`, the queues, the cells and the store.

Rule: that a request is being dialled is durable, and in the log, before a cell is told; and so is what came of it
before it is forgotten here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable

from ivr.core.alarms import AlarmKind
from ivr.core.audit.entry import AuditEntry
from ivr.core.call.record import CallRecord
from ivr.core.orders.evidence import CallOutcome
from ivr.core.queueing.callback import Callback, CallbackState
from ivr.core.queueing.redial import CalleeLeft, DialAgain, DialledEnough, ForAPerson
from ivr.core.queueing.staff import ENGINE
from ivr.core.queueing.turns import Dial, Order, PassOn, Settle, Stage, Stand, StepDown, Turns
from ivr.engine.bus.callbacks import CalleeDue, CalleeRefused
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, NoAgent, Offered, Queued
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.config import DialConfig, HubPorts
from ivr.engine.hub.peers import CellPeers
from ivr.engine.hub.switchboard import Switchboard
from ivr.errors import IvrError, OperatorError, SealError

ROUND_SECONDS = 1.0
IDLE_SECONDS = 3.0
"""The same while no request stands in a queue."""
RETRY_SECONDS = 2.0
STANDING_MAX = 500
"""Requests that stand in queues at once: those who wait longest."""
CELLS_LEFT = 1
"""So many idle cells are left to callers."""


class CallbackDialler:
    """The hub's. Without a configuration it dials nobody."""

    def __init__(
        self,
        config: DialConfig | None,
        ports: HubPorts,
        alarms: Alarms,
        *,
        switchboard: Callable[[], Switchboard],
        cells: CellPeers,
        running: Callable[[str], bool],
    ) -> None:
        """`running(call_id)`: whether some cell carries this call."""
        self._config, self._ports, self._alarms = config, ports, alarms
        self._switchboard, self._cells, self._running = switchboard, cells, running
        self._turns: Turns | None = None
        if config is not None:
            self._turns = Turns(
                callees=config.callees, policy=config.redial, queues=config.queues, new_call_id=config.new_call_id
            )
        self._claimed = False
        self._settling: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- what the hub tells it --------------------------------------------------------------------------------------

    def credit(self, call_id: str) -> float:
        """Seconds for which a call that is a callback counts as waiting; 0 for others."""
        since = None if self._turns is None else self._turns.counts_from(call_id)
        return 0.0 if since is None else max(0.0, self._ports.wall() - since)

    def takes(self, call_id: str, message: Message) -> bool:
        """What the queues say of a call that has no cell yet; False: it is the cell's."""
        turn = None if self._turns is None else self._turns.turns.get(call_id)
        if self._turns is None or turn is None or turn.stage in (Stage.CONNECTING, Stage.CLAIMED):
            return False
        now, wall = self._ports.monotonic(), self._ports.wall()
        if isinstance(message, Offered):
            self._soon(self._turns.offered(call_id, message, now=now, wall=wall))
        elif isinstance(message, NoAgent):
            self._soon(self._turns.refused(call_id, wall=wall))
        return True

    def wants_agent(self, message: AgentWanted) -> None:
        """A cell asks for the agent: if it is for one who was called back, that agent is kept already."""
        turn = None if self._turns is None else self._turns.turns.get(message.call_id)
        if self._turns is None or turn is None or turn.stage is Stage.CONNECTING:
            return
        if message.queue != turn.request.queue:
            self._do(StepDown(message.call_id))
            turn.offer = None
        self._all(self._turns.wants_agent(message.call_id, now=self._ports.monotonic()))

    def refused(self, message: CalleeRefused) -> None:
        """A cell did not dial."""
        if self._turns is not None:
            self._ports.log("callback_not_dialled", {"call_id": message.call_id, "reason": message.reason})
            self._soon(self._turns.not_dialled(message.call_id, wall=self._ports.wall()))

    def over(self, record: CallRecord) -> None:
        """A call has ended."""
        if self._turns is not None:
            crashed = record.outcome is CallOutcome.CRASHED
            answered = record.answered_at is not None
            left = CalleeLeft(record.call_id, answered, bool(record.agents), record.hangup_code, crashed)
            self._all(self._turns.over(left, wall=self._ports.wall()))

    def lost(self, call_id: str) -> None:
        """A call's cell is gone."""
        if self._turns is not None:
            self._all(self._turns.lost(call_id))

    # --- as time goes on --------------------------------------------------------------------------------------------

    def claim(self) -> None:
        """Before the cells are heard: whom an earlier hub was having dialled."""
        if self._turns is None:
            return
        try:
            pending = self._ports.callbacks.find(limit=1_000_000)
        except IvrError as error:
            self._alarms.raise_alarm(AlarmKind.CALLBACK, f"nobody is called back before the database answers: {error}")
            return
        dialled = [one for one in pending if one.state is CallbackState.DIALLED]
        self._turns.claim(dialled, now=self._ports.monotonic())
        self._claimed = True

    async def run(self) -> None:
        """Until cancelled."""
        if self._turns is None:
            await asyncio.Event().wait()  # nothing will ever be to do
            return
        while True:
            await asyncio.sleep(ROUND_SECONDS if self._turns.turns else IDLE_SECONDS)
            if self._claimed:
                await self._round(self._turns)
            else:
                self.claim()

    async def _round(self, turns: Turns) -> None:
        try:
            due, numbers, sealed = await asyncio.to_thread(self._read, turns)
        except IvrError as error:
            self._ports.log("callbacks_unreadable", {"reason": str(error), "level": "warning"})
            return
        now, wall = self._ports.monotonic(), self._ports.wall()
        for request in due:
            if request.callback_id in sealed:
                fault = ForAPerson("its number cannot be read")
                self._do(Settle(request.callback_id, fault, request.attempts))
            elif request.callback_id in numbers and request.callback_id not in self._settling:
                self._all(turns.found(request, numbers[request.callback_id], now=now, wall=wall))
        if len(due) < STANDING_MAX:
            still = {request.callback_id for request in due}
            for turn in tuple(turns.turns.values()):
                if turn.request.callback_id not in still:
                    self._all(turns.withdrawn(turn.request.callback_id))
        self._all(turns.handle_timer(now=now, wall=wall, running=self._running))
        self._dial_next()

    def _read(self, turns: Turns) -> tuple[list[Callback], dict[str, str], set[str]]:
        """Open requests that are due, the numbers of new ones, and those whose number cannot be read."""
        store, numbers, sealed = self._ports.callbacks, dict[str, str](), set[str]()
        due = store.due(at=self._ports.wall(), limit=STANDING_MAX)
        for request in due:
            name = request.callback_id
            if not turns.knows(name) and request.queue in turns.queues and name not in self._settling:
                try:
                    numbers[name] = store.number(name)
                except SealError:
                    sealed.add(name)
        return due, numbers, sealed

    # --- orders -----------------------------------------------------------------------------------------------------

    def _soon(self, orders: list[Order]) -> None:
        """When the queues have said all that they were about to."""
        loop = asyncio.get_running_loop()
        loop.call_soon(self._all, orders)
        loop.call_soon(self._dial_next)

    def _all(self, orders: Iterable[Order]) -> None:
        for order in orders:
            self._do(order)

    def _do(self, order: Order) -> None:
        switchboard = self._switchboard()
        match order:
            case Stand(call_id=call_id, request=request):
                switchboard.hear(AgentWanted(call_id, request.queue, request.priority, request.language))
            case StepDown(call_id=call_id):
                switchboard.hear(AgentNotWanted(call_id))
            case PassOn(call_id=call_id, offer=Offered() as offer):
                queue, place = switchboard.queues.waiting[call_id].queue, switchboard.queues.place(call_id)
                self._cells.tell_call(call_id, Queued(call_id, queue, place))
                self._cells.tell_call(call_id, offer)
            case Dial():
                self._start(self._dial(order))
            case Settle(callback_id=name):
                self._settling.add(name)
                self._start(self._settle(order))

    def _dial_next(self) -> None:
        if self._turns is None or self._config is None:
            return
        turns = self._turns
        while sum(turn.stage is Stage.DIALLING for turn in turns.turns.values()) < self._config.at_once:
            call_id = turns.next_to_dial()
            if call_id is None or len(self._cells.idle()) <= CELLS_LEFT:
                return
            self._do(turns.dial(call_id, now=self._ports.monotonic()))

    async def _dial(self, order: Dial) -> None:
        assert self._turns is not None
        assert self._config is not None
        try:
            await asyncio.to_thread(self._note_dialled, order)
        except IvrError as error:
            if not isinstance(error, OperatorError):  # a person was quicker
                self._alarms.raise_alarm(AlarmKind.CALLBACK, f"nobody can be called back: {error}", order.call_id)
            self._all(self._turns.not_noted(order.call_id))
            return
        called = self._config.called(order.request.queue, order.request.language)
        due = CalleeDue(order.call_id, order.request.callback_id, order.number, called)
        if not self._cells.give(order.call_id, due, leave=CELLS_LEFT):
            self._all(self._turns.not_dialled(order.call_id, wall=self._ports.wall()))

    def _note_dialled(self, order: Dial) -> None:
        name, now = order.request.callback_id, self._ports.wall()
        details: dict[str, object] = {
            "queue": order.request.queue, "call": order.call_id, "attempt": order.request.attempts + 1
        }  # fmt: skip
        self._ports.callbacks.dial(name, order.call_id, by=ENGINE, at=now)
        self._ports.audit.append([AuditEntry(now, ENGINE, "callback.dialled", name, details=details)])

    async def _settle(self, order: Settle) -> None:
        """Until the database takes it; if this process ends before, a person is asked by the next one."""
        if isinstance(order.outcome, ForAPerson):
            why = f"callback {order.callback_id} waits for a person: {order.outcome.why}"
            self._alarms.raise_alarm(AlarmKind.CALLBACK, why)
        while True:
            try:
                await asyncio.to_thread(self._keep, order)
            except OperatorError:
                pass  # a person has it, or closed it
            except IvrError as error:
                self._ports.log("callback_not_settled", {"reason": str(error), "level": "warning"})
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._settling.discard(order.callback_id)
            return

    def _keep(self, order: Settle) -> None:
        store, name, now = self._ports.callbacks, order.callback_id, self._ports.wall()
        details: dict[str, object] = {"attempts": order.attempts}
        match order.outcome:
            case DialAgain(at=until):
                store.put_off(name, until=until, attempts=order.attempts, by=ENGINE, at=now)
                action = "callback.put_off"
                details["until"] = until
            case DialledEnough(result=result):
                store.close(name, CallbackState.DONE, by=ENGINE, at=now, result=result)
                action = "callback.done"
                details["result"] = str(result)
            case ForAPerson(why=why):
                store.give_to_person(name, why=why, at=now)
                action = "callback.unclear"
                details["why"] = why
        self._ports.audit.append([AuditEntry(now, ENGINE, action, name, details=details)])

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
