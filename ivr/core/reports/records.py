"""What reports are made of: records of calls, what is kept of them, entries of the log, findings, reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ivr.core.audit.entry import AuditEntry
from ivr.core.call.record import CallRecord
from ivr.core.compliance.rule import Ruleset
from ivr.core.reports.report import Days
from ivr.core.review.machine import FoundIn
from ivr.core.review.review import Review
from ivr.core.review.scorecard import Scorecard


class Kept(StrEnum):
    """What is kept of a call's sound."""

    SEALED = "sealed"
    """In its long-term form, with its entry in the log."""
    JOURNAL = "journal"
    """Sealed, not yet in its long-term form."""
    MISSING = "missing"
    """There was one, and it is gone though nobody erased it."""


@dataclass(frozen=True, slots=True)
class Records:
    """Of some days."""

    days: Days
    calls: Sequence[CallRecord] = field(default=(), repr=False)
    """That ended, and began on these days."""
    kept: Mapping[str, Kept] = field(default_factory=dict, repr=False)
    """Call -> what is kept of its recording; none: it was not recorded."""
    entries: Sequence[AuditEntry] = field(default=(), repr=False)
    """Of the log, of these days."""
    findings: Mapping[str, FoundIn] = field(default_factory=dict, repr=False)
    """Call -> what rules found in it; those that no rule has read are missing."""
    rules: Sequence[Ruleset] = field(default=(), repr=False)
    """By which they were read."""
    reviews: Mapping[str, Sequence[Review]] = field(default_factory=dict, repr=False)
    """Call -> what people said of it."""
    cards: Mapping[str, Scorecard] = field(default_factory=dict, repr=False)
    """SHA-256 of a scorecard's text -> it, for each that a review names."""
    sampled: frozenset[str] = frozenset()
    """Calls that chance drew for review."""
