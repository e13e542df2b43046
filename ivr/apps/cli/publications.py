"""`ivr publications`: what is live, what was, and the way back."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from ivr.apps.cli.options import office_and_settings_option, office_option
from ivr.apps.cli.publish import tell
from ivr.apps.settings import Settings
from ivr.core.dialplan.publication import shown_numbers
from ivr.engine.office import dialplan_overview, dialplans
from ivr.engine.office.dialplan_overview import Overview
from ivr.engine.office.dialplans import ApprovePublishing, RollBack, ShowDialplans
from ivr.engine.office.office import Office

ID_DIGITS = 12
"""Of a publication's id, as it is shown."""


@click.group()
def publications() -> None:
    """What is live and what was: list, approve, roll back.

    \b
    Examples:
      ivr publications live
      ivr publications lines
      ivr publications list
      ivr publications roll-back 3f9a1c02aa17 --reason "the new warning is wrong"
      ivr publications approve dialplans/wealth.yaml --for ben --reason "written by me, for the new fund"
    """


@publications.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@office_option
def live(office: Office, as_json: bool) -> None:
    """Show which version of each dialplan is live, since when and by whom, by the word of the audit log."""
    now = dialplans.live(office, ShowDialplans())
    if as_json:
        click.echo(json.dumps(asdict(now), indent=2, ensure_ascii=False))
        return
    if not now.dialplans:
        click.echo("nothing was published yet")
    for one in now.dialplans:
        told = f"{one.id:20}  {one.sha256[:ID_DIGITS]}  since {_time(one.since)} by {one.by}"
        click.echo(f"{told}  for {shown_numbers(one.called)}")


@publications.command()
@office_option
def lines(office: Office) -> None:
    """Show each line that the settings list: what is served in its place, and whether its file says so."""
    found = dialplan_overview.overview(office, Overview())
    for one in found.lines:
        live = f"{one.live.id} since {_time(one.live.since)} by {one.live.by}" if one.live is not None else "NOT SERVED"
        file = "its file says so" if one.on_disk else "its file says something else"
        click.echo(f"{shown_numbers(one.called):20}  {live}  ({file}: {one.file})")
    for running in found.running or ():
        began = "what is live" if running.current else f"{running.publication[:ID_DIGITS]}, until they end"
        click.echo(f"{running.calls} calls run on {began}: {', '.join(running.dialplans)}")


@publications.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@office_option
def list_publications(office: Office, as_json: bool) -> None:
    """List every publication, the newest first; the live one has a star."""
    found = dialplans.publications(office, ShowDialplans())
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
        return
    if not found:
        click.echo("nothing was published yet")
    for one in found:
        mark = "*" if one.live else " "
        people = one.by + (f" (approved by {one.approved_by})" if one.approved_by else "")
        told = f"{mark} {one.id[:ID_DIGITS]}  {_time(one.at)}  {people}  {', '.join(one.dialplans)}"
        click.echo(f"{told}  {one.reason}".rstrip())


@publications.command("roll-back")
@click.argument("publication", default="")
@click.option("--reason", required=True, help="Why; it stands in the audit log.")
@office_and_settings_option
def roll_back(settings: Settings, office: Office, publication: str, reason: str) -> None:
    """Serve an earlier PUBLICATION again, with the very sounds that it had; without one, that before the live one.

    It is a publication as any other: all or none, proved again, and entered in the audit log. Running calls keep the
    version that they began with.
    """
    tell(settings, dialplans.roll_back(office, RollBack(publication, reason=reason)))


@publications.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--back-to", help="A publication that is to be served again, instead of FILES.")
@click.option("--draft", default="", help="A draft of the office, instead of FILES.")
@click.option("--for", "publisher", required=True, help="Who may publish it, once within a day.")
@click.option("--reason", required=True, help="Why; it stands in the audit log.")
@office_option
def approve(
    office: Office, files: tuple[Path, ...], draft: str, back_to: str | None, publisher: str, reason: str
) -> None:
    """Let another person publish FILES (none: all that the settings list) as they are now.

    Where the rule `publish` is in force (`ivr roles demand publish`), who wrote a dialplan approves it for somebody
    else, who publishes it: nobody does both. Changed by a letter it needs another approval.
    """
    paths = tuple(str(path.absolute()) for path in files)
    done = dialplans.approve(office, ApprovePublishing(publisher, paths, draft, back_to, reason=reason))
    click.echo(f"{done.publisher} may make {', '.join(done.dialplans)} live once, within a day.")


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"
