"""`ivr recordings export`, `approve`, `compact` and `readmit`: what leaves, and what is sealed for good."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ivr.apps.cli.new_file import new_file
from ivr.apps.cli.options import office_option
from ivr.core.vault.journal_frame import CHANNELS
from ivr.core.vault.playback import LEFT, RIGHT
from ivr.engine.archive.compaction import Compacted
from ivr.engine.office import exports
from ivr.engine.office import recordings as office_recordings
from ivr.engine.office.exports import ApproveExport, Export
from ivr.engine.office.office import Office
from ivr.engine.office.recordings import Compact, Readmit
from ivr.errors import SealError


@click.command()
@click.argument("call")
@click.option("--age", type=click.Path(path_type=Path), help="New age file: audio, transcript, manifest and receipt.")
@click.option("--to", "recipients", multiple=True, help="Who may open it: age1... (repeat for several).")
@click.option("--wav", type=click.Path(path_type=Path), help="New file with the audio IN CLEAR.")
@click.option("--vcon", type=click.Path(path_type=Path), help="New file: a signed vCon; IN CLEAR without --to.")
@click.option("--left", default=LEFT, show_default=True, type=click.Choice(CHANNELS))
@click.option("--right", default=RIGHT, show_default=True, type=click.Choice(CHANNELS))
@click.option("--salvage", is_flag=True, help="Export a damaged recording as far as it is sound.")
@click.option("--reason", default="", help="Why; it goes into the audit log.")
@office_option
def export(
    office: Office,
    call: str,
    age: Path | None,
    recipients: tuple[str, ...],
    wav: Path | None,
    vcon: Path | None,
    left: str,
    right: str,
    salvage: bool,
    reason: str,
) -> None:
    """Write one call to a new file: sealed for recipients (--age), or in clear (--wav), whose safety is then yours.

    A vCon (--vcon) is signed, and sealed where --to says for whom.

    \b
    Examples:
      ivr recordings export CALL --age call.age --to age1...
      ivr recordings export CALL --vcon call.vcon.age --to age1...
      ivr recordings export CALL --vcon call.vcon --reason "for the ombudsman"
    """
    given = [one for one in (age, wav, vcon) if one is not None]
    if len(given) != 1 or (age is not None and not recipients) or (wav is not None and recipients):
        raise click.UsageError("give --age FILE --to RECIPIENT, or --wav FILE, or --vcon FILE (with --to or without)")
    path = given[0]
    with new_file(path) as file:  # first: what was given out is entered, and cannot be taken back
        file.write(
            exports.export(office, Export(call, recipients, left, right, vcon is not None, salvage, reason=reason))
        )
    if not recipients:
        click.echo(
            f"ivr: {path} holds the call in clear, readable by you only. Delete it when it has served.", err=True
        )


@click.command()
@click.argument("call")
@click.option("--for", "exporter", required=True, help="Who may export it once within a day: os:NAME.")
@click.option("--reason", required=True, help="Why; it goes into the audit log.")
@office_option
def approve(office: Office, call: str, exporter: str, reason: str) -> None:
    """Approve that another person exports a call."""
    done = exports.approve(office, ApproveExport(call, exporter, reason=reason))
    click.echo(f"{done.exporter} may export {done.call_id} once, within a day.")


@click.command()
@office_option
def compact(office: Office) -> None:
    """Bring the recordings of ended calls into their long-term form (the hub does it by itself)."""
    damaged: list[tuple[str, str]] = []
    before = after = count = 0
    for done in office_recordings.compact(office, Compact(lambda where, reason: damaged.append((where, reason)))):
        count, before, after = count + 1, before + done.bytes_before, after + done.bytes_after
        click.echo(_compacted(done))
    click.echo(f"{count} compacted, {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB after.")
    for where, reason in damaged:
        click.echo(f"ivr: {where}: {reason}", err=True)
    if damaged:
        sys.exit(SealError.exit_code)


@click.command("readmit")
@click.argument("call")
@click.option("--reason", required=True, help="Why; it goes into the audit log.")
@office_option
def readmit_call(office: Office, call: str, reason: str) -> None:
    """Try again to seal a recording that was set aside, say after it was restored from a backup."""
    call_id = office_recordings.readmit(office, Readmit(call, reason=reason))
    click.echo(f"{call_id} is compared and sealed with the next round, or by 'ivr recordings compact'.")


def _compacted(done: Compacted) -> str:
    return f"{done.recording_id}  {done.bytes_before / 1e6:.2f} MB -> {done.bytes_after / 1e6:.2f} MB  {done.sha256}"
