"""`ivr prompts`: what is said to callers, spoken ahead."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from ivr.apps.cli.options import office_option
from ivr.apps.cli.publish import spoken
from ivr.engine.office import prompts as office_prompts
from ivr.engine.office.office import Office
from ivr.engine.office.prompts import ListPrompts, RenderPrompts
from ivr.errors import EnvironmentFault

SHOWN_SIGNS = 60


@click.group()
def prompts() -> None:
    """What is said to callers, spoken ahead: render, list, check.

    \b
    Examples:
      ivr prompts render        speak what ivr publish would speak; stopped, it goes on where it was
      ivr prompts list          what is served: text, voice and version, length
      ivr prompts check         is the sound of each as it was published?
    """


@prompts.command()
@office_option
def render(office: Office) -> None:
    """Speak the prompts of what the settings list. Nothing goes live; ivr publish then finds them spoken."""
    done = office_prompts.render(office, RenderPrompts(spoken))
    click.echo(f"{done.prompts} prompts and pieces, {done.seconds:.0f} s of speech, by {done.renderer}")


@prompts.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with whole texts and hashes.")
@click.option("--pieces", is_flag=True, help="The pieces of sentences with values too.")
@office_option
def list_prompts(office: Office, as_json: bool, pieces: bool) -> None:
    """Show each prompt that is served, who spoke it and how long it is."""
    found = [one for one in office_prompts.list_prompts(office, ListPrompts()) if pieces or not one.piece]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
        return
    for one in found:
        text = one.text if len(one.text) <= SHOWN_SIGNS else one.text[: SHOWN_SIGNS - 1] + "…"
        click.echo(f"{one.dialplan:16} {one.language:5} {one.seconds:5.1f} s  {one.spoken_by or 'recorded':48}  {text}")


@prompts.command()
@office_option
def check(office: Office) -> None:
    """Compare the sound of each prompt that is served with what was published."""
    found = office_prompts.list_prompts(office, ListPrompts())
    lost = [one for one in found if not one.whole]
    for one in lost:
        click.echo(f"{one.dialplan}  {one.language}  {one.sha256[:12]}  missing or damaged: {one.text}")
    if lost:
        raise EnvironmentFault(
            f"{len(lost)} of {len(found)} prompts are missing or damaged: publish again (ivr publish), or restart the "
            "engine, which speaks them anew"
        )
    click.echo(f"{len(found)} prompts and pieces: each as it was published")
