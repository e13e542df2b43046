"""Calls read by rules: what the published rules found in each, what others find, what a change would have found.

What `run` and `replay` find is not kept: it follows from the sealed call and the rules. What the inspector found by the
published rules is, and goes with the call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from ivr.core.call.inspected import talk_of
from ivr.core.call.record import CallRecord
from ivr.core.call.replay import served_by
from ivr.core.call.transcription import Transcription
from ivr.core.compliance.findings import CallFindings
from ivr.core.compliance.inspector import Inspected, Inspector, inspect_all
from ivr.core.compliance.rule import Found, Ruleset, Severity
from ivr.core.compliance.talk import Talk
from ivr.core.dialplan.model import Dialplan
from ivr.core.lot import lot
from ivr.core.vault.retention import DAY_SECONDS
from ivr.core.vault.search import CallQuery
from ivr.engine.office.judges import is_blind
from ivr.engine.office.office import Asked, AskedOfCall, Desk, does
from ivr.engine.publishing.drafts import kept_dialplan
from ivr.errors import IvrError, OperatorError

MOST_CALLS = 1000
"""Inspected by one act."""
MOST_DRAWN_FROM = 200_000
"""Calls of some days of which chance draws, the newest."""


@dataclass(frozen=True, slots=True)
class InspectCalls(Asked):
    """Run rules over sealed calls."""

    rules: tuple[Ruleset, ...] = field(repr=False)
    call: str = ""
    """One call, by its id or its recording's; empty: the latest."""
    last: int = 20
    """How many of the latest."""


@dataclass(frozen=True, slots=True)
class TryRules(Asked):
    """Run one version of rules and another over the same calls, before the new one is relied on."""

    new: Ruleset = field(repr=False)
    old: Ruleset | None = field(default=None, repr=False)
    """None: the published version of the same name."""
    last: int = 20
    """How many calls: the latest, or of those days."""
    days: float = 0.0
    """Of so many days back; where there are more calls than `last`, chance draws those that are read. 0: the latest."""


@dataclass(frozen=True, slots=True)
class ShowFindings(AskedOfCall):
    """What the inspector found in a call."""


@dataclass(frozen=True, slots=True)
class KeptFindings:
    """What was found in a call by the rules that were live when it was inspected."""

    findings: CallFindings
    transcription: Transcription | None = field(repr=False)
    """What was read in it; None: nothing was, say of a call of before."""
    live: frozenset[str]
    """sha256 of the rules that are live now: by others the call was not read."""


@dataclass(frozen=True, slots=True)
class InspectedCall:
    """What was found in one call."""

    call_id: str
    started_at: float
    """Wall clock, seconds since the epoch."""
    found: tuple[Found, ...] = field(repr=False)
    failed: tuple[str, ...]
    """ruleset/rule of each rule that failed in this call: what it would have found is not known."""


@dataclass(frozen=True, slots=True)
class InspectedCalls:
    """What was found, the newest call first."""

    calls: tuple[InspectedCall, ...]
    damaged: tuple[tuple[str, str], ...]
    """(call, why it was not inspected)."""

    @property
    def severities(self) -> Mapping[Severity, int]:
        """How many findings of each class."""
        return Counter(one.severity for call in self.calls for one in call.found)


@dataclass(frozen=True, slots=True)
class TriedCall:
    """One call under both versions."""

    call_id: str
    gone: tuple[Found, ...] = field(repr=False)
    """Found by the old version only."""
    new: tuple[Found, ...] = field(repr=False)
    """Found by the new version only."""
    failed: tuple[str, ...]
    """Rules of either that failed."""


@dataclass(frozen=True, slots=True)
class TriedRules:
    """What a change of rules would have meant."""

    calls: tuple[TriedCall, ...]
    damaged: tuple[tuple[str, str], ...]
    drawn_from: int = 0
    """Calls that there were in the days; 0: the latest were read."""


@does("inspection.run")
def inspect_calls(desk: Desk, asked: InspectCalls) -> InspectedCalls:
    """One call, or the latest. One entry names every call that was read. Raises OperatorError, SealError."""
    inspectors = [Inspector(one) for one in asked.rules]
    subject = desk.call_named(asked.call) if asked.call else "calls"
    calls: list[InspectedCall] = []
    damaged: list[tuple[str, str]] = []
    with desk.entering(subject, rules=_named(asked.rules)) as details:
        for record, talk in talks(desk, _records(desk, asked.call, asked.last, damaged), damaged):
            found, failed = inspect_all(inspectors, talk, today=_day(record))
            calls.append(InspectedCall(record.call_id, record.started_at, found, failed))
        result = InspectedCalls(tuple(calls), tuple(damaged))
        details["calls"] = [one.call_id for one in calls]
        details["findings"] = {str(severity): count for severity, count in sorted(result.severities.items())}
        details["failed"] = sum(len(one.failed) for one in calls)
    return result


