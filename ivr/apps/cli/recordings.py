"""`ivr recordings`: what was recorded, opened for those who hold the key store's passphrase."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click

from ivr.apps.cli import recording_export
from ivr.apps.cli.audited import audited, call_named
from ivr.apps.cli.options import settings_option
from ivr.apps.cli.recording_kept import kept_lines
from ivr.apps.cli.recording_text import COLUMNS, masked_address, message_lengths, record_line, record_text
from ivr.apps.settings import Settings
from ivr.apps.wiring.dialplan_audit import published_warnings
from ivr.apps.wiring.vault import call_store, open_key_store, recording_files
from ivr.core.audit.approval import EXPORTED
from ivr.core.call.flags import FLAGS, flags
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.media.frame import samples
from ivr.core.vault.journal_frame import CHANNELS
from ivr.core.vault.playback import LEFT, RIGHT, stereo_wav
from ivr.core.vault.search import CallQuery
from ivr.errors import EnvironmentFault, IvrError, OperatorError
from ivr.ports.keys import KeyStore
from ivr.ports.recordings import Form, Recordings, StoredRecording

PLAYERS = (("aplay", "-q", "-"), ("play", "-q", "-t", "wav", "-"))
"""Programs that play a WAV from their standard input: ALSA's, then SoX's."""
OnDamage = Callable[[str, str], None]
"""(what, why it does not open)."""
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
"""Where players are looked for: a program of the listener's own would be a way out without approval."""
CHANNEL = click.Choice(CHANNELS)


reason_option = click.option("--reason", default="", help="Why; it goes into the audit log.")
"""For every command that opens a recording."""


@click.group()
def recordings() -> None:
    """List, show, play and export sealed recordings.

    \b
    Examples:
      ivr recordings list                        the latest calls, also those that crashed
      ivr recordings list --flag disclosure_repeated
      ivr recordings list --said "buy a fund"
      ivr recordings find fund 基金 --agent alice --since 2026-01-01
      ivr recordings find --told "may lose money" --looked-up reference=4711
      ivr recordings show CALL                   the record, the evidence of its disclosures, its pauses
      ivr recordings list --mailbox complaints   calls in which a message was left there
      ivr recordings play CALL --message         only the message that the caller left
      ivr recordings play CALL --from 12.5       left: what the caller said; right: what the caller heard
      ivr recordings play CALL --output - | sox -t wav - -n stat
      ivr recordings export CALL --age FILE --to age1...    sealed for one recipient, who opens it with 'age'
      ivr recordings export CALL --wav FILE      in clear, to a file that you name
      ivr recordings compact                     journals of ended calls into their long-term form
      ivr recordings readmit CALL --reason "..."   try again with one that was set aside
    """


@recordings.command("list")
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 100_000), help="Show at most this many calls."
)
@click.option("--mailbox", default="", help="Only calls in which a message was left there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--said", default="", help="Only ended calls in which the caller said these words.")
@click.option("--flag", default="", type=click.Choice(["", *FLAGS]), help="Only ended calls with this inspection flag.")
@reason_option
@settings_option
def list_recordings(
    settings: Settings, limit: int, mailbox: str, as_json: bool, said: str, flag: str, reason: str
) -> None:
    """Show the latest calls, newest first."""
    keys = open_key_store(settings)
    if said or flag:
        with _damage() as on_row:
            query = CallQuery(words=said, flag=flag, mailbox=mailbox)
            _tell(_search(settings, keys, query, on_row, limit=limit, reason=reason), as_json)
        return
    store = call_store(settings, keys)
    if mailbox:
        with _damage() as on_row:
            found = store.search(CallQuery(mailbox=mailbox), limit=limit, on_damage=on_row)
            _list_messages(settings, keys, found, mailbox, as_json=as_json)
        return
    with _damage() as on_row:
        _list_all(settings, keys, on_row, limit=limit, reason=reason, as_json=as_json)


def _list_all(settings: Settings, keys: KeyStore, on_row: OnDamage, *, limit: int, reason: str, as_json: bool) -> None:
    """Calls by their records, and recordings that no record knows; a damaged one hides no other."""
    store = call_store(settings, keys)
    with audited(settings, keys, "calls.listed", "calls", reason=reason):
        records = {record.call_id: record for record in store.recent(limit=limit, on_damage=on_row)}
        files = recording_files(settings, keys)
        for _, call_id, stored in _latest(files, on_row)[:limit]:
            if call_id not in records:
                try:
                    records[call_id] = files.outline(stored, salvage=True).record()
                except IvrError as error:
                    on_row(stored.where, str(error))
    _tell(sorted(records.values(), key=lambda record: record.started_at, reverse=True)[:limit], as_json)


