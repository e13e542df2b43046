"""`ivr recordings`: what was recorded, opened for those who hold the key store's passphrase."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from ivr.apps.cli import recording_export
from ivr.apps.cli.options import office_option
from ivr.apps.cli.recording_text import COLUMNS, kept_lines, message_lengths, record_line, record_text
from ivr.core.call.flags import FLAGS, flags
from ivr.core.call.masked import masked_address
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.call.warned import FIGURES
from ivr.core.review.risk import FOUND_FLAGS
from ivr.core.vault.journal_frame import CHANNELS
from ivr.core.vault.peaks import LOUDEST, coarser
from ivr.core.vault.playback import LEFT, RIGHT
from ivr.core.vault.search import CallQuery
from ivr.engine.office import exports
from ivr.engine.office import recordings as office_recordings
from ivr.engine.office.office import Office
from ivr.engine.office.recordings import Calls, ListCalls, Play, Search, Show, ShowWaveform
from ivr.engine.office.warned import MOST_DAYS, CountWarnings
from ivr.engine.office.warned import warnings as count_warnings
from ivr.errors import EnvironmentFault

PLAYERS = (("aplay", "-q", "-"), ("play", "-q", "-t", "wav", "-"))
"""Programs that play a WAV from their standard input: ALSA's, then SoX's."""
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
"""Where players are looked for: a program of the listener's own would be a way out without approval."""
CHANNEL = click.Choice(CHANNELS)
BARS = " ▁▂▃▄▅▆▇█"
WAVEFORM_COLUMNS = 100


reason_option = click.option("--reason", default="", help="Why; it goes into the audit log.")
"""For every command that opens a recording."""


_FLAG = click.Choice(["", *FLAGS, *FOUND_FLAGS])


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
      ivr recordings warnings --days 30          what became of warnings, by day and dialplan version
      ivr recordings waveform CALL               how loud each channel is along the call
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
@click.option(
    "--flag",
    default="",
    type=click.Choice(["", *FLAGS, *FOUND_FLAGS]),
    help="Only ended calls with this inspection flag.",
)
@reason_option
@office_option
def list_recordings(office: Office, limit: int, mailbox: str, as_json: bool, said: str, flag: str, reason: str) -> None:
    """Show the latest calls, newest first."""
    if not (said or flag or mailbox):
        _tell(office_recordings.list_calls(office, ListCalls(limit, reason=reason)), as_json=as_json)
        return
    query = CallQuery(words=said, flag=flag, mailbox=mailbox)
    found = office_recordings.search(office, Search(query, limit, reason=reason))
    _tell(found, as_json=as_json, mailbox="" if said or flag else mailbox)


@recordings.command()
@click.argument("words", nargs=-1)
@click.option("--told", default="", help="The engine said these words: its prompts.")
@click.option("--spoke", default="", help="An agent said these words: known once the call was inspected.")
@click.option("--looked-up", default="", metavar="[NAME=]VALUE", help="A lookup returned it for a searchable value.")
@click.option("--caller", default="", help="Telephone number, however written.")
@click.option("--agent", default="")
@click.option("--dialplan", default="", help="Name, without version.")
@click.option("--version", default="", help="The same with its version: wealth@7.")
@click.option("--day", default="", help="Start of the call, UTC: 2026-01-31.")
@click.option("--warning", default="", help="What became of one: risk/lossy; figures as `ivr recordings warnings` has.")
@click.option("--outcome", default="", help="completed, abandoned, transferred, refused, failed, crashed.")
@click.option("--disclosure", default="", help="Calls in which this one was heard.")
@click.option("--mailbox", default="", help="Calls in which a message was left there.")
@click.option("--language", default="")
@click.option("--flag", default="", type=_FLAG, help="Inspection flag.")
@click.option("--since", type=click.DateTime(), help="UTC; inclusive.")
@click.option("--until", type=click.DateTime(), help="UTC; exclusive.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@reason_option
@office_option
def find(office: Office, words: tuple[str, ...], limit: int, reason: str, **fields: Any) -> None:
    """Find calls by words that the caller said and by all that is known of them. Newest first."""
    since, until = _utc(fields.pop("since")), _utc(fields.pop("until"))
    query = CallQuery(words=" ".join(words), since=since, until=until, **fields)
    _tell(office_recordings.search(office, Search(query, limit, reason=reason)), as_json=False)


@recordings.command()
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, MOST_DAYS), help="Up to today, UTC.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@office_option
def warnings(office: Office, days: int, as_json: bool) -> None:
    """Count what became of warnings, by day and dialplan version: in how many calls each was played, heard, lossy,
    repeated, acknowledged, refused. `ivr recordings find --day … --version … --warning risk/lossy` shows the calls."""
    today = datetime.now(UTC)
    asked = CountWarnings(f"{today - timedelta(days=days - 1):%Y-%m-%d}", f"{today:%Y-%m-%d}")
    found = count_warnings(office, asked)
    if not as_json:
        click.echo(f"{'day':10}  {'version':24}  {'warning':16}  {'calls':>7}" + "".join(f"  {n:>12}" for n in FIGURES))
    for one in found.rows:
        if as_json:
            click.echo(json.dumps(asdict(one)))
            continue
        counted = "".join(f"  {one.figures[name]:>12}" for name in FIGURES)
        click.echo(f"{one.day:10}  {one.version:24}  {one.warning:16}  {one.calls:>7}{counted}")
    for version in found.unread:
        click.echo(f"ivr: the document of {version} does not open, so its warnings are not counted", err=True)


