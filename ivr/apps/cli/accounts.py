"""`ivr accounts`: the way out for a customer whose account is locked after too many wrong attempts."""

from __future__ import annotations

import click

from ivr.apps.cli.audited import audited
from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import attempt_counter, open_key_store


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
@settings_option
def release(settings: Settings, source: str, reason: str) -> None:
    """Hold nothing against an account any more. Its number is asked for: arguments are seen by every user here."""
    account = click.prompt("Account", type=str, err=True).strip()
    keys = open_key_store(settings)
    counter = attempt_counter(settings, keys)
    claimed = f"{source}|{account}"
    with audited(settings, keys, "identity.released", counter.mark(claimed), reason=reason):
        held = counter.clear(claimed)
    click.echo("It may be tried again." if held else "Nothing was held against it.")