def _latest(files: Recordings, on_row: OnDamage) -> list[tuple[float, str, StoredRecording]]:
    """Recordings by when their calls began, the latest first: that, the call, and where it is."""
    found = []
    for stored in files.stored():
        try:
            header = files.header(stored)
            found.append((header.started_at, header.call_id, stored))
        except IvrError as error:
            on_row(stored.where, str(error))
    return sorted(found, key=lambda one: one[0], reverse=True)


@contextmanager
def _damage() -> Iterator[OnDamage]:
    """What does not open is shown and counted when the rest was shown."""
    damaged: list[tuple[str, str]] = []
    yield lambda name, reason: damaged.append((name, reason))
    for name, reason in damaged:
        click.echo(f"ivr: {name}: {reason}", err=True)
    if damaged:
        click.echo(f"ivr: {len(damaged)} damaged and not shown", err=True)


def _list_messages(settings: Settings, keys: KeyStore, found: list[CallRecord], mailbox: str, *, as_json: bool) -> None:
    with audited(settings, keys, "calls.searched", "calls", by=["mailbox"]):
        if not as_json:
            click.echo(f"{COLUMNS:<114}  messages")
        for record in found:
            if as_json:
                click.echo(json.dumps(_masked(record), ensure_ascii=False))
            else:
                click.echo(f"{record_line(record)}  {message_lengths(record, mailbox)}")


