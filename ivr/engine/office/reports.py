"""Reports: which there are, making one with its receipt, and the calls behind a figure.

Rule: whoever makes a report sees figures. Which calls are behind one is another act, that the log names the calls of.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.receipt import commitment, make_receipt
from ivr.core.call.record import CallRecord
from ivr.core.compliance.inspector import Inspector
from ivr.core.compliance.rule import Ruleset
from ivr.core.reports.definitions import DEFINITIONS, Definition, Needs
from ivr.core.reports.records import Kept, Records
from ivr.core.reports.report import Days, Report
from ivr.core.review.machine import FoundIn
from ivr.core.review.review import Review
from ivr.core.review.risk import drawn
from ivr.core.review.scorecard import Scorecard
from ivr.core.vault.search import CallQuery
from ivr.engine.office.inspection import inspected, talks
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.office.rules_of_lines import RulesOfLines
from ivr.errors import OperatorError
from ivr.ports.recordings import Form

MOST_CALLS: Final = 200_000
"""Of one report: all their records are opened. They take 1.1 GiB as bench.reports measured it; more would crowd out
calls on a small machine."""
MOST_READ: Final = 5000
"""Calls that are read by rules for one report."""
OPENED: Final = 2000
"""Calls whose findings are held at once: of each only what these rules found is kept."""
AT_ONCE: Final = 100
"""Calls of a figure that are opened at once."""
SALT_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ListReports(Asked):
    """Nothing more is asked."""


@dataclass(frozen=True, slots=True)
class MakeReport(Asked):
    """Of some days, UTC."""

    name: str
    since: str
    """2027-01-01, inclusive."""
    until: str
    """Inclusive."""
    rules: tuple[Ruleset, ...] = field(default=(), repr=False)
    """By which calls are read, where the report needs that; none: the published ones."""


@dataclass(frozen=True, slots=True)
class OpenFigure(MakeReport):
    """The calls behind one figure of it."""

    figure: str = ""
    """Its key."""
    page: int = 1
    """Which hundred of its calls are opened, to be told by who and when; 0: none."""


@dataclass(frozen=True, slots=True)
class OpenedFigure:
    """The calls that a figure counts."""

    calls: tuple[str, ...]
    """All of them."""
    records: tuple[CallRecord, ...] = field(default=(), repr=False)
    """Of the page that was asked for, the newest first; one that was erased or does not open is missing."""


@dataclass(frozen=True, slots=True)
class Made:
    """A report, and the proof that it was made of what there was."""

    report: Report
    receipt: str = field(repr=False)
    """As of a call (C2SP tlog-proof): whose statement names the definition, the days, and the hash of all figures."""
    damaged: int
    """Records that did not open: the figures do not count them."""


@does("reports.list")
def list_reports(desk: Desk, asked: ListReports) -> list[Definition]:
    """Every report that there is."""
    return list(DEFINITIONS.values())


@does("reports.make")
def make(desk: Desk, asked: MakeReport) -> Made:
    """Raises OperatorError: no such report, no such days, too many calls; IvrError."""
    definition, days = _named(asked)
    with desk.entering(definition.name, since=days.since, until=days.until) as details:
        report, damaged = _made(desk, asked, definition, days)
        statement = _statement(report, damaged)
        salt = secrets.token_bytes(SALT_BYTES)
        details |= {"version": report.version, "sha256": report.sha256, "statement": commitment(statement, salt)}
    return Made(report, _receipt(desk, statement, salt), damaged)


@does("reports.open")
def open_figure(desk: Desk, asked: OpenFigure) -> OpenedFigure:
    """The calls that a figure counts. One entry names them. Raises as `make`, and for a figure that there is not."""
    definition, days = _named(asked)
    with desk.entering(definition.name, since=days.since, until=days.until) as details:
        report, _ = _made(desk, asked, definition, days)
        calls = report.calls_of(asked.figure)
        details |= {"version": report.version, "calls": list(calls[:1000]), "count": len(calls)}
    some = calls[max(0, asked.page - 1) * AT_ONCE : asked.page * AT_ONCE]
    records = desk.ports.calls.of_calls(some, on_damage=lambda call, why: None).values()
    return OpenedFigure(calls, tuple(sorted(records, key=lambda one: (-one.started_at, one.call_id))))


def _named(asked: MakeReport) -> tuple[Definition, Days]:
    if asked.name not in DEFINITIONS:
        raise OperatorError(f"there is no report {asked.name}; there are {', '.join(DEFINITIONS)}")
    return DEFINITIONS[asked.name], Days.of(asked.since, asked.until)


def _made(desk: Desk, asked: MakeReport, definition: Definition, days: Days) -> tuple[Report, int]:
    damaged: set[str] = set()
    calls = _calls(desk, days, damaged) if Needs.CALLS in definition.needs else []
    rules = _rules(desk, asked) if Needs.FINDINGS in definition.needs else ()
    reviews = _reviews(desk, calls, damaged) if Needs.REVIEWS in definition.needs else {}
    records = Records(
        days,
        calls,
        kept=_kept(desk, calls) if Needs.KEPT in definition.needs else {},
        entries=_entries(desk, days) if Needs.LOG in definition.needs else (),
        findings=_findings(desk, rules, calls, damaged) if rules else {},
        rules=rules,
        reviews=reviews,
        cards=_cards(desk, reviews),
        sampled=frozenset(one.call_id for one in calls if drawn(one.call_id, desk.ports.review_rules.sample)),
    )
    return definition.report(records), len(damaged)


def _calls(desk: Desk, days: Days, damaged: set[str]) -> list[CallRecord]:
    """Oldest first."""
    found = desk.ports.calls.search(
        CallQuery(since=days.begin, until=days.end),
        limit=MOST_CALLS + 1,
        on_damage=lambda call, why: damaged.add(call),
    )
    if len(found) > MOST_CALLS:
        raise OperatorError(f"more than {MOST_CALLS} calls are in these days: choose fewer, and add the figures up")
    return found[::-1]


def _kept(desk: Desk, calls: Iterable[CallRecord]) -> dict[str, Kept]:
    forms = {stored.call_id: stored.form for stored in desk.ports.recordings.stored()}
    return {
        one.call_id: Kept.MISSING if one.call_id not in forms
        else Kept.SEALED if forms[one.call_id] is Form.ARCHIVE
        else Kept.JOURNAL
        for one in calls
        if one.recording_id is not None
    }  # fmt: skip


def _entries(desk: Desk, days: Days) -> tuple[AuditEntry, ...]:
    desk.ports.log.publish()
    return tuple(one for _, one in desk.ports.log.since(days.begin) if days.begin <= one.at < days.end)


def _rules(desk: Desk, asked: MakeReport) -> tuple[Ruleset, ...]:
    rules = asked.rules or tuple(one.what for one in desk.ports.rules.live())
    if not rules:
        raise OperatorError("this report reads calls by rules, and none are published: see 'ivr inspect publish'")
    return rules


def _findings(desk: Desk, rules: tuple[Ruleset, ...], calls: list[CallRecord], damaged: set[str]) -> dict[str, FoundIn]:
    """What these rules found: as it is kept, where a call was read by these very texts; else it is read now."""
    lines, names, wanted = RulesOfLines(desk), {one.name for one in rules}, {one.sha256 for one in rules}
    found: dict[str, FoundIn] = {}
    for at in range(0, len(calls), OPENED):
        some = calls[at : at + OPENED]
        kept = desk.ports.inspections.findings(
            [one.call_id for one in some], on_damage=lambda call, why: damaged.add(call)
        )
        for record in some:
            of_call = kept.get(record.call_id)
            if of_call is not None and wanted <= {used.sha256 for used in of_call.rules}:
                theirs = tuple(one for one in of_call.found if one.rule.partition("/")[0] in names)
                found[record.call_id] = FoundIn(theirs, lines.read(record, rules, of_call.failed))
    unread = [one for one in calls if one.call_id not in found and one.recording_id is not None]
    if len(unread) > MOST_READ:
        raise OperatorError(f"this report reads calls by rules, at most {MOST_READ} at once: choose fewer days")
    inspectors, trouble = [Inspector(one) for one in rules], list[tuple[str, str]]()
    for record, talk in talks(desk, unread, trouble):
        results = [(one.ruleset, inspected(one, record, talk)) for one in inspectors]
        failed = [f"{of.name}/{name}" for of, result in results for name in result.failed]
        now = tuple(each for _, result in results for each in result.found)
        found[record.call_id] = FoundIn(now, lines.read(record, rules, failed))
    damaged.update(call for call, _ in trouble)
    return found


def _reviews(desk: Desk, calls: Iterable[CallRecord], damaged: set[str]) -> Mapping[str, tuple[Review, ...]]:
    ids = [one.call_id for one in calls]
    return desk.ports.reviews.of_calls(ids, on_damage=lambda call, why: damaged.add(call))


def _cards(desk: Desk, reviews: Mapping[str, tuple[Review, ...]]) -> dict[str, Scorecard]:
    named = {one.card_sha256 for of_call in reviews.values() for one in of_call}
    found = {sha256: desk.ports.scorecards.by_sha256(sha256) for sha256 in named}
    return {sha256: card for sha256, card in found.items() if card is not None}


# --- the receipt ------------------------------------------------------------------------------------------------------


def _statement(report: Report, damaged: int) -> dict[str, object]:
    """What a report's receipt says: nothing of a call."""
    return {
        "report": report.id,
        "since": report.days.since,
        "until": report.days.until,
        "figures": sum(1 for _ in report.figures()),
        "figures_sha256": report.sha256,
        "calls_sha256": report.calls_sha256,
        "damaged": damaged,
    }


def _receipt(desk: Desk, statement: Mapping[str, object], salt: bytes) -> str:
    log = desk.ports.log
    log.publish()
    wanted = commitment(statement, salt)
    latest = log.entries(max(0, log.published - 1000), actions=("report.made",))
    at = next((n for n, one in latest if one.details.get("statement") == wanted), None)
    if at is None:
        raise OperatorError("the report's entry was overtaken by a thousand others: make it again")
    proof, signed = log.inclusion(at)
    return make_receipt(log.raw_entry(at), at, proof, signed, statement=statement, salt=salt)
