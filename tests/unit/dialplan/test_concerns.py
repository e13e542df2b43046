"""What `ivr check` warns of: words that never change, and answers that tell strangers which accounts there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.apps.cli.dialplan import check
from ivr.core.dialplan.concerns import concerns
from tests.unit.dialplan.desk import END, HEAD, plan, shipped

VOICE = """\
%s
values: {account: digits, pin: {type: digits, secret: true}, customer: text, found: yes_no}
states:
  first: {ask: {en: Account?}, digits: {into: account, length: 8}, go: who}
  who: {lookup: bank.%s, given: {account: account}, keep: {customer: customer, found: found}, failed: bye, go: %s}
  voice:
    identify: basic
    by: voice
    customer: customer
    challenge: 8
    ask: {en: "Say {challenge}."}
    go: bye
    unscored: bye
    otherwise: bye
"""


def codes(text: str) -> list[str]:
    return [found.code for found in concerns(plan(text))]


def test_an_account_told_of_is_warned_of() -> None:
    assert codes(VOICE % ("", "customer", "[{if: found, to: voice}, {else: bye}]")) == ["D302"]


def test_what_no_way_depends_on_reveals_nothing() -> None:
    assert codes(VOICE % ("", "note", "voice")) == []


def test_what_a_proof_precedes_is_no_concern() -> None:
    proved = "protect: {voice: {identity: basic}, bank.customer: {identity: basic}}"
    text = VOICE % (proved, "customer", "[{if: found, to: voice}, {else: bye}]")
    assert codes(text) == []


def test_words_that_are_always_the_same_are_warned_of_whatever_precedes_them() -> None:
    proved = "protect: {voice: {identity: basic}, bank.customer: {identity: basic}}"
    text = VOICE % (proved, "customer", "[{if: found, to: voice}, {else: bye}]")
    text = text.replace("identify: basic", "identify: strong").replace("    challenge: 8\n", "")
    assert codes(text.replace("Say {challenge}.", "Speak.")) == ["D303"]


@pytest.mark.parametrize("name", ["wealth.yaml", "card.yaml", "loan.yaml"])
def test_the_lines_that_ship_give_no_concern(name: str) -> None:
    dialplan = shipped(name)
    assert concerns(dialplan) == []


def test_check_prints_warnings_at_their_lines_and_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_text(HEAD + VOICE % ("", "customer", "[{if: found, to: voice}, {else: bye}]") + END, encoding="utf-8")
    told = CliRunner().invoke(check, [str(path)])
    assert told.exit_code == 0, told.output
    assert ":10:1: D302 warning: 'bank.customer' tells a stranger" in told.output
    assert '"level": "warning"' in CliRunner().invoke(check, ["--format", "sarif", str(path)]).output
