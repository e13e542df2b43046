"""What rules find in what was said, where, and how surely."""

from __future__ import annotations

import pytest

from ivr.core.compliance.phrases import BY_SOUND, PhraseTable
from ivr.core.compliance.rule import Severity
from ivr.core.compliance.talk import Answered
from tests.unit.compliance.talks import SECOND, agent, caller, found, inspected, machine, rules, talk

FORBIDDEN = rules(
    """
    promise:
      severity: critical
      forbid: {en: [guaranteed return, risk free], zh: [保本保收益, 零风险]}
      unless: {en: [not a guaranteed return], zh: [不是零风险]}
    """
)


@pytest.mark.parametrize(
    "text",
    [
        "This fund has a guaranteed return.",
        "GUARANTEED RETURNS for everybody",
        "it is Risk-Free",
        "it is riskfree",
        "a garanteed return",
        "guaranteed, return",
    ],
)
def test_a_phrase_is_found_however_a_recognizer_writes_it(text: str) -> None:
    (one,) = found(FORBIDDEN, agent(text))
    assert (one.rule, one.severity, one.speaker) == ("made/promise", Severity.CRITICAL, "agent")


@pytest.mark.parametrize("text", ["这个产品保本保收益", "保本、保收益", "零風險", "我们饱本饱收益的", "保 本 保 收 益"])
def test_and_in_chinese(text: str) -> None:
    assert [one.rule for one in found(FORBIDDEN, agent(text, language="zh-CN"))] == ["made/promise"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("It has not a guaranteed return.", "en"),
        ("brisk freedom", "en"),
        ("this return is guaranteed", "en"),
        ("这不是零风险", "zh"),
        ("风险为零度以下", "zh"),
        ("", "en"),
        ("risk free", "de"),
    ],
)
def test_what_is_no_such_phrase_is_not_found(text: str, language: str) -> None:
    assert found(FORBIDDEN, agent(text, language=language)) == []


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("call forwarding", "please set up call for wording now"),
        ("guaranteed return", "it is a guaran teed return"),
        ("you cannot lose", "well, you can not lose"),
        ("no overdraft fee", "there is no over draft fee"),
    ],
)
def test_a_word_that_a_recognizer_parts_is_found(phrase: str, said: str) -> None:
    (hit,) = PhraseTable([(0, phrase)], "en").find(said)
    assert hit.certainty < 1
    assert len(said[hit.first : hit.last].split()) == len(phrase.split()) + 1


@pytest.mark.parametrize(
    "said", ["call for a wedding", "call forward in", "it grants a guarded return", "you can knot lose it"]
)
def test_other_neighbours_make_no_such_word(said: str) -> None:
    phrases = enumerate(("call forwarding", "guaranteed return", "you cannot lose it all"))
    assert PhraseTable(phrases, "en").find(said) == []


def test_what_only_sounds_like_an_excuse_is_none() -> None:
    assert len(found(FORBIDDEN, agent("knot a garanteed return"))) == 1


def test_a_finding_names_the_words_where_to_hear_them_and_how_sure_it_is() -> None:
    (one,) = found(FORBIDDEN, agent("aaaa risk free bbbb", at=10, length=19, confidence=0.5))
    assert one.words == "risk free"
    assert (one.first_sample, one.last_sample) == (15 * SECOND, 24 * SECOND)
    assert one.confidence == 0.5
    (heard,) = found(FORBIDDEN, agent("riskfree", confidence=0.5))
    assert heard.confidence == 0.5 * BY_SOUND


def test_a_caller_may_say_what_the_bank_may_not() -> None:
    assert found(FORBIDDEN, caller("risk free")) == []


def test_a_rule_can_be_of_agents_alone() -> None:
    only = rules("one:\n  by: [agent]\n  forbid: {en: [sure thing]}", head="languages: [en]")
    assert found(only, machine("a sure thing")) == []
    assert len(found(only, agent("a sure thing"))) == 1


REQUIRED = rules(
    """
    named:
      require: {en: [this is example bank], zh: [这里是示例银行]}
    risk:
      when: {said: {en: [fund], zh: [基金]}}
      require: {en: [you may lose money], zh: [投资有风险]}
    order:
      order: [named, risk]
    """
)


def test_what_must_be_said_is_missed_only_where_the_rule_holds() -> None:
    assert [one.rule for one in found(REQUIRED, agent("hello"))] == ["made/named"]
    assert found(REQUIRED, agent("this is example bank")) == []
    missed = found(REQUIRED, agent("this is example bank"), caller("I want a fund", at=6))
    assert [one.rule for one in missed] == ["made/risk"]


def test_what_is_said_by_the_caller_does_not_count_as_told() -> None:
    assert len(found(REQUIRED, agent("this is example bank. the fund"), caller("I know I, you may lose money"))) == 1


