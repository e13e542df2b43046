"""`ivr receipt`: what a customer or a court can check without us."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.apps import verify_receipt
from ivr.apps.cli.options import office_option
from ivr.engine.office import receipts
from ivr.engine.office.audit import Plain
from ivr.engine.office.audit import key as public_key
from ivr.engine.office.office import Office
from ivr.errors import OperatorError, SealError


@click.group()
def receipt() -> None:
    """Receipts: proof that a recording with its disclosures existed.

    \b
    Examples:
      ivr receipt make CALL > receipt.txt                 at most 4 KB of text, for the customer
      ivr receipt verify receipt.txt                      with this installation's key
      ivr receipt verify receipt.txt --key NAME+ID+KEY    with the key that a bank published
      ivr receipt verify --code 73894-QK3T-7MZA           whether a short code is right, and nothing else
      ivr receipt verifier > verify_receipt.py            the program that checks it anywhere
      ivr receipt code 73894-QK3T-7MZA                    what a code that somebody reads out stands for
    """


@receipt.command()
@click.argument("call")
@office_option
def make(office: Office, call: str) -> None:
    """Print the receipt of a call; its short code goes to standard error."""
    made = receipts.make(office, receipts.MakeReceipt(call))
    click.echo(made.text, nl=False)
    click.echo(f"ivr: code {made.code}, {len(made.text.encode())} bytes", err=True)


@receipt.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, allow_dash=True))
@click.option("--code", help="A short code instead of a file: whether it is right.")
@click.option("--key", help="Public key, NAME+ID+KEY. Default: this installation's.")
@office_option
def verify(office: Office, file: Path | None, code: str | None, key: str | None) -> None:
    """Check a receipt and print what it proves, as anybody does on the console's page /check."""
    if code is not None:
        if not receipts.check(office, receipts.ResolveCode(code)):
            raise SealError("NOT GENUINE: it is the code of no receipt of this log")
        click.echo("GENUINE: it is the code of a recording that was sealed and entered in the log.")
        return
    if file is None:
        raise OperatorError("name the receipt's file (- for standard input), or its short code with --code")
    with click.open_file(str(file), "rb") as source:
        data = source.read(verify_receipt.MAX_BYTES + 1)
    trusted = key or str(public_key(office, Plain()))
    try:
        click.echo(verify_receipt.describe(verify_receipt.check(verify_receipt.decode(data), trusted)))
    except verify_receipt.MistypedKey as error:
        raise OperatorError(f"the key was mistyped: {error}. Nothing was found out about the receipt") from error
    except verify_receipt.NotGenuine as error:
        raise SealError(f"NOT GENUINE: {error}") from error


@receipt.command()
@click.argument("code")
@office_option
def code(office: Office, code: str) -> None:
    """Tell which recording a receipt's short code stands for, as it was read out by whoever holds the receipt."""
    found = receipts.resolve(office, receipts.ResolveCode(code))
    click.echo(f"GENUINE: entry {found.entry} of the log, recording {found.recording_id}, SHA-256 {found.sha256}.")


@receipt.command()
def verifier() -> None:
    """Print the stand-alone program that checks receipts: one file, needs only Python and cryptography."""
    click.echo(Path(verify_receipt.__file__).read_text(encoding="utf-8"), nl=False)
