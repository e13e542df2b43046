"""What `ivr check` warns of: words that never change, and answers that tell strangers which accounts there are."""

from __future__ import annotations

from dataclasses import replace
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


@pytest.mark.parametrize(
    "name", ["wealth.yaml", "card.yaml", "loan.yaml", "service.yaml", "callback.yaml", "agents.yaml"]
)
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


READ = """\
disclosures:
  risk:
    say: {en: You may lose all of it.}
    acknowledge: {ask: {en: Press 1.}, press: 1, attempts: 2, otherwise: wait}
    agent_may_read: true
  more:
    say: {en: It takes three days.}
    acknowledge: {ask: {en: Press 2.}, press: 2, attempts: 2, otherwise: wait}
protect: {deal: {after: [risk]}, sale: {also: [{if: "language = 'en'", after: [risk]}]}}
states:
  first: {say: {en: Hello.}, go: wait}
  wait: {enqueue: q, otherwise: bye%s}
  warn: {disclose: risk, go: deal}
  deal: {say: {en: It is done.}, go: later}
  later: {disclose: more, go: for_sale}
  for_sale: {disclose_for: sale, go: sale}
  sale: {say: {en: It is sold.}, go: wait}
  go_on: {ask: {en: Warn?}, yes: warn, no: bye}
"""


@pytest.mark.parametrize(
    ("assist", "told"),
    [
        (", assist: {1: warn, 3: go_on}", []),
        (", assist: {1: for_sale, 2: go_on}", []),
        (", assist: {1: later, 2: go_on}", ["D304"]),  # it leads to another warning
        (", assist: {1: go_on}", ["D304"]),  # what comes after a question is not what the agent is shown
        (", hand_over: {1: go_on}", ["D304"]),
    ],
)
def test_a_warning_that_an_agent_may_read_and_never_gets_the_chance_to_is_warned_of(
    assist: str, told: list[str]
) -> None:
    assert codes(READ % assist) == told


def test_a_jurisdiction_of_which_nothing_is_known_is_warned_of_at_its_line(tmp_path: Path) -> None:
    for law in ("EU", "EEA", "UK", "CN", "HK"):
        assert "D305" not in [
            one.code for one in concerns(replace(plan(READ % ", assist: {1: warn, 3: go_on}"), jurisdiction=law))
        ]
    path = tmp_path / "desk.yaml"
    states = READ % ", assist: {1: go_on}"
    path.write_text(HEAD + "jurisdiction: GB\n" + states + END, encoding="utf-8")
    shown = CliRunner().invoke(check, [str(path)])
    assert shown.exit_code == 0, shown.output
    head = HEAD.count("\n")
    assert (
        f":{head + 1}:1: D305 warning: what the law of 'GB' asks a line to tell its callers is not known"
        in shown.output
    )
    assert f":{head + 6}:1: D304 warning: an agent may read 'risk', and no 'assist:' leads to it" in shown.output
    assert "Known are EU, UK, CN, HK, EEA." in shown.output
    path.write_text(HEAD + "jurisdiction: Eu\n" + states + END, encoding="utf-8")
    assert "Did you mean 'EU'?" in CliRunner().invoke(check, [str(path)]).output


BOTH = HEAD.replace("[en]", "[en, zh]")
BY_VOICE = """\
values: {account: digits}
states:
  first:
    ask: {en: "Is that right? Say no or press 2.", zh: "%s"}
    yes: second
    no: second
  second:
    ask: {en: "Your account?", zh: "%s"}
    digits: {into: account, length: 4%s}
    go: bye
"""


def of_both(text: str) -> list[str]:
    """The same in English and Chinese."""
    return [found.code for found in concerns(plan(text, head=BOTH))]


@pytest.mark.parametrize("told", ["不对请说不对，或按2。", "不是请说不是，或按2。", "不是請說不是，或按2。"])
def test_a_denial_that_is_heard_badly_is_warned_of(told: str) -> None:
    assert of_both(BY_VOICE % (told, "请按键输入账号。", "")) == ["D306"]


@pytest.mark.parametrize("told", ["不是请按2。", "取消请说取消，或按2。", "不需要请说不要，或按2。"])
def test_a_key_or_another_word_is_no_concern(told: str) -> None:
    assert of_both(BY_VOICE % (told, "请说出账号。", "")) == []


def test_digits_that_are_said_in_chinese_are_warned_of_where_nobody_asks_for_the_keypad() -> None:
    assert of_both(BY_VOICE % ("不是请按2。", "请说出账号。", ", hear: true")) == ["D307"]
    assert of_both(BY_VOICE % ("不是请按2。", "请按键输入账号。", ", hear: true")) == []
