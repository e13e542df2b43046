"""`ivr trunks`: the carriers and PBXs by which the line calls numbers."""

from __future__ import annotations

import json
from typing import Any

import click

from ivr.apps.cli.options import office_option
from ivr.engine.office import line
from ivr.engine.office.office import Office


@click.group()
def trunks() -> None:
    """Trunks by which numbers are called, as the settings name them (`trunks`).

    \b
    Examples:
      ivr trunks list            whether each takes calls, how fast it answers, and what became of calls
      ivr trunks list --json     as JSON, for scripts
    """


@trunks.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@office_option
def list_trunks(office: Office, as_json: bool) -> None:
    """Show each trunk since the edge was started, in the order in which they are tried."""
    found = line.trunks_now(office, line.Now())
    if as_json:
        click.echo(json.dumps(found))
    elif not found:
        click.echo("The settings name no trunk, so no number is called. See docs/operations.md, Trunks.")
    for one in [] if as_json else found:
        click.echo("\n".join(_lines(one)))


def _lines(one: dict[str, Any]) -> list[str]:
    registered = {None: "", True: ", registered", False: ", not registered"}[one["registered"]]
    calls = f"{one['tried']} calls tried, {one['answered']} answered, {one['failed']} failed by the trunk"
    if one["password"]:
        calls += f", {one['password']} of these for our password"
    return [
        f"{one['name']}: {'takes calls' if one['there'] else 'takes NO calls'}{registered}",
        *(f"  {address['uri']}  {_answers(address)}" for address in one["addresses"]),
        f"  {calls}",
    ]


def _answers(address: dict[str, Any]) -> str:
    if not address["there"]:
        return "does not answer OPTIONS"
    if not address["answers_ms"]:
        return "no OPTIONS was answered yet"
    return f"answers OPTIONS in {address['answers_ms']:.0f} ms"
