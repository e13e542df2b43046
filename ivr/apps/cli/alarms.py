"""`ivr alarms`: what someone must look at now, and who does."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from ivr.apps.cli.options import office_option
from ivr.engine.office import alarms as acts
from ivr.engine.office.office import Office


@click.group()
def alarms() -> None:
    """What someone must look at now. Each stays until somebody acknowledges it.

    \b
    Examples:
      ivr alarms list
      ivr alarms list --all                                   those that were acknowledged, too
      ivr alarms acknowledge 3f09a1c2d4 --reason "disk replaced"
    """


@alarms.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that were acknowledged, too.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one a line, for scripts.")
@office_option
def list_alarms(office: Office, everything: bool, as_json: bool) -> None:
    """Show alarms, the newest first."""
    found = [one for one in acts.list_alarms(office, acts.ListAlarms()) if everything or not one.by]
    if as_json:
        for one in found:
            click.echo(json.dumps(asdict(one)))
        return
    if not found:
        click.echo("No alarm waits for anybody.")
    for one in found:
        click.echo(f"{one.id}  {_when(one.at)}  {one.kind}{f'  call {one.call_id}' if one.call_id else ''}")
        click.echo(f"    {one.text}")
        if one.by:
            click.echo(f"    acknowledged by {one.by}, {_when(one.acknowledged_at)}: {one.reason}")


@alarms.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--reason", required=True, help="What was found or done: it goes into the audit log.")
@office_option
def acknowledge(office: Office, ids: tuple[str, ...], reason: str) -> None:
    """Say that you look after alarms."""
    count = acts.acknowledge(office, acts.Acknowledge(ids, reason=reason))
    click.echo(f"{count} {'alarm' if count == 1 else 'alarms'} acknowledged.")


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
