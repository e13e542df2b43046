"""A figure that is not the official one is not spoken: the dialplan's way out is taken, and everybody is told."""

from __future__ import annotations

import pytest

from ivr.core.compliance.spoken import read_dialplan
from ivr.core.dialplan.flow import FIGURES, graph
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.orders.evidence import RaiseAlarm
from ivr.core.orders.lookup import LookupDone
from ivr.core.orders.playing import PlayPrompt
from ivr.errors import DialplanError
from tests.unit.dialplan.desk import Desk, keys

HEAD = """\
name: desk
version: "1"
languages: [en, zh]
start: first
defaults: {otherwise: bye}
figures: {rules: [figures.yaml], otherwise: out}
values: {sum: {type: amount, currency: money}, money: text, rate: number, due: date, note: text}
"""
STATES = """\
states:
  first: {lookup: crm.offer, keep: {sum: sum, money: money, rate: rate, due: due}, failed: bye, go: official}
  official: {lookup: bank.account, keep: {note: note}, failed: bye, go: SAID}
  amount: {say: {en: "Your balance is {sum}.", zh: "您的余额为{sum}。"}, go: bye}
  percent: {say: {en: "The interest rate is {rate} percent.", zh: "利率为百分之{rate}。"}, go: bye}
  day: {say: {en: "Your instalment is due on {due}.", zh: "您的还款日为{due}。"}, go: bye}
  words: {say: {en: "We note: {note}.", zh: "备注：{note}。"}, go: bye}
  fixed: {say: {en: "Your balance is one euro.", zh: 您的余额为一欧元。}, go: bye}
  out: {say: {en: A colleague will tell you., zh: 由客服人员告知您。}, go: bye}
  bye: {hang_up: completed}
"""
RULES = """\
name: figures
version: "1"
languages: [en, zh]
rules:
  balance:
    source: the bank
    counsel: check with counsel
    severity: critical
    number: amount
    of: bank.account.balance
    currency: EUR
    named: {en: [your balance is], zh: [您的余额]}
  rate:
    source: the bank
    counsel: check with counsel
    severity: critical
    number: rate
    of: bank.account.rate
    named: {en: [the interest rate is], zh: [利率为]}
    between: [0, 20]
  day:
    source: the bank
    counsel: check with counsel
    severity: critical
    number: date
    of: bank.account.due
    named: {en: [due on], zh: [还款日]}
"""
FORBIDDEN = (
    RULES
    + """\
  promise:
    source: the bank
    counsel: check with counsel
    severity: critical
    forbid: {en: [guaranteed return], zh: [保本保收益]}
    unless: {en: [not a guaranteed return], zh: [不是保本保收益]}
    say: {en: Its value may fall., zh: 净值可能下跌。}
"""
)
OFFICIAL = {"balance": "12.50", "rate": "3.5", "due": "2026-12-01", "note": "x"}
OFFER = {"sum": "12.50", "money": "EUR", "rate": "3.5", "due": "2026-12-01"}


def held(said: str, *, language: str = "en", rules: str = RULES, states: str = STATES) -> Dialplan:
    """The line that says one thing. Which language comes first is the one it speaks."""
    head = HEAD if language == "en" else HEAD.replace("[en, zh]", "[zh, en]")
    text = head + states.replace("go: SAID", f"go: {said}")
    unused = [name for name in ("amount", "percent", "day", "words", "fixed") if name != said]
    lines = [line for line in text.splitlines() if not line.strip().startswith(tuple(f"{name}:" for name in unused))]
    return read_dialplan("\n".join(lines) + "\n", source="desk.yaml", read_include=lambda name: rules)


def told(plan: Dialplan, offer: dict[str, str], official: dict[str, str] = OFFICIAL) -> Desk:
    """A call in which the sources answered this."""
    desk = Desk(plan)
    desk.send(LookupDone(desk.lookup.lookup_id, dict(offer)))
    desk.send(LookupDone(desk.lookup.lookup_id, dict(official)))
    return desk


def prompts(desk: Desk) -> list[str]:
    return [clip.text for order in desk.all if isinstance(order, PlayPrompt) for clip in order.clips]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("said", ["amount", "percent", "day"])
