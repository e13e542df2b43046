"""`ivr accounts`: customers' PINs and one-time codes that the engine keeps, and the way out of a lock.

An account's number, PIN and seed are asked for or read from a file: arguments are seen by every user of the machine.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from ivr.apps.cli.options import office_option
from ivr.engine.office import accounts as office_accounts
from ivr.engine.office import customers
from ivr.engine.office.office import Office
from ivr.errors import OperatorError

_reason = click.option("--reason", required=True, help="Why; it goes into the audit log.")


@click.group()
def accounts() -> None:
    """Customers' PINs and one-time codes, and accounts that were tried too often.

    \b
    Examples:
      ivr accounts set-pin --reason "asked for at the branch"              asks for the account and the PIN
      ivr accounts take-in customers.csv --reason "first load"             account,pin_hash,seed
      ivr accounts release --reason "the branch has seen her passport"     asks for the account
    """


@accounts.command("set-pin")
@click.option("--pin-file", type=click.Path(path_type=Path), help="File whose first line is the PIN: 6 to 12 digits.")
@_reason
@office_option
def set_pin(office: Office, pin_file: Path | None, reason: str) -> None:
    """Set the PIN that a caller keys in for an account. Only what checks it is kept, sealed."""
    account, pin = _account(), _secret("PIN", pin_file)
    office_accounts.set_pin(office, office_accounts.SetAccountPin(account, pin, reason=reason))
    click.echo("It has a new PIN.")


@accounts.command("set-seed")
@click.option("--seed-file", type=click.Path(path_type=Path), help="File whose first line is the seed, in base32.")
@_reason
@office_option
def set_seed(office: Office, seed_file: Path | None, reason: str) -> None:
    """Tell what makes an account's one-time codes: the seed that its owner's application holds (RFC 6238)."""
    account, seed = _account(), _secret("Seed", seed_file)
    office_accounts.set_seed(office, office_accounts.SetAccountSeed(account, seed, reason=reason))
    click.echo("Its codes are taken.")


@accounts.command("take-in")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@_reason
@office_option
def take_in(office: Office, file: Path, reason: str) -> None:
    """Take in many accounts from FILE (- is standard input): CSV whose first line names its columns.

    account, and pin or pin_hash (Argon2id, $argon2id$...), and seed. Some 15 PINs a second; hashes take no time.
    """
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise OperatorError(f"{file} cannot be read as text") from error
    done = office_accounts.take_in(office, office_accounts.TakeAccounts(text, _told, reason=reason))
    click.echo(f"{done} accounts are kept.")


@accounts.command()
@_reason
@office_option
def remove(office: Office, reason: str) -> None:
    """Keep nothing of an account any more."""
    held = office_accounts.remove(office, office_accounts.OfAccount(_account(), reason=reason))
    click.echo("It is removed." if held else "Nothing was kept of it.")


@accounts.command()
@office_option
def show(office: Office) -> None:
    """Whether an account has a PIN and codes, and whether it is locked."""
    shown = office_accounts.show(office, office_accounts.OfAccount(_account()))
    since = "none" if shown.pin_at is None else f"set {datetime.fromtimestamp(shown.pin_at, UTC):%Y-%m-%d %H:%M} UTC"
    click.echo(f"PIN {since}; codes {'yes' if shown.code else 'none'}; {'locked' if shown.locked else 'not locked'}")


@accounts.command()
@click.option("--source", default="bank", show_default=True, help="Data source that checks the proof.")
@_reason
@office_option
def release(office: Office, source: str, reason: str) -> None:
    """Hold nothing against an account any more. For one whose PIN the engine keeps the source is `accounts`."""
    held = customers.release(office, customers.ReleaseAccount(_account(), source, reason=reason))
    click.echo("It may be tried again." if held else "Nothing was held against it.")


def _account() -> str:
    return str(click.prompt("Account", type=str, err=True)).strip()


def _secret(what: str, file: Path | None) -> str:
    if file is None:
        return str(click.prompt(what, hide_input=True, confirmation_prompt=True, err=True))
    try:
        return file.read_text(encoding="utf-8").splitlines()[0].strip()
    except (OSError, IndexError, ValueError) as error:
        raise OperatorError(f"{file} cannot be read or is empty") from error


def _told(done: int) -> None:
    if done % 100 == 0:
        click.echo(f"{done} so far", err=True)
