"""`ivr inspect`: what rules find in sealed calls."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from ivr.adapters.files.text import read_text
from ivr.apps.cli.options import office_option
from ivr.apps.cli.reports import days
from ivr.apps.cli.rules import read_rules, rules_concerns, rulesets
from ivr.core.compliance.rule import Found, Severity
from ivr.core.media.frame import seconds
from ivr.engine.office.inspection import (
    MOST_CALLS,
    InspectCalls,
    ShowFindings,
    TryRules,
    inspect_calls,
    show_findings,
    try_rules,
)
from ivr.engine.office.office import Office
from ivr.engine.office.reports import MakeReport
from ivr.engine.office.reports import make as make_report
from ivr.engine.office.rules import ApproveRules, ListRules, PublishRules
from ivr.engine.office.rules import approve as approve_rules
from ivr.engine.office.rules import publish as publish_rules
from ivr.engine.office.rules import rules as live_rules

_File = click.Path(exists=True, path_type=Path)
_LAST = click.IntRange(1, MOST_CALLS)


@click.group()
def inspect() -> None:
    """What rules find in sealed calls (docs/inspection.md). 'ivr check' finds what is wrong with rules."""


@inspect.command()
@click.argument("call", default="")
@click.option("--rules", "files", type=_File, multiple=True, default=("dialplans/rules",), show_default=True)
@click.option("--last", type=_LAST, default=20, show_default=True, help="Without a CALL: so many of the latest.")
@click.option("--words", is_flag=True, help="Show what was said there, too.")
@click.option("--reason", default="", help="Why; it goes into the audit log.")
@office_option
def run(office: Office, call: str, files: tuple[Path, ...], last: int, words: bool, reason: str) -> None:
    """Read CALL, or the latest calls, by rules.

    Each finding shows when in the call to listen: 'ivr recordings play CALL --from SECONDS'.

    Exit code 0: nothing of the highest class was found, every call was read by every rule. 1: else.

    \b
    Examples:
      ivr inspect run --last 50
      ivr inspect run CALL --words --reason "a complaint"
      ivr inspect run --rules dialplans/rules/investment-eu.yaml
    """
    found = inspect_calls(office, InspectCalls(rulesets(files), call, last, reason=reason))
    for one in found.calls:
        for each in one.found:
            click.echo(f"{one.call_id}  {_day(one.started_at)}  {_told(each, words=words)}")
        for name in one.failed:
            click.echo(f"{one.call_id}  the rule {name} failed here: nothing is known of it")
    _tell_damaged(found.damaged)
    counts = ", ".join(f"{found.severities.get(severity, 0)} {severity}" for severity in Severity)
    click.echo(f"{len(found.calls)} calls read: {counts}")
    if found.damaged or found.severities.get(Severity.CRITICAL) or any(one.failed for one in found.calls):
        click.get_current_context().exit(1)


@inspect.command()
@click.option("--rules", "new", type=_File, required=True, help="The new version: one file.")
@click.option("--against", "old", type=_File, help="The version of now. Default: the published one of its name.")
@click.option("--last", type=_LAST, default=20, show_default=True, help="So many of the latest calls.")
@click.option("--days", type=click.FloatRange(0, 366), default=0, help="Of so many days: chance draws --last of them.")
@click.option("--words", is_flag=True, help="Show what was said there, too.")
@click.option("--reason", default="", help="Why; it goes into the audit log.")
@office_option
def replay(office: Office, new: Path, old: Path | None, last: int, days: float, words: bool, reason: str) -> None:
    """Try a change of rules on calls there were: what would be found that was not, and the other way round.

    Exit code 0: the same in every call. 1: a difference.

    \b
    Examples:
      ivr inspect replay --rules dialplans/rules/investment-eu.yaml --days 30 --last 1000
      ivr inspect replay --rules dialplans/rules/service-uk.yaml --against dialplans/rules/investment-eu.yaml
    """
    before = read_rules(old) if old is not None else None
    tried = try_rules(office, TryRules(read_rules(new), before, last, days, reason=reason))
    for one in tried.calls:
        for sign, many in (("-", one.gone), ("+", one.new)):
            for each in many:
                click.echo(f"{sign} {one.call_id}  {_told(each, words=words)}")
        for name in one.failed:
            click.echo(f"{one.call_id}  the rule {name} failed here: nothing is known of it")
    _tell_damaged(tried.damaged)
    changed = sum(bool(one.gone or one.new) for one in tried.calls)
    drawn = f", of {tried.drawn_from} that there were" if tried.drawn_from else ""
    click.echo(f"{len(tried.calls)} calls read{drawn}: {changed} differ")
    if changed or tried.damaged or any(one.failed for one in tried.calls):
        click.get_current_context().exit(1)


@inspect.command()
@click.argument("call")
@click.option("--words", is_flag=True, help="Show what was said there, too.")
@click.option("--reason", default="", help="Why; it goes into the audit log.")
@office_option
def show(office: Office, call: str, words: bool, reason: str) -> None:
    """Show what the published rules found in CALL, when it was read after it ended.

    Exit code 0: nothing of the highest class was found, every rule was run. 1: else.

    \b
    Example:
      ivr inspect show CALL --words --reason "a complaint"
    """
    kept = show_findings(office, ShowFindings(call, reason=reason))
    findings = kept.findings
    for one in findings.found:
        click.echo(_told(one, words=words))
    for name in findings.failed:
        click.echo(f"the rule {name} failed here: nothing is known of it")
    rules = ", ".join(f"{one.name}@{one.version} ({one.sha256[:12]})" for one in findings.rules) or "no rules"
    older = "" if {one.sha256 for one in findings.rules} == kept.live else "; other rules are live now: ivr inspect run"
    click.echo(f"read {_day(findings.at)} by {rules}{older}")
    read = kept.transcription
    said = len(read.utterances) if read is not None else 0
    click.echo(f"utterances recognized after the call: {said}; 'ivr recordings show {findings.call_id}' has them")
    if findings.failed or any(one.severity is Severity.CRITICAL for one in findings.found):
        click.get_current_context().exit(1)


@inspect.command()
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="Of which calls to count.")
@office_option
def rules(office: Office, days: int) -> None:
    """List the rules that are live, with their hashes, and in how many calls each found something.

    \b
    Example:
      ivr inspect rules --days 7
    """
    found = live_rules(office, ListRules(days))
    if not found.rules:
        click.echo("No rules are live: publish some with 'ivr inspect publish FILE --reason WHY'.")
    for one in found.rules:
        by = f"{one.by}, approved by {one.approved_by}"
        click.echo(f"{one.what.title}  {one.what.sha256}  entry {one.entry}, {_day(one.at)}, by {by}")
        for rule in one.what.rules:
            name = f"{one.what.name}/{rule.head.name}"
            click.echo(f"  {found.found.get(name, 0):6}  {rule.head.severity:8}  {name}  ({rule.head.source})")
    click.echo(f"{found.calls} calls were inspected in {days} days")
    if found.damaged:
        click.echo(f"the findings of {found.damaged} calls do not open")
        click.get_current_context().exit(1)


@inspect.command()
@click.option("--from", "since", help="First day, UTC: 2027-01-01. Default: 30 days ago.")
@click.option("--to", "until", help="Last day. Default: yesterday.")
@click.option("--reason", default="", help="Why; it goes into the audit log.")
@office_option
def report(office: Office, since: str | None, until: str | None, reason: str) -> None:
    """Show how well each rule does by what people judged, and what to mend.

    'ivr reports make inspection' has it as a file, with its receipt.

    \b
    Example:
      ivr inspect report --from 2027-01-01 --to 2027-01-31
    """
    first, last = days(since, until)
    made = make_report(office, MakeReport("inspection", first, last, reason=reason))
    rules, agents = made.report.tables
    click.echo(f"Calls of {first} to {last} (UTC). Other days: --from, --to.")
    for row in rules.rows:
        said = dict(zip(rules.columns, row.figures, strict=True))
        click.echo(f"{row.labels[0]}  found in {said['found in'].text} of {said['read'].text} calls")
        click.echo(f"    precision {said['precision'].text}, of {said['judged'].text} that people judged")
        drawn = f"of {said['violations'].text} violations in calls that chance drew"
        click.echo(f"    recall    {said['recall'].text}, {drawn}: {said['missed'].text} missed")
        if row.labels[1]:
            click.echo(f"    {row.labels[1]}")
    for row in agents.rows:
        if row.labels[2]:
            click.echo(f"{row.labels[0]}  {row.labels[1]}  {row.figures[2].text} of their calls: {row.labels[2]}")
    if made.damaged:
        click.echo(f"ivr: {made.damaged} records did not open and are not counted", err=True)


@inspect.command()
@click.argument("file", type=_File)
@click.option("--for", "publisher", required=True, metavar="PERSON", help="Who may publish it.")
@click.option("--reason", required=True, help="Why; it goes into the audit log.")
@office_option
def approve(office: Office, file: Path, publisher: str, reason: str) -> None:
    """Let PERSON publish the rules of FILE, this very text, within a day.

    \b
    Example:
      ivr inspect approve investment-eu.yaml --for os:anna --reason "tried on last month's calls"
    """
    asked = ApproveRules(read_text(file), str(file), publisher, reason=reason)
    done = approve_rules(office, asked)
    click.echo(f"{done.rules.title} may be published by {publisher} within a day.")
    if done.entry is None:
        click.echo("It was never tried on calls: 'ivr inspect replay --days 30' does that.")
    else:
        click.echo(f"Tried on {done.calls} calls, it differed in {done.changed}: entry {done.entry} of the audit log.")


@inspect.command()
@click.argument("file", type=_File)
@click.option("--reason", required=True, help="Why; it goes into the audit log.")
@office_option
def publish(office: Office, file: Path, reason: str) -> None:
    """Have every call inspected by the rules of FILE from now on, in the place of their version of before.

    Try a change on last month's calls first: 'ivr inspect replay'.

    \b
    Example:
      ivr inspect publish dialplans/rules/investment-eu.yaml --reason "the rules of the seminar"
    """
    published = publish_rules(office, PublishRules(read_text(file), str(file), reason=reason))
    click.echo(f"{published.title} is live: calls that end from now on are inspected by it.")
    for each in rules_concerns(file):
        click.echo(f"ivr: warning: {each}", err=True)


def _told(one: Found, *, words: bool) -> str:
    at = f"{seconds(one.first_sample):.1f} s"
    said = f": {one.words}" if words and one.words else ""
    who = f" ({one.speaker}, {one.confidence:.0%} sure)" if one.speaker else ""
    return f"at {at}  {one.severity}  {one.rule}: {one.what}{who}{said}"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def _tell_damaged(damaged: Iterable[tuple[str, str]]) -> None:
    for call, why in damaged:
        click.echo(f"{call}  cannot be read: {why}")
