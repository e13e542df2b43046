"""`ivr retention`: what is kept how long, holds, erasure."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime

import click

from ivr.apps.cli.audited import actor, audited, call_named
from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.archive import eraser
from ivr.apps.wiring.retention import check_rules, retention_alone, retention_plan
from ivr.apps.wiring.vault import audit_log, call_store, open_key_store, recording_files
from ivr.core.audit.entry import AuditEntry
from ivr.core.vault.guard import CAP_LIFTED, CLOCK_CONFIRMED
from ivr.engine.archive.standing import Standing
from ivr.engine.office.office import refuse_secret_keys
from ivr.errors import OperatorError, SealError
from ivr.ports.keys import KeyStore

HOLD = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
"""Name of a matter. A number alone may be a customer's."""
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
@settings_option
def hold(settings: Settings, call: str, name: str, reason: str) -> None:
    """Keep a call whatever retention or its owner asks."""
    if not HOLD.fullmatch(name):
        raise OperatorError("a hold's name begins with a letter and has at most 64 of a-z, A-Z, 0-9 and . _ -: case-17")
    _enter(settings, "hold.placed", call, reason, hold=name)


@retention.command()
@click.argument("call")
@click.option("--name", required=True)
@REASON
@settings_option
def release(settings: Settings, call: str, name: str, reason: str) -> None:
    """Release one hold."""
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    held = Standing(log).ledger().holds.get(_call_id(settings, keys, call), frozenset())
    if name not in held:
        raise OperatorError(f"{call} is not held for {name}")
    _enter(settings, "hold.released", call, reason, hold=name)


@retention.command()
@click.argument("call")
@click.option("--withdraw", is_flag=True, help="The owner no longer asks.")
@REASON
@settings_option
def request(settings: Settings, call: str, withdraw: bool, reason: str) -> None:
    """Enter the owner's request that a call be erased."""
    _enter(settings, "erasure.withdrawn" if withdraw else "erasure.requested", call, reason)


@retention.command()
@settings_option
def show(settings: Settings) -> None:
    """Show what is due and what is held, and why."""
    keys = open_key_store(settings)
    worker = eraser(settings, keys, audit_log(settings, keys), actor=actor())
    none = True
    for judged in worker.judge(retention_plan(settings), _tell):
        none = False
        click.echo(f"{judged.verdict.decision.value:6} {judged.found.recording_id}  {judged.verdict.reason}")
    if none:
        click.echo("Nothing is due and nothing is held: there is no recording of a call that is over.")


@retention.command()
@settings_option
def run(settings: Settings) -> None:
    """Erase everything that is due."""
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    failed: list[str] = []

    def tell(what: str, reason: str) -> None:
        failed.append(what)
        _tell(what, reason)

    count = 0
    worker, plan = eraser(settings, keys, log, actor=actor()), retention_plan(settings)
    check_rules(settings, log)
    try:
        for call_id in worker.reconcile():
            click.echo(f"{call_id}  a record that came back with an older database")
        for judged in worker.run(plan, tell):
            count += 1
            click.echo(f"{judged.found.recording_id}  {judged.verdict.reason}")
        for call_id in worker.run_records(plan, tell):
            count += 1
            click.echo(f"{call_id}  the record of a call without a recording")
    finally:
        log.close()
    click.echo(f"{count} shredded.")
    if failed:
        sys.exit(SealError.exit_code)


@retention.command()
@REASON
@settings_option
def clock(settings: Settings, reason: str) -> None:
    """Confirm that the clock is right although the log has been silent for days: else nothing is erased."""
    now = time.time()
    with audited(settings, open_key_store(settings), CLOCK_CONFIRMED, "clock", reason=reason):
        pass
    click.echo(f"The clock is confirmed: {datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M} UTC.")


@retention.command()
@click.option("--erasures", required=True, type=click.IntRange(1), help="How many more may go within a day.")
@REASON
@settings_option
def lift(settings: Settings, erasures: int, reason: str) -> None:
    """Let retention erase more within a day than retention.most_a_day."""
    with audited(settings, open_key_store(settings), CAP_LIFTED, "retention", reason=reason, erasures=erasures):
        pass
    click.echo(f"{erasures} calls more than {settings.retention.most_a_day} may be erased until this time tomorrow.")


@retention.command()
@click.argument("call")
@REASON
@settings_option
def shred(settings: Settings, call: str, reason: str) -> None:
    """Destroy a recording's key, its files and its record, now and for good."""
    keys = open_key_store(settings)
    with audited(settings, keys, "shredding.ordered", call_named(settings, keys, call), reason=reason):
        log = audit_log(settings, keys)
        check_rules(settings, log)
        eraser(settings, keys, log, actor=actor()).shred(call, retention_plan(settings), reason)
    click.echo(f"{call} is shredded. 'ivr audit log --subject' shows the proof.")


def _enter(settings: Settings, action: str, call: str, reason: str, **details: object) -> None:
    refuse_secret_keys([reason])
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    with retention_alone(settings):  # what is entered here is seen by every erasure that follows, and by none before
        log.append([AuditEntry(time.time(), actor(), action, _call_id(settings, keys, call), "done", reason, details)])
    log.close()
    click.echo(f"{action.replace('.', ' ')}: {call}")


def _call_id(settings: Settings, keys: KeyStore, call: str) -> str:
    """The call's id, by its file's name, or by its record: a call that does not exist cannot be held."""
    try:
        return recording_files(settings, keys).find(call).call_id
    except OperatorError:
        return call_store(settings, keys).get(call).call_id


def _tell(what: str, reason: str) -> None:
    click.echo(f"ivr: {what}: {reason}", err=True)
