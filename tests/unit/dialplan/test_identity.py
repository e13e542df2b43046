from __future__ import annotations

from decimal import Decimal

import pytest

from ivr.core.identity.verifier import Thresholds
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegResumed, LegRole
from ivr.core.orders.lookup import LookupDone, LookupFailed
from ivr.core.orders.voice import VoiceScored, VoiceUnscored
from ivr.errors import DialplanError
from tests.unit.dialplan.desk import Desk, kinds, plan

LOOKUP = """\
values: {found: yes_no, balance: {type: amount, currency: currency}, currency: text, day: date}
states:
  first:
    lookup: bank.balance
    keep: {found: found, balance: amount, currency: currency, day: day}
    retries: %d
    timeout: 2
    failed: down
    go: [{if: found and balance > 0, to: rich}, {else: poor}]
  rich: {say: {en: "You have {balance}."}, go: bye}
  poor: {say: {en: Nothing there.}, go: bye}
  down: {say: {en: No answer.}, go: bye}
"""
RICH: dict[str, object] = {"found": True, "amount": "12.50", "currency": "EUR"}


def test_what_a_lookup_answers_is_kept_typed_and_decides() -> None:
    desk = Desk(plan(LOOKUP % 0))
    assert (desk.lookup.source, desk.lookup.query, desk.lookup.timeout) == ("bank", "balance", 2.0)
    desk.send(LookupDone(desk.lookup.lookup_id, RICH))
    assert desk.text() == "You have 12.50 euros."
    assert desk.prompt.clips[0].dynamic
    assert desk.interpreter._s.known.value("balance") == Decimal("12.50")


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"found": False}, "poor"),
        ({}, "poor"),
        ({**RICH, "amount": "0"}, "poor"),
        ({**RICH, "amount": 12.5}, "down"),
        ({**RICH, "amount": "many"}, "down"),
        ({**RICH, "amount": "NaN"}, "down"),
        ({**RICH, "found": "yes"}, "down"),
        ({**RICH, "currency": 7}, "down"),
        ({**RICH, "day": "21.11.2026"}, "down"),
        ({**RICH, "day": "2026-11-21"}, "rich"),
    ],
)
def test_an_answer_that_is_not_in_its_form_is_a_failure_not_a_guess(answer: dict[str, object], state: str) -> None:
    desk = Desk(plan(LOOKUP % 0))
    desk.send(LookupDone(desk.lookup.lookup_id, answer))
    assert desk.state == state


def test_a_value_that_cannot_be_read_out_ends_the_call_with_an_apology_and_an_alarm() -> None:
    desk = Desk(plan(LOOKUP % 0))
    desk.send(LookupDone(desk.lookup.lookup_id, {"found": True, "amount": "1.005", "currency": "EUR"}))
    assert "RaiseAlarm" in kinds(desk.last)
    assert "1.005" not in repr(desk.last)
    assert "sorry" in desk.text().lower()


def test_a_lookup_is_tried_again_as_often_as_the_author_says() -> None:
    desk = Desk(plan(LOOKUP % 1))
    first = desk.lookup.lookup_id
    assert kinds(desk.send(LookupFailed(first, "down"))) == ["StartLookup"]
    assert desk.send(LookupDone(first, RICH)) == []
    desk.time_out()
    assert desk.state == "down"


def test_an_answer_during_a_hold_waits_for_the_caller() -> None:
    desk = Desk(plan(LOOKUP % 0))
    desk.send(LegHeld(LegRole.CALLER))
    assert desk.send(LookupDone(desk.lookup.lookup_id, RICH)) == []
    desk.send(LegResumed(LegRole.CALLER))
    assert desk.state == "rich"


PIN = """\
values: {account: digits, pin: {type: digits, secret: true}, good: yes_no, customer: text}
protect: {vault: {identity: basic}}
states:
  first: {ask: {en: Account?}, digits: {into: account, length: 2}, go: ask_pin}
  ask_pin: {ask: {en: PIN?}, digits: {into: pin, length: 2}, go: check}
  check:
    identify: basic
    by: keys
    lookup: bank.pin
    given: {account: account, pin: pin}
    keep: {good: good, customer: customer}
    passed: good
    attempts: 2
    again: ask_pin
    otherwise: bye
    failed: bye
    go: menu
  menu: {ask: {en: What?}, choices: {vault: {press: 1, go: vault}, other: {press: 2, go: first}}}
  vault: {say: {en: Here., }, go: menu}
"""


