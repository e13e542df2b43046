"""A call's risk: what signals give, who did not answer, and what follows in states, queues and the proof."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from ivr.core.call.call import Call
from ivr.core.call.record_json import record_from_json, record_to_json
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.dialplan.runtime.weighing import Weighing
from ivr.core.identity.risk import WAIT_SECONDS, Risk, Signal
from ivr.core.orders.calls import CallAnswered, CallArrived
from ivr.core.orders.evidence import RiskScored, StateEntered
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegHungUp, LegRole
from ivr.core.orders.listening import Listen, TranscriptReady
from ivr.core.orders.lookup import LookupDone, StartLookup
from ivr.core.orders.queue import Enqueue
from ivr.core.orders.recording import RecordingStarted, StartRecording
from ivr.core.orders.risk import CallsCounted, CountCalls
from ivr.core.sip.calling_party import NetworkWord
from ivr.errors import DialplanError

MONDAY_NOON = 1767614400.0
"""2026-01-05 12:00 UTC."""
NUMBER = "+85291234567"
HEAD = """\
name: bank
version: "1"
languages: [en, zh]
start: menu
defaults: {otherwise: bye}
values: {account: {type: text, searchable: true}, registered: text, bank_risk: text, pin: {type: digits, secret: true},
  code: {type: digits, secret: true}}
hours: {awake: {weekly: {mon-sun: "07:00-22:00"}}}
"""
STATES = """\
states:
  menu: {ask: {en: "Press 1.", zh: 请按1。}, silence: {otherwise: agent}, nomatch: {otherwise: agent},
         choices: {account: {press: 1, hear: {en: [my account], zh: [账户]}, go: find},
                   person: {press: 2, go: agent}}}
  find: {lookup: bank.account, given: {}, keep: {account: account, registered: number, bank_risk: risk},
         go: [{if: "call_risk = 'high'", to: bye}, {if: risk_score >= 30, to: agent}, {else: menu}], failed: bye}
  agent: {enqueue: help, priority: 1, skills: {loans: 1}, otherwise: bye,
          at_risk: {medium: {priority: 4}, high: {skills: {fraud: 2}, urgent: true}}}
  bye: {hang_up: completed}
"""
TABLE = """\
risk:
  medium: 20
  high: 70
  signals:
    withheld: 40
    unvouched: 15
    diverted: 10
    new_number: {days: 90, points: 10}
    many_calls: {from: 3, hours: 1, points: 25}
    account_calls: {value: account, from: 4, hours: 24, points: 30}
    odd_hour: {outside: awake, points: 20}
    failures: {from: 3, points: 60}
    mismatch: {value: registered, points: 20}
    duress: {phrases: {en: [they made me call], zh: [有人逼我]}, rules: [conduct/duress], points: 100}
