"""`ivr audit`: the log that nobody can rewrite unseen."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import click

from ivr.adapters.files.audit.log import AuditLog
from ivr.apps.cli.audit_text import entry_line
from ivr.apps.cli.audited import audited, call_named
from ivr.apps.cli.options import settings_option
from ivr.apps.cli.recording_text import deed_text
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, audit_signer, open_key_store, recording_files, roles_file
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.note import Checkpoint
from ivr.core.audit.played import PLAYED, played_warnings
from ivr.core.audit.step import is_entry_of, step_salt
from ivr.core.call.deeds import Deed, deeds
from ivr.durable import write_durably
from ivr.engine.office.office import UNKNOWN
from ivr.errors import IvrError, OperatorError, SealError

OTHER_SHOWN = 20
"""Entries that are listed; all are counted."""


@click.group()
def audit() -> None:
    """The audit log: read it, verify it, prove its entries.

    \b
    Examples:
      ivr audit log --last 20                    who did what
      ivr audit show CALL                        one call's story, compared with its recording
      ivr audit checkpoint > monday.txt          keep it where no administrator of this machine can change it
      ivr audit verify --against monday.txt      finds any edit, drop, reorder, rollback or fork since
      ivr audit prove 73894                      proof that this entry is in the log
      ivr audit stamp --tsa URL --roots ca.pem   a time-stamp of RFC 3161 on the newest checkpoint
      ivr audit key                              the public key that receipts are checked with
    """


@audit.command()
@click.option("--last", default=50, show_default=True, type=click.IntRange(1), help="How many of the newest entries.")
@click.option("--subject", help="Only entries about this call, recording or key.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@settings_option
def log(settings: Settings, last: int, subject: str | None, as_json: bool) -> None:
    """Show entries, oldest first."""
    opened = audit_log(settings, open_key_store(settings))
    opened.publish()
    first = 0 if subject else max(0, opened.size - last)
    naming = opened.entries(first, naming=(subject,) if subject else ())
    found = [(n, entry) for n, entry in naming if subject is None or entry.subject == subject]
    for number, entry in found[-last:]:
        if as_json:
            click.echo(json.dumps({"index": number, **json.loads(entry.encode())}, ensure_ascii=False))
            continue
        click.echo(entry_line(number, entry))


@audit.command()
@click.argument("call")
@click.option("--reason", default="", help="Why; it goes into the audit log.")
@settings_option
def show(settings: Settings, call: str, reason: str) -> None:
    """Tell the story of one call, step by step, each compared with what its recording holds."""
    keys = open_key_store(settings)
    log, steps, salt, trouble = audit_log(settings, keys), {}, b"", ""
    done: list[Deed] = []
    named = call_named(settings, keys, call)
    if named == UNKNOWN and any(one.subject == call for _, one in log.entries(naming=(call,))):
        named = call  # nothing but the log knows it any more
    with audited(settings, keys, "call.steps_shown", named, reason=reason) as details:
        try:
            opened = recording_files(settings, keys).open(call)
            salt = step_salt(keys.open(opened.header.wrapped, opened.header.kek_id))
            steps = {step.number: step for step in opened.steps()}
            done = list(deeds(opened.timeline.entries))
        except IvrError as error:
            trouble = str(error)
            details["error"] = type(error).__name__
    log.publish()
    names = tuple({named, call, call.partition("-")[2]} - {UNKNOWN, ""})
    naming = log.entries(naming=names)
    found = [(n, one) for n, one in naming if one.subject in names or one.details.get("call") in names]
    if not found:
        raise OperatorError(f"the audit log has no entry about {call}: name a call, as 'ivr recordings list' does")
    wrong = 0
    for number, entry in found:
        step = steps.get(int(str(entry.details.get("step", 0))))
        same = step is not None and is_entry_of(entry, step, salt)
        click.echo(entry_line(number, entry, step.details if step is not None and same else None))
        if step is not None and not same:
            wrong += 1
            click.echo(f"{'':8}  this is not what the recording holds of step {step.number}")
    if done:
        click.echo("In the recording, and not in the log:")
        for deed in done:
            click.echo(f"{'':8}  {deed_text(deed)}")
    entered = {entry.details.get("step") for _, entry in found}
    if trouble:
        click.echo(f"ivr: the steps' details cannot be shown: {trouble}", err=True)
    if late := [number for number in steps if number not in entered]:
        click.echo(
            f"ivr: {len(late)} steps are in the recording only; the keeper enters them within a minute", err=True
        )
    if wrong:
        raise SealError(f"{wrong} entries differ from the recording: one of the two was altered")


@audit.command()
@click.option("--against", type=click.Path(path_type=Path, exists=True), help="A checkpoint that you kept.")
@settings_option
def verify(settings: Settings, against: Path | None) -> None:
    """Compute the whole log again and compare it with its signature, with a checkpoint that you kept, and with the
    roles in force; then say of the warnings whether each sounded as it was published."""
    keys = open_key_store(settings)
    opened = audit_log(settings, keys)
    opened.publish()
    kept = _kept(against) if against else None
    checkpoint = _verified(opened, kept)
    beside = f", and continues {against}" if against else ""
    click.echo(f"Sound: {checkpoint.size} entries, root {base64.b64encode(checkpoint.root).decode()}{beside}.")
    in_force, changes = roles_file(settings, keys, opened).verify()
    held = f"{changes} changes, {len(in_force.holders)} persons hold one" if in_force.in_force else "none was granted"
    click.echo(f"Roles are those of the log: {held}.")
    warnings = played_warnings(opened.entries(actions=(PLAYED,)))
    click.echo(f"Warnings that were played: {warnings}.")
    for index, call in warnings.other[:OTHER_SHOWN]:
        click.echo(f"  entry {index}, call {call}: ivr recordings show {call}")
    if warnings.other:
        raise SealError(f"{len(warnings.other)} warnings were played with another sound than the published one")


def _kept(path: Path) -> str:
    """A checkpoint's file as it is, line ends too."""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} is no checkpoint: it cannot be read as text in UTF-8") from error