def identified() -> Desk:
    desk = Desk(plan(PIN))
    for digit in "1299":
        desk.send(DigitPressed(digit))
    return desk


def test_a_pin_that_passes_reaches_the_level() -> None:
    desk = identified()
    desk.send(LookupDone(desk.lookup.lookup_id, {"good": True, "customer": "c"}))
    assert desk.interpreter.identity == "basic"
    desk.send(DigitPressed("1"))
    assert desk.state == "vault"


@pytest.mark.parametrize("answer", [{"good": False}, {}, {"good": None}])
def test_a_pin_that_does_not_pass_reaches_nothing_and_may_be_tried_so_often(answer: dict[str, object]) -> None:
    desk = identified()
    desk.send(LookupDone(desk.lookup.lookup_id, answer))
    assert desk.state == "ask_pin"
    for digit in "98":
        desk.send(DigitPressed(digit))
    desk.send(LookupDone(desk.lookup.lookup_id, answer))
    assert desk.interpreter.ended
    assert desk.notes("identity") == []


def test_an_earlier_yes_does_not_serve_a_later_answer_that_says_nothing() -> None:
    desk = identified()
    desk.send(LookupDone(desk.lookup.lookup_id, {"good": True, "customer": "c"}))
    for digit in "2" + "1299":
        desk.send(DigitPressed(digit))
    desk.send(LookupDone(desk.lookup.lookup_id, {}))
    assert desk.interpreter.identity == "none"
    assert desk.state == "ask_pin"


def test_another_account_is_another_person() -> None:
    desk = identified()
    desk.send(LookupDone(desk.lookup.lookup_id, {"good": True, "customer": "c"}))
    for digit in "234":
        desk.send(DigitPressed(digit))
    assert desk.interpreter.identity == "none"
    assert desk.notes("identity")[-1] == {"level": "none"}


def test_attempts_are_counted_over_the_whole_call() -> None:
    desk = identified()
    desk.send(LookupDone(desk.lookup.lookup_id, {"good": False}))
    for digit in "99":
        desk.send(DigitPressed(digit))
    desk.send(LookupDone(desk.lookup.lookup_id, {"good": True, "customer": "c"}))
    assert desk.state == "menu"
    for digit in "2" + "1299":
        desk.send(DigitPressed(digit))
    desk.send(LookupDone(desk.lookup.lookup_id, {"good": False}))
    assert desk.interpreter.ended


VOICE = """\
values: {account: digits, customer: text}
protect: {deal: {identity: basic}}
states:
  first: {ask: {en: Account?}, digits: {into: account, length: 1}, go: who}
  who: {lookup: bank.customer, given: {account: account}, keep: {customer: customer}, go: voice, failed: bye}
  voice:
    identify: basic
    by: voice
    customer: customer
    ask: {en: Say the sentence.}
    retry: {en: Once more.}
    accept: 0.9
    reject: 0.7
    attempts: 2
    go: menu
    unscored: no_voice
    otherwise: no_voice
  menu: {ask: {en: What?}, choices: {deal: {press: 1, go: deal}, again: {press: 2, go: first}}}
  deal: {say: {en: The deal.}, go: bye}
  no_voice: {say: {en: Not you.}, go: bye}
"""


def speaking(text: str = VOICE) -> Desk:
    desk = Desk(plan(text))
    desk.send(DigitPressed("7"))
    desk.send(LookupDone(desk.lookup.lookup_id, {"customer": "c-7"}))
    desk.heard()
    return desk


def verify_id(desk: Desk) -> int:
    from ivr.core.orders.voice import CollectVoice

    return [order for order in desk.all if isinstance(order, CollectVoice)][-1].verify_id


def test_an_accepted_voice_reaches_the_level() -> None:
    desk = speaking()
    assert kinds(desk.last) == ["CollectVoice"]
    desk.send(VoiceScored(verify_id(desk), 0.95, 4.0))
    assert desk.interpreter.identity == "basic"
    assert desk.state == "menu"


@pytest.mark.parametrize("score", [0.69, -1.0, 0.0])
def test_a_rejected_voice_reaches_nothing_at_once(score: float) -> None:
    desk = speaking()
    desk.send(VoiceScored(verify_id(desk), score, 4.0))
    assert desk.state == "no_voice"
    assert desk.interpreter.identity == "none"


