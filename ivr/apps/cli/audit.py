"""`ivr audit`: the log that nobody can rewrite unseen."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from ivr.apps.audit_text import entry_line
from ivr.apps.cli.options import office_option
from ivr.apps.cli.recording_text import deed_text
from ivr.core.audit.entry import AuditEntry
from ivr.engine.office import audit as office_audit
from ivr.engine.office.audit import CallStory, CheckStamps, Plain, Prove, ReadLog, StampLog, Verify
from ivr.engine.office.log_search import Wanted
from ivr.engine.office.office import Office
from ivr.errors import OperatorError, SealError
from ivr.ports.audit import Progress

DAY = click.DateTime()
OTHER_SHOWN = 20
"""Entries that are listed; all are counted."""


@click.group()
def audit() -> None:
    """The audit log: read it, verify it, prove its entries.

    \b
    Examples:
      ivr audit log --last 20                    who did what
      ivr audit log --action hold.placed --since 2026-01-01
      ivr audit show CALL                        one call's story, compared with its recording
      ivr audit checkpoint > monday.txt          keep it where no administrator of this machine can change it
      ivr audit verify --against monday.txt      finds any edit, drop, reorder, rollback or fork since
      ivr audit prove 73894                      proof that this entry is in the log
      ivr audit stamp --tsa URL --roots ca.pem   a time-stamp of RFC 3161 on the newest checkpoint
      ivr audit key                              the public key that receipts are checked with
    """


@audit.command()
@click.option("--last", default=50, show_default=True, type=click.IntRange(1), help="How many of the newest entries.")
@click.option("--subject", default="", help="Only entries about this call, recording, key or person.")
@click.option("--actor", default="", help="Only what this one did.")
@click.option("--action", "actions", multiple=True, help="Only this, such as hold.placed; may be given more than once.")
@click.option(
    "--outcome", default="", type=click.Choice(["", "done", "denied", "failed"]), help="Only with this outcome."
)
@click.option("--since", type=DAY, help="Only from this day or moment on, UTC.")
@click.option("--until", type=DAY, help="Only before this day or moment, UTC.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@office_option
def log(
    office: Office, last: int, subject: str, actor: str, actions: tuple[str, ...], outcome: str, as_json: bool,
    since: datetime | None, until: datetime | None,
) -> None:  # fmt: skip
    """Show entries, oldest first."""
    wanted = Wanted(subject, actor, actions, outcome, _at(since), _at(until))
    for number, entry in reversed(office_audit.read(office, ReadLog(wanted, last)).entries):
        if as_json:
            click.echo(json.dumps({"index": number, **json.loads(entry.encode())}, ensure_ascii=False))
            continue
        click.echo(entry_line(number, entry))


@audit.command()
@click.argument("call")
@click.option("--reason", default="", help="Why; it goes into the audit log.")
@office_option
def show(office: Office, call: str, reason: str) -> None:
    """Tell the story of one call, step by step, each compared with what its recording holds."""
    story = office_audit.show(office, CallStory(call, reason=reason))
    for one in story.entries:
        click.echo(entry_line(one.number, one.entry, one.step.details if one.step is not None and one.same else None))
        if one.step is not None and not one.same:
            click.echo(f"{'':8}  this is not what the recording holds of step {one.step.number}")
    if story.deeds:
        click.echo("In the recording, and not in the log:")
        for deed in story.deeds:
            click.echo(f"{'':8}  {deed_text(deed)}")
    if story.trouble:
        click.echo(f"ivr: the steps' details cannot be shown: {story.trouble}", err=True)
    if story.late:
        click.echo(
            f"ivr: {story.late} steps are in the recording only; the keeper enters them within a minute", err=True
        )
    if story.differing:
        raise SealError(f"{story.differing} entries differ from the recording: one of the two was altered")


@audit.command()
@click.option("--against", type=click.Path(path_type=Path, exists=True), help="A checkpoint that you kept.")
@office_option
def verify(office: Office, against: Path | None) -> None:
    """Compute the whole log again and compare it with its signature, with a checkpoint that you kept, and with the
    roles in force; then say of the warnings whether each sounded as it was published."""
    with _verifying() as progress:
        found = office_audit.verify(office, Verify(_kept(against) if against else None, progress))
    checkpoint, in_force, warnings = found.checkpoint, found.roles, found.warnings
    beside = f", and continues {against}" if against else ""
    click.echo(f"Sound: {checkpoint.size} entries, root {base64.b64encode(checkpoint.root).decode()}{beside}.")
    persons = f"{found.changes} changes, {len(in_force.holders)} persons hold one"
    held = persons if in_force.in_force else "none was granted"
    click.echo(f"Roles are those of the log: {held}.")
    click.echo(f"Warnings that were played: {warnings}.")
    for index, call in warnings.other[:OTHER_SHOWN]:
        click.echo(f"  entry {index}, call {call}: ivr recordings show {call}")
    if warnings.other:
        raise SealError(f"{len(warnings.other)} warnings were played with another sound than the published one")


def _at(given: datetime | None) -> float | None:
    return given.replace(tzinfo=UTC).timestamp() if given is not None else None


def _kept(path: Path) -> str:
    """A checkpoint's file as it is, line ends too."""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} is no checkpoint: it cannot be read as text in UTF-8") from error


