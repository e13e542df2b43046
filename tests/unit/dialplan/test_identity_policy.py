"""A dialplan's identity policy: what it asks for, what wears out, and that no call slips past it."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.dialplan.runtime.knowledge import Knowledge
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegResumed, LegRole
from ivr.core.orders.lookup import LookupDone
from ivr.core.orders.playing import PlayReport, PromptEnd, PromptEnded
from ivr.core.sip.calling_party import NetworkWord
from ivr.errors import DialplanError
from tests.unit.dialplan.desk import END, Desk, findings
from tests.unit.dialplan.desk import HEAD as PLAIN

FULL = PlayReport("ab" * 32, 800, 0, 800, 5, 0.0)
RISK = """\
risk:
  signals:
    {withheld: 30, unvouched: 30, diverted: 30, failures: {from: 3, points: 60},
     bank: {value: bank_risk, points: {low: 0, medium: 30, high: 60}}}
"""
POLICY = (
    """\
identity:
  policy: retail
  version: "1"
  factors:
    pin: {by: keys, minutes: 30, after_hold: keep, after_transfer: keep}
    code: {by: keys, minutes: 5}
    answer: {by: keys}
    voice: {by: voice, minutes: 10}
    number: {by: network, number: registered}
  levels:
    basic: [{factors: [pin]}, {factors: [answer, number], risk: low}]
    strong: [{factors: [pin, code]}, {factors: [pin, voice], risk: medium}]
    high: [{factors: [pin, code, voice]}]
"""
    + RISK
)
HEAD = """\
name: bank
version: "1"
languages: [en]
start: menu
max_minutes: 60
defaults: {otherwise: bye}
values:
  {pin: {type: digits, secret: true}, code: {type: digits, secret: true}, customer: text, ok: yes_no, fine: yes_no,
   registered: text, bank_risk: text}
protect: {order: {identity: strong}}
"""
STATES = """\
states:
  menu: {ask: {en: "Press 1."}, choices: {order: {press: 1, go: known}}}
  known: {identify: strong, by: policy, proofs: {pin: ask_pin, code: ask_code}, go: %s, otherwise: bye}
  ask_pin: {ask: {en: PIN?}, digits: {into: pin, length: 4}, go: check_pin}
  check_pin:
    {identify: pin, by: keys, lookup: bank.pin, given: {pin: pin},
     keep: {ok: ok, customer: customer, registered: number},
     passed: ok, go: known, again: ask_pin, otherwise: bye, failed: bye}
  ask_code: {ask: {en: Code?}, digits: {into: code, length: 6}, go: check_code}
  check_code:
    {identify: code, by: keys, lookup: bank.code, given: {code: code, customer: customer}, keep: {fine: ok},
     passed: fine, go: known, again: known, otherwise: bye, failed: bye}
  order: {say: {en: Ordered.}, go: menu}
  sure: {ask: {en: "Sure? Press 1."}, choices: {yes_: {press: 1, go: order}}}
  bye: {hang_up: completed}