@pytest.mark.parametrize(("score", "seconds"), [(0.8, 4.0), (float("nan"), 4.0), (0.99, 0.5), (1.5, 4.0)])
def test_an_unsure_voice_is_heard_once_more_and_then_reaches_nothing(score: float, seconds: float) -> None:
    desk = speaking()
    desk.send(VoiceScored(verify_id(desk), score, seconds))
    assert desk.text() == "Once more."
    desk.heard()
    desk.send(VoiceScored(verify_id(desk), score, seconds))
    assert desk.state == "no_voice"
    assert desk.interpreter.identity == "none"


def test_no_score_is_never_an_acceptance() -> None:
    desk = speaking()
    desk.send(VoiceUnscored(verify_id(desk), "not enrolled"))
    assert desk.state == "no_voice"
    desk = speaking()
    desk.time_out()
    assert desk.state == "no_voice"


def test_a_score_that_comes_after_its_time_is_dropped() -> None:
    desk = speaking()
    late = verify_id(desk)
    desk.time_out()
    assert desk.send(VoiceScored(late, 1.0, 4.0)) == []
    assert desk.interpreter.identity == "none"


def test_a_caller_nobody_claimed_to_be_cannot_be_verified() -> None:
    desk = Desk(plan(VOICE))
    desk.send(DigitPressed("7"))
    desk.send(LookupDone(desk.lookup.lookup_id, {}))
    assert desk.state == "no_voice"


def test_the_voice_of_one_customer_does_not_open_another_s_account() -> None:
    desk = speaking()
    desk.send(VoiceScored(verify_id(desk), 0.95, 4.0))
    desk.send(DigitPressed("2"))
    desk.send(DigitPressed("8"))
    assert desk.interpreter.identity == "none"
    desk.send(LookupDone(desk.lookup.lookup_id, {"customer": "c-8"}))
    assert desk.state == "voice"


def test_a_hold_while_the_voice_is_gathered_asks_anew() -> None:
    desk = speaking()
    assert kinds(desk.send(LegHeld(LegRole.CALLER))) == ["StopVoice"]
    assert desk.send(VoiceScored(verify_id(desk), 0.95, 4.0)) == []
    desk.send(LegResumed(LegRole.CALLER))
    assert desk.text() == "Say the sentence."


def test_a_protected_query_is_not_sent_without_its_obligations() -> None:
    text = PIN.replace("vault: {identity: basic}", "bank.vault: {identity: strong}").replace(
        "vault: {say: {en: Here., }, go: menu}", "vault: {lookup: bank.vault, go: menu, failed: menu}"
    )
    desk = Desk(plan(text))
    for digit in "1299":
        desk.send(DigitPressed(digit))
    desk.send(LookupDone(desk.lookup.lookup_id, {"good": True, "customer": "c"}))
    desk.send(DigitPressed("1"))
    assert "StartLookup" not in kinds(desk.last)
    assert "RaiseAlarm" in kinds(desk.last)


# --- what a voice is judged by --------------------------------------------------------------------------------------


def judged_by(written: str) -> str:
    return VOICE.replace("    accept: 0.9\n    reject: 0.7\n", f"    {written}\n" if written else "")


@pytest.mark.parametrize(
    ("written", "accepted_from"),
    [
        ("costs: {prior: 0.5, false_accept: 101, false_reject: 20, unsure: 1}", 4.606),
        ("costs: {}", 7.014),
        ("", 3.0),
    ],
)
def test_costs_of_the_dialplan_decide_else_what_the_fact_brings(written: str, accepted_from: float) -> None:
    house = Thresholds(3.0, -1.0, "llr")
    for llr, level in ((accepted_from, "basic"), (accepted_from - 0.1, "none")):
        desk = speaking(judged_by(written))
        desk.send(VoiceScored(verify_id(desk), 0.99, 4.0, llr, house))
        assert desk.interpreter.identity == level


def test_what_was_heard_before_is_somebody_else_at_once() -> None:
    desk = speaking(judged_by(""))
    desk.send(VoiceScored(verify_id(desk), 1.0, 9.0, 10.5, Thresholds(3.0, -1.0, "llr"), heard_before=True))
    assert desk.state == "no_voice"


@pytest.mark.parametrize(
    "written",
    [
        "costs: {prior: 1}",
        "costs: {unsure: 50}",
        "costs: {}\n    accept: 0.9",
        "accept: 0.5\n    reject: 0.7",
    ],
)
def test_what_cannot_decide_is_refused(written: str) -> None:
    with pytest.raises(DialplanError, match="D136"):
        plan(judged_by(written))