def test_the_official_figure_is_spoken(said: str, language: str) -> None:
    desk = told(held(said, language=language), OFFER)
    assert desk.state == said
    assert len(prompts(desk)) == 1


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("said", "wrong", "rule"),
    [
        ("amount", {"sum": "125.00"}, "figures/balance"),
        ("amount", {"money": "USD"}, "figures/balance"),
        ("percent", {"rate": "3.6"}, "figures/rate"),
        ("percent", {"rate": "200"}, "figures/rate"),
        ("day", {"due": "2026-12-02"}, "figures/day"),
    ],
)
def test_another_one_is_not_and_the_way_out_is_taken(
    said: str, wrong: dict[str, str], rule: str, language: str
) -> None:
    desk = told(held(said, language=language), OFFER | wrong)
    assert desk.state == "out"
    assert prompts(desk) == ["A colleague will tell you." if language == "en" else "由客服人员告知您。"]
    (found,) = desk.notes("withheld")
    assert (found["rule"], found["state"]) == (rule, said)
    (alarm,) = [order for order in desk.all if isinstance(order, RaiseAlarm)]
    assert alarm.kind == "figure"
    assert not any(value in alarm.text + str(found) for value in ("125.00", "200", "3.6", "2026-12-02"))


@pytest.mark.parametrize(
    ("language", "note", "passes"),
    [
        ("en", "this fund has a guaranteed return", False),
        ("en", "this fund has a Garanteed  Return", False),
        ("en", "this is not a guaranteed return", True),
        ("en", "you asked for a statement", True),
        ("zh", "本产品保本保收益", False),
        ("zh", "本产品不是保本保收益", True),
    ],
)
def test_a_forbidden_phrase_in_what_a_source_answered_is_not_spoken(language: str, note: str, passes: bool) -> None:
    desk = told(held("words", language=language, rules=FORBIDDEN), OFFER, OFFICIAL | {"note": note})
    assert desk.state == ("words" if passes else "out")
    assert any(note in text for text in prompts(desk)) is passes
    if not passes:
        (found,) = desk.notes("withheld")
        say = "Its value may fall." if language == "en" else "净值可能下跌。"
        assert (found["rule"], found["what"], found["say"]) == ("figures/promise", "a forbidden phrase", say)
        assert any(isinstance(order, RaiseAlarm) for order in desk.all)


def test_rules_that_forbid_words_alone_do() -> None:
    words = FORBIDDEN.partition("  balance:")[0] + "  promise:" + FORBIDDEN.partition("  promise:")[2]
    assert told(held("words", rules=words), OFFER, OFFICIAL | {"note": "a guaranteed return"}).state == "out"


def test_an_expression_is_held_too_and_rules_for_agents_or_other_states_are_not() -> None:
    bad = OFFICIAL | {"note": "call my private number"}
    pattern = FORBIDDEN.partition("    forbid:")[0] + '    pattern: {en: "private (number|phone)", zh: "私人电话"}\n'
    assert told(held("words", rules=pattern), OFFER, bad).state == "out"
    for change in ("when: {states: [elsewhere]}", "by: [agent]"):
        assert told(held("words", rules=f"{pattern}    {change}\n"), OFFER, bad).state == "words"
    # What was said before cannot be known for sure here: the condition counts as met.
    said = f"{pattern}    when: {{said: {{en: [investment fund], zh: [投资基金]}}}}\n"
    assert told(held("words", rules=said), OFFER, bad).state == "out"


def test_a_rule_that_fails_lets_no_words_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = held("words", rules=FORBIDDEN)

    def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr("ivr.core.compliance.manner.part", broken)
    desk = told(plan, OFFER, OFFICIAL | {"note": "a guaranteed return"})
    assert desk.state == "out"
    assert [one["what"] for one in desk.notes("withheld")] == ["the rule failed"]


def test_what_no_source_told_and_what_is_no_value_is_not_spoken() -> None:
    assert told(held("amount"), OFFER, {"note": "x"}).state == "out"
    assert told(held("amount"), OFFER, OFFICIAL | {"balance": "a lot"}).state == "out"


def test_what_a_source_says_later_is_official_from_then_on() -> None:
    more = "  more: {ask: {en: Again?, zh: 再听一次？}, yes: second, no: bye}\n"
    more += "  second: {lookup: bank.account, keep: {note: note}, failed: bye, go: amount}\n"
    states = STATES.replace('zh: "您的余额为{sum}。"}, go: bye}', 'zh: "您的余额为{sum}。"}, go: more}') + more
    desk = told(held("amount", states=states), OFFER)
    desk.heard()
    keys(desk, "1")
    desk.send(LookupDone(desk.lookup.lookup_id, {"balance": "11.00", "note": "x"}))
    assert desk.state == "out"


