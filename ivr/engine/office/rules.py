"""Rules by which every call is inspected: which are live, publishing them, and another person's approval of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.core.audit.approval import RULES_APPROVED
from ivr.core.compliance.findings import how_often
from ivr.core.compliance.rule import Ruleset
from ivr.core.compliance.rules_file import load_rules
from ivr.core.vault.retention import DAY_SECONDS
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.office.published_texts import approve_text, publish_text
from ivr.engine.publishing.books import PublishedRules

TRIED_DAYS = 90
"""A trial of rules before that is none: the calls were others."""
MOST_CALLS = 50_000
"""Of which findings are counted."""


@dataclass(frozen=True, slots=True)
class ListRules(Asked):
    """Nothing more is asked."""

    days: float = 30.0
    """Of which calls findings are counted."""


@dataclass(frozen=True, slots=True)
class PublishRules(Asked):
    """Inspect calls by these rules from now on."""

    text: str
    """YAML."""
    source: str = "rules.yaml"
    """Names it in findings of errors."""


@dataclass(frozen=True, slots=True)
class ApproveRules(PublishRules):
    """Let somebody else publish this text."""

    publisher: str = ""


@dataclass(frozen=True, slots=True)
class LiveRules:
    """The rules that are live, and how often they found something."""

    rules: tuple[PublishedRules, ...]
    calls: int
    """That were inspected in these days, at most MOST_CALLS: the newest."""
    found: Mapping[str, int]
    """ruleset/rule -> in how many of them."""
    damaged: int
    """Calls whose findings do not open."""


@dataclass(frozen=True, slots=True)
class Approved:
    """Rules that somebody else may publish, and on which calls they were tried."""

    rules: Ruleset
    entry: int | None
    """Of the latest trial (`rules.tried`) of this very text; None: there was none."""
    calls: int = 0
    """That were read in it."""
    changed: int = 0
    """In which it found something else than the version beside it."""


@does("inspection.rules")
def rules(desk: Desk, asked: ListRules) -> LiveRules:
    """Those that are live. Raises IvrError."""
    damaged: list[str] = []
    findings = desk.ports.inspections.findings_between(
        desk.wall() - asked.days * DAY_SECONDS,
        desk.wall(),
        limit=MOST_CALLS,
        on_damage=lambda call, why: damaged.append(call),
    )
    return LiveRules(tuple(desk.ports.rules.live()), len(findings), how_often(findings), len(damaged))


@does("inspection.approve")
def approve(desk: Desk, asked: ApproveRules) -> Approved:
    """Approve them, once, for a day; who approves is told on what they were tried. Raises DialplanError, DeniedError
    for one's own."""
    ruleset = load_rules(asked.text, source=asked.source)
    approve_text(desk, ruleset, asked.publisher, "their own rules")
    tried = desk.ports.log.since(desk.wall() - TRIED_DAYS * DAY_SECONDS, actions=("rules.tried",))
    for number, entry in reversed(list(tried)):
        named = entry.details.get("rules")
        first = named[0] if isinstance(named, list) and named else None
        if entry.outcome == "done" and isinstance(first, dict) and first.get("sha256") == ruleset.sha256:
            calls, changed = entry.details.get("calls"), entry.details.get("changed")
            read = len(calls) if isinstance(calls, list) else 0
            return Approved(ruleset, number, read, changed if isinstance(changed, int) else 0)
    return Approved(ruleset, None)


@does("inspection.publish")
def publish(desk: Desk, asked: PublishRules) -> Ruleset:
    """Make them live. Raises DialplanError; OperatorError when this version was published; DeniedError when another
    person must approve it first."""
    ruleset = load_rules(asked.text, source=asked.source)
    by = {"by_action": RULES_APPROVED, "command": "ivr inspect approve"}
    publish_text(desk, desk.ports.rules, ruleset, asked.text, **by)
    return ruleset
