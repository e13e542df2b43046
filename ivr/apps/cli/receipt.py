"""`ivr receipt`: what a customer or a court can check without us."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from ivr.apps import verify_receipt
from ivr.apps.cli.audited import audited, call_named
from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, audit_signer, open_key_store, recording_files
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.receipt import commitment, make_receipt, receipt_code, statement_salt
from ivr.core.call.recording import OpenedRecording
from ivr.errors import OperatorError, SealError
from ivr.ports.keys import KeyStore
from ivr.ports.recordings import Form


@click.group()
def receipt() -> None:
    """Receipts: proof that a recording with its disclosures existed.

    \b
    Examples:
      ivr receipt make CALL > receipt.txt                 at most 4 KB of text, for the customer
      ivr receipt verify receipt.txt                      with this installation's key
      ivr receipt verify receipt.txt --key NAME+ID+KEY    with the key that a bank published
      ivr receipt verifier > verify_receipt.py            the program that checks it anywhere
      ivr receipt code 73894-QK3T-7MZA                    what a code that somebody reads out stands for
    """


@receipt.command()
@click.argument("call")
@settings_option
def make(settings: Settings, call: str) -> None:
    """Print the receipt of a call; its short code goes to standard error."""
    keys = open_key_store(settings)
    with audited(settings, keys, "receipt.made", call_named(settings, keys, call)):
        text, code = receipt_of(settings, keys, recording_files(settings, keys).open(call))
        if text is None:
            raise OperatorError(f"{call} is not in its long-term form yet; run 'ivr recordings compact' first")
    click.echo(text, nl=False)
    click.echo(f"ivr: code {code}, {len(text.encode())} bytes", err=True)


def receipt_of(settings: Settings, keys: KeyStore, recording: OpenedRecording) -> tuple[str | None, str]:
    """A recording's receipt and its short code; None while it is not in its long-term form."""
    header = recording.header
    files = recording_files(settings, keys)
    stored = files.find(header.recording_id)
    if stored.form is not Form.ARCHIVE:
        return None, ""
    log = audit_log(settings, keys)
    log.publish()
    sealed = {"subject": header.recording_id, "sha256": files.sha256(stored)}
    at = _entry_of(log.since(header.started_at), **sealed)
    at = at if at is not None else _entry_of(log.entries(), **sealed)  # a clock was very wrong
    if at is None:
        raise SealError(f"the recording {header.recording_id} is not one that was entered in the audit log")
    salt = statement_salt(keys.open(header.wrapped, header.kek_id))
    statement = recording.statement()
    if AuditEntry.decode(log.raw_entry(at)).details.get("statement") != commitment(statement, salt):
        raise SealError(f"the recording {header.recording_id} is not the one that was entered in the audit log")
    raw = log.raw_entry(at)
    proof, signed = log.inclusion(at)
    text = make_receipt(raw, at, proof, signed, statement=statement, salt=salt)
    return text, receipt_code(at, raw)


def _entry_of(entries: Iterable[tuple[int, AuditEntry]], *, subject: str, sha256: str) -> int | None:
    """Where the log says that this file was sealed."""
    return next((n for n, one in entries if one.subject == subject and one.details.get("sha256") == sha256), None)


@receipt.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, allow_dash=True))
@click.option("--key", help="Public key, NAME+ID+KEY. Default: this installation's.")
@settings_option
def verify(settings: Settings, file: Path, key: str | None) -> None:
    """Check a receipt and print what it proves."""
    with click.open_file(str(file), "rb") as source:
        data = source.read(verify_receipt.MAX_BYTES + 1)
    trusted = key or str(audit_signer(open_key_store(settings)).verifier)
    try:
        click.echo(verify_receipt.describe(verify_receipt.check(verify_receipt.decode(data), trusted)))
    except verify_receipt.MistypedKey as error:
        raise OperatorError(f"the key was mistyped: {error}. Nothing was found out about the receipt") from error
    except verify_receipt.NotGenuine as error:
        raise SealError(f"NOT GENUINE: {error}") from error


@receipt.command()
@click.argument("code")
@settings_option
def code(settings: Settings, code: str) -> None:
    """Tell which recording a receipt's short code stands for, as it was read out by whoever holds the receipt."""
    log = audit_log(settings, open_key_store(settings))
    log.publish()
    number = code.strip().partition("-")[0]
    if not number.isascii() or not number.isdigit():
        raise OperatorError("a code reads NUMBER-XXXX-XXXX, as 'ivr receipt make' told it")
    entry, raw = log.entry(int(number)), log.raw_entry(int(number))
    if entry.action != "recording.sealed" or receipt_code(int(number), raw) != code.strip().upper():
        raise SealError(f"NOT GENUINE: {code} is the code of no receipt of this log")
    click.echo(f"GENUINE: entry {number} of the log, recording {entry.subject}, SHA-256 {entry.details['sha256']}.")


@receipt.command()
def verifier() -> None:
    """Print the stand-alone program that checks receipts: one file, needs only Python and cryptography."""
    click.echo(Path(verify_receipt.__file__).read_text(encoding="utf-8"), nl=False)
