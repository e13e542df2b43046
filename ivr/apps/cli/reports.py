"""`ivr reports`: figures for those who answer for the line, each with the calls behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from ivr.apps.cli.new_file import new_file
from ivr.apps.cli.options import office_and_settings_option, office_option
from ivr.apps.cli.rules import rulesets
from ivr.apps.report_files import Form, report_file
from ivr.apps.settings import Settings
from ivr.apps.web.language import LANGUAGES, language
from ivr.core.compliance.rule import Ruleset
from ivr.core.reports.definitions import DEFINITIONS, Needs
from ivr.engine.office import reports as acts
from ivr.engine.office.office import Office

_RULES = click.option(
    "--rules", "files", type=click.Path(exists=True, path_type=Path), multiple=True,
    help="Rules by which calls are read, for reports that need it. Default: the published ones.",
)  # fmt: skip
_SINCE = click.option("--from", "since", help="First day, UTC: 2027-01-01. Default: 30 days ago.")
_UNTIL = click.option("--to", "until", help="Last day. Default: yesterday.")
_REASON = click.option("--reason", default="", help="Why; it goes into the audit log.")
_NAME = click.argument("name", type=click.Choice(list(DEFINITIONS)))


@click.group()
def reports() -> None:
    """Reports: disclosures, complaints, recordings, retention, access, satisfaction, inspection (docs/reports.md).

    \b
    Examples:
      ivr reports list
      ivr reports make recordings --from 2027-01-01 --to 2027-06-30 --out recordings.xlsx
      ivr reports make complaints --language zh --out complaints.pdf
      ivr reports calls recordings recordings/all/missing --from 2027-01-01 --to 2027-06-30
    """


@reports.command("list")
@office_option
def list_(office: Office) -> None:
    """Every report, with the version of its definition."""
    for one in acts.list_reports(office, acts.ListReports()):
        click.echo(f"{one.name}@{one.version}  {one.about}")


@reports.command()
@_NAME
@_SINCE
@_UNTIL
@click.option("--out", type=click.Path(path_type=Path), help="New file: .csv, .html, .json, .pdf or .xlsx.")
@click.option("--language", "code", type=click.Choice(list(LANGUAGES)), default="en", show_default=True)
@_RULES
@_REASON
@office_and_settings_option
def make(
    office: Office,
    settings: Settings,
    name: str,
    since: str | None,
    until: str | None,
    out: Path | None,
    code: str,
    files: tuple[Path, ...],
    reason: str,
) -> None:
    """Make a report; its receipt is in it, and beside it as FILE.receipt.txt.

    Without --out the figures are printed, each with the key by which 'ivr reports calls' lists its calls.
    """
    asked = acts.MakeReport(name, *days(since, until), _rules(name, files), reason=reason)
    if out is None:
        made = acts.make(office, asked)
        for key, figure in made.report.figures():
            click.echo(f"{key}  {figure.text}")
        for note in made.report.notes:
            click.echo(note)
    else:
        try:
            form = Form(out.suffix.removeprefix("."))
        except ValueError:
            raise click.UsageError(f"--out ends in one of: {', '.join('.' + one for one in Form)}") from None
        with new_file(out) as file, new_file(out.with_name(f"{out.name}.receipt.txt")) as beside:
            made = acts.make(office, asked)
            file.write(report_file(made, form, code, language(code).text, settings.console.origins[0]))
            beside.write(made.receipt.encode())
    if made.damaged:
        click.echo(f"ivr: {made.damaged} records did not open and are not counted", err=True)


@reports.command()
@_NAME
@click.argument("figure")
@_SINCE
@_UNTIL
@_RULES
@_REASON
@office_option
def calls(
    office: Office, name: str, figure: str, since: str | None, until: str | None, files: tuple[Path, ...], reason: str
) -> None:
    """List the calls behind a FIGURE, by its key as 'ivr reports make' prints it."""
    asked = acts.OpenFigure(name, *days(since, until), _rules(name, files), figure, page=0, reason=reason)
    for call in acts.open_figure(office, asked).calls:
        click.echo(call)


def days(since: str | None, until: str | None) -> tuple[str, str]:
    """The days that were asked for, else the 30 to yesterday."""
    today = datetime.now(UTC).date()
    return since or str(today - timedelta(days=30)), until or str(today - timedelta(days=1))


def _rules(name: str, files: tuple[Path, ...]) -> tuple[Ruleset, ...]:
    return rulesets(files) if files and Needs.FINDINGS in DEFINITIONS[name].needs else ()
