"""A proof of identity is tried only when the hub has counted it; a lock is answered as a wrong secret is."""

from __future__ import annotations

from pathlib import Path

from ivr.engine.bus.attempts import AttemptAnswered, AttemptPassed, AttemptUnanswered, AttemptWanted
from ivr.errors import PeerError
from tests.unit.cell.rehearsal import Rehearsal

PLAN = """\
name: proof
version: "1"
languages: [en]
start: ask_account
values: {account: digits, pin: {type: digits, secret: true}, found: yes_no}
defaults: {wait: 60, otherwise: bye}
states:
  ask_account: {ask: {en: Account.}, digits: {into: account, length: 2}, go: ask_pin}
  ask_pin: {ask: {en: PIN.}, digits: {into: pin, length: 4}, go: check}
  check:
    identify: basic
    by: keys
    lookup: bank.identify
    given: {account: account, pin: pin}
    keep: {found: found}
    passed: found
    attempts: 3
    again: wrong
    otherwise: bye
    failed: down
    go: known
  wrong: {say: {en: They do not match.}, go: ask_account}
  known: {say: {en: It is you.}, go: bye}
  down: {say: {en: We cannot tell.}, go: bye}
  bye: {say: {en: Goodbye.}, hang_up: completed}
"""


class Bank:
    """Knows one PIN; counts how often it is asked."""

    asked = 0

    def query(self, name: str, params: dict[str, object], *, timeout: float) -> dict[str, object]:
        self.asked += 1
        if params["pin"] == "5555":
            raise PeerError("down")
        return {"found": params["pin"] == "1234"}


def wanted(call: Rehearsal) -> list[AttemptWanted]:
    return [word for word in call.hub.told if isinstance(word, AttemptWanted)]


def tried(call: Rehearsal, pin: str, *, allowed: bool | None) -> None:
    """Key in account and PIN; the hub says whether it may be tried, or nothing."""
    before = len(wanted(call))
    call.presses("77")
    call.passes(0.5)
    call.presses(pin)
    call.until(lambda: len(wanted(call)) > before)
    if allowed is not None:
        last = wanted(call)[-1]
        call.conversation.take_hub(AttemptAnswered(last.call_id, last.lookup_id, allowed))


def rehearsed(tmp_path: Path) -> tuple[Rehearsal, Bank]:
    bank = Bank()
    call = Rehearsal(tmp_path, dialplan=PLAN, bank=bank)
    call.passes(0.5)
    return call, bank


def test_a_proof_is_counted_first_and_its_success_is_told(tmp_path: Path) -> None:
    call, bank = rehearsed(tmp_path)
    tried(call, "1234", allowed=True)
    call.hears("It is you.")
    assert bank.asked == 1
    assert [word.account for word in wanted(call)] == ["bank|77"]
    assert [word for word in call.hub.told if isinstance(word, AttemptPassed)] == [
        AttemptPassed("call-1", "bank|77", "basic")
    ]
    assert [word.factor for word in wanted(call)] == ["basic"]
    assert "77" not in repr(wanted(call))


def test_a_locked_account_and_a_wrong_pin_sound_alike_and_the_bank_is_not_asked(tmp_path: Path) -> None:
    call, bank = rehearsed(tmp_path)
    tried(call, "9999", allowed=True)
    call.hears("They do not match.")
    call.passes(1.0)
    tried(call, "1234", allowed=False)
    call.until(lambda: call.heard.count("They do not match.") == 2)
    assert bank.asked == 1
    assert not [word for word in call.hub.told if isinstance(word, AttemptPassed)]


def test_without_a_hub_no_proof_is_taken(tmp_path: Path) -> None:
    call, bank = rehearsed(tmp_path)
    tried(call, "1234", allowed=None)
    call.hears("We cannot tell.")
    assert bank.asked == 0


def test_an_attempt_that_the_bank_does_not_answer_is_given_back(tmp_path: Path) -> None:
    call, bank = rehearsed(tmp_path)
    tried(call, "5555", allowed=True)
    call.hears("We cannot tell.")
    assert bank.asked == 1
    assert [word for word in call.hub.told if isinstance(word, AttemptUnanswered)] == [
        AttemptUnanswered("call-1", "bank|77", "basic")
    ]


def test_a_factor_that_comes_to_no_level_by_itself_is_told_as_a_success_too(tmp_path: Path) -> None:
    factors, levels = "{code: {by: keys}, pin: {by: keys}}", "{strong: [{factors: [pin, code]}]}"
    policy = f"identity: {{policy: p, version: '1', factors: {factors}, levels: {levels}}}\n"
    plan = PLAN.replace("identify: basic", "identify: code").replace("states:\n", policy + "states:\n")
    call = Rehearsal(tmp_path, dialplan=plan, bank=Bank())
    call.passes(0.5)
    tried(call, "1234", allowed=True)
    call.hears("It is you.")
    assert [word for word in call.hub.told if isinstance(word, AttemptPassed)] == [
        AttemptPassed("call-1", "bank|77", "code")
    ]