@contextmanager
def _verifying() -> Iterator[Progress]:
    with click.progressbar(length=1, label="verifying", file=sys.stderr) as bar:

        def progress(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield progress


@audit.command()
@click.argument("entry", type=int)
@click.option("--since", type=click.IntRange(1), help="Also prove that the log continues the one of this size.")
@office_option
def prove(office: Office, entry: int, since: int | None) -> None:
    """Print an entry, its inclusion proof and the signed checkpoint as JSON; beside them, what the entry says."""
    proved = office_audit.prove(office, Prove(entry, since))
    data: dict[str, object] = {
        "index": entry,
        "entry": proved.raw.decode(),
        "inclusion": [base64.b64encode(step).decode() for step in proved.inclusion],
        "checkpoint": proved.signed,
    }
    if proved.consistency is not None:
        data["consistency"] = [base64.b64encode(step).decode() for step in proved.consistency]
    click.echo(entry_line(entry, AuditEntry.decode(proved.raw)), err=True)
    click.echo(json.dumps(data, ensure_ascii=False, indent=1))


@audit.command()
@office_option
def checkpoint(office: Office) -> None:
    """Print the newest signed checkpoint. Whoever keeps it can tell later whether the log was rewritten."""
    click.echo(office_audit.checkpoint(office, Plain()), nl=False)


@audit.command()
@click.option("--tsa", required=True, help="Address of a time-stamp authority (RFC 3161), http(s)://...")
@click.option(
    "--roots", required=True, type=click.Path(path_type=Path, exists=True), help="Its root certificates, PEM."
)
@office_option
def stamp(office: Office, tsa: str, roots: Path) -> None:
    """Have the newest checkpoint stamped by a time-stamp authority; the stamp is kept beside the log."""
    size, where = office_audit.stamp(office, StampLog(tsa, _read(roots)))
    click.echo(f"The log's first {size} entries are stamped: {where}")


@audit.command()
@click.option("--roots", required=True, type=click.Path(path_type=Path, exists=True), help="Root certificates, PEM.")
@office_option
def stamps(office: Office, roots: Path) -> None:
    """Check every stamp, and that the log continues every stamped checkpoint."""
    with _verifying() as progress:
        found = office_audit.stamps(office, CheckStamps(_read(roots), progress))
        first = next(found, None)
    for one in () if first is None else (first, *found):
        at = datetime.fromtimestamp(one.at, UTC)
        click.echo(f"{one.size:>8} entries existed at {at:%Y-%m-%d %H:%M:%S} UTC, and the log continues them")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}") from error


@audit.command()
@office_option
def key(office: Office) -> None:
    """Print the public key that signs the log. Publish it where your customers find it."""
    click.echo(str(office_audit.key(office, Plain())))
