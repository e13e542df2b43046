"""Reports of what rules found: complaints, and how well each rule does, by what people judged.

Rule: an agent is judged by rules over words and turns alone; there is no rule of anybody's voice or mood.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ivr.core.compliance.rule import Notice, Require, Ruleset, Subject, Unanswered
from ivr.core.compliance.talk import Speaker
from ivr.core.reports.interval import share, wilson
from ivr.core.reports.records import Records
from ivr.core.reports.report import Figure, Row, Table, count, month_of, total
from ivr.core.review.machine import Comparison, compared
from ivr.core.review.scorecard import Answer

VULNERABLE = (Subject.VULNERABILITY, Subject.DISTRESS, Subject.DURESS)
"""Signs by which a complaint is counted as one of a customer who may be in vulnerable circumstances."""
LEAST_JUDGED = 10
"""Calls below which nothing is suggested of a rule or an agent."""
DOUBTFUL = 0.8
"""A rule whose precision or recall is surely below is to be mended."""

OFTEN_WRONG = "often wrong: say in unless: what excuses its phrases"
MISSES_MUCH = "misses much: add the phrases of the calls that it missed"
MORE_OFTEN = "more often than colleagues: listen to these calls together"


def complaints(records: Records) -> tuple[Table, ...]:
    """By product and month: calls in which a complaint was noticed, and of whom."""
    signs = _signs(records.rules)
    found: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for call in records.calls:
        in_call = records.findings.get(call.call_id)
        of_row = found[call.dialplan.partition("@")[0], month_of(call.started_at)]
        of_row["calls"].append(call.call_id)
        if in_call is None:
            continue
        of_row["read"].append(call.call_id)
        here = {signs[rule] for rule in in_call.rules if rule in signs}
        if Subject.COMPLAINT in here:
            of_row["complaints"].append(call.call_id)
            of_row["with an agent"] += [call.call_id] * bool(call.agents)
            of_row["vulnerable"] += [call.call_id] * bool(here.intersection(VULNERABLE))
    columns = ("calls", "read", "complaints", "with an agent", "vulnerable")
    rows = tuple(Row(labels, tuple(count(of_row[one]) for one in columns)) for labels, of_row in sorted(found.items()))
    title = "Complaints that callers voiced"
    return (Table("complaints", title, ("Product", "Month"), columns, rows + total(rows)),)


def inspection(records: Records) -> tuple[Table, ...]:
    """By rule: how often it finds something, how often people agree, what it misses; and by agent."""
    return _rules(records), _agents(records)


RULE_COLUMNS = (
    "read", "found in", "judged", "confirmed", "precision", "drawn and judged", "violations", "missed", "recall",
)  # fmt: skip
"""Precision: of judged calls in which it found something. Recall: of the violations in calls that chance drew."""


def _rules(records: Records) -> Table:
    by_rule: dict[str, list[Comparison]] = defaultdict(list)
    for one in compared(records.reviews, records.cards, records.findings):
        by_rule[one.rule].append(one)
    rows = []
    for rule in sorted(_named(records.rules)):
        read = [call for call, found in records.findings.items() if rule in found.read]
        figures = _quality(by_rule[rule], records.sampled)
        found = [call for call in read if rule in records.findings[call].rules]
        rows.append(Row((rule, _of_rule(figures)), (count(read), count(found), *figures)))
    return Table("rules", "How well each rule does", ("Rule", "Suggestion"), RULE_COLUMNS, tuple(rows))


def _quality(compared_: Sequence[Comparison], sampled: frozenset[str]) -> tuple[Figure, ...]:
    judged = [one.call_id for one in compared_ if one.machine is Answer.NO]
    confirmed = [one.call_id for one in compared_ if one.machine is Answer.NO and one.people is Answer.NO]
    drawn = [one for one in compared_ if one.call_id in sampled]
    violations = [one.call_id for one in drawn if one.people is Answer.NO]
    caught = [one.call_id for one in drawn if one.people is Answer.NO and one.machine is Answer.NO]
    missed = sorted(set(violations) - set(caught))
    return (
        count(judged),
        count(confirmed),
        share(confirmed, len(judged)),
        count(one.call_id for one in drawn),
        count(violations),
        count(missed),
        share(caught, len(violations)),
    )


def _of_rule(figures: tuple[Figure, ...]) -> str:
    judged, _, precision, _, violations, _, recall = figures
    if len(judged.calls) >= LEAST_JUDGED and precision.high is not None and precision.high < DOUBTFUL:
        return OFTEN_WRONG
    if len(violations.calls) >= LEAST_JUDGED and recall.high is not None and recall.high < DOUBTFUL:
        return MISSES_MUCH
    return ""


def _agents(records: Records) -> Table:
    """Of calls with one agent, so that it is clear whose words they were."""
    alone = {one.call_id: one.agents[0] for one in records.calls if len(set(one.agents)) == 1}
    rows = []
    for rule, theirs in sorted(_of_agents(records.rules).items()):
        read: dict[str, list[str]] = defaultdict(list)
        found: dict[str, list[str]] = defaultdict(list)
        for call, agent in sorted(alone.items()):
            in_call = records.findings.get(call)
            if in_call is None or rule not in in_call.read:
                continue
            read[agent].append(call)
            if any(one.rule == rule and one.speaker in theirs for one in in_call.found):
                found[agent].append(call)
        everybody = sum(map(len, read.values())), sum(map(len, found.values()))
        for agent, calls in sorted(read.items()):
            told = _of_agent(len(found[agent]), len(calls), *everybody)
            rows.append(Row((agent, rule, told), (count(calls), count(found[agent]), share(found[agent], len(calls)))))
    columns = ("calls", "found in", "share")
    return Table("agents", "What was found of each agent", ("Agent", "Rule", "Suggestion"), columns, tuple(sorted(
        rows, key=lambda row: row.labels
    )))  # fmt: skip


def _of_agent(found: int, calls: int, all_calls: int, all_found: int) -> str:
    """Where it happens to them surely more often than to the others together."""
    others, theirs = all_calls - calls, all_found - found
    if calls < LEAST_JUDGED or not others or wilson(found, calls)[0] <= theirs / others:
        return ""
    return MORE_OFTEN


def _signs(rules: Iterable[Ruleset]) -> dict[str, Subject]:
    """ruleset/rule of each that notices a sign -> it."""
    return {
        f"{ruleset.name}/{one.head.name}": one.subject
        for ruleset in rules
        for one in ruleset.rules
        if isinstance(one, Notice)
    }


def _named(rules: Iterable[Ruleset]) -> Iterator[str]:
    return (f"{ruleset.name}/{one.head.name}" for ruleset in rules for one in ruleset.rules)


def _of_agents(rules: Iterable[Ruleset]) -> dict[str, frozenset[str]]:
    """Those that say something of an agent, not of what callers said -> who is named where it is the agent's."""
    told: dict[str, frozenset[str]] = {}
    for ruleset in rules:
        for one in ruleset.rules:
            by = getattr(one, "by", frozenset({Speaker.AGENT}))
            if not isinstance(one, Notice) and (Speaker.AGENT in by or isinstance(one, Require)):
                # Nobody is named where something is missing; a question that nobody answered is its caller's.
                named = {"", Speaker.AGENT, Speaker.CALLER} if isinstance(one, Unanswered) else {"", Speaker.AGENT}
                told[f"{ruleset.name}/{one.head.name}"] = frozenset(map(str, named))
    return told
