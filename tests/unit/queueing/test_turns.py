"""Who is called back, and when: the callee's own hours, what follows from each end, and the laws of the turns."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ivr.core.queueing.callback import Callback, CallbackResult
from ivr.core.queueing.callees import Callees
from ivr.core.queueing.hours import Hours
from ivr.core.queueing.redial import CalleeLeft, DialAgain, DialledEnough, ForAPerson, Redial, what_next
from ivr.core.queueing.turns import (
    CELL_WAIT_SECONDS,
    CLAIM_SECONDS,
    PERMIT_SECONDS,
    Dial,
    Order,
    PassOn,
    Settle,
    Stage,
    Stand,
    StepDown,
    Turns,
)

DAY = 86_400.0
HONG_KONG, NEW_YORK, LOS_ANGELES = (
    zoneinfo.ZoneInfo(name) for name in ("Asia/Hong_Kong", "America/New_York", "America/Los_Angeles")
)
OFFICE = dict.fromkeys(range(5), ((9 * 60, 18 * 60),))
CALLEES = Callees(
    {
        "+852": (Hours(HONG_KONG, OFFICE, frozenset({date(2026, 12, 25)})),),
        "+1": (Hours(NEW_YORK, OFFICE), Hours(LOS_ANGELES, OFFICE)),
        "+44": (Hours(UTC, {}),),
        "+49": (),
        "+7": (Hours(UTC, {0: ((0, 60),)}), Hours(UTC, {1: ((0, 60),)})),
    },
    never=("+852900",),
)


def at(text: str, zone: zoneinfo.ZoneInfo = HONG_KONG) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("number", "now", "permitted"),
    [
        ("+85291234567", at("2026-11-27 09:00"), at("2026-11-27 09:00")),
        ("+85291234567", at("2026-11-27 08:59"), at("2026-11-27 09:00")),
        ("+85291234567", at("2026-11-27 18:00"), at("2026-11-30 09:00")),
        ("+85291234567", at("2026-12-25 10:00"), at("2026-12-28 09:00")),
        ("+12125550100", at("2026-11-27 09:00", NEW_YORK), at("2026-11-27 12:00", NEW_YORK)),
        ("+12125550100", at("2026-11-27 17:59", NEW_YORK), at("2026-11-27 17:59", NEW_YORK)),
        ("+12125550100", at("2026-11-27 18:00", NEW_YORK), at("2026-11-30 12:00", NEW_YORK)),
    ],
)
def test_a_number_is_dialled_in_its_own_hours_and_where_it_has_several_zones_in_all_of_theirs(
    number: str, now: float, permitted: float
) -> None:
    assert CALLEES.permitted_from(number, now) == permitted


@pytest.mark.parametrize(
    "number",
    [
        "+33123456789", "85291234567", "0085291234567", "+852900123456", "+442071234567", "+4930123456", "+79123456789",
        "+852123", "+8529123456789012345", "", "+", "+852\u0669123456", "+85291234567\n", "sip:+85291234567@x",
    ],
)  # fmt: skip
@given(now=st.floats(0, 4e9))
@settings(max_examples=5, deadline=None)
def test_an_unknown_zone_an_empty_schedule_or_a_broken_number_is_dialled_at_no_hour(number: str, now: float) -> None:
    assert CALLEES.permitted_from(number, now) is None
    assert Callees().permitted_from(number, now) is None


@given(st.floats(1.7e9, 1.9e9), st.sampled_from(["+85291234567", "+12125550100"]))
@settings(deadline=None)
def test_when_a_number_may_be_dialled_it_is_an_open_hour_in_each_of_its_zones(now: float, number: str) -> None:
    permitted = CALLEES.permitted_from(number, now)
    assert permitted is not None
    assert permitted >= now
    assert all(hours.open_at(permitted) for hours in CALLEES.allowed[number[:4] if number[1] == "8" else "+1"])


# --- what follows from a call -----------------------------------------------------------------------------------------

POLICY = Redial(attempts=3, busy_seconds=300, no_answer_seconds=1800)


@pytest.mark.parametrize(
    ("code", "attempts", "told"),
    [
        (486, 1, DialAgain(1300.0)),
        (600, 2, DialAgain(1300.0)),
        (486, 3, DialledEnough(CallbackResult.BUSY)),
        (480, 1, DialAgain(2800.0)),
        (487, 3, DialledEnough(CallbackResult.NO_ANSWER)),
        (503, 2, DialAgain(2800.0)),
        (503, 3, ForAPerson("the call could not be made: SIP 503")),
        (603, 1, DialledEnough(CallbackResult.DECLINED)),
        (404, 1, DialledEnough(CallbackResult.WRONG_NUMBER)),
        (302, 1, ForAPerson("the call could not be made: SIP 302")),
        (0, 1, ForAPerson("the call could not be made: SIP 0")),
    ],
)
def test_each_end_of_a_call_that_nobody_took(code: int, attempts: int, told: object) -> None:
    call = CalleeLeft("c", answered=False, spoke=False, code=code)
    assert what_next(call, attempts=attempts, policy=POLICY, now=1000.0) == told


@given(st.booleans(), st.booleans(), st.integers(0, 699), st.booleans(), st.integers(1, 10))
def test_nobody_who_was_or_may_have_been_reached_is_dialled_again_nor_anybody_for_ever(
    answered: bool, spoke: bool, code: int, crashed: bool, attempts: int
) -> None:
    call = CalleeLeft("c", answered, answered and spoke, code, crashed)
    told = what_next(call, attempts=attempts, policy=POLICY, now=1000.0)
    if answered or crashed or attempts >= POLICY.attempts:
        assert not isinstance(told, DialAgain)
    if isinstance(told, DialAgain):
        assert told.at > 1000.0
    assert (told == DialledEnough(CallbackResult.REACHED)) == (answered and spoke and not crashed)


# --- the turns --------------------------------------------------------------------------------------------------------

OPEN = at("2026-11-27 10:00")
REQUEST = Callback("b1", "loans", "c0", "zh", OPEN - 100, OPEN - 100, counts_from=OPEN - 400, priority=2)
NUMBER = "+85291234567"


def turns() -> Turns:
    names: Iterator[int] = iter(range(1, 10_000))
    return Turns(callees=CALLEES, policy=POLICY, queues=["loans"], new_call_id=lambda: f"call-{next(names)}")


def standing(made: Turns) -> str:
    (order,) = made.found(REQUEST, NUMBER, now=0.0, wall=OPEN)
    assert isinstance(order, Stand)
    return order.call_id


def dialled(made: Turns, offer: str = "offer") -> str:
    call = standing(made)
    assert made.offered(call, offer, now=1.0, wall=OPEN) == []
    assert made.next_to_dial() == call
    assert made.dial(call, now=1.0) == Dial(call, REQUEST, NUMBER)
    return call


def test_a_request_stands_in_its_queue_from_when_its_caller_waited_and_is_dialled_when_an_agent_is_kept() -> None:
    made = turns()
    call = standing(made)
    assert made.counts_from(call) == OPEN - 400
    assert made.next_to_dial() is None
    assert made.found(REQUEST, NUMBER, now=1.0, wall=OPEN) == []
    assert made.offered(call, "offer", now=1.0, wall=OPEN) == []
    made.dial(call, now=1.0)
    assert made.wants_agent(call, now=20.0) == [PassOn(call, "offer")]
    left = CalleeLeft(call, answered=True, spoke=True, code=200)
    assert made.over(left, wall=OPEN + 60) == [
        StepDown(call), Settle("b1", DialledEnough(CallbackResult.REACHED), 1),
    ]  # fmt: skip
    assert not made.knows("b1")


def test_requests_of_a_queue_that_is_not_dialled_are_left_to_people() -> None:
    assert turns().found(replace(REQUEST, queue="cards"), NUMBER, now=0.0, wall=OPEN) == []


def test_out_of_hours_it_is_put_off_and_a_number_that_is_not_allowed_is_a_persons() -> None:
    night = at("2026-11-27 20:00")
    assert turns().found(REQUEST, NUMBER, now=0.0, wall=night) == [
        Settle("b1", DialAgain(at("2026-11-30 09:00")), 0),
    ]  # fmt: skip
    (order,) = turns().found(REQUEST, "+33123456789", now=0.0, wall=OPEN)
    assert isinstance(order, Settle)
    assert isinstance(order.outcome, ForAPerson)


def test_hours_that_end_while_it_waits_end_its_turn() -> None:
    made = turns()
    call = standing(made)
    late = at("2026-11-27 18:00")
    assert made.offered(call, "offer", now=1.0, wall=late) == [
        StepDown(call), Settle("b1", DialAgain(at("2026-11-30 09:00")), 0),
    ]  # fmt: skip


def test_whom_a_person_took_meanwhile_the_engine_does_not_dial() -> None:
    made = turns()
    call = standing(made)
    assert made.withdrawn("b1") == [StepDown(call)]
    second = dialled(turns_of := turns())
    assert turns_of.withdrawn("b1") == []
    assert turns_of.not_noted(second) == [StepDown(second)]


def test_an_agent_is_not_kept_for_ever() -> None:
    made = turns()
    call = standing(made)
    made.offered(call, "offer", now=1.0, wall=OPEN)
    told = made.handle_timer(now=1.0 + CELL_WAIT_SECONDS, wall=OPEN, running=lambda name: False)
    assert told[0] == StepDown(call)
    made = turns()
    call = dialled(made)
    assert made.handle_timer(now=1.0 + PERMIT_SECONDS, wall=OPEN, running=lambda name: True) == [StepDown(call)]
    assert made.wants_agent(call, now=150.0) == []
    assert made.counts_from(call) == OPEN - 400


def test_what_an_earlier_hub_had_dialled_is_known_when_a_cell_says_so_and_else_a_persons() -> None:
    mine = replace(REQUEST, dialled_as="call-7", attempts=2)
    made = turns()
    made.claim([mine], now=0.0)
    assert made.handle_timer(now=CLAIM_SECONDS, wall=OPEN, running=lambda name: True) == []
    assert made.over(CalleeLeft("call-7", answered=False, spoke=False, code=486), wall=OPEN) == [
        StepDown("call-7"), Settle("b1", DialAgain(OPEN + 300), 2),
    ]  # fmt: skip
    made.claim([mine], now=0.0)
    _, settle = made.handle_timer(now=CLAIM_SECONDS, wall=OPEN, running=lambda name: False)
    assert isinstance(settle, Settle)
    assert isinstance(settle.outcome, ForAPerson)


class AnyOrder(RuleBasedStateMachine):
    """Queue, cells, store and callees do what they like."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = turns()
        self.now, self.made = 0.0, 0
        self.standing: set[str] = set()
        self.dialled: dict[str, int] = {}
        """Request -> calls of it that some cell carries."""
        self.reached: set[str] = set()
        self.offered: set[str] = set()

    def _obey(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case Stand(call_id=call_id):
                    assert call_id not in self.standing
                    self.standing.add(call_id)
                case StepDown(call_id=call_id):
                    self.standing.discard(call_id)
                    self.offered.discard(call_id)
                case Dial(call_id=call_id, request=request):
                    assert call_id in self.offered, "dialled without an agent"
                    assert request.callback_id not in self.reached
                    self.dialled[request.callback_id] = self.dialled.get(request.callback_id, 0) + 1
                    assert self.dialled[request.callback_id] == 1, "dialled twice at once"

    def _some(self, *stages: Stage) -> list[str]:
        return [name for name, turn in self.turns.turns.items() if turn.stage in stages]

    @rule(number=st.integers(0, 3), hour=st.integers(0, 23))
    def found(self, number: int, hour: int) -> None:
        request = replace(REQUEST, callback_id=f"b{number}")
        if request.callback_id not in self.reached:
            self._obey(self.turns.found(request, NUMBER, now=self.now, wall=OPEN + hour * 3600))

    @precondition(lambda self: self._some(Stage.WAITING, Stage.DIALLING))
    @rule(data=st.data())
    def an_agent_is_kept(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(self._some(Stage.WAITING, Stage.DIALLING)))
        if call in self.standing:
            self.offered.add(call)
            self._obey(self.turns.offered(call, "offer", now=self.now, wall=OPEN))

    @rule()
    def a_cell_is_free(self) -> None:
        call = self.turns.next_to_dial()
        if call is not None:
            self._obey([self.turns.dial(call, now=self.now)])

    @precondition(lambda self: self._some(Stage.DIALLING, Stage.CONNECTING))
    @rule(data=st.data(), end=st.sampled_from(["busy", "answered", "lost", "cell", "store", "wants"]))
    def it_goes_on(self, data: st.DataObject, end: str) -> None:
        call = data.draw(st.sampled_from(self._some(Stage.DIALLING, Stage.CONNECTING)))
        turn = self.turns.turns[call]
        name, first = turn.request.callback_id, turn.stage is Stage.DIALLING
        if end == "wants":
            if first:
                self._obey(self.turns.wants_agent(call, now=self.now))
            return
        if end in ("cell", "store") and not first:
            return
        self.dialled[name] = 0
        if end in ("answered", "lost"):
            self.reached.add(name)
        match end:
            case "cell":
                orders = self.turns.not_dialled(call, wall=OPEN)
            case "store":
                orders = self.turns.not_noted(call)
            case "lost":
                orders = self.turns.lost(call)
            case _:
                answered = end == "answered"
                orders = self.turns.over(CalleeLeft(call, answered, answered, 200 if answered else 486), wall=OPEN)
        again = [one for one in orders if isinstance(one, Settle) and isinstance(one.outcome, DialAgain)]
        assert not (again and name in self.reached), "dialled again although reached, or nobody knows"
        self._obey(orders)

    @rule(seconds=st.floats(0.1, 120))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self._obey(self.turns.handle_timer(now=self.now, wall=OPEN, running=lambda name: True))

    @invariant()
    def who_stands_is_known_and_nobody_is_forgotten(self) -> None:
        assert self.standing <= set(self.turns.turns)
        assert {turn.request.callback_id for turn in self.turns.turns.values()} == {
            name for name in (f"b{number}" for number in range(4)) if self.turns.knows(name)
        }


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
