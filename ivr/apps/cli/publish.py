"""`ivr publish`: make dialplans live."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ivr.apps.cli.options import office_and_settings_option
from ivr.apps.settings import Settings
from ivr.core.dialplan.publication import shown_numbers
from ivr.engine.office import dialplans
from ivr.engine.office.dialplans import Publish, Published
from ivr.engine.office.office import Office

PROMPTS_A_LINE = 25
"""Progress where there is no terminal to write over."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--draft", default="", help="A draft of the office, in the place of its file (ivr drafts list).")
@click.option("--reason", default="", help="Why; it stands in the audit log.")
@office_and_settings_option
def publish(settings: Settings, office: Office, files: tuple[Path, ...], draft: str, reason: str) -> None:
    """Make dialplans live: check, prove, speak their prompts, enter them in the audit log, tell the running engine.

    Without FILES, all that the settings list and nothing else; with FILES, only these of them. All or none: if anything
    is wrong, what was served goes on. Until this is run, a changed file changes nothing. Running calls keep the version
    that they began with. A version is one text for ever: count `version:` up with every change.

    \b
    Examples:
      ivr publish --reason "new fund warning, approved by compliance"
      ivr publish dialplans/wealth.yaml
      ivr publish --draft 3f9a1c02aa17 --reason "approved by compliance"
    """
    if files and draft:
        raise click.UsageError("Name files or a draft, not both.")
    asked = Publish(tuple(str(path.absolute()) for path in files), draft, spoken, reason=reason)
    tell(settings, dialplans.publish(office, asked))


def spoken(done: int, of: int) -> None:
    """Show how many prompts were spoken."""
    if sys.stderr.isatty():
        click.echo(f"\rspeaking prompts: {done} of {of}", nl=done == of, err=True)
    elif done == of or done % PROMPTS_A_LINE == 0:
        click.echo(f"speaking prompts: {done} of {of}", err=True)


def tell(settings: Settings, done: Published) -> None:
    """Show what is served from now on, have a running engine take it, and wait until it has."""
    made = done.publication
    for plan in made.plans:
        click.echo(f"{plan.id}  {plan.sha256[:12]}  for {shown_numbers(plan.called)}")
    if not done.new:
        click.echo("nothing changed: this is what is published already")
    from ivr.apps.wiring.taking import take

    taken = take(settings, made.id)
    if not taken.runs:
        click.echo("published; no engine runs here now: the next one to start serves it")
        return
    left = f"; {taken.older} running calls end with what they began with" if taken.older else ""
    click.echo(f"published: new calls are served by it{left}")
