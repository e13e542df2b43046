"""`ivr watchlist`: voices that the line is to notice. It says how likely one is, and refuses nobody."""

from __future__ import annotations

import time
from pathlib import Path

import click

from ivr.apps.cli.options import office_option
from ivr.core.media.wav import read_wav
from ivr.durable import translated
from ivr.engine.office import watchlist as acts
from ivr.engine.office.office import Office

_why = click.option("--reason", required=True, help="Why; it goes into the audit log.")


@click.group()
def watchlist() -> None:
    """Voices that the line is to notice: add for a while, list, remove. They refuse nobody.

    \b
    Examples:
      ivr watchlist add case-4711 first.wav second.wav third.wav --days 90 --reason "order of the fraud desk"
      ivr watchlist approve case-4711 first.wav second.wav third.wav --for olga --reason "seen and heard"
      ivr watchlist list
      ivr watchlist remove case-4711 --reason "the case is closed"

    Wherever a voice is compared, it is compared with these too: a signal of the call's risk (risk: in the dialplan).
    Voiceprints are biometric data: whether you may keep a suspect's is for counsel to say.
    """


@watchlist.command()
@click.argument("name")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--days", default=90.0, show_default=True, help="After which it is erased by itself.")
@_why
@office_option
def add(office: Office, name: str, files: tuple[Path, ...], days: float, reason: str) -> None:
    """Put a voice on the list, from WAV files of its speech: three of five seconds at least.

    NAME is by what people know the entry, a case say: the audit log holds it, so let it be no customer's.
    """
    entry = acts.watch(office, acts.Watch(name=name, recordings=map(_heard, files), days=days, reason=reason))
    click.echo(f"On the list until {_day(entry.until)}, from {len(entry.templates)} recordings ({entry.model}).")


@watchlist.command()
@click.argument("name")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--for", "adder", required=True, help="Who may put it on the list, once within a day.")
@click.option("--days", default=90.0, show_default=True, help="As many as they say.")
@_why
@office_option
def approve(office: Office, name: str, files: tuple[Path, ...], adder: str, days: float, reason: str) -> None:
    """Approve that another officer puts these very recordings on the list, where access.two_persons names watchlist."""
    asked = acts.ApproveWatch(name=name, adder=adder, recordings=map(_heard, files), days=days, reason=reason)
    by = acts.approve(office, asked)
    click.echo(f"{by} may put {name} on the list once, within a day.")


@watchlist.command("list")
@office_option
def list_entries(office: Office) -> None:
    """Show which voices are on it, since when, until when and why."""
    found = acts.show(office, acts.ShowWatchlist())
    for one in found:
        click.echo(f"{one.name:24} {_day(one.added_at)} to {_day(one.until)}   {one.by}   {one.why}   {one.model}")
    if not found:
        click.echo("The watchlist is empty.")


@watchlist.command()
@click.argument("name")
@_why
@office_option
def remove(office: Office, name: str, reason: str) -> None:
    """Take a voice off the list: it is erased at once."""
    acts.unwatch(office, acts.Unwatch(name=name, reason=reason))
    click.echo("Erased.")


def _heard(path: Path) -> bytes:
    """Raises OperatorError."""
    with translated(f"{path} cannot be read"):
        return read_wav(path.read_bytes(), str(path))


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))