@does("inspection.replay")
def try_rules(desk: Desk, asked: TryRules) -> TriedRules:
    """Where two versions of rules differ, on the latest calls or those of some days. One entry, as of `inspect_calls`.

    Raises OperatorError where no version of that name is published and none is given.
    """
    before = asked.old or _published(desk, asked.new.name)
    new, old = Inspector(asked.new), Inspector(before)
    calls: list[TriedCall] = []
    damaged: list[tuple[str, str]] = []
    with desk.entering("calls", rules=_named((asked.new, before))) as details:
        records, of = _of_days(desk, asked, damaged) if asked.days else (_records(desk, "", asked.last, damaged), 0)
        for record, talk in talks(desk, records, damaged):
            now, then = inspected(new, record, talk), inspected(old, record, talk)
            places = {_place(one) for one in now.found}, {_place(one) for one in then.found}
            gone = tuple(one for one in then.found if _place(one) not in places[0])
            more = tuple(one for one in now.found if _place(one) not in places[1])
            calls.append(TriedCall(record.call_id, gone, more, (*now.failed, *then.failed)))
        details["calls"] = [one.call_id for one in calls]
        details["changed"] = sum(bool(one.gone or one.new) for one in calls)
        details |= {"days": asked.days, "drawn_from": of} if asked.days else {}
    return TriedRules(tuple(calls), tuple(damaged), of)


@does("inspection.show")
def show_findings(desk: Desk, asked: ShowFindings) -> KeptFindings:
    """Raises OperatorError where the call is not there, or waits to be inspected or judged by who asks; SealError."""
    call = desk.call_named(asked.call)
    with desk.entering(call) as details:
        found = desk.ports.inspections.findings([call]).get(call)
        if found is None:
            raise OperatorError(
                f"{call} was not inspected yet: the inspector reads calls after they ended, one after another "
                "('ivr status' says how many wait); 'ivr inspect run CALL' reads it now"
            )
        if is_blind(desk, desk.ports.calls.get(call)):
            raise OperatorError(
                f"chance drew {call}, to learn what rules miss: judge it first, then what they found in it is shown"
            )
        details["findings"] = len(found.found)
        live = frozenset(one.what.sha256 for one in desk.ports.rules.live())
        return KeptFindings(found, desk.ports.inspections.transcription(call), live)


def _named(rules: Sequence[Ruleset]) -> list[dict[str, str]]:
    """As the log names rules: by the hash of their text."""
    return [{"name": one.name, "version": one.version, "sha256": one.sha256} for one in rules]


def _place(one: Found) -> tuple[int, int, str, str, str]:
    return one.first_sample, one.last_sample, one.rule, one.what, str(one.severity)


def inspected(inspector: Inspector, record: CallRecord, talk: Talk) -> Inspected:
    """What a ruleset makes of a call, whose day counts for dates that are said."""
    return inspector.inspect(talk, today=_day(record))


def _day(record: CallRecord) -> date:
    """By which days without a year are read."""
    return datetime.fromtimestamp(record.started_at, UTC).date()


def _records(desk: Desk, call: str, last: int, damaged: list[tuple[str, str]]) -> list[CallRecord]:
    if call:
        return [desk.ports.recordings.open(call).record()]
    if not 0 < last <= MOST_CALLS:
        raise OperatorError(f"1 to {MOST_CALLS} calls are inspected at once")
    return desk.ports.calls.search(
        CallQuery(), limit=last, before=None, on_damage=lambda what, why: damaged.append((what, why))
    )


def _of_days(desk: Desk, asked: TryRules, damaged: list[tuple[str, str]]) -> tuple[list[CallRecord], int]:
    """Calls of the days, as many as are read, by chance; and how many there were."""
    if not 0 < asked.last <= MOST_CALLS:
        raise OperatorError(f"1 to {MOST_CALLS} calls are inspected at once")
    query = CallQuery(since=desk.wall() - asked.days * DAY_SECONDS)
    there = [call for _, call in desk.ports.calls.fitting(query, limit=MOST_DRAWN_FROM)]
    # Of their own: whom chance draws for review has nothing to do with it.
    chosen = sorted(there, key=lambda call: lot(call, "ivr-replay/1"))[: asked.last]
    records = desk.ports.calls.of_calls(chosen, on_damage=lambda what, why: damaged.append((what, why)))
    return [records[call] for call in chosen if call in records and records[call].ended_at is not None], len(there)


def _published(desk: Desk, name: str) -> Ruleset:
    live = next((one.what for one in desk.ports.rules.live() if one.what.name == name), None)
    if live is None:
        raise OperatorError(f"no version of {name} is published: name the one to compare with, by --against")
    return live


def talks(
    desk: Desk, records: Sequence[CallRecord], damaged: list[tuple[str, str]]
) -> Iterator[tuple[CallRecord, Talk]]:
    """Each call that opens, ready to be read; the others are told."""
    served: dict[str, Dialplan] = {}
    for record in records:
        if record.recording_id is None:
            continue
        try:
            told = desk.ports.recordings.open(record.call_id)
            _, sha256 = served_by(told.timeline.entries)
            served[sha256] = served.get(sha256) or kept_dialplan(desk.ports.versions, sha256)
            transcription = desk.ports.inspections.transcription(record.call_id)
            talk = talk_of(told, served[sha256], transcription)
        except IvrError as error:
            damaged.append((record.call_id, str(error)))
        else:
            yield record, talk