"""
TRUNK = NetworkWord(asserted=True)


def plan(table: str = TABLE, states: str = STATES) -> Dialplan:
    return load_dialplan(HEAD + table + states, source="bank.yaml")


def codes(text: str) -> set[str]:
    """What is wrong with it."""
    with pytest.raises(DialplanError) as raised:
        load_dialplan(text, source="bank.yaml")
    return {finding.code for finding in raised.value.findings if isinstance(finding, Finding)}


class Visit:
    """One call; earlier calls answer when they are told to."""

    def __init__(
        self, table: str = TABLE, *, number: str = NUMBER, network: NetworkWord = TRUNK, at: float = MONDAY_NOON
    ) -> None:
        arrival = CallArrived("c", f"sip:{number}@trunk.example", "100", at, network=network)
        self.call = Call(plan(table))
        self.now = 100.0
        self.all: list[object] = []
        self.tell(arrival)

    def tell(self, *events: object, after: float = 0.0) -> Visit:
        self.now += after
        for event in events:
            self.all += self.call.receive(event, now=self.now)  # type: ignore[arg-type]
        return self

    def answered(self) -> Visit:
        return self.tell(RecordingStarted("r"), CallAnswered())

    def last(self, kind: type) -> object:
        return [order for order in self.all if isinstance(order, kind)][-1]

    def counted(self, number: int = 0, *, ever: int = 1) -> Visit:
        """Earlier calls answer what was asked last."""
        asked = self.last(CountCalls)
        assert isinstance(asked, CountCalls)
        counts = tuple((one.signal, ever if one.signal is Signal.NEW_NUMBER else number) for one in asked.counts)
        return self.tell(CallsCounted(asked.count_id, counts), after=0.01)

    def found(self, **answer: object) -> Visit:
        self.tell(DigitPressed("1"))
        order = self.last(StartLookup)
        assert isinstance(order, StartLookup)
        return self.tell(LookupDone(order.lookup_id, answer), after=0.05)

    def said(self, text: str) -> Visit:
        listen = self.last(Listen)
        assert isinstance(listen, Listen)
        return self.tell(TranscriptReady(listen.listen_id, text, None, 0.9))

    def time_out(self) -> Visit:
        deadline = self.call.deadline()
        assert deadline is not None
        self.now = max(self.now, deadline)
        self.all += self.call.handle_timer(now=self.now)
        return self

    @property
    def scored(self) -> tuple[int, Risk]:
        found = self.call.record.risk[-1]
        return found.points, found.risk

    def gave(self, signal: Signal) -> int | None:
        return next(one.points for one in self.call.record.risk[-1].gave if one.signal is signal)

    @property
    def states(self) -> list[str]:
        return [order.name for order in self.all if isinstance(order, StateEntered)]


def test_a_call_of_somebody_who_calls_now_and_then_is_of_low_risk() -> None:
    assert Visit().counted(0).answered().scored == (0, Risk.LOW)


@pytest.mark.parametrize(
    ("number", "network", "at", "points"),
    [
        (NUMBER, NetworkWord(), MONDAY_NOON, 15),
        (NUMBER, NetworkWord(asserted=True, diverted=("100",)), MONDAY_NOON, 10),
        (NUMBER, TRUNK, MONDAY_NOON + 12 * 3600, 20),
        (NUMBER, NetworkWord(diverted=("100",)), MONDAY_NOON + 12 * 3600, 45),
    ],
)
def test_what_network_and_clock_say_is_added_up(number: str, network: NetworkWord, at: float, points: int) -> None:
    assert Visit(number=number, network=network, at=at).counted(0).answered().scored[0] == points


def test_a_withheld_number_is_scored_by_that_and_nobody_is_asked_for_its_calls() -> None:
    visit = Visit(number="anonymous", network=NetworkWord(withheld=True)).answered()
    assert visit.scored == (40, Risk.MEDIUM)
    assert not [order for order in visit.all if isinstance(order, CountCalls)]


def test_this_call_is_one_of_those_within_the_hour() -> None:
    assert Visit().counted(1).answered().gave(Signal.MANY_CALLS) == 0
    assert Visit().counted(2).answered().gave(Signal.MANY_CALLS) == 25
    assert Visit().counted(0, ever=0).answered().gave(Signal.NEW_NUMBER) == 10


def test_earlier_calls_are_asked_for_before_the_answer_and_the_first_state_knows_what_they_say() -> None:
    visit = Visit()
    assert [type(order) for order in visit.all] == [StartRecording, CountCalls]
    visit.tell(RecordingStarted("r"), CallAnswered())
    assert visit.states == []
    visit.counted(2)
    assert (visit.states, visit.scored) == (["menu"], (25, Risk.MEDIUM))


def test_whoever_does_not_answer_within_300_ms_makes_the_risk_unknown_and_never_low() -> None:
    visit = Visit().answered()
    assert visit.call.deadline() == pytest.approx(100.0 + WAIT_SECONDS)
    visit.time_out()
    assert (visit.states, visit.scored) == (["menu"], (0, Risk.UNKNOWN))
    assert visit.gave(Signal.MANY_CALLS) is None


def test_a_late_answer_is_taken_all_the_same() -> None:
    visit = Visit().answered().time_out()
    visit.now += 5
    assert visit.counted(0).scored == (0, Risk.LOW)
    assert [one.risk for one in visit.call.record.risk] == [Risk.UNKNOWN, Risk.LOW]
    assert visit.call.record.risk[-1].gave[3].at == pytest.approx(5.01 + WAIT_SECONDS, abs=0.01)


def test_who_could_not_count_is_as_silent_as_who_did_not_answer() -> None:
    visit = Visit()
    visit.tell(CallsCounted(-1, None)).answered()
    assert visit.scored == (0, Risk.UNKNOWN)


def test_enough_points_are_high_whoever_is_silent() -> None:
    visit = Visit(network=NetworkWord()).answered().time_out()
    assert visit.said("They made me call.").scored == (100, Risk.HIGH)


def test_the_call_is_answered_by_the_time_nobody_waits_for_the_count() -> None:
    visit = Visit().tell(RecordingStarted("r"))
    visit.tell(CallAnswered(), after=2.0)
    assert (visit.states, visit.scored[1]) == (["menu"], Risk.UNKNOWN)


def test_calls_about_an_account_are_counted_once_it_is_known_and_the_next_state_waits_for_it() -> None:
    visit = Visit().counted(0).answered().found(account="4711", number=NUMBER, risk="low")
    asked = visit.last(CountCalls)
    assert isinstance(asked, CountCalls)
    assert (asked.value, asked.text, asked.counts[0].seconds) == ("account", "4711", 86_400.0)
    assert "4711" not in repr(asked)
    assert visit.states == ["menu", "find"]
    visit.counted(3)
    assert (visit.states[-1], visit.gave(Signal.ACCOUNT_CALLS), visit.scored) == ("agent", 30, (30, Risk.MEDIUM))


def test_without_a_word_on_the_account_it_goes_on_after_300_ms_with_an_unknown_risk() -> None:
    visit = Visit().counted(0).answered().found(account="4711", number=NUMBER, risk="low").time_out()
    assert visit.states == ["menu", "find", "menu"]
    assert visit.scored[1] is Risk.UNKNOWN


def test_what_the_caller_does_meanwhile_is_put_off_and_their_leaving_is_not() -> None:
    visit = Visit().counted(0).answered().found(account="4711", number=NUMBER, risk="low")
    visit.tell(LegHeld(LegRole.CALLER))
    assert visit.states[-1] == "find"
    visit.counted(0)
    assert visit.states[-1] == "menu"
    gone = Visit().counted(0).answered().found(account="4711", number=NUMBER, risk="low")
    gone.tell(LegHungUp(LegRole.CALLER, 200, by_far_end=True))
    assert gone.call.record.outcome == "abandoned"


def test_another_number_than_the_customers_gives_points() -> None:
    visit = Visit().counted(0).answered().found(account="1", number="+85200000000").counted(0)
    assert visit.gave(Signal.MISMATCH) == 20


def test_words_of_duress_count_in_each_language_and_as_whole_words_only() -> None:
    assert Visit().counted(0).answered().said("they made me calls").scored == (0, Risk.LOW)
    assert Visit().counted(0).answered().said("Please. They made me call!").scored == (100, Risk.HIGH)


def test_a_risky_call_waits_with_its_priority_and_for_whom_it_needs() -> None:
    waits = {}
    for name, visit in {
        "low": Visit().counted(0).answered(),
        "medium": Visit(network=NetworkWord(diverted=("1",))).counted(0).answered(),
        "unknown": Visit().answered().time_out(),
        "high": Visit().counted(0).answered().said("they made me call"),
    }.items():
        order = visit.tell(DigitPressed("2")).last(Enqueue)
        assert isinstance(order, Enqueue)
        waits[name] = (order.priority, dict(order.skills), order.urgent)
    assert waits == {
        "low": (1, {"loans": 1}, False),
        "medium": (4, {"loans": 1}, False),
        "unknown": (1, {"loans": 1, "fraud": 2}, True),
        "high": (1, {"loans": 1, "fraud": 2}, True),
    }


def test_the_record_holds_each_score_and_reads_back() -> None:
    record = Visit(network=NetworkWord()).counted(2).answered().said("they made me call").call.record
    assert [one.points for one in record.risk] == [40, 100]
    assert record_from_json(record_to_json(record)) == record


def test_a_dialplan_without_a_table_asks_nobody_and_scores_nothing() -> None:
    text = HEAD + STATES.replace(
        ",\n          at_risk: {medium: {priority: 4}, high: {skills: {fraud: 2}, urgent: true}}", ""
    )
    call = Interpreter(load_dialplan(text, source="b"), arrival=CallArrived("c", "sip:x@y", "1", 0.0))
    assert call.arrive(0.0) == []
    assert not [order for order in call.start(0.0) if isinstance(order, RiskScored)]
    assert call.risk == "unknown"


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        ("outside: awake", "outside: awaken", "D199"),
        ("value: account", "value: registered", "D199"),
        ("value: registered", "value: nowhere", "D199"),
        ("value: registered", "value: pin", "D199"),
        ("medium: 20", "medium: 80", "D199"),
        ("zh: [有人逼我]", "fr: [au secours]", "D199"),
        ("withheld: 40", "withhold: 40", "D101"),
        ("withheld: 40", "withheld: 400", "D106"),
        (TABLE, "", "D198"),
        (TABLE, "risk: {signals: {withheld: 20}}\n", "D199"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(was: str, becomes: str, code: str) -> None:
    text = HEAD + TABLE + STATES
    assert was in text
    assert code in codes(text.replace(was, becomes))


def test_no_rule_asks_for_warnings_by_a_risk_that_may_change_meanwhile() -> None:
    way = "{ask: {en: 1?, zh: 1？}, press: 1, otherwise: bye}"
    disclosure = f"disclosures: {{warn: {{say: {{en: Beware., zh: 小心。}}, acknowledge: {way}}}}}\n"
    rule = "protect: {bye: {also: [{if: risk_score >= 30, after: [warn]}]}}\n"
    assert "D164" in codes(HEAD + TABLE + disclosure + rule + STATES)


POLICY = """\
identity:
  policy: retail
  version: "1"
  factors: {pin: {by: keys, after_hold: keep, after_transfer: keep}, code: {by: keys}}
  levels: {basic: [{factors: [pin], risk: low}, {factors: [pin, code]}]}
