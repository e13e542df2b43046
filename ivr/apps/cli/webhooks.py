"""`ivr webhooks`: signed notices to systems outside."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ivr.apps.cli.options import office_option
from ivr.apps.wiring.notices import read_secret
from ivr.core.call.notices import EVENTS
from ivr.engine.office import webhooks as office_webhooks
from ivr.engine.office.office import Office
from ivr.engine.office.webhooks import AddTarget, ListTargets, OfTarget

REASON = click.option("--reason", required=True, help="Why; it goes into the audit log.")


@click.group()
def webhooks() -> None:
    """Notices to systems outside, signed as Standard Webhooks says: a call ended, a warning was refused, an alarm.

    \b
    Examples:
      openssl rand -base64 32 > crm.secret; chmod 600 crm.secret
      ivr webhooks add crm https://crm.bank.example/ivr --event call.ended --secret-file crm.secret --reason "CRM"
      ivr webhooks test crm                       sends one that says that it is a test
      ivr webhooks list                           how each stands
      ivr webhooks remove crm --reason "replaced"
    """


@webhooks.command()
@click.argument("name")
@click.argument("url")
@click.option("--event", "events", multiple=True, type=click.Choice(EVENTS), required=True, help="May be repeated.")
@click.option(
    "--secret-file", type=click.Path(path_type=Path), required=True, help="Base64, 24 to 64 bytes; mode 0600."
)
@click.option("--inside", is_flag=True, help="It is in your own network: without this only the internet is spoken to.")
@REASON
@office_option
def add(
    office: Office, name: str, url: str, events: tuple[str, ...], secret_file: Path, inside: bool, reason: str
) -> None:
    """Tell a system what happens from now on. Its secret is kept sealed."""
    secret = read_secret(secret_file)
    office_webhooks.add(office, AddTarget(name, url, events, secret, inside, reason=reason))
    click.echo(f"{name} is told of {', '.join(events)} from now on. Try it: ivr webhooks test {name}")


@webhooks.command("list")
@office_option
def list_targets(office: Office) -> None:
    """Show targets, and how each stands."""
    found = office_webhooks.list_targets(office, ListTargets())
    for one in found:
        waits = (
            f", tried again at {datetime.fromtimestamp(one.next_at, UTC):%Y-%m-%d %H:%M:%S} UTC" if one.failures else ""
        )
        state = f"{one.failures} failures in a row{waits}" if one.failures else "well"
        click.echo(
            f"{one.name:16} {one.url}  {', '.join(one.events)}  {one.told} taken, {one.dropped} dropped; {state}"
        )
        if one.last:
            click.echo(f"{'':16} last: {one.last}")
    if not found:
        click.echo("Nobody outside is told anything: ivr webhooks add NAME URL --event ...")


@webhooks.command()
@click.argument("name")
@office_option
def test(office: Office, name: str) -> None:
    """Send one notice that says that it is a test."""
    click.echo(f"{name} answered: HTTP status {office_webhooks.test(office, OfTarget(name))}")


@webhooks.command()
@click.argument("name")
@REASON
@office_option
def remove(office: Office, name: str, reason: str) -> None:
    """Tell a system nothing more."""
    office_webhooks.remove(office, OfTarget(name, reason=reason))
    click.echo(f"{name} is told nothing more.")
