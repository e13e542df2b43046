"""`ivr retention`: what is kept how long, holds, erasure."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from ivr.apps.cli.options import office_and_settings_option, office_option, settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.retention import retention_plan
from ivr.engine.office import retention as office_retention
from ivr.engine.office.office import Office
from ivr.engine.office.retention import ConfirmClock, Hold, Judge, LiftCap, OfCall, WhatStands
from ivr.errors import SealError

REASON = click.option("--reason", required=True, help="Why; it goes into the audit log.")


@click.group()
def retention() -> None:
    """How long recordings are kept: classes, holds, erasure.

    \b
    Examples:
      ivr retention classes                                   the classes, their days and their sources
      ivr retention hold CALL --name case-17 --reason "..."   nothing erases it until every hold is released
      ivr retention release CALL --name case-17 --reason "..."
      ivr retention request CALL --reason "customer asked"    erased as soon as its class allows it
      ivr retention standing                                  holds and requests that stand, and proofs of erasures
      ivr retention show                                      what is due, what is held
      ivr retention run                                       erase what is due (the engine does it every day)
      ivr retention shred CALL --reason "..."                 now, if neither a hold nor its class forbids it
      ivr retention clock --reason "closed for two weeks"     the clock is right, although the log was silent for days
      ivr retention lift --erasures 5000 --reason "..."       more may go today than retention.most_a_day
    """


@retention.command()
@settings_option
def classes(settings: Settings) -> None:
    """List the retention classes."""
    plan = retention_plan(settings)
    for name, one in sorted(plan.classes.items()):
        mark = "*" if name == plan.default else " "
        click.echo(f"{mark} {name:18} {one.earliest_days:>5} to {one.latest_days:>5} days  {one.source}")


@retention.command()
@click.argument("call")
@click.option("--name", required=True, help="The matter it is held for. One call may have any number of holds.")
@REASON
@office_option
def hold(office: Office, call: str, name: str, reason: str) -> None:
    """Keep a call whatever retention or its owner asks."""
    office_retention.hold(office, Hold(call, name, reason=reason))
    click.echo(f"hold placed: {call}")


@retention.command()
@click.argument("call")
@click.option("--name", required=True)
@REASON
@office_option
def release(office: Office, call: str, name: str, reason: str) -> None:
    """Release one hold."""
    office_retention.release(office, Hold(call, name, reason=reason))
    click.echo(f"hold released: {call}")


@retention.command()
@click.argument("call")
@click.option("--withdraw", is_flag=True, help="The owner no longer asks.")
@REASON
@office_option
def request(office: Office, call: str, withdraw: bool, reason: str) -> None:
    """Enter the owner's request that a call be erased."""
    act = office_retention.withdraw if withdraw else office_retention.request
    act(office, OfCall(call, reason=reason))
    click.echo(f"erasure {'withdrawn' if withdraw else 'requested'}: {call}")


@retention.command()
@click.option("--last", default=25, show_default=True, type=click.IntRange(1), help="How many of the latest erasures.")
@office_option
def standing(office: Office, last: int) -> None:
    """Show holds and requests that stand, and the log's proofs of the latest erasures."""
    found = office_retention.standing(office, WhatStands(last=last))
    for one in found.holds:
        click.echo(f"held       {one.call}  {one.hold}, since {_time(one.at)}, by {one.by}: {one.reason}")
    for one in found.requests:
        click.echo(f"requested  {one.call}  {_time(one.at)}, by {one.by}: {one.reason}")
    for gone in found.erasures:
        click.echo(f"erased     {gone.call}  {_time(gone.at)}, by {gone.by}: {gone.reason}; proof: entry {gone.entry}")
    if not (found.holds or found.requests or found.erasures):
        click.echo("Nothing is held, nobody asked for erasure, and nothing was erased lately.")


@retention.command()
@office_option
def show(office: Office) -> None:
    """Show what is due and what is held, and why."""
    none = True
    for judged in office_retention.judge(office, Judge(_tell)):
        none = False
        click.echo(f"{judged.verdict.decision.value:6} {judged.found.recording_id}  {judged.verdict.reason}")
    if none:
        click.echo("Nothing is due and nothing is held: there is no recording of a call that is over.")


@retention.command()
@office_option
def run(office: Office) -> None:
    """Erase everything that is due."""
    failed: list[str] = []

    def tell(what: str, reason: str) -> None:
        failed.append(what)
        _tell(what, reason)

    count = 0
    for one in office_retention.run(office, Judge(tell)):
        count += one.counts
        click.echo(f"{one.name}  {one.why}")
    click.echo(f"{count} shredded.")
    if failed:
        sys.exit(SealError.exit_code)


@retention.command()
@REASON
@office_option
def clock(office: Office, reason: str) -> None:
    """Confirm that the clock is right although the log has been silent for days: else nothing is erased."""
    now = office_retention.confirm_clock(office, ConfirmClock(reason=reason))
    click.echo(f"The clock is confirmed: {_time(now)} UTC.")


@retention.command()
@click.option("--erasures", required=True, type=click.IntRange(1), help="How many more may go within a day.")
@REASON
@office_and_settings_option
def lift(settings: Settings, office: Office, erasures: int, reason: str) -> None:
    """Let retention erase more within a day than retention.most_a_day."""
    office_retention.lift(office, LiftCap(erasures, reason=reason))
    click.echo(f"{erasures} calls more than {settings.retention.most_a_day} may be erased until this time tomorrow.")


@retention.command()
@click.argument("call")
@REASON
@office_option
def shred(office: Office, call: str, reason: str) -> None:
    """Destroy a recording's key, its files and its record, now and for good."""
    office_retention.shred(office, OfCall(call, reason=reason))
    click.echo(f"{call} is shredded. 'ivr audit log --subject' shows the proof.")


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def _tell(what: str, reason: str) -> None:
    click.echo(f"ivr: {what}: {reason}", err=True)
