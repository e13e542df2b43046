"""`ivr settings`: what the engine would run with, and whether it makes sense."""

from __future__ import annotations

import json

import click
import yaml

from ivr.apps.cli.options import office_option, settings_option
from ivr.apps.settings import Settings
from ivr.engine.office.office import Office
from ivr.engine.office.premises import CheckSettings, check_settings


@click.group()
def settings() -> None:
    """Show and check the settings.

    \b
    Examples:
      ivr settings show                          every setting, defaults filled in
      ivr settings check --config bank.yaml      errors with file and line
      IVR_CELLS__COUNT=16 ivr settings show      the environment overrides the file
    """


@settings.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of YAML.")
@settings_option
def show(settings: Settings, as_json: bool) -> None:
    """Print every setting with its value. Secrets live in files and are never shown."""
    data = settings.public()
    click.echo(json.dumps(data, indent=2) if as_json else yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


@settings.command()
@office_option
def check(office: Office) -> None:
    """Find every error in the settings and in the files they name."""
    check_settings(office, CheckSettings())
    click.echo("The settings are sound.")
