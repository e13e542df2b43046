"""Callback requests that the engine dials by itself: each waits in its queue like a call, and is dialled in its turn.

Rules: a request stands in the queue from the moment from which its caller waited, so it keeps the place. Nobody is
dialled before an agent is kept for them, nor at an hour that is not permitted, nor twice at once. What the store does
not take is not dialled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ivr.core.queueing.callback import Callback
from ivr.core.queueing.callees import Callees
from ivr.core.queueing.redial import CalleeLeft, DialAgain, ForAPerson, Next, Redial, what_next

NOT_NOW_SECONDS = 60.0
"""A request whose queue takes no calls, or that no cell is free for, is looked at again after so long."""
CELL_WAIT_SECONDS = 20.0
"""For so long an agent is kept while every cell is taken."""
PERMIT_SECONDS = 100.0
"""For so long an agent is kept for one who is being dialled; then others may have that agent, and who comes is asked
for anew."""
CLAIM_SECONDS = 10.0
"""A hub that was started anew hears within these of the calls that are still being dialled."""
NOT_ALLOWED = "this number may not be dialled"
CRASHED = "whether they were reached is not known: the engine was cut off meanwhile"


class Stage(StrEnum):
    """How far a request has come."""

    WAITING = "waiting"
    """In its queue."""
    KEPT = "kept"
    """An agent is kept for it; a cell is looked for."""
    DIALLING = "dialling"
    """A cell is told, or their phone rings, or they hear who calls."""
    CONNECTING = "connecting"
    """They are there and wait for the agent: from here on it is a call like any other."""
    CLAIMED = "claimed"
    """Of an earlier hub; a cell may still be at it."""


@dataclass(slots=True)
class Turn:
    """One request's, from its joining the queue on."""

    request: Callback
    number: str = field(repr=False)
    call_id: str
    stage: Stage
    since: float
    """Of the stage, monotonic."""
    offer: object | None = None
    """What the queue said of the agent who is kept; passed on as it is."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Put this call into its request's queue."""

    call_id: str
    request: Callback


@dataclass(frozen=True, slots=True)
class StepDown:
    """Take this call out of the queue: it is nobody's."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Note durably that it is being dialled, then have a cell dial."""

    call_id: str
    request: Callback
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PassOn:
    """Tell the call's cell of the agent who is kept."""

    call_id: str
    offer: object


@dataclass(frozen=True, slots=True)
class Settle:
    """Keep durably what came of a request, and how often it has been dialled."""

    callback_id: str
    outcome: Next
    attempts: int


Order = Stand | StepDown | Dial | PassOn | Settle


