"""Every mistake in a rules file is told with its line and what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr.core.compliance.rule import Notice
from ivr.core.compliance.rules_concerns import concerns
from ivr.core.compliance.rules_file import MAX_BYTES, load_rules
from ivr.core.compliance.talk import Speaker
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.line_law import KNOWN
from ivr.errors import DialplanError
from tests.unit.compliance.talks import written

SHIPPED = sorted((Path(__file__).parents[3] / "dialplans" / "rules").glob("*.yaml"))


def mistakes(text: str) -> list[Finding]:
    with pytest.raises(DialplanError) as refused:
        load_rules(text, source="rules.yaml")
    found = [one for one in refused.value.findings if isinstance(one, Finding)]
    assert found
    assert len(found) == len(refused.value.findings)
    return found


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_what_is_shipped_is_sound(file: Path) -> None:
    shipped = load_rules(file.read_text(), source=str(file))
    assert shipped.rules
    assert set(shipped.jurisdictions) <= set(KNOWN), "a line names it otherwise, and nothing of it ever holds"


@pytest.mark.parametrize(
    ("line", "holds"), [("EU", True), ("EEA", True), ("", True), ("UK", False), ("HK", False), ("GB", False)]
)
def test_rules_hold_for_lines_of_their_jurisdiction_and_the_unions_in_the_whole_area(line: str, holds: bool) -> None:
    made = load_rules(written(ONE, head="languages: [en]\njurisdictions: [EU]"), source="rules.yaml")
    assert made.is_for(jurisdiction=line, dialplan="wealth") is holds


ONE = "one:\n  forbid: {en: [risk free]}"
MISTAKES: dict[str, tuple[str, str, int, str]] = {
    # what is wrong: (rules, code, line, in the remedy)
    "no kind": ("one:\n  severity: major", "R101", 5, "forbid"),
    "two kinds": ("one:\n  forbid: {en: [risk free]}\n  silence: 5", "R101", 5, "Give it one of"),
    "a key of another kind": ("one:\n  silence: 5\n  unless: {en: [risk free]}", "R102", 9, "Leave it out"),
    "nobody speaks": ("one:\n  by: []\n  forbid: {en: [risk free]}", "R103", 8, "machine or agent"),
    "a mistyped speaker": ("one:\n  by: [agnet]\n  forbid: {en: [risk free]}", "R103", 8, "'agent'"),
    "callers for the bank": ("one:\n  by: [caller]\n  forbid: {en: [risk free]}", "R103", 8, "notice"),
    "a machine cuts nobody off": ("one:\n  by: [machine]\n  interruption: 0.5", "R103", 8, "agent or caller"),
    "a hold of no time": ("one:\n  hold: 0", "D106", 8, ""),
    "another language": ("one:\n  forbid: {en: [risk free], de: [ohne Risiko]}", "R104", 8, "languages"),
    "a language missing": ("one:\n  forbid: {fr: [sans risque]}", "R105", 8, "Add en"),
    "a condition's language missing": (ONE + "\n  when: {said: {fr: [fonds]}}", "R105", 9, "Add en"),
    "words instead in one language": (ONE + "\n  say: {zh: 其价值可升可跌。}", "R105", 9, "Add en"),
    "too short": ("one:\n  forbid: {en: ['!']}", "R107", 8, "two letters"),
    "twice": ("one:\n  forbid: {en: [risk free, Risk-free]}", "R108", 8, "Leave one out"),
    "excuses nothing": (ONE + "\n  unless: {en: [of course not]}", "R109", 9, "not a guaranteed return"),
    "forbidden itself": (ONE + "\n  unless: {en: [Risk free]}", "R109", 9, "more of what"),
    "no expression": ("one:\n  pattern: {en: 'a(b'}", "R110", 8, "RE2"),
    "looks around": ("one:\n  pattern: {en: '(?=a)b'}", "R110", 8, "look-around"),
    "fits nothing": ("one:\n  pattern: {en: 'a*'}", "R110", 8, "RE2"),
    "too long": ("one:\n  pattern: {en: '" + "a" * 501 + "'}", "R110", 8, "RE2"),
    "an order of one": (
        ONE + "\ntwo:\n  require: {en: [hello there]}\nby_turns:\n  order: [two]",
        "R111",
        16,
        "in order",
    ),
    "an order with one twice": (
        "two:\n  require: {en: [hello]}\nby_turns:\n  order: [two, two]",
        "R111",
        12,
        "Leave one",
    ),
    "an order of what is not required": (ONE + "\nby_turns:\n  order: [one, one]", "R112", 12, "require"),
    "no words": ("one:\n  notice: complaint", "R113", 5, "words"),
    "distress that nobody was told of": ("one:\n  notice: distress\n  words: {en: [so sad]}", "R114", 8, "after"),
    "held to nothing": ("one:\n  number: rate", "R116", 8, "between"),
    "no name": ("one:\n  number: rate\n  of: bank.rates.rate", "R116", 8, "named"),
    "no currency": ("one:\n  number: amount\n  of: bank.b.a\n  named: {en: [balance]}", "R117", 8, "EUR"),
    "a currency of a rate": ("one:\n  number: rate\n  currency: EUR\n  between: [0, 5]", "R117", 9, "Leave"),
    "a range of days": ("one:\n  number: date\n  between: [0, 5]", "R118", 8, "between"),
    "an empty range": ("one:\n  number: rate\n  between: [5, 0]", "R118", 9, "lower end"),
    "a mistyped key": ("one:\n  forbit: {en: [risk free]}", "D101", 8, "'forbid'"),
    "not a source's field": ("one:\n  number: rate\n  of: rate\n  named: {en: [rate]}", "D105", 9, "match"),
    "no such subject": ("one:\n  notice: rumour\n  words: {en: [rumour]}", "D106", 8, ""),
    "a silence of no time": ("one:\n  silence: 0", "D106", 8, ""),
    "no list of phrases": ("one:\n  forbid: risk free", "D106", 8, ""),
    "not YAML": ("one:\n  forbid: {en: [risk free}", "D001", 8, ""),
    "a key twice": ("one:\n  silence: 5\n  silence: 6", "D002", 9, "line 8"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_told_with_its_line_and_its_remedy(name: str) -> None:
    text, code, line, remedy = MISTAKES[name]
    told = {(one.code, one.line): one for one in mistakes(written(text, head="languages: [en]"))}
    assert (code, line) in told, sorted(told)
    assert remedy in told[code, line].hint
    assert told[code, line].message.endswith((".", "?"))


def test_a_rule_without_source_or_counsel_is_refused() -> None:
    text = 'name: made\nversion: "1"\nlanguages: [en]\nrules:\n  one:\n    silence: 5\n'
    assert {(one.code, one.line) for one in mistakes(text)} == {("D102", 5)}
    assert {one.message for one in mistakes(text)} == {"the key 'source' is missing.", "the key 'counsel' is missing."}
    own = written("one:\n  silence: 5", head="languages: [en]").replace("check with counsel", "all is well")
    assert [(one.code, one.line) for one in mistakes(own)] == [("D106", 7)]


def test_figures_of_a_language_that_is_not_read_are_refused() -> None:
    text = written("one:\n  number: rate\n  between: [0, 5]", head="languages: [fr]")
    assert [(one.code, one.line) for one in mistakes(text)] == [("R115", 8)]


def test_questions_of_a_language_in_which_none_is_known_are_refused() -> None:
    (one,) = mistakes(written("one:\n  unanswered: 5", head="languages: [fr]"))
    assert (one.code, one.line) == ("R119", 8)
    assert "part the file" in one.hint


def test_a_file_that_is_too_long_is_not_read() -> None:
    assert [one.code for one in mistakes("#" * (MAX_BYTES + 1))] == ["R001"]


@pytest.mark.parametrize("key", ["emotion", "mood", "sentiment", "tone", "stress", "pitch"])
def test_nobody_asks_for_what_a_voice_feels(key: str) -> None:
    (one,) = mistakes(written(f"one:\n  {key}: anger\n  silence: 5", head="languages: [en]"))
    assert (one.code, one.line) == ("R106", 8)
    assert "2024/1689" in one.message
    assert "notice" in one.hint


def test_nor_is_an_agents_mood_looked_for_by_words() -> None:
    (one,) = mistakes(written("one:\n  notice: distress\n  by: [agent]\n  words: {en: [so sad]}"))
    assert (one.code, one.line) == ("R106", 8)


def test_a_rule_that_looks_for_a_mood_has_no_place_for_who_speaks() -> None:
    assert not {"by", "speaker", "speakers"} & set(Notice.__dataclass_fields__)
    assert {str(one) for one in Speaker} == {"machine", "agent", "caller"}


def test_distress_needs_no_disclosure_outside_of_the_union() -> None:
    text = written("one:\n  notice: distress\n  words: {en: [so sad]}", head="languages: [en]\njurisdictions: [HK]")
    assert load_rules(text, source="rules.yaml").rules


@pytest.mark.parametrize(("law", "remedy"), [("eu", "Did you mean 'EU'?"), ("SG", "Known are EU"), ("EU", None)])
def test_a_jurisdiction_that_is_not_known_is_a_warning_at_its_place(law: str, remedy: str | None) -> None:
    text = written("one:\n  forbid: {en: [risk free]}", head=f"languages: [en]\njurisdictions: [UK, {law}]")
    assert load_rules(text, source="rules.yaml").jurisdictions == ("UK", law)
    told = concerns(text, source="rules.yaml")
    line = text.splitlines().index(f"jurisdictions: [UK, {law}]") + 1
    assert [(one.code, one.line, one.column) for one in told] == ([("R301", line, 21)] if remedy else [])
    assert all(remedy in one.hint for one in told if remedy)


def test_every_code_stands_in_the_documentation_and_has_a_mistake_here() -> None:
    root = Path(__file__).parents[3]
    code = re.compile(r"\bR\d{3}\b")
    given = {found for file in (root / "ivr/core/compliance").glob("*.py") for found in code.findall(file.read_text())}
    assert given == set(code.findall((root / "docs/inspection.md").read_text()))
    tried = {one[1] for one in MISTAKES.values()} | {"R001", "R106", "R115", "R119", "R301"}
    assert given <= tried
