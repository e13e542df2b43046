"""Scorecards and rules that were published."""

from __future__ import annotations

from ivr.core.audit.approval import CARD_PUBLISHED, RULES_PUBLISHED
from ivr.core.compliance.rule import Ruleset
from ivr.core.compliance.rules_file import load_rules
from ivr.core.review.scorecard import Scorecard
from ivr.core.review.scorecard_file import load_scorecard
from ivr.engine.publishing.texts import Published, TextBook
from ivr.ports.audit import AuditLog

ScorecardBook = TextBook[Scorecard]
RuleBook = TextBook[Ruleset]
PublishedCard = Published[Scorecard]
PublishedRules = Published[Ruleset]


def scorecard_book(log: AuditLog) -> ScorecardBook:
    """Scorecards by a log."""
    return TextBook(log, CARD_PUBLISHED, lambda text, source: load_scorecard(text, source=source))


def rule_book(log: AuditLog) -> RuleBook:
    """Rules over what was said in calls, by a log."""
    return TextBook(log, RULES_PUBLISHED, lambda text, source: load_rules(text, source=source))
