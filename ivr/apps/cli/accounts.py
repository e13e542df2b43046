"""`ivr accounts`: the way out for a customer whose account is locked after too many wrong attempts."""

from __future__ import annotations

import click

from ivr.apps.cli.options import office_option
from ivr.engine.office import customers
from ivr.engine.office.office import Office


@click.group()
def accounts() -> None:
    """Accounts whose proofs were tried too often: let one be tried again.

    \b
    Examples:
      ivr accounts release --reason "the branch has seen her passport"     asks for the account
    """


@accounts.command()
@click.option("--source", default="bank", show_default=True, help="Data source that checks the proof.")
@click.option("--reason", required=True, help="Why; it goes into the audit log.")
@office_option
def release(office: Office, source: str, reason: str) -> None:
    """Hold nothing against an account any more. Its number is asked for: arguments are seen by every user here."""
    account = click.prompt("Account", type=str, err=True).strip()
    held = customers.release(office, customers.ReleaseAccount(account, source, reason=reason))
    click.echo("It may be tried again." if held else "Nothing was held against it.")
