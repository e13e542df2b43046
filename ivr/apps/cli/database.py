"""`ivr database`: where the records are kept."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.apps.cli.options import office_option
from ivr.engine.office import records as office_records
from ivr.engine.office.office import Office
from ivr.engine.office.records import MoveRecords


@click.group()
def database() -> None:
    """The database of the records: move it to PostgreSQL, or back.

    \b
    Examples:
      ivr database move --to postgresql://ivr@db/ivr --password-file /run/secrets/db --reason "two hosts"
      ivr database move --to sqlite:////srv/ivr/ivr.db --reason "one machine again"
    """


@database.command()
@click.option("--to", "url", required=True, help="URL of an empty database: postgresql://… or sqlite:///FILE.")
@click.option("--password-file", type=click.Path(path_type=Path), help="Holds the password of its user.")
@click.option("--reason", required=True, help="Why; it goes into the audit log.")
@office_option
def move(office: Office, url: str, password_file: Path | None, reason: str) -> None:
    """Copy every record into another database, read all of it back, and use that one from then on.

    The engine must be stopped. Nothing is opened: records stay sealed as they are. If it is interrupted, run it again.
    """
    asked = MoveRecords(url, password_file, lambda line: click.echo(line, err=True), reason=reason)
    counts = office_records.move(office, asked)
    secret = f", password_file: {password_file}" if password_file else ""
    click.echo(f"The records are in the new database, all of them read back: {sum(counts.values())} rows.")
    click.echo(f"Set `database: {{url: {url}{secret}}}` in the settings: until then nothing opens.")
    click.echo("The old database is as it was. Destroy it, and its backups, once the engine has run with the new one.")