def test_what_is_the_same_in_every_call_was_approved_as_it_is() -> None:
    states = STATES.replace("zh: 您的余额为一欧元。}, go: bye}", "zh: 您的余额为一欧元。}, go: read}")
    states += '  read: {say: {en: "{note}", zh: "{note}"}, go: bye}\n'
    assert told(held("fixed", states=states), OFFER).state == "fixed"


def test_rules_for_other_lines_laws_states_and_agents_do_not_hold_it_back() -> None:
    wrong = OFFER | {"sum": "125.00"}
    for change in ("dialplans: [other]", "jurisdictions: [HK]"):
        rules = RULES.replace("rules:", f"{change}\nrules:", 1)
        # Of a line that names no law any may hold.
        assert told(held("amount", rules=rules), wrong).state == ("amount" if "dialplans" in change else "out")
    for change in ("when: {states: [elsewhere]}", "by: [agent]"):
        rules = RULES.replace("    number: amount", f"    {change}\n    number: amount", 1)
        assert told(held("amount", rules=rules), wrong).state == "amount"


def test_a_dialplan_whose_rules_nobody_read_says_no_figure_at_all() -> None:
    text = "\n".join(
        line
        for line in (HEAD + STATES.replace("go: SAID", "go: amount")).splitlines()
        if not line.strip().startswith(("percent:", "day:", "words:", "fixed:"))
    )
    plan = load_dialplan(text + "\n", source="desk.yaml", read_include=lambda name: RULES)
    assert told(plan, OFFER).state == "out"


def test_the_proof_goes_the_way_out_of_every_prompt_that_says_a_value() -> None:
    warned = (
        "disclosures:\n  risk:\n    say: {en: Risk., zh: 风险。}\n"
        "    acknowledge: {ask: {en: One., zh: 按1。}, press: 1, otherwise: bye}\nprotect: {out: {after: [risk]}}\n"
    )
    states = STATES.replace("states:\n", "states:\n  warn: {disclose: risk, go: out}\n")
    states = states.replace('zh: "您的余额为{sum}。"}, go: bye}', 'zh: "您的余额为{sum}。"}, go: warn}')
    plan = held("amount", states=warned + states)
    (story,) = prove(plan).counterexamples
    assert (story.target, story.lacking) == ("out", "risk")
    assert "not spoken, for a figure in it" in str(story)
    assert [way.path for way in graph(plan)["amount"] if way.target == "out"] == [FIGURES]


def test_a_way_out_that_says_the_figure_again_would_loop_and_is_refused() -> None:
    again = STATES.replace("{en: A colleague will tell you., zh: 由客服人员告知您。}", '{en: "{sum}", zh: "{sum}"}')
    with pytest.raises(DialplanError) as error:
        held("amount", states=again)
    assert {finding.code for finding in error.value.findings if isinstance(finding, Finding)} == {"D173"}


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (RULES.replace("number: amount", "number: weight"), "D106"),
        (
            RULES.replace("languages: [en, zh]", "languages: [en]")
            .replace(", zh: [您的余额]", "")
            .replace(", zh: [利率为]", "")
            .replace(", zh: [还款日]", ""),
            "D250",
        ),
        (
            "name: none\nversion: '1'\nlanguages: [en, zh]\n"
            "rules:\n  a: {source: s, counsel: check with counsel, silence: 5}\n",
            "D251",
        ),
    ],
)
def test_what_is_wrong_with_the_rules_is_an_error_of_the_dialplan(rules: str, code: str) -> None:
    with pytest.raises(DialplanError) as error:
        held("amount", rules=rules)
    assert code in {finding.code for finding in error.value.findings if isinstance(finding, Finding)}


@pytest.mark.parametrize(
    ("figures", "code"),
    [("{rules: [figures.yaml]}", "D102"), ("{rules: [figures.yaml], otherwise: nowhere}", "D170")],
)
def test_a_way_out_is_demanded_and_must_exist(figures: str, code: str) -> None:
    text = HEAD.replace("{rules: [figures.yaml], otherwise: out}", figures) + STATES.replace("go: SAID", "go: amount")
    with pytest.raises(DialplanError) as error:
        load_dialplan(text, source="desk.yaml", read_include=lambda name: RULES)
    assert code in {finding.code for finding in error.value.findings if isinstance(finding, Finding)}