"""
PROVED = """\
protect: {order: {identity: basic}}
states:
  menu: {ask: {en: PIN?, zh: 密码？}, digits: {into: pin, length: 4}, go: check}
  check: {identify: pin, by: keys, lookup: bank.pin, given: {pin: pin}, keep: {account: account, registered: number},
          passed: "registered != ''", go: %s, again: menu, otherwise: bye, failed: bye}
  code: {ask: {en: Code?, zh: 验证码？}, digits: {into: code, length: 4}, go: check_code}
  check_code: {identify: code, by: keys, lookup: bank.code, given: {code: code, account: account},
          keep: {bank_risk: ok}, passed: "bank_risk != ''", go: order, again: code, otherwise: bye, failed: bye}
  order: {say: {en: Ordered., zh: 已下单。}, go: bye}
  bye: {hang_up: completed}
"""


def test_the_proof_holds_at_any_risk() -> None:
    assert prove(plan(TABLE + POLICY, PROVED % "[{if: bank_risk = 'x', to: code}, {else: order}]")).certificate is None
    asked = prove(plan(TABLE + POLICY, PROVED % "code"))
    assert asked.certificate is not None, asked.counterexamples


def test_the_proof_knows_that_time_passes_while_earlier_calls_are_counted() -> None:
    """In which a caller may hold the line, and what they proved ends."""
    states = (PROVED % "[{if: bank_risk = 'x', to: code}, {else: noted}]").replace(
        "  order: {", "  noted: {set: {account: \"'4711'\"}, go: order}\n  order: {"
    )
    policy = (
        POLICY.replace("after_hold: keep", "after_hold: drop")
        .replace(", risk: low", "")
        .replace("[pin, code]", "[code]")
    )
    counted = "    account_calls: {value: account, from: 4, hours: 24, points: 30}\n"
    states = states.replace("keep: {account: account, ", "keep: {").replace(", account: account}", "}")
    states = states.replace("keep: {bank_risk: ok}", "keep: {bank_risk: ok, account: account}")
    assert prove(plan(TABLE.replace(counted, "") + policy, states)).certificate is not None
    assert prove(plan(TABLE + policy, states)).certificate is None


def test_scoring_costs_a_call_next_to_nothing() -> None:
    """Not a measurement: a hundredfold of what it takes (docs/identity: 12 microseconds)."""
    dialplan = plan()
    weighing = Weighing(dialplan.risk, CallArrived("c", f"sip:{NUMBER}@t", "1", 0.0))
    began = time.thread_time()
    for second in range(1000):
        weighing.weigh({"account": "1"}, failures=0, hours=dialplan.hours, wall=MONDAY_NOON, passed=float(second))
    assert time.thread_time() - began < 2.0
    assert Decimal(weighing.scored.points if weighing.scored else -1) == 15
