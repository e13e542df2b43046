"""`ivr tokens`: what machines of the bank may do, each for some acts and for a time."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from ivr.apps.cli.options import office_option
from ivr.engine.office import tokens as office_tokens
from ivr.engine.office.office import Office
from ivr.engine.office.tokens import ListTokens, MakeToken, RevokeToken

DAY_SECONDS = 86400.0
REASON = click.option("--reason", required=True, help="Why; it goes into the audit log.")


@click.group()
def tokens() -> None:
    """Tokens for machines. One does what its maker may, and of that only the acts that it names.

    \b
    Examples:
      ivr tokens make wallboard --act queues.list --act queues.show --days 90 --reason "screen in the hall"
      ivr tokens list
      ivr tokens revoke wallboard --reason "the screen is gone"
    """


@tokens.command()
@click.argument("name")
@click.option("--act", "acts", multiple=True, required=True, help="An act that it is for; may be given again.")
@click.option("--days", required=True, type=click.IntRange(1, 366), help="How long it lasts.")
@REASON
@office_option
def make(office: Office, name: str, acts: tuple[str, ...], days: int, reason: str) -> None:
    """Make a token, and print it: it is shown this once."""
    made = office_tokens.make(office, MakeToken(name, acts, days * DAY_SECONDS, reason=reason))
    click.echo(made.secret)
    click.echo(f"{name} is good until {_when(made.token.until)} UTC. Only a hash of it is kept.", err=True)


@tokens.command("list")
@office_option
def list_tokens(office: Office) -> None:
    """Show tokens: your own, or everybody's to officers and auditors."""
    for one in office_tokens.list_tokens(office, ListTokens()):
        state = "revoked" if one.revoked else f"until {_when(one.until)}"
        used = f"used {_when(one.used_at)}" if one.used_at is not None else "never used"
        click.echo(f"{one.name:32} {one.person:24} {state:22} {used:22} {', '.join(sorted(one.scopes))}")


@tokens.command()
@click.argument("name")
@REASON
@office_option
def revoke(office: Office, name: str, reason: str) -> None:
    """Make a token worthless, at once."""
    office_tokens.revoke(office, RevokeToken(name, reason=reason))
    click.echo(f"{name} opens nothing any more.")


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