def _tell(found: Calls, *, as_json: bool, mailbox: str = "") -> None:
    """Calls, then what is damaged. With a mailbox: how long the messages are that were left there."""
    if not as_json:
        click.echo(f"{COLUMNS:<114}  messages" if mailbox else COLUMNS)
    for record in found.records:
        line = record_line(record) + (f"  {message_lengths(record, mailbox)}" if mailbox else "")
        click.echo(json.dumps(_masked(record), ensure_ascii=False) if as_json else line)
    for name, why in found.damaged:
        click.echo(f"ivr: {name}: {why}", err=True)
    if found.damaged:
        click.echo(f"ivr: {len(found.damaged)} damaged and not shown", err=True)


def _utc(at: datetime | None) -> float | None:
    return at.replace(tzinfo=UTC).timestamp() if at is not None else None


@recordings.command()
@click.argument("call")
@click.option("--reveal", is_flag=True, help="Show the caller's number, and what was looked up, in full.")
@click.option("--json", "as_json", is_flag=True, help="The record as JSON.")
@click.option("--salvage", is_flag=True, help="Read a damaged recording as far as it is sound.")
@reason_option
@office_option
def show(office: Office, call: str, reveal: bool, as_json: bool, salvage: bool, reason: str) -> None:
    """Show one call: its record, the evidence of its disclosures, pauses, agents, and how its recording ended."""
    shown = office_recordings.show(office, Show(call, reveal, salvage, reason=reason))
    record = shown.record
    if as_json:
        click.echo(json.dumps(record_to_json(record) if reveal else _masked(record), ensure_ascii=False, indent=1))
    else:
        kept = list(kept_lines(record, shown.kept_as, shown.ledger, now=time.time()))
        click.echo(record_text(record, shown.recording, shown.published, kept, shown.notes, shown.said, reveal=reveal))
    if shown.blind:
        why = "chance drew it, to learn what rules miss"
        click.echo(f"ivr: what rules found is told when you have judged the call: {why}", err=True)
    if shown.trouble:
        click.echo(f"ivr: the recording does not open: {shown.trouble}", err=True)
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
@office_option
def play(
    office: Office,
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
    asked = Play(call, start, message, left, right, salvage, reason=reason)
    heard = office_recordings.play(office, asked) if output is None else exports.stream(office, asked)
    if heard.notice:
        click.echo(f"ivr: {heard.notice}", err=True)
    if output == "-":
        sys.stdout.buffer.write(heard.wav)
        return
    player = next((words for words in PLAYERS if shutil.which(words[0], path=SYSTEM_PATH)), None)
    if player is None:
        raise EnvironmentFault("neither aplay nor SoX's play is here: install alsa-utils, or use --output -")
    program = shutil.which(player[0], path=SYSTEM_PATH) or player[0]
    # Nor may who listens choose by the environment where the sound goes.
    around = {"PATH": SYSTEM_PATH, "HOME": "/nonexistent"}
    done = subprocess.run([program, *player[1:]], input=heard.wav, env=around, check=False)  # noqa: S603 - of PLAYERS
    if done.returncode:
        raise EnvironmentFault(f"{player[0]} could not play it (no sound card?): use --output - and play it elsewhere")


@recordings.command()
@click.argument("call")
@office_option
def waveform(office: Office, call: str) -> None:
    """Draw how loud each channel is along the call: where somebody speaks, and where nobody does."""
    drawn = office_recordings.waveform(office, ShowWaveform(call))
    for name, peaks in sorted(drawn.channels.items()):
        bars = "".join(BARS[loud * (len(BARS) - 1) // LOUDEST] for loud in coarser(peaks, WAVEFORM_COLUMNS))
        click.echo(f"{name:12}  {bars}")


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