def _verified(log: AuditLog, against: str | None = None) -> Checkpoint:
    with click.progressbar(length=max(1, log.published), label="verifying", file=sys.stderr) as bar:
        return log.verify(against, progress=lambda done, of: bar.update(done - bar.pos))


@audit.command()
@click.argument("entry", type=int)
@click.option("--since", type=click.IntRange(1), help="Also prove that the log continues the one of this size.")
@settings_option
def prove(settings: Settings, entry: int, since: int | None) -> None:
    """Print an entry, its inclusion proof and the signed checkpoint as JSON; beside them, what the entry says."""
    opened = audit_log(settings, open_key_store(settings))
    opened.publish()
    proof, signed = opened.inclusion(entry)
    data: dict[str, object] = {
        "index": entry,
        "entry": opened.raw_entry(entry).decode(),
        "inclusion": [base64.b64encode(step).decode() for step in proof],
        "checkpoint": signed,
    }
    if since is not None:
        data["consistency"] = [base64.b64encode(step).decode() for step in opened.consistency(since)[0]]
    click.echo(entry_line(entry, AuditEntry.decode(opened.raw_entry(entry))), err=True)
    click.echo(json.dumps(data, ensure_ascii=False, indent=1))


@audit.command()
@settings_option
def checkpoint(settings: Settings) -> None:
    """Print the newest signed checkpoint. Whoever keeps it can tell later whether the log was rewritten."""
    signed = audit_log(settings, open_key_store(settings)).publish()
    if not signed:
        raise OperatorError("the log is empty: nothing was ever done")
    click.echo(signed, nl=False)


@audit.command()
@click.option("--tsa", required=True, help="Address of a time-stamp authority (RFC 3161), http(s)://...")
@click.option(
    "--roots", required=True, type=click.Path(path_type=Path, exists=True), help="Its root certificates, PEM."
)
@settings_option
def stamp(settings: Settings, tsa: str, roots: Path) -> None:
    """Have the newest checkpoint stamped by a time-stamp authority; the stamp is kept beside the log."""
    from ivr.adapters.time_stamp import read_roots, request_stamp

    opened = audit_log(settings, open_key_store(settings))
    signed = opened.publish()
    if not signed:
        raise OperatorError("the log is empty: nothing was ever done")
    stamped = request_stamp(tsa, signed.encode(), read_roots(roots))
    stem = _stamps(settings) / f"{opened.size:012}"
    write_durably(stem.with_suffix(".checkpoint"), signed.encode())
    write_durably(stem.with_suffix(".tsr"), stamped)
    click.echo(f"The log's first {opened.size} entries are stamped: {stem.with_suffix('.tsr')}")


@audit.command()
@click.option("--roots", required=True, type=click.Path(path_type=Path, exists=True), help="Root certificates, PEM.")
@settings_option
def stamps(settings: Settings, roots: Path) -> None:
    """Check every stamp, and that the log continues every stamped checkpoint."""
    from ivr.adapters.time_stamp import check_stamp, read_roots

    opened = audit_log(settings, open_key_store(settings))
    opened.publish()
    trusted = read_roots(roots)
    _verified(opened)
    for path in sorted(_stamps(settings).glob("*.tsr")):
        signed = path.with_suffix(".checkpoint").read_bytes()
        at = check_stamp(path.read_bytes(), signed, trusted)
        opened.continues(signed.decode())
        click.echo(f"{int(path.stem):>8} entries existed at {at:%Y-%m-%d %H:%M:%S} UTC, and the log continues them")


def _stamps(settings: Settings) -> Path:
    return settings.data_dir / "audit" / "stamps"


@audit.command()
@settings_option
def key(settings: Settings) -> None:
    """Print the public key that signs the log. Publish it where your customers find it."""
    click.echo(str(audit_signer(open_key_store(settings)).verifier))
