"""Calls read by rules: what is found, with the moment to listen to, and what a change of rules would find.

Rules come as text, so they can be tried before anybody relies on them. What is found is shown to who asked, and kept
nowhere by this page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from pydantic import Field

from ivr.apps.web.console import Done
from ivr.apps.web.errors import Fault
from ivr.apps.web.jobs import Job, look, start
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.core.compliance.rule import Found, Ruleset, Severity
from ivr.core.compliance.rules_file import MAX_BYTES, load_rules
from ivr.core.media.frame import seconds
from ivr.engine.office import inspection as office

READING: Final = "inspection.run"
TRYING: Final = "inspection.replay"
LISTED: Final = 500
"""Findings that one page lists; all are counted."""


class Rules(Because):
    """By which rules, and which calls."""

    rules: str = Field(min_length=1, max_length=MAX_BYTES)
    """A rules file, as YAML."""
    call: str = Field(default="", max_length=200)
    """One call; empty: the latest."""
    last: int = Field(default=20, ge=1, le=office.MOST_CALLS)


class Change(Because):
    """A version of rules in the place of another."""

    rules: str = Field(min_length=1, max_length=MAX_BYTES)
    against: str = Field(min_length=1, max_length=MAX_BYTES)
    """The version of now."""
    last: int = Field(default=20, ge=1, le=office.MOST_CALLS)
    days: float = Field(default=0.0, ge=0, le=366)
    """Of so many days: chance draws `last` calls of them. 0: the latest."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding."""

    call: str
    at: float
    """Seconds from the answer: where to listen."""
    change: str
    """+: the new version alone finds it, -: the old one alone; empty: one version was run."""
    severity: str
    rule: str
    what: str
    words: str = field(repr=False)
    speaker: str
    confidence: float
    source: str


@dataclass(frozen=True, slots=True)
class InspectionPage:
    """What can be asked for."""

    most: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How far it is, and what was found."""

    ticket: str
    kind: str
    over: bool
    calls: int
    changed: int
    """Calls in which the two versions differ."""
    counts: tuple[tuple[str, int], ...]
    """Severity -> how many."""
    found: tuple[Finding, ...]
    more: int
    """Findings beyond those that are listed."""
    failed: tuple[tuple[str, str], ...]
    """(call, rule) of each rule that failed there."""
    damaged: tuple[tuple[str, str], ...]
    fault: Fault | None


@operation("GET", "/inspection", scope="inspection.run", page="inspection.html")
def inspection_page(visit: Visit) -> InspectionPage:
    """Where one chooses calls and rules."""
    return InspectionPage(office.MOST_CALLS)


@operation("POST", "/inspection/run", scope="inspection.run")
def inspection_run(visit: Visit, asked: Rules) -> Done:
    """Begin to read calls by rules."""
    at_office, rules = visit.office, _rules(asked.rules)
    wanted = office.InspectCalls((rules,), asked.call.strip(), asked.last, reason=asked.reason)
    return Done(
        "", f"/inspection/run/{quote(start(visit, READING, lambda job: office.inspect_calls(at_office, wanted)))}"
    )


@operation("GET", "/inspection/run/{ticket}", scope="inspection.run", page="inspected.html")
def inspection_running(visit: Visit, ticket: str) -> Reading:
    """How far that is, and what was found."""
    job = look(visit, READING, ticket)
    if not isinstance(job.result, office.InspectedCalls):
        return _waiting(ticket, "run", job)
    read = job.result
    found = [_finding(call.call_id, one) for call in read.calls for one in call.found]
    failed = [(call.call_id, rule) for call in read.calls for rule in call.failed]
    return _reading(ticket, "run", len(read.calls), 0, found, failed, read.damaged)


@operation("POST", "/inspection/replay", scope="inspection.replay")
def inspection_replay(visit: Visit, asked: Change) -> Done:
    """Begin to read the latest calls by two versions of rules."""
    at_office = visit.office
    wanted = office.TryRules(_rules(asked.rules), _rules(asked.against), asked.last, asked.days, reason=asked.reason)
    return Done(
        "", f"/inspection/replay/{quote(start(visit, TRYING, lambda job: office.try_rules(at_office, wanted)))}"
    )


@operation("GET", "/inspection/replay/{ticket}", scope="inspection.replay", page="inspected.html")
def inspection_replaying(visit: Visit, ticket: str) -> Reading:
    """How far that is, and where the two differ."""
    job = look(visit, TRYING, ticket)
    if not isinstance(job.result, office.TriedRules):
        return _waiting(ticket, "replay", job)
    tried = job.result
    found = [
        _finding(call.call_id, one, sign)
        for call in tried.calls
        for sign, many in (("-", call.gone), ("+", call.new))
        for one in many
    ]
    failed = [(call.call_id, rule) for call in tried.calls for rule in call.failed]
    changed = sum(bool(call.gone or call.new) for call in tried.calls)
    return _reading(ticket, "replay", len(tried.calls), changed, found, failed, tried.damaged)


def _rules(text: str) -> Ruleset:
    return load_rules(text.replace("\r\n", "\n"), source="rules")


def _waiting(ticket: str, kind: str, job: Job) -> Reading:
    return Reading(ticket, kind, job.over, 0, 0, (), (), 0, (), (), job.fault)


def _reading(
    ticket: str, kind: str, calls: int, changed: int, found: list[Finding], failed: Iterable[tuple[str, str]],
    damaged: Iterable[tuple[str, str]],
) -> Reading:  # fmt: skip
    counts = tuple((str(one), sum(each.severity == one for each in found)) for one in Severity)
    return Reading(
        ticket, kind, True, calls, changed, counts, tuple(found[:LISTED]), max(0, len(found) - LISTED),
        tuple(failed), tuple(damaged), None,
    )  # fmt: skip


def _finding(call: str, one: Found, change: str = "") -> Finding:
    return Finding(
        call, seconds(one.first_sample), change, str(one.severity), one.rule, one.what, one.words, one.speaker,
        one.confidence, one.source,
    )  # fmt: skip
