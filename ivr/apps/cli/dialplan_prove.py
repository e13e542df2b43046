"""`ivr prove`, `ivr graph`, `ivr diff`: what a dialplan does, before anyone calls it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from ivr.apps.cli.dialplan import dialplans_below
from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.dialplans import dialplan_of, read_dialplan
from ivr.core.dialplan.proof.prove import prove as find_proof
from ivr.core.dialplan.proof.telling import tell
from ivr.core.dialplan.workbench.difference import differences
from ivr.core.dialplan.workbench.picture import mermaid, svg
from ivr.errors import DialplanError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--json", "as_json", is_flag=True, help="Certificates and counterexamples as JSON.")
def prove(files: tuple[str, ...], as_json: bool) -> None:
    """Prove that no sequence of events bypasses a rule under `protect`, or show the shortest one that does.

    Exit code 0: proved. 2: a rule can be broken.

    \b
    Examples:
      ivr prove dialplans/wealth.yaml
      ivr prove --json dialplans/                 all below a directory
    """
    broken = False
    found: list[dict[str, object]] = []
    for file in dialplans_below(files):
        dialplan = read_dialplan(file)
        if not as_json:
            click.echo(f"{dialplan.id}: exploring {len(dialplan.states)} states ...", err=True)
        proof = find_proof(dialplan)
        broken = broken or proof.certificate is None
        if proof.certificate is not None:
            certificate = proof.certificate
            found.append({"id": certificate.id, **asdict(certificate)})
            if not as_json:
                rules = "".join(f"\n  {rule}" for rule in certificate.rules) or "\n  (nothing is protected)"
                click.echo(f"{dialplan.id}: proved, certificate {certificate.id}")
                click.echo(f"  {certificate.situations} situations, {certificate.places} places{rules}")
            continue
        found.append({"dialplan": dialplan.id, "counterexamples": [str(story) for story in proof.counterexamples]})
        if not as_json:
            click.echo(f"{dialplan.source}: {dialplan.id}: NOT proved")
            click.echo(tell(dialplan, proof.counterexamples))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))
    if broken:
        click.get_current_context().exit(DialplanError.exit_code)


@click.command()
@click.argument("file", type=FILE)
@click.option("--format", "form", type=click.Choice(["mermaid", "svg"]), default="svg", show_default=True)
def graph(file: Path, form: str) -> None:
    """Draw a dialplan: warnings yellow, what is protected red.

    \b
    Examples:
      ivr graph dialplans/wealth.yaml > wealth.svg
      ivr graph --format mermaid dialplans/wealth.yaml
    """
    dialplan = read_dialplan(file)
    click.echo(mermaid(dialplan) if form == "mermaid" else svg(dialplan), nl=False)


@click.command()
@click.argument("old")
@click.argument("new")
@settings_option
def diff(settings: Settings, old: str, new: str) -> None:
    """Show what changed for callers between two dialplans: words, ways, protection.

    OLD and NEW are files, or versions that were served: name@version, or the first digits of a SHA-256 (ivr versions).

    Exit code 0: nothing. 1: something.

    \b
    Examples:
      ivr diff wealth@1.0.0 dialplans/wealth.yaml
      ivr diff 3f9a1c 77b0de
    """
    found = differences(dialplan_of(settings, old), dialplan_of(settings, new))
    for line in found:
        click.echo(line)
    if found:
        click.get_current_context().exit(1)
    click.echo("no difference for callers")
