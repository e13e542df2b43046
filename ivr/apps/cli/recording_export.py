"""`ivr recordings export` and `compact`: what writes recordings to files."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ivr.adapters.files.keys.age_seal import encrypt_to, parse_recipient
from ivr.adapters.files.recordings.age_export import pack
from ivr.apps.cli.audited import actor, audited, demand_a_person, person_named
from ivr.apps.cli.options import settings_option
from ivr.apps.cli.receipt import receipt_of
from ivr.apps.cli.two_persons import approved
from ivr.apps.settings import Settings
from ivr.apps.wiring.archive import compactor
from ivr.apps.wiring.vault import audit_log, open_key_store, recording_files
from ivr.core.audit.approval import APPROVED, EXPORTED
from ivr.core.call.record_json import record_to_json
from ivr.core.vault.journal_frame import CHANNELS
from ivr.core.vault.playback import LEFT, RIGHT, stereo_wav
from ivr.engine.archive.compaction import Compacted, readmit
from ivr.errors import DeniedError, OperatorError, SealError
from ivr.ports.keys import KeyStore


@click.command()
@click.argument("call")
@click.option("--age", type=click.Path(path_type=Path), help="New age file: audio, transcript, manifest and receipt.")
@click.option("--to", "recipients", multiple=True, help="Who may open it: age1... (repeat for several).")
@click.option("--wav", type=click.Path(path_type=Path), help="New file with the audio IN CLEAR.")
@click.option("--left", default=LEFT, show_default=True, type=click.Choice(CHANNELS))
@click.option("--right", default=RIGHT, show_default=True, type=click.Choice(CHANNELS))
@click.option("--salvage", is_flag=True, help="Export a damaged recording as far as it is sound.")
@click.option("--reason", default="", help="Why; it goes into the audit log.")
@settings_option
def export(
    settings: Settings,
    call: str,
    age: Path | None,
    recipients: tuple[str, ...],
    wav: Path | None,
    left: str,
    right: str,
    salvage: bool,
    reason: str,
) -> None:
    """Write one call to a new file: sealed for recipients (--age), or in clear (--wav), whose safety is then yours."""
    if (age is None) == (wav is None) or (age is not None) != bool(recipients):
        raise click.UsageError("give --age FILE --to RECIPIENT, or --wav FILE")
    keys = open_key_store(settings)
    form = "age" if age else "clear"
    recipients = tuple(map(parse_recipient, recipients))
    files = recording_files(settings, keys)
    call_id = files.find(call).call_id
    with audited(settings, keys, EXPORTED, call_id, reason=reason, form=form, to=list(recipients)) as details:
        details |= export_approval(settings, keys, call_id)
        opened = files.open(call, salvage=salvage)
        data = stereo_wav(opened.timeline.pcm(left), opened.timeline.pcm(right))
        if age is not None:
            receipt, _ = receipt_of(settings, keys, opened)
            data = encrypt_to(recipients, pack(opened, record_to_json(opened.record()), data, receipt))
        _write_new(age or wav or Path(), data)
    if wav is not None:
        click.echo(f"ivr: {wav} holds the call in clear, readable by you only. Delete it when it has served.", err=True)


@click.command()
@click.argument("call")
@click.option("--for", "exporter", required=True, help="Who may export it once within a day: os:NAME.")
@click.option("--reason", required=True, help="Why; it goes into the audit log.")
@settings_option
def approve(settings: Settings, call: str, exporter: str, reason: str) -> None:
    """Approve that another person exports a call."""
    exporter = person_named(exporter)
    keys = open_key_store(settings)
    call_id = recording_files(settings, keys).find(call).call_id
    with audited(settings, keys, APPROVED, call_id, reason=reason, **{"for": exporter}):
        demand_a_person()
        if exporter == actor():
            raise DeniedError("nobody approves their own export")
    click.echo(f"{exporter} may export {call_id} once, within a day.")


def export_approval(settings: Settings, keys: KeyStore, call_id: str) -> dict[str, object]:
    """Who approved that this call leaves, whichever way. Raises DeniedError where somebody must and did not."""
    how = f"ivr recordings approve {call_id} --for {actor()}"
    return approved(settings, keys, "export", call_id, by_action=APPROVED, done=EXPORTED, how=how)


@click.command()
@settings_option
def compact(settings: Settings) -> None:
    """Bring the recordings of ended calls into their long-term form (the hub does it by itself)."""
    damaged: list[tuple[str, str]] = []
    before = after = count = 0
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    worker = compactor(settings, keys, log, actor=actor())
    for done in worker.run(lambda where, reason: damaged.append((where, reason))):
        count, before, after = count + 1, before + done.bytes_before, after + done.bytes_after
        click.echo(_compacted(done))
    log.close()
    click.echo(f"{count} compacted, {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB after.")
    for where, reason in damaged:
        click.echo(f"ivr: {where}: {reason}", err=True)
    if damaged:
        sys.exit(SealError.exit_code)


@click.command("readmit")
@click.argument("call")
@click.option("--reason", required=True, help="Why; it goes into the audit log.")
@settings_option
def readmit_call(settings: Settings, call: str, reason: str) -> None:
    """Try again to seal a recording that was set aside, say after it was restored from a backup."""
    keys = open_key_store(settings)
    files = recording_files(settings, keys)
    stored = files.find(call)
    if files.trouble(stored).aside is None:
        raise OperatorError(f"{stored.call_id} was not set aside")
    with audited(settings, keys, "recording.readmitted", stored.call_id, reason=reason):
        readmit(files, stored)
    click.echo(f"{stored.call_id} is compared and sealed with the next round, or by 'ivr recordings compact'.")


def _compacted(done: Compacted) -> str:
    return f"{done.recording_id}  {done.bytes_before / 1e6:.2f} MB -> {done.bytes_after / 1e6:.2f} MB  {done.sha256}"


def _write_new(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise OperatorError(f"{path} exists: name a new file") from error
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