def test_an_order_is_found_when_it_is_turned() -> None:
    right = found(REQUIRED, agent("this is example bank"), agent("a fund. you may lose money", at=6))
    assert right == []
    (turned,) = found(REQUIRED, agent("you may lose money in a fund"), agent("this is example bank", at=6))
    assert (turned.rule, turned.words) == ("made/order", "you may lose money")


def test_states_and_disclosures_bound_a_rule() -> None:
    bound = rules(
        """
        late:
          when: {states: [order], after: [fund_risk]}
          forbid: {en: [hurry up]}
        """,
        head="languages: [en]",
    )
    said = agent("hurry up", at=10)
    for states, heard, count in (
        ((), (), 0),
        (((0, "order"),), (), 0),
        (((0, "order"),), ((5 * SECOND, "fund_risk"),), 1),
        (((0, "order"), (8 * SECOND, "bye")), ((5 * SECOND, "fund_risk"),), 0),
        (((0, "order"),), ((11 * SECOND, "fund_risk"),), 0),
        (((0, "order"),), ((5 * SECOND, "other"),), 0),
    ):
        assert len(found(bound, said, states=states, disclosures=heard)) == count, (states, heard)


def test_silence_pace_and_talk_over() -> None:
    manner = rules(
        """
        quiet:
          silence: 10
        fast:
          pace: {en: 200}
        over:
          talk_over: 2
        """,
        head="languages: [en]",
    )
    words = " ".join(["word"] * 40)
    assert found(manner, agent(words, length=12), silences=((0, 10 * SECOND),)) == []
    assert [one.rule for one in found(manner, agent(words, length=11))] == ["made/fast"]
    assert found(manner, machine(words, length=6)) == []
    assert found(manner, agent("yes yes yes", length=0.5)) == []
    assert [one.rule for one in found(manner, silences=((0, 10 * SECOND + 1),))] == ["made/quiet"]
    (over,) = found(manner, agent("one", at=0, length=5), caller("two", at=2, length=5))
    assert (over.rule, over.first_sample, over.last_sample) == ("made/over", 2 * SECOND, 5 * SECOND)
    assert found(manner, machine("one", at=0, length=5), caller("two", at=2, length=5)) == []


def test_a_callers_words_are_noticed_and_nobody_elses() -> None:
    notice = rules(
        """
        complaint:
          notice: complaint
          words: {en: [make a complaint], zh: [我要投诉]}
        """
    )
    (one,) = found(notice, caller("I would like to make a complaint", confidence=0.6))
    assert (one.what, one.speaker, one.confidence) == ("complaint", "caller", 0.6)
    assert found(notice, agent("you can make a complaint")) == []
    assert len(found(notice, caller("我要投訴", language="zh"))) == 1


def test_an_operators_expression_is_looked_for_in_lower_case_and_plain_signs() -> None:
    pattern = rules(
        r"""
        promise:
          pattern: {en: 'we (promise|guarantee) [^.]*return', zh: '保证.{0,4}收益'}
        """
    )
    (one,) = found(pattern, agent("Today WE Promise you a high return"))
    assert one.words == "we promise you a high return"
    (other,) = found(pattern, agent("我們保證你的收益", language="zh"))
    assert other.words == "保证你的收益"


def test_an_expression_that_would_hang_others_takes_no_time() -> None:
    pattern = rules("slow:\n  pattern: {en: '(x+x+)+y'}", head="languages: [en]")
    assert found(pattern, agent("x" * 20_000)) == []


def test_a_ruleset_is_for_its_lines() -> None:
    only = rules("one:\n  forbid: {en: [risk free]}", head="languages: [en]\njurisdictions: [EU]\ndialplans: [wealth]")
    for jurisdiction, dialplan, count in (("EU", "wealth", 1), ("", "wealth", 1), ("HK", "wealth", 0), ("EU", "x", 0)):
        assert len(found(only, agent("risk free"), jurisdiction=jurisdiction, dialplan=dialplan)) == count


def test_a_rule_that_fails_loses_its_own_findings_only() -> None:
    two = rules(
        """
        rate:
          number: rate
          of: bank.rates.rate
          named: {en: [the rate]}
        promise:
          forbid: {en: [risk free]}
        """,
        head="languages: [en]",
    )
    rubbish = (Answered(0, {"bank.rates.rate": "rubbish"}),)
    result = inspected(two, talk(agent("risk free, and the rate is 3%"), answers=rubbish))
    assert result.failed == ("rate",)
    assert [one.rule for one in result.found] == ["made/promise"]


def test_what_is_found_does_not_show_what_was_said() -> None:
    (one,) = found(FORBIDDEN, agent("risk free"))
    assert "risk free" not in repr(one)