"""
SOUND = POLICY.replace("    voice: {by: voice, minutes: 10}\n", "").replace(
    ", {factors: [pin, voice], risk: medium}]\n    high: [{factors: [pin, code, voice]}]", "]"
)


def plan(policy: str = SOUND, *, go: str = "order", states: str = STATES) -> Dialplan:
    text = HEAD + policy + (states % go)
    if "sure" not in go:
        text = text.replace('  sure: {ask: {en: "Sure? Press 1."}, choices: {yes_: {press: 1, go: order}}}\n', "")
    return load_dialplan(text, source="bank.yaml")


class Caller:
    """Answers what is asked, rightly."""

    def __init__(self) -> None:
        self.desk = Desk(plan())

    def key(self, keys: str) -> None:
        for key in keys:
            self.desk.send(DigitPressed(key))

    def prove(self, keys: str, **answer: object) -> None:
        self.key(keys)
        self.desk.send(LookupDone(self.desk.lookup.lookup_id, {"ok": True, **answer}))

    def known(self) -> None:
        """By PIN and code, up to the order."""
        self.key("1")
        self.prove("1234", customer="anna", number="+85212345678")
        self.prove("654321")

    def again(self, after: float = 0.1) -> None:
        """Back in the menu after some seconds, and once more to the order."""
        self.desk.send(PromptEnded(self.desk.prompt.prompt_id, PromptEnd.COMPLETED, FULL), after=after)
        self.key("1")

    @property
    def at(self) -> tuple[str, str]:
        return self.desk.state, self.desk.interpreter.identity


@pytest.fixture
def caller() -> Caller:
    return Caller()


def test_each_factor_is_asked_for_in_turn_and_only_together_do_they_reach_the_level(caller: Caller) -> None:
    caller.key("1")
    assert caller.at == ("ask_pin", "none")
    caller.prove("1234", customer="anna")
    assert caller.at == ("ask_code", "basic")
    caller.prove("654321")
    assert caller.at == ("order", "strong")


def test_what_still_counts_is_not_asked_again(caller: Caller) -> None:
    caller.known()
    caller.again()
    assert caller.at == ("order", "strong")


def test_a_factor_runs_out_by_itself_and_the_step_up_asks_for_that_one_only(caller: Caller) -> None:
    caller.known()
    caller.again(after=301)
    assert caller.at == ("ask_code", "basic")
    caller.prove("111111")
    assert caller.at == ("order", "strong")


def test_all_of_it_runs_out_in_the_end(caller: Caller) -> None:
    caller.known()
    caller.again(after=1801)
    assert caller.at == ("ask_pin", "none")


def test_whoever_comes_back_after_a_hold_proves_again_what_a_hold_ends(caller: Caller) -> None:
    caller.known()
    caller.desk.send(LegHeld(LegRole.CALLER))
    assert caller.desk.interpreter.identity == "basic"
    caller.desk.send(LegResumed(LegRole.CALLER))
    caller.again()
    assert caller.at == ("ask_code", "basic")


def test_a_factor_that_is_asked_for_in_vain_is_given_up(caller: Caller) -> None:
    caller.key("1")
    caller.prove("1234", customer="anna")
    for _ in range(2):
        caller.key("000000")
        caller.desk.send(LookupDone(caller.desk.lookup.lookup_id, {"ok": False}))
    assert caller.desk.interpreter.ended


def test_what_another_account_proved_does_not_count_with_it(caller: Caller) -> None:
    caller.known()
    known = caller.desk.interpreter._s.known
    known.assign("customer", "ben")
    known.identified("code", frozenset({"fine"}))
    assert known.identity.level == "none"


NUMBER = "+85212345678"
TRUNK = NetworkWord(asserted=True)


def known_of(network: NetworkWord, number: str = NUMBER) -> Knowledge:
    """Of a call whose caller has answered something and whose number the bank knows; the bank sees no risk."""
    arrival = CallArrived("c", f"sip:{number}@trunk.example", "100", 0.0, network=network)
    known = Interpreter(plan(), arrival=arrival)._s.known
    known.assign("registered", NUMBER)
    known.assign("bank_risk", "low")
    known.identified("answer", frozenset({"customer"}))
    known.reckon()
    return known


def test_the_networks_word_for_a_number_is_a_hint_that_counts_beside_another_at_low_risk_only() -> None:
    known = known_of(TRUNK)
    for told, level in (
        ("low", "basic"),
        ("medium", "none"),
        ("unknown", "none"),
        ("rather low", "none"),
        ("low", "basic"),
    ):
        known.assign("bank_risk", told)
        known.reckon()
        assert known.identity.level == level
    known.assign("registered", "+85287654321")
    known.reckon()
    assert known.identity.level == "none"


def test_a_number_that_no_trunk_vouches_for_is_no_hint() -> None:
    assert known_of(NetworkWord()).identity.hints == frozenset()


@pytest.mark.parametrize(
    ("network", "number", "risk"),
    [
        (TRUNK, NUMBER, "low"),
        (NetworkWord(), NUMBER, "medium"),
        (NetworkWord(withheld=True), "anonymous", "medium"),
        (NetworkWord(asserted=True, diverted=("100",)), NUMBER, "medium"),
    ],
)
def test_what_the_call_shows_by_itself_makes_the_banks_answer_worse_and_never_better(
    network: NetworkWord, number: str, risk: str
) -> None:
    known = known_of(network, number)
    assert known.value("call_risk") == risk
    known.assign("bank_risk", "high")
    known.reckon()
    assert known.value("call_risk") == "high"


def test_proofs_tried_in_vain_make_the_risk_high() -> None:
    known = known_of(TRUNK)
    for count, risk in ((1, "low"), (2, "low"), (3, "high")):
        assert known.try_again("check_pin") == count
        known.reckon()
        assert known.value("call_risk") == risk


def test_a_risk_that_nobody_told_is_unknown_and_counts_as_high() -> None:
    known = known_of(TRUNK)
    known.forget("bank_risk")
    known.reckon()
    assert (known.value("call_risk"), known.identity.level) == ("unknown", "none")


# --- the proof ------------------------------------------------------------------------------------------------------


def test_a_step_up_straight_before_the_order_is_proved() -> None:
    assert prove(plan()).certificate is not None


@pytest.mark.parametrize(
    "why",
    [
        "minutes: 5",
        "minutes: 60, after_hold: drop, after_transfer: keep",
    ],
)
def test_a_question_between_step_up_and_order_is_refused_when_a_factor_may_end_meanwhile(why: str) -> None:
    policy = SOUND.replace("code: {by: keys, minutes: 5}", f"code: {{by: keys, {why}}}")
    found = prove(plan(policy, go="sure")).counterexamples
    assert [(story.target, story.lacking) for story in found] == [("order", "identity strong")]


def lasting(how: str) -> str:
    """The policy with a PIN and a code that count like this."""
    pin = "pin: {by: keys, minutes: 30, after_hold: keep, after_transfer: keep}"
    return SOUND.replace(pin, f"pin: {{by: keys, {how}}}").replace("{by: keys, minutes: 5}", f"{{by: keys, {how}}}")


def test_a_question_between_them_is_proved_when_nothing_can_end_within_a_call() -> None:
    policy = lasting("minutes: 60, after_hold: keep, after_transfer: keep")
    assert prove(plan(policy, go="sure")).certificate is not None


def test_after_a_talk_that_ends_a_factor_the_order_is_refused() -> None:
    sure = '  sure: {ask: {en: "Sure? Press 1."}, choices: {yes_: {press: 1, go: order}}}'
    assert sure in STATES
    talk = STATES.replace(sure, "  sure: {enqueue: q, otherwise: bye, after: order}")
    for after, lacking in (("drop", ["identity strong"]), ("keep", [])):
        policy = lasting(f"after_hold: keep, after_transfer: {after}")
        found = prove(plan(policy, go="sure", states=talk)).counterexamples
        assert [story.lacking for story in found] == lacking


def test_a_single_factor_reaches_no_order_by_another_way() -> None:
    past = STATES.replace("passed: ok, go: known", "passed: ok, go: order")
    found = prove(plan(states=past)).counterexamples
    assert [(story.target, story.lacking) for story in found] == [("order", "identity strong")]


def test_a_combination_that_counts_at_low_risk_only_is_no_proof() -> None:
    policy = SOUND.replace("{factors: [pin, code]}", "{factors: [pin, code], risk: medium}")
    past = STATES.replace("passed: fine, go: known", "passed: fine, go: order")
    found = prove(plan(policy, states=past)).counterexamples
    assert [(story.target, story.lacking) for story in found] == [("order", "identity strong")]


# --- the check ------------------------------------------------------------------------------------------------------


def wrong(policy: str, states: str = STATES) -> list[tuple[str, int]]:
    with pytest.raises(DialplanError) as error:
        plan(policy, states=states)
    return [(found.code, found.line) for found in error.value.findings if isinstance(found, Finding)]


def line_of(text: str) -> int:
    whole = (HEAD + text).splitlines()
    return next(n for n, line in enumerate(whole, 1) if "HERE" in line)


@pytest.mark.parametrize("level", ["strong", "high"])
@pytest.mark.parametrize("row", ["[voice]", "[voice, number]"])
def test_a_voice_is_never_the_sole_factor_of_a_level_that_matters(level: str, row: str) -> None:
    policy = SOUND.replace("    number:", "    voice: {by: voice}\n    number:").replace(
        "    strong: [{", f"    {level}: [{{factors: {row}}}, {{", 1
    )
    number = next(n for n, line in enumerate((HEAD + policy).splitlines(), 1) if f"factors: {row}" in line)
    assert ("D194", number) in wrong(policy)


def test_a_number_alone_is_no_level_at_all() -> None:
    assert ("D194", 20) in wrong(SOUND.replace("[answer, number]", "[answer]}, {factors: [number]"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("factors: [pin, code]", "factors: [pin, cod]"), "D193"),
        (("    answer: {by: keys}", "    answer: {by: keys}\n    unused: {by: keys}"), "D193"),
        (("{by: network, number: registered}", "{by: network, number: nowhere}"), "D192"),
        (("{by: network, number: registered}", "{by: network}"), "D192"),
        (("    pin: {by: keys", "    pin: {by: voice"), "D196"),
        (("value: bank_risk", "value: nowhere"), "D199"),
        ((RISK, ""), "D198"),
        (("    strong: [{factors: [pin, code]}]", "    high: [{factors: [pin, answer, code]}]"), "D197"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_at_its_line(change: tuple[str, str], code: str) -> None:
    assert change[0] in SOUND
    assert code in [found for found, _ in wrong(SOUND.replace(*change))]


def test_a_state_that_proves_what_the_policy_does_not_know_is_refused() -> None:
    assert [code for code, _ in wrong(SOUND, STATES.replace("identify: code", "identify: coda"))] == ["D196"]


def test_a_step_up_without_a_policy_is_refused() -> None:
    states = STATES.replace("identify: pin", "identify: basic").replace("identify: code", "identify: strong")
    assert "D197" in [code for code, _ in wrong("", states)]


# --- without a policy -------------------------------------------------------------------------------------------------

VOICE = """\
values: {customer: text, account: digits, pin: {type: digits, secret: true}, ok: yes_no}
%s
states:
  voice:
    {identify: %s, by: voice, customer: customer, challenge: 8, ask: {en: "Say {challenge}."}, go: bye, unscored: bye,
     otherwise: bye}
  other:
    {identify: basic, by: voice, customer: customer, challenge: 8, ask: {en: "Say {challenge}."}, go: voice,
     unscored: bye, otherwise: bye}
  keyed:
    {identify: basic, by: keys, lookup: bank.pin, given: {account: account, pin: pin}, keep: {ok: ok}, passed: ok,
     go: voice, failed: bye, otherwise: bye, again: bye}
  first: {ask: {en: "Press."}, choices: {a: {press: 1, go: keyed}, b: {press: 2, go: other}, c: {press: 3, go: voice}}}
"""


@pytest.mark.parametrize(
    ("protect", "level", "refused"),
    [
        ("", "basic", False),
        ("", "strong", True),
        ("", "high", True),
        ("protect: {voice: {identity: basic}, other: {identity: basic}}", "strong", False),
        ("protect: {voice: {identity: basic}}", "strong", True),  # which the other voice comes to as well
        ("protect: {voice: {identity: strong}}", "high", False),
    ],
)
def test_without_a_policy_a_voice_is_no_sole_factor_of_a_level_that_matters_either(
    protect: str, level: str, refused: bool
) -> None:
    assert [one.code for one in findings(PLAIN + VOICE % (protect, level) + END) if one.code == "D194"] == [
        "D194"
    ] * refused