class Turns:
    """All requests that are on their way. `now` is monotonic, `wall` the wall clock, both in seconds."""

    def __init__(
        self, *, callees: Callees, policy: Redial, queues: Iterable[str], new_call_id: Callable[[], str]
    ) -> None:
        """`queues`: whose requests the engine dials."""
        self._callees, self._policy = callees, policy
        self.queues, self._new_call_id = frozenset(queues), new_call_id
        self._turns: dict[str, Turn] = {}
        self._calls: dict[str, str] = {}

    @property
    def turns(self) -> Mapping[str, Turn]:
        """By call."""
        return self._turns

    def knows(self, callback_id: str) -> bool:
        """Whether a request is on its way."""
        return callback_id in self._calls

    def counts_from(self, call_id: str) -> float | None:
        """Since when (wall clock) a call counts as waiting; None: it is none of these."""
        turn = self._turns.get(call_id)
        return None if turn is None else turn.request.counts_from

    # --- requests ---------------------------------------------------------------------------------------------------

    def claim(self, requests: Iterable[Callback], *, now: float) -> None:
        """Requests that an earlier hub was having dialled."""
        for request in requests:
            self._add(Turn(request, "", request.dialled_as, Stage.CLAIMED, now))

    def found(self, request: Callback, number: str, *, now: float, wall: float) -> list[Order]:
        """An open request that is due."""
        if self.knows(request.callback_id) or request.queue not in self.queues:
            return []
        refused = self._refused(request, number, wall)
        if refused:
            return refused
        call_id = self._new_call_id()
        self._add(Turn(request, number, call_id, Stage.WAITING, now))
        return [Stand(call_id, request)]

    def withdrawn(self, callback_id: str) -> list[Order]:
        """It is not open any more: somebody took or cancelled it. One that is being dialled goes on."""
        turn = self._turns.get(self._calls.get(callback_id, ""))
        if turn is None or turn.stage not in (Stage.WAITING, Stage.KEPT):
            return []
        self._drop(turn)
        return [StepDown(turn.call_id)]

    # --- the queue --------------------------------------------------------------------------------------------------

    def offered(self, call_id: str, offer: object, *, now: float, wall: float) -> list[Order]:
        """An agent is kept for this call."""
        turn = self._turns[call_id]
        turn.offer = offer
        if turn.stage is not Stage.WAITING:
            return []
        refused = self._refused(turn.request, turn.number, wall)
        if refused:
            self._drop(turn)
            return [StepDown(call_id), *refused]
        turn.stage, turn.since = Stage.KEPT, now
        return []

    def refused(self, call_id: str, *, wall: float) -> list[Order]:
        """The queue takes no calls now."""
        turn = self._turns[call_id]
        if turn.stage not in (Stage.WAITING, Stage.KEPT):
            return []
        return self._not_now(turn, wall)

    # --- dialling ---------------------------------------------------------------------------------------------------

    def next_to_dial(self) -> str | None:
        """The call that the next free cell is for, of those whose agent is kept; the longest first."""
        kept = [turn for turn in self._turns.values() if turn.stage is Stage.KEPT]
        return min(kept, key=lambda turn: turn.since).call_id if kept else None

    def dial(self, call_id: str, *, now: float) -> Dial:
        """A cell is there for it."""
        turn = self._turns[call_id]
        assert turn.stage is Stage.KEPT
        turn.stage, turn.since = Stage.DIALLING, now
        return Dial(call_id, turn.request, turn.number)

    def not_dialled(self, call_id: str, *, wall: float) -> list[Order]:
        """The cell did not: it was taken, say. Nobody was rung."""
        turn = self._turns.get(call_id)
        if turn is None or turn.stage is not Stage.DIALLING:
            return []
        return self._not_now(turn, wall)

    def not_noted(self, call_id: str) -> list[Order]:
        """The store did not take it: another was quicker, or the database is away. Nobody was rung."""
        turn = self._turns[call_id]
        self._drop(turn)
        return [StepDown(call_id)]

    def wants_agent(self, call_id: str, *, now: float) -> list[Order]:
        """They heard who calls, and wait for the agent."""
        turn = self._turns[call_id]
        turn.stage, turn.since = Stage.CONNECTING, now
        offer, turn.offer = turn.offer, None
        return [] if offer is None else [PassOn(call_id, offer)]

    def over(self, call: CalleeLeft, *, wall: float) -> list[Order]:
        """Their call has ended, or its cell died."""
        turn = self._turns.get(call.call_id)
        if turn is None:
            return []
        self._drop(turn)
        attempts = turn.request.attempts + (turn.stage is not Stage.CLAIMED)
        outcome = what_next(call, attempts=attempts, policy=self._policy, now=wall)
        return [StepDown(call.call_id), Settle(turn.request.callback_id, outcome, attempts)]

    def lost(self, call_id: str) -> list[Order]:
        """Its cell is gone, and nobody knows how far it came."""
        turn = self._turns.get(call_id)
        if turn is None or turn.stage in (Stage.WAITING, Stage.KEPT):
            return []
        self._drop(turn)
        return [StepDown(call_id), _settle(turn.request, ForAPerson(CRASHED))]

    # --- time -------------------------------------------------------------------------------------------------------

    def handle_timer(self, *, now: float, wall: float, running: Callable[[str], bool]) -> list[Order]:
        """Look at everything; `running(call_id)`: whether some cell carries this call."""
        orders: list[Order] = []
        for turn in tuple(self._turns.values()):
            waited = now - turn.since
            if turn.stage is Stage.KEPT and waited >= CELL_WAIT_SECONDS:
                orders += self._not_now(turn, wall)
            elif turn.stage is Stage.CLAIMED and waited >= CLAIM_SECONDS and not running(turn.call_id):
                orders += self.lost(turn.call_id)
            elif turn.stage is Stage.DIALLING and turn.offer is not None and waited >= PERMIT_SECONDS:
                turn.offer = None
                orders.append(StepDown(turn.call_id))
        return orders

    # --- what follows -----------------------------------------------------------------------------------------------

    def _refused(self, request: Callback, number: str, wall: float) -> list[Order]:
        permitted = self._callees.permitted_from(number, wall)
        if permitted is None:
            return [_settle(request, ForAPerson(NOT_ALLOWED))]
        return [] if permitted <= wall else [_settle(request, DialAgain(permitted))]

    def _not_now(self, turn: Turn, wall: float) -> list[Order]:
        self._drop(turn)
        return [StepDown(turn.call_id), _settle(turn.request, DialAgain(wall + NOT_NOW_SECONDS))]

    def _add(self, turn: Turn) -> None:
        self._turns[turn.call_id] = turn
        self._calls[turn.request.callback_id] = turn.call_id

    def _drop(self, turn: Turn) -> None:
        del self._turns[turn.call_id]
        del self._calls[turn.request.callback_id]


def _settle(request: Callback, outcome: Next) -> Settle:
    """Nobody was rung since it was read."""
    return Settle(request.callback_id, outcome, request.attempts)