@recordings.command()
@click.argument("words", nargs=-1)
@click.option("--told", default="", help="The engine said these words: its prompts.")
@click.option("--looked-up", default="", metavar="[NAME=]VALUE", help="A lookup returned it for a searchable value.")
@click.option("--caller", default="", help="Telephone number, however written.")
@click.option("--agent", default="")
@click.option("--dialplan", default="", help="Name, without version.")
@click.option("--outcome", default="", help="completed, abandoned, transferred, refused, failed, crashed.")
@click.option("--disclosure", default="", help="Calls in which this one was heard.")
@click.option("--mailbox", default="", help="Calls in which a message was left there.")
@click.option("--language", default="")
@click.option("--flag", default="", type=click.Choice(["", *FLAGS]), help="Inspection flag.")
@click.option("--since", type=click.DateTime(), help="UTC; inclusive.")
@click.option("--until", type=click.DateTime(), help="UTC; exclusive.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@reason_option
@settings_option
def find(settings: Settings, words: tuple[str, ...], limit: int, reason: str, **fields: Any) -> None:
    """Find calls by words that the caller said and by all that is known of them. Newest first."""
    keys = open_key_store(settings)
    since, until = _utc(fields.pop("since")), _utc(fields.pop("until"))
    query = CallQuery(words=" ".join(words), since=since, until=until, **fields)
    with _damage() as on_row:
        _tell(_search(settings, keys, query, on_row, limit=limit, reason=reason), as_json=False)


def _tell(records: Sequence[CallRecord], as_json: bool) -> None:
    if not as_json:
        click.echo(COLUMNS)
    for record in records:
        click.echo(json.dumps(_masked(record), ensure_ascii=False) if as_json else record_line(record))


def _search(
    settings: Settings, keys: KeyStore, query: CallQuery, on_row: OnDamage, *, limit: int, reason: str
) -> list[CallRecord]:
    """Calls that fit. The log holds what was asked by, not for what."""
    asked = [field.name for field in dataclasses.fields(query) if getattr(query, field.name)]
    with audited(settings, keys, "calls.searched", "calls", reason=reason, by=sorted(asked)):
        return call_store(settings, keys).search(query, limit=limit, on_damage=on_row)


def _utc(at: datetime | None) -> float | None:
    return at.replace(tzinfo=UTC).timestamp() if at is not None else None


@recordings.command()
@click.argument("call")
@click.option("--reveal", is_flag=True, help="Show the caller's number, and what was looked up, in full.")
@click.option("--json", "as_json", is_flag=True, help="The record as JSON.")
@click.option("--salvage", is_flag=True, help="Read a damaged recording as far as it is sound.")
@reason_option
@settings_option
def show(settings: Settings, call: str, reveal: bool, as_json: bool, salvage: bool, reason: str) -> None:
    """Show one call: its record, the evidence of its disclosures, pauses, agents, and how its recording ended."""
    keys = open_key_store(settings)
    recording, trouble, named = None, None, call_named(settings, keys, call)
    with audited(settings, keys, "recording.shown", named, reason=reason, revealed=reveal) as details:
        try:
            recording = recording_files(settings, keys).open(call, salvage=salvage)
        except IvrError as error:
            trouble = str(error)
            details["error"] = type(error).__name__
        try:
            record = call_store(settings, keys).get(recording.header.call_id if recording else call)
        except OperatorError:
            if recording is None:
                raise
            record = recording.record()
        published = published_warnings(settings, keys, record.dialplan_sha256) if record.disclosures else {}
        kept = kept_lines(settings, keys, record)
    if as_json:
        click.echo(json.dumps(record_to_json(record) if reveal else _masked(record), ensure_ascii=False, indent=1))
    else:
        click.echo(record_text(record, recording, published, kept, reveal=reveal))
    if trouble is not None:
        click.echo(f"ivr: the recording does not open: {trouble}", err=True)
        sys.exit(1)


def _standard_output(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    if value not in (None, "-"):
        raise click.BadParameter(
            "only - (standard output) is written to: ivr recordings export CALL --wav FILE writes a file"
        )
    return value


@recordings.command()
@click.argument("call")
@click.option("--from", "start", default=0.0, type=click.FloatRange(0), help="Seconds from the answer.")
@click.option(
    "--message", is_flag=False, flag_value=1, type=click.IntRange(1), help="Only the message left; N: the Nth."
)
@click.option("--output", callback=_standard_output, help="- writes the WAV to standard output instead of playing it.")
@click.option("--left", default=LEFT, show_default=True, type=CHANNEL)
@click.option("--right", default=RIGHT, show_default=True, type=CHANNEL)
@click.option("--salvage", is_flag=True, help="Play a damaged recording as far as it is sound.")
@reason_option
@settings_option
def play(
    settings: Settings,
    call: str,
    start: float,
    message: int | None,
    output: str | None,
    left: str,
    right: str,
    salvage: bool,
    reason: str,
) -> None:
    """Play one call, or the message that was left in it. Nothing is written to disk."""
    keys = open_key_store(settings)
    files = recording_files(settings, keys)
    named = call_named(settings, keys, call)
    action, subject = ("recording.played", named) if output is None else (EXPORTED, files.find(call).call_id)
    with audited(settings, keys, action, subject, reason=reason, left=left, right=right) as details:
        if output is not None:  # what is written out has left, whichever program takes it
            details |= {"form": "stream", **recording_export.export_approval(settings, keys, subject)}
        if message is None:
            wav = sound(files, call, (left, right), samples(start), salvage)
        else:
            details["message"] = message
            spans = files.open(call, salvage=salvage).record().voicemails
            if message > len(spans):
                raise OperatorError(f"{len(spans)} messages were left in this call: there is none number {message}")
            span = spans[message - 1]
            first = span.first_sample + samples(start)
            wav = stereo_wav(*files.listen(call, (left, right), first, max(0, span.last_sample - first)))
    if output == "-":
        sys.stdout.buffer.write(wav)
        return
    player = next((words for words in PLAYERS if shutil.which(words[0], path=SYSTEM_PATH)), None)
    if player is None:
        raise EnvironmentFault("neither aplay nor SoX's play is here: install alsa-utils, or use --output -")
    program = shutil.which(player[0], path=SYSTEM_PATH) or player[0]
    # Nor may who listens choose by the environment where the sound goes.
    around = {"PATH": SYSTEM_PATH, "HOME": "/nonexistent"}
    if subprocess.run([program, *player[1:]], input=wav, env=around, check=False).returncode:  # noqa: S603 - one of PLAYERS
        raise EnvironmentFault(f"{player[0]} could not play it (no sound card?): use --output - and play it elsewhere")


def sound(files: Recordings, call: str, channels: tuple[str, str], first_sample: int, salvage: bool) -> bytes:
    """The recording as a WAV; says so where it is not whole."""
    if files.find(call).form is Form.ARCHIVE:
        return stereo_wav(*files.listen(call, channels, first_sample))
    recording = files.open(call, salvage=salvage)
    if recording.damage is not None:
        click.echo(f"ivr: only the sound part: {recording.damage}", err=True)
    elif recording.running:
        click.echo("ivr: the call is still running: this is what it has recorded so far", err=True)
    elif recording.crashed:
        click.echo("ivr: this recording ended by a crash", err=True)
    return stereo_wav(*(recording.timeline.pcm(channel, first_sample) for channel in channels))


def _masked(record: CallRecord) -> dict[str, object]:
    data = record_to_json(record)
    data["caller"] = masked_address(record.caller)
    data["flags"] = list(flags(record))
    if record.looked_up:
        data["looked_up"] = [[name, "***"] for name, _ in record.looked_up]
    return data


recordings.add_command(recording_export.export)
recordings.add_command(recording_export.approve)
recordings.add_command(recording_export.compact)
recordings.add_command(recording_export.readmit_call)
