"""`ivr drafts`: drafts of dialplans that the office keeps; the console's pages work on the same ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ivr.adapters.files.text import read_text
from ivr.apps.cli.dialplan_talk import show_lines, typed_line
from ivr.apps.cli.options import office_option
from ivr.core.dialplan.kept_draft import SCENARIOS, KeptDraft
from ivr.engine.office import draft_trials
from ivr.engine.office import drafts as office_drafts
from ivr.engine.office.draft_trials import Examine, OfDraft, Simulate
from ivr.engine.office.drafts import BeginDraft, ListDrafts, SaveDraft, ShowDraft, scenarios_name
from ivr.engine.office.office import Office
from ivr.errors import DialplanError, StaleError


@click.group()
def drafts() -> None:
    """Drafts of dialplans: begin, save, try out, drop. They mean nothing to calls until one is published.

    \b
    Examples:
      ivr drafts begin dialplans/wealth.yaml
      ivr drafts show 3f9a1c02aa17 --to work/
      ivr drafts save 3f9a1c02aa17 work/wealth.yaml --revision 1
      ivr publish --draft 3f9a1c02aa17 --reason "the new fund's warning"
    """


@drafts.command("list")
@office_option
def list_drafts(office: Office) -> None:
    """List every draft, the one that was saved last first."""
    found = office_drafts.list_drafts(office, ListDrafts())
    if not found:
        click.echo("there are no drafts: ivr drafts begin FILE")
    for one in found:
        click.echo(f"{_line(one.kept)}  by {', '.join(one.authors) or 'nobody yet'}")


@drafts.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--reason", default="", help="What for; it stands in the audit log.")
@office_option
def begin(office: Office, file: Path, reason: str) -> None:
    """Begin a draft of what is served in the place of FILE, which the settings list."""
    click.echo(_line(office_drafts.begin(office, BeginDraft(str(file.absolute()), reason=reason))))


@drafts.command()
@click.argument("draft")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="Write its texts into this directory.")
@office_option
def show(office: Office, draft: str, to: Path | None) -> None:
    """Show a draft: its parts, or their texts as files for `ivr check`, `simulate`, `test` and your editor."""
    kept = office_drafts.show(office, ShowDraft(draft)).kept
    click.echo(_line(kept))
    for name, text in {**kept.texts, scenarios_name(kept.main): kept.scenarios}.items():
        if to is None:
            click.echo(f"  {name}  {len(text.splitlines())} lines")
            continue
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"  {path}")


@drafts.command()
@click.argument("draft")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--revision", type=int, required=True, help="That you began from, as `ivr drafts show` says.")
@click.option("--below", type=click.Path(file_okay=False, path_type=Path), help="Where names of parts begin.")
@click.option("--reason", default="", help="Why; it stands in the audit log.")
@office_option
def save(office: Office, draft: str, files: tuple[Path, ...], revision: int, below: Path | None, reason: str) -> None:
    """Save FILES into a draft: its main file, what it includes, and its scenarios (NAME.test.yaml)."""
    parts = {}
    for file in files:
        name = str(file.relative_to(below)) if below is not None else file.name
        parts[SCENARIOS if name.endswith(office_drafts.SCENARIOS_SUFFIX) else name] = read_text(file)
    try:
        click.echo(_line(office_drafts.save(office, SaveDraft(draft, revision, parts, reason=reason))))
    except StaleError as error:
        click.echo("\n".join(error.difference))
        raise


@drafts.command()
@click.argument("draft")
@click.option("--reason", default="", help="Why; it stands in the audit log.")
@office_option
def drop(office: Office, draft: str, reason: str) -> None:
    """Drop a draft. What is served stays as it is."""
    office_drafts.drop(office, ShowDraft(draft, reason=reason))
    click.echo("dropped")


@drafts.command()
@click.argument("draft")
@office_option
def check(office: Office, draft: str) -> None:
    """Find every error in a draft, and prove that no warning can be skipped. Exit code 2: there are some."""
    trial = draft_trials.examine(office, Examine(draft))
    found = trial.examined
    for finding in (*found.findings, *found.warnings):
        click.echo(str(finding))
    click.echo("\n".join(filter(None, [found.story, *trial.remarks])))
    if found.findings:
        click.get_current_context().exit(DialplanError.exit_code)
    if found.certificate is not None:
        click.echo(f"proved, certificate {found.certificate.id}")


@drafts.command()
@click.argument("draft")
@office_option
def simulate(office: Office, draft: str) -> None:
    """Talk to a draft: each line that is read is what the caller does, as in `ivr simulate`."""
    typed: list[str] = []
    shown = 0
    while True:
        held = draft_trials.simulate(office, Simulate(draft, typed=typed))
        show_lines(held.lines[shown:])
        shown = len(held.lines)
        text = None if held.ended else typed_line()
        if text is None:
            return
        typed.append(text)


@drafts.command("test")
@click.argument("draft")
@office_option
def try_scenarios(office: Office, draft: str) -> None:
    """Run a draft's scenarios. Exit code 2: some expectation was not met."""
    tested = draft_trials.try_scenarios(office, OfDraft(draft))
    failures = [*tested.findings, *(failure for result in tested.results for failure in result.failures)]
    for failure in failures:
        click.echo(str(failure))
    passed, covered = sum(result.passed for result in tested.results), tested.coverage
    click.echo(
        f"{passed} of {len(tested.results)} scenarios passed; states {covered.states}/{covered.of_states}, "
        f"transitions {covered.ways}/{covered.of_ways}"
    )
    if failures:
        click.get_current_context().exit(DialplanError.exit_code)


@drafts.command()
@click.argument("draft")
@office_option
def diff(office: Office, draft: str) -> None:
    """Show what a draft would change for callers. Exit code 1: something."""
    found = draft_trials.compare(office, OfDraft(draft))
    for line in found.changes:
        click.echo(line)
    if found.changes:
        click.get_current_context().exit(1)
    click.echo("no difference for callers" if found.live else "nothing is served in its place yet")


def _line(kept: KeptDraft) -> str:
    saved = f"{datetime.fromtimestamp(kept.at, UTC):%Y-%m-%d %H:%M}"
    return f"{kept.id}  revision {kept.revision}  {kept.main}  saved {saved} by {kept.by}"
