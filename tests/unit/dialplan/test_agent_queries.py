"""What a dialplan may ask of the engine's own source `agents`: only what it has, and nothing that anybody could do."""

from __future__ import annotations

from tests.unit.dialplan.desk import END, HEAD, findings, plan

VALUES = """\
values: {extension: digits, pin: {type: digits, secret: true}, found: yes_no, state: text, reason: text}
protect: {agents.log_in: {identity: basic}}
"""
PROVED = """\
states:
  first: {ask: {en: Extension?}, digits: {into: extension, length: 3}, go: ask_pin}
  ask_pin: {ask: {en: PIN?}, digits: {into: pin, length: 4}, go: prove}
  prove:
    identify: basic
    by: keys
    lookup: agents.identify
    given: {extension: extension, pin: pin}
    keep: {found: found}
    passed: found
    again: first
    otherwise: bye
    failed: bye
    go: act
"""
LOG_IN = "  act: {lookup: agents.log_in, keep: {state: state}, go: bye, failed: bye}\n"


def codes(act: str, *, values: str = VALUES, proved: str = PROVED) -> list[str]:
    """What is wrong with a dialplan that does this for an agent."""
    return [f"{found.code} {found.message}" for found in findings(HEAD + values + proved + act + END)]


def test_an_agent_who_proved_who_they_are_may_log_in() -> None:
    assert codes(LOG_IN) == []
    assert "agents.log_in" in plan(VALUES + PROVED + LOG_IN).protect


def test_a_query_that_there_is_not_is_named_with_what_was_meant() -> None:
    found = findings(HEAD + VALUES + PROVED + LOG_IN.replace("log_in,", "login,") + END)
    wrong = next(one for one in found if one.code == "D224")
    assert (wrong.message, wrong.hint) == ("'agents' has no query 'login'.", "Did you mean 'log_in'?")
    assert wrong.line == HEAD.count("\n") + VALUES.count("\n") + PROVED.count("\n") + 1


def test_a_pause_without_a_reason_and_a_login_with_one_are_errors() -> None:
    pausing = VALUES.replace("log_in", "pause")
    assert codes(LOG_IN.replace("log_in", "pause"), values=pausing) == [
        "D224 'agents.pause' is not given what it needs, and nothing else."
    ]
    with_reason = (
        "  act: {{lookup: agents.{}, given: {{reason: reason}}, keep: {{state: state}}, go: bye, failed: bye}}\n"
    )
    assert codes(with_reason.format("pause"), values=pausing) == []
    assert codes(with_reason.format("log_in")) == ["D224 'agents.log_in' is not given what it needs, and nothing else."]


def test_what_it_does_not_answer_cannot_be_kept() -> None:
    assert codes(LOG_IN.replace("state: state", "state: mood")) == ["D224 'agents.log_in' answers no 'mood'."]


def test_what_anybody_could_ask_is_an_error() -> None:
    unprotected = VALUES.partition("protect")[0]
    assert codes(LOG_IN, values=unprotected) == ["D225 anybody could ask 'agents.log_in'."]
    after = VALUES.replace("agents.log_in: {identity: basic}", "agents.log_in: {recorded: true}")
    assert "D225 anybody could ask 'agents.log_in'." in codes(LOG_IN, values=after)


def test_a_proof_whose_attempts_nobody_counts_is_an_error() -> None:
    uncounted = """\
states:
  first: {ask: {en: Extension?}, digits: {into: extension, length: 3}, go: ask_pin}
  ask_pin: {ask: {en: PIN?}, digits: {into: pin, length: 4}, go: prove}
  prove: {lookup: agents.identify, given: {extension: extension, pin: pin}, keep: {found: found}, go: act, failed: bye}
"""
    assert "D225 this proves who somebody is." in codes(LOG_IN, proved=uncounted)


def test_a_pin_that_is_no_secret_is_an_error() -> None:
    assert "D225 'pin' is secret." in codes(LOG_IN, values=VALUES.replace("{type: digits, secret: true}", "digits"))
