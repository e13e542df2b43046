"""`ivr versions`: every version of a dialplan that was served."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from ivr.apps.cli.options import office_option
from ivr.engine.office import dialplans
from ivr.engine.office.dialplans import ShowDialplans
from ivr.engine.office.office import Office


@click.command()
@click.option("--json", "as_json", is_flag=True, help="With the hashes of recorded files, as JSON.")
@office_option
def versions(office: Office, as_json: bool) -> None:
    """List every version of a dialplan that was ever loaded to be served, the newest first.

    \b
    Examples:
      ivr versions
      ivr diff wealth@1.0.0 dialplans/wealth.yaml
      ivr diff 3f9a1c 77b0de
    """
    found = dialplans.versions(office, ShowDialplans())
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
        return
    if not found:
        click.echo("no dialplan was served yet")
    for one in found:
        since = datetime.fromtimestamp(one.kept_at, UTC)
        click.echo(f"{since:%Y-%m-%d %H:%M:%S}  {one.id:20}  {one.sha256[:12]}  {one.path}")
