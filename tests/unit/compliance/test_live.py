"""Rules over a talk that goes on: what one utterance breaks is found in that utterance, with what to say instead."""

from __future__ import annotations

from ivr.core.compliance.live import Context, LiveFound, LiveInspector
from ivr.core.compliance.rules_file import load_rules
from ivr.core.compliance.talk import BankSaid, CallerSaid
from tests.unit.compliance.talks import TODAY, agent, caller, written

RULES = """
no_promise:
  severity: critical
  forbid: {en: [guaranteed return], zh: [保本保收益]}
  unless: {en: [not a guaranteed return]}
  say: {en: Its value may rise and fall., zh: 其价值可升可跌。}
funds_only:
  when: {said: {en: [fund], zh: [基金]}}
  forbid: {en: [like a savings account], zh: [像存款一样]}
after_warning:
  when: {after: [risk]}
  forbid: {en: [forget what you just heard], zh: [忘了刚才听到的]}
rate:
  number: rate
  of: bank.fund.rate
  named: {en: [the fee is], zh: [费率是]}
complains:
  notice: complaint
  words: {en: [I want to complain], zh: [我要投诉]}
told:
  require: {en: [you may lose money], zh: [可能亏损]}
quiet:
  silence: 5
"""
INSPECTOR = LiveInspector(load_rules(written(RULES), source="rules.yaml"))


def finds(*said: BankSaid | CallerSaid, **known: object) -> list[LiveFound]:
    context = Context("wealth", "EU", "en", **known)  # type: ignore[arg-type]
    found, failed = INSPECTOR.said(said, context, today=TODAY)
    assert failed == ()
    return found


def names(*said: BankSaid | CallerSaid, **known: object) -> list[str]:
    return [one.found.rule.partition("/")[2] for one in finds(*said, **known)]


def test_what_is_forbidden_is_found_with_what_to_say_instead() -> None:
    (found,) = finds(agent("It is a guaranteed return.", at=60, confidence=0.9))
    assert (found.found.rule, found.found.severity, found.say) == (
        "made/no_promise", "critical", "Its value may rise and fall.",
    )  # fmt: skip
    assert 60 * 8000 <= found.found.first_sample < found.found.last_sample <= 65 * 8000
    assert found.found.confidence == 0.9
    assert names(agent("This is not a guaranteed return.")) == []
    assert names(caller("Is it a guaranteed return?")) == []


def test_only_the_latest_utterance_is_judged_and_those_before_it_are_what_conditions_are_about() -> None:
    promise, nothing = agent("a guaranteed return", at=1), agent("as I said", at=10)
    assert names(promise, nothing) == []
    like = agent("it is like a savings account", at=20)
    assert names(like) == []
    assert names(caller("tell me of the fund", at=5), like) == ["funds_only"]
    forget = agent("forget what you just heard", at=30)
    assert names(forget) == []
    assert names(forget, disclosures=("risk",)) == ["after_warning"]


def test_a_figure_is_held_to_what_the_source_answered_in_the_call() -> None:
    said = agent("the fee is two per cent")
    assert names(said, answers={"bank.fund.rate": "2"}) == []
    assert names(said, answers={"bank.fund.rate": "1.5"}) == ["rate"]
    assert names(said) == ["rate"], "no source has told it"


def test_words_of_the_callers_are_noticed_and_what_only_the_whole_call_can_tell_is_not_judged() -> None:
    assert names(caller("I want to complain")) == ["complains"]
    assert names(agent("I want to complain")) == []
    assert names(agent("good morning")) == [], "nobody said what must be said, and nobody was heard before: not yet"
