"""Every report there is. A change of what a figure means is a new version of its definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Flag, auto
from typing import Final

from ivr.core.reports.of_calls import disclosures, recordings
from ivr.core.reports.of_findings import complaints, inspection
from ivr.core.reports.of_log import access, retention
from ivr.core.reports.of_ratings import satisfaction
from ivr.core.reports.records import Records
from ivr.core.reports.report import Report, Table


class Needs(Flag):
    """Which records a report is made of."""

    CALLS = auto()
    KEPT = auto()
    """What is kept of recordings."""
    LOG = auto()
    FINDINGS = auto()
    REVIEWS = auto()


@dataclass(frozen=True, slots=True)
class Definition:
    """One report."""

    name: str
    version: int
    title: str
    """English; translated in the catalogue."""
    about: str
    """So too: what it says, in one sentence."""
    needs: Needs
    make: Callable[[Records], tuple[Table, ...]]
    notes: tuple[str, ...] = ()
    """So too: what its figures do not say."""

    def report(self, records: Records) -> Report:
        """Made of these records, and of nothing else."""
        return Report(self.name, self.version, records.days, self.title, self.make(records), self.notes)


DEFINITIONS: Final[Mapping[str, Definition]] = {
    one.name: one
    for one in (
        Definition(
            "access", 1, "Access to calls", "Who opened what of calls, and what was denied.", Needs.LOG, access,
            ("Lists and searches show masked rows; they stand in the audit log and are not counted here.",),
        ),
        Definition(
            "complaints", 1, "Complaints", "Calls in which a caller voiced a complaint, by product and month.",
            Needs.CALLS | Needs.FINDINGS, complaints,
            (
                "Complaints are noticed by words: a person confirms each before it is counted in a return.",
                "Decisions, redress and dates of closing are in the system that handles complaints, not here.",
            ),
        ),
        Definition(
            "disclosures", 1, "Disclosures", "In how many calls each warning was played, heard and acknowledged.",
            Needs.CALLS, disclosures, ("A warning that was played in no call of these days has no row.",),
        ),
        Definition(
            "inspection", 1, "Inspection",
            "How well each rule does by what people judged, and what it found of agents.",
            Needs.CALLS | Needs.FINDINGS | Needs.REVIEWS, inspection,
            (
                "Precision is measured on all judged calls, recall on those that chance drew: nobody picked them.",
                "Of an agent are calls in which they alone talked with the caller.",
            ),
        ),
        Definition(
            "recordings", 1, "Recordings", "Whether each call that was answered has its recording.",
            Needs.CALLS | Needs.KEPT, recordings,
            ("Calls whose record was erased are not counted; the report on retention has them.",),
        ),
        Definition(
            "retention", 1, "Retention", "What was erased, held and asked to be erased.", Needs.LOG, retention,
        ),
        Definition(
            "satisfaction", 1, "Satisfaction", "What callers answered when they were asked how satisfied they are.",
            Needs.CALLS, satisfaction,
            (
                "Who did not answer may be less or more satisfied than who did: see how many answered.",
                "Intervals are 95 %: of shares by Wilson, of means by the normal distribution.",
            ),
        ),
    )
}  # fmt: skip
"""Name -> report, in the order of their names."""
