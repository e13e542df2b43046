"""No wrong figure passes: made sentences with the right value as oracle, and what is said of each kind of slip."""

from __future__ import annotations

import pytest

from ivr.core.compliance.inspector import Inspector
from ivr.core.compliance.number_guard import OUT_OF_RANGE, UNREAD, UNSOURCED, WRONG
from ivr.core.compliance.rule import Severity
from ivr.core.compliance.rules_file import load_rules
from ivr.core.compliance.talk import Answered
from ivr.testing.said_figures import RULES, sentences
from tests.unit.compliance.talks import SECOND, agent, caller, found, inspected, machine, talk

GUARD = Inspector(load_rules(RULES, source="figures.yaml"))
OFFICIAL = {
    "bank.rates.rate": "3.5",
    "bank.rates.fee": 1,
    "bank.balance.amount": "1234.50",
    "bank.loan.due": "2027-03-05",
}


def said(text: str, language: str = "en", official: dict[str, object] | None = None) -> list[str]:
    answers = (Answered(0, OFFICIAL if official is None else official),)
    return [one.what for one in found(GUARD, agent(text, language=language), answers=answers)]


def test_no_wrong_figure_passes_and_nearly_every_right_one_does() -> None:
    """The oracle is how a sentence was made. 10,000 of them: python -m bench.inspection.

    One in four is slurred: of these a right figure may well be unread, which is no more than looked at in vain.
    """
    passed, alarms, right = [], [], 0
    for made in sentences(2000, seed=15):
        what = said(made.text, made.language, dict(made.official))
        right += made.right
        if made.right and what:
            alarms.append(made.text)
        if not made.right and not what:
            passed.append(made.text)
    assert not passed
    assert right >= 900
    assert len(alarms) <= right // 10, alarms[:10]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the rate is 3.5%", "en"),
        ("the rate is three and a half per cent and the fee is one percent", "en"),
        ("3.50 % is the rate", "en"),
        ("your balance is €1,234.50. Press 2 for more.", "en"),
        ("it is due on the fifth of March 2027", "en"),
        ("the rate holds for twelve months", "en"),
        ("nothing is said of it: we have 12 branches", "en"),
        ("利率是百分之三点五，手续费百分之一", "zh"),
        ("您的余额是一千二百三十四点五欧元", "zh"),
        ("到期日是二零二七年三月五号", "zh"),
        ("利率一定不变，十分合适", "zh"),
    ],
)
def test_the_official_figure_passes(text: str, language: str) -> None:
    assert said(text, language) == []


@pytest.mark.parametrize(
    ("text", "language", "what"),
    [
        ("the rate is 3.6%", "en", WRONG),
        ("the rate is three point five", "en", None),
        ("the rate is five", "en", WRONG),
        ("the rate is minus 3.5%", "en", OUT_OF_RANGE),
        ("the rate is 1% and the fee is 3.5%", "en", WRONG),
        ("your balance is $1,234.50", "en", WRONG),
        ("your balance is 1234 euros", "en", WRONG),
        ("it is due on 3/5/2027", "en", WRONG),
        ("the rate is one fifty percent", "en", UNREAD),
        ("the rate is between three and four percent", "en", UNREAD),
        ("the rate is for percent", "en", UNREAD),
        ("the rate is .5%", "en", UNREAD),
        ("the rate is 1 .01%", "en", UNREAD),
        ("the rate is three, point five per cent", "en", UNREAD),
        ("到期日是2027年，三月五日", "zh", UNREAD),
        ("手续费为1 .01%", "zh", UNREAD),
        ("you will make 200 %", "en", OUT_OF_RANGE),
        ("you will make two hundred percent", "en", OUT_OF_RANGE),
        ("收益百分之二百", "zh", OUT_OF_RANGE),
        ("利率是三成", "zh", WRONG),
        ("利率三厘五", "zh", UNREAD),
        ("利率是百分之一五零", "zh", UNREAD),
        ("余额是1234.50元", "zh", WRONG),
        ("到期日是三月六日", "zh", WRONG),
    ],
)
def test_every_other_figure_is_found(text: str, language: str, what: str | None) -> None:
    assert what in said(text, language) if what else said(text, language) == []


@pytest.mark.parametrize(
    ("row", "language"),
    [
        ("one ", "en"),
        ("7", "en"),
        ("$", "en"),
        ("1,", "en"),
        ("and a ", "en"),
        ("一", "zh"),
        ("7", "zh"),
        ("百分之", "zh"),
    ],
)
def test_an_endless_row_of_figures_is_unread_in_no_time(row: str, language: str) -> None:
    """Were every part of it tried, the test would never end."""
    name = "利率" if language == "zh" else "the rate "
    assert set(said(name + row * 5_000, language)) <= {UNREAD, WRONG}


def test_out_of_range_is_of_the_highest_class() -> None:
    assert [one.severity for one in found(GUARD, machine("we pay 200%"))] == [Severity.CRITICAL]


def test_a_figure_is_held_to_the_source_of_its_moment() -> None:
    answers = (Answered(2 * SECOND, {"bank.rates.rate": "3"}), Answered(20 * SECOND, {"bank.rates.rate": "4"}))
    for at, rate, what in ((0, 3, [UNSOURCED]), (10, 3, []), (10, 4, [WRONG]), (25, 4, []), (25, 3, [WRONG])):
        assert [one.what for one in found(GUARD, machine(f"the rate is {rate}%", at=at), answers=answers)] == what


def test_a_caller_may_name_any_figure() -> None:
    assert found(GUARD, caller("is the rate 200%?")) == []


@pytest.mark.parametrize("rubbish", ["rubbish", "NaN", True, None, ["3.5"], "Infinity"])
def test_a_source_that_says_rubbish_fails_its_rule_and_passes_nothing(rubbish: object) -> None:
    call = talk(machine("the rate is 3.5%"), answers=(Answered(0, {"bank.rates.rate": rubbish}),))
    assert inspected(GUARD, call).failed == ("rate",)
