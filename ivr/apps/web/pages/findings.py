"""What the published rules found in a call; which rules are live, and publishing them."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from ivr.apps.web.console import Done
from ivr.apps.web.found_view import FoundShown, found_shown
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.core.compliance.rules_file import MAX_BYTES
from ivr.engine.office import rules as office
from ivr.engine.office.inspection import ShowFindings, show_findings
from ivr.engine.office.rules import ApproveRules, ListRules, PublishRules

DAYS = 30
"""Of which calls findings are counted."""


class Text(Because):
    """Rules."""

    text: str = Field(min_length=1, max_length=MAX_BYTES)
    """YAML."""


class TextFor(Text):
    """Rules that somebody else may publish."""

    publisher: str = Field(min_length=1, max_length=80)


@dataclass(frozen=True, slots=True)
class FindingsPage:
    """What was found in a call."""

    call: str
    read_at: float
    """Seconds since the epoch."""
    rules: tuple[str, ...]
    """name@version of those by which it was read."""
    older: bool
    """Other rules are live now."""
    found: tuple[FoundShown, ...]
    failed: tuple[str, ...]
    utterances: int
    """Recognized after the call."""


@dataclass(frozen=True, slots=True)
class RuleShown:
    """One rule."""

    name: str
    severity: str
    source: str
    calls: int
    """In which it found something."""


@dataclass(frozen=True, slots=True)
class RulesShown:
    """A ruleset that is live."""

    name: str
    version: str
    sha256: str
    at: float
    """Seconds since the epoch."""
    by: str
    entry: int
    rules: tuple[RuleShown, ...]


@dataclass(frozen=True, slots=True)
class RulesPage:
    """All that are live."""

    rules: tuple[RulesShown, ...]
    calls: int
    """That were inspected in these days."""
    days: int


@operation("GET", "/recordings/{call}/findings", scope="inspection.show", page="findings.html")
def inspection_show(visit: Visit, call: str) -> FindingsPage:
    """What the published rules found in a call."""
    kept = show_findings(visit.office, ShowFindings(call))
    findings = kept.findings
    return FindingsPage(
        findings.call_id,
        findings.at,
        tuple(f"{one.name}@{one.version}" for one in findings.rules),
        {one.sha256 for one in findings.rules} != kept.live,
        found_shown(findings.found),
        findings.failed,
        len(kept.transcription.utterances) if kept.transcription is not None else 0,
    )  # fmt: skip


@operation("GET", "/inspection/rules", scope="inspection.rules", page="rules.html")
def inspection_rules(visit: Visit) -> RulesPage:
    """The rules by which every call is inspected, and how often each found something."""
    live = office.rules(visit.office, ListRules(DAYS))
    shown = tuple(
        RulesShown(
            one.what.name, one.what.version, one.what.sha256, one.at, one.by, one.entry,
            tuple(
                RuleShown(
                    rule.head.name, str(rule.head.severity), rule.head.source,
                    live.found.get(f"{one.what.name}/{rule.head.name}", 0),
                )
                for rule in one.what.rules
            ),
        )
        for one in live.rules
    )  # fmt: skip
    return RulesPage(shown, live.calls, DAYS)


@operation("POST", "/inspection/rules/publish", scope="inspection.publish")
def inspection_publish(visit: Visit, asked: Text) -> Done:
    """Have calls inspected by these rules from now on."""
    done = office.publish(visit.office, PublishRules(_text(asked.text), reason=asked.reason))
    return Done(visit.language.text("{rules} are live.", rules=done.title), "/inspection/rules")


@operation("POST", "/inspection/rules/approve", scope="inspection.approve")
def inspection_approve(visit: Visit, asked: TextFor) -> Done:
    """Let somebody else publish this very text, within a day."""
    given = ApproveRules(_text(asked.text), publisher=asked.publisher, reason=asked.reason)
    done = office.approve(visit.office, given)
    say, named = visit.language.text, {"who": asked.publisher, "rules": done.rules.title}
    tried = (
        say("These rules were never tried on calls.")
        if done.entry is None
        else say("Tried on {calls} calls, they differed in {changed}.", calls=done.calls, changed=done.changed)
    )
    return Done(f"{say('{who} may publish {rules} within a day.', **named)} {tried}", "/inspection/rules")


def _text(sent: str) -> str:
    """As a file has it: a browser ends a form's lines with two signs."""
    return sent.replace("\r\n", "\n")
