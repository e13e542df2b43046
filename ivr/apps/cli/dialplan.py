"""`ivr check`, `ivr simulate`, `ivr test`: dialplans on the author's desk, without a telephone."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click

from ivr.adapters.files.text import read_text
from ivr.apps.cli.dialplan_findings import SoundDialplan, report
from ivr.apps.cli.dialplan_talk import talk
from ivr.apps.cli.rules import SoundRules, is_rules, read_rules, rules_below, rules_concerns
from ivr.apps.wiring.dialplans import read_dialplan
from ivr.apps.wiring.intents import MEANING, WORDS, Judge, judge
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.schema_json import json_schema
from ivr.core.dialplan.language.schema_names import names_of, narrowed
from ivr.core.dialplan.language.source import failed, read_source
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import AskState, LookupState
from ivr.core.dialplan.workbench.behaviour import Meaning, no_meaning
from ivr.core.dialplan.workbench.coverage import coverage
from ivr.core.dialplan.workbench.examination import examined
from ivr.core.dialplan.workbench.mutants import mutants, survives
from ivr.core.dialplan.workbench.scenario import (
    Result,
    ScenarioFile,
    load_scenarios,
    run_scenario,
    scenario_schema,
)
from ivr.core.dialplan.workbench.scenario_names import scenario_schema_of, unknown_names
from ivr.core.dialplan.workbench.scenario_shape import Sources
from ivr.core.dialplan.workbench.simulated_line import USUAL_MOMENT, USUAL_NUMBER
from ivr.errors import DialplanError, OperatorError

SCENARIOS_SUFFIX = ".test.yaml"
_INTENTS = click.option(
    "--intents", type=click.Choice([MEANING, WORDS]), default=MEANING, show_default=True,
    help="What judges free speech: its meaning, as on a running line (a model of 120 MB), or its words alone.",
)  # fmt: skip
_WHOLE = re.compile(r"^(?:name|version|languages|start)\s*:", re.MULTILINE)
"""A key that only a whole dialplan has: one of them may be forgotten or mistyped."""
SHOWN_WAYS = 12
"""Ways not gone that are listed, at most."""


def dialplans_below(paths: Sequence[str], *, needed: bool = True) -> list[Path]:
    """Every dialplan named, or below a directory that is named; scenarios, rules and included parts are not dialplans.

    Raises OperatorError where there is none and one is `needed`.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        for item in sorted(path.rglob("*.yaml")) if path.is_dir() else [path]:
            scenarios = item.name.endswith(SCENARIOS_SUFFIX)  # also where a shell wrote them out: dialplans/*.yaml
            if not scenarios and not is_rules(item) and (path.is_file() or _WHOLE.search(read_text(item))):
                found.append(item)
    if needed and not found:
        where = ", ".join(paths)
        raise OperatorError(f"no dialplan is in {where}: write one (docs/tutorial.md shows how), or name another place")
    return found


# --- check ----------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True))
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option(
    "--schema",
    type=click.Choice(["dialplan", "scenarios"]),
    is_flag=False,
    flag_value="dialplan",
    help="Print the JSON Schema of dialplans (of *.test.yaml: scenarios), for editors, and stop. With a dialplan: "
    "the schema of that one, or of its scenarios, which knows its names.",
)
def check(files: tuple[str, ...], form: str, schema: str | None) -> None:
    """Find every error in dialplans and rules, with file, line and column, and prove that no warning can be skipped.

    What is allowed and yet unwise is a warning. Exit code 0: all are sound and proved. 2: there are errors, or a rule
    can be broken (ivr prove tells how).

    \b
    Examples:
      ivr check dialplans/                        all below a directory
      ivr check dialplans/wealth.yaml             one
      ivr check dialplans/rules/                  rules over what was said (docs/inspection.md)
      ivr check --format sarif dialplans/ > out   for code hosts
      ivr check --schema > dialplan.schema.json   completion in an editor
      ivr check --schema dialplan hello.yaml > hello.schema.json
      ivr check --schema scenarios hello.yaml > hello.test.schema.json
    """
    if schema is not None:
        click.echo(json.dumps(_schema(schema, files), indent=2, ensure_ascii=False))
        return
    if not files:
        raise click.UsageError("Name a dialplan or a directory, for example: ivr check dialplans/")
    findings: list[Finding] = []
    warnings: list[Finding] = []
    sound: list[SoundDialplan | SoundRules] = []
    rules = rules_below(files)
    for path in rules:
        try:
            sound.append(SoundRules(str(path), read_rules(path)))
            warnings.extend(rules_concerns(path))
        except DialplanError as error:
            findings.extend(one for one in error.findings if isinstance(one, Finding))
    for path in dialplans_below(files, needed=not rules):
        found = examined(partial(read_dialplan, path))
        findings.extend(found.findings)
        warnings.extend(found.warnings)
        if found.dialplan is not None:
            sound.append(SoundDialplan(found.dialplan, proved=found.certificate is not None))
    click.echo(report(findings, warnings, sound, form))
    if findings:
        click.get_current_context().exit(DialplanError.exit_code)


def _schema(kind: str, files: tuple[str, ...]) -> dict[str, Any]:
    """Of scenarios or dialplans; with a file, of that dialplan's, with its names.

    Raises DialplanError where that is not YAML; for its scenarios it must be sound.
    """
    if kind == "scenarios":
        return scenario_schema_of(read_dialplan(Path(files[0]))) if files else scenario_schema()
    if not files:
        return json_schema()
    main = read_source(read_text(Path(files[0])), file=files[0])
    included = main.value.get("include", [])
    parts = [Path(files[0]).parent / str(name) for name in (included if isinstance(included, list) else [])]
    return narrowed(json_schema(), names_of([main, *(read_source(read_text(part), file=str(part)) for part in parts)]))


# --- simulate -------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--show-all", is_flag=True, help="Show every order, not only what the caller would notice.")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"]),
    default=USUAL_MOMENT,
    show_default=True,
    help="When the call comes, by the clock of the dialplan's zone.",
)
@click.option("--called", default=USUAL_NUMBER, show_default=True, help="The number that is dialled.")
@_INTENTS
def simulate(file: Path, show_all: bool, at: datetime, called: str, intents: str) -> None:
    """Talk to a dialplan in the terminal, with time under your control.

    Type words to say them and digits to press them. Lines that begin with a slash are for you: /wait 10, /silent,
    /hold, /hangup, /agent hangs up, /reads WARNING and /assist 1 of an agent, /confidence 0.6, /answer bank.balance
    found=true ..., /help.

    \b
    Examples:
      ivr simulate dialplans/wealth.yaml
      ivr simulate dialplans/loan.yaml --at 2026-12-24T22:30
      printf '1\\nbalance\\n' | ivr simulate dialplans/wealth.yaml
    """
    dialplan = read_dialplan(file)
    scenarios = file.with_name(file.stem + SCENARIOS_SUFFIX)
    sources: Sources = {}
    if scenarios.exists():
        sources = _checked(load_scenarios(read_text(scenarios), file=str(scenarios)), dialplan)
    if any(isinstance(state, LookupState) for state in dialplan.states.values()):
        answers = f"Data sources answer as {scenarios} says under sources:."
        nothing = f"Every lookup fails, as no {scenarios} says how data sources answer."
        click.echo(f"{answers if sources else nothing} Change that with /answer SOURCE.QUERY field=value ...")
    judges = judge(intents if _hears_free_speech(dialplan) else WORDS)
    if _hears_free_speech(dialplan):
        click.echo(judges.says)
    talk(dialplan, sources, show_all=show_all, at=at, called=called, meaning=judges.meaning)


# --- test -----------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML there.")
@click.option("--mutate", is_flag=True, help="Also break each dialplan in one place at a time, and see who notices.")
@_INTENTS
def test(paths: tuple[str, ...], junit: Path | None, mutate: bool, intents: str) -> None:
    """Run the scenarios beside dialplans, and say how much of each dialplan they cover.

    With --mutate one way is rerouted, or one warning left out, at a time: what neither a scenario nor the proof
    notices is listed, as a mistake there would not be noticed either.

    Exit code 0: all met. 2: some expectation was not.

    \b
    Examples:
      ivr test dialplans/
      ivr test --junit out.xml dialplans/wealth.test.yaml
      ivr test --mutate dialplans/
    """
    suites: list[tuple[Path, list[Result]]] = []
    judged = cache(lambda: judge(intents))
    for path in _scenario_files(paths):
        suites.append((path, _run_file(path, judged)))
        if mutate and all(result.passed for result in suites[-1][1]):
            _mutate(path, judged)
    if not suites:
        raise OperatorError(f"no file ending in {SCENARIOS_SUFFIX} is there. Write one beside the dialplan.")
    if junit is not None:
        junit.write_text(_junit(suites), encoding="utf-8")
    failed = sum(not result.passed for _, results in suites for result in results)
    total = sum(len(results) for _, results in suites)
    click.echo(f"{total - failed} of {total} scenarios passed")
    if failed:
        click.get_current_context().exit(DialplanError.exit_code)


def _scenario_files(paths: tuple[str, ...]) -> Iterator[Path]:
    for text in paths:
        path = Path(text)
        if path.is_dir():
            yield from sorted(path.rglob(f"*{SCENARIOS_SUFFIX}"))
        else:
            yield _beside(path) if _is_dialplan(path) else path


def _is_dialplan(path: Path) -> bool:
    """Whether a file is a dialplan and not scenarios, by the keys at its margin."""
    return not path.name.endswith(SCENARIOS_SUFFIX) and not re.search(r"^scenarios\s*:", read_text(path), re.MULTILINE)


def _beside(dialplan: Path) -> Path:
    """The scenarios of a dialplan. Raises OperatorError."""
    path = dialplan.with_name(dialplan.stem + SCENARIOS_SUFFIX)
    if not path.exists():
        raise OperatorError(f"{dialplan} has no scenarios yet: write them into {path} (docs/tutorial.md shows how)")
    return path


def _read(path: Path) -> tuple[ScenarioFile, Dialplan]:
    """Scenarios and what they are of. Raises DialplanError, also where they name what their dialplan does not have."""
    written = load_scenarios(read_text(path), file=str(path))
    dialplan = read_dialplan(path.parent / written.dialplan)
    _checked(written, dialplan)
    return written, dialplan


def _checked(written: ScenarioFile, dialplan: Dialplan) -> Sources:
    """Its data sources, when every name in it exists. Raises DialplanError."""
    findings = unknown_names(written, dialplan)
    if findings:
        raise failed(tuple(sorted(findings)))
    return written.sources


def _meaning(dialplan: Dialplan, judged: Callable[[], Judge]) -> Meaning:
    """What judges free speech. The model is loaded where there is any."""
    return judged().meaning if _hears_free_speech(dialplan) else no_meaning


def _run_file(path: Path, judged: Callable[[], Judge]) -> list[Result]:
    written, dialplan = _read(path)
    meaning, began = _meaning(dialplan, judged), time.perf_counter()
    results = [run_scenario(dialplan, scenario, meaning=meaning) for scenario in written.scenarios]
    spent = time.perf_counter() - began
    for result in results:
        for failure in result.failures:
            click.echo(str(failure))
    _coverage(path, dialplan, results, spent)
    if _hears_free_speech(dialplan):
        click.echo(f"  {judged().says}")
    return results


def _hears_free_speech(dialplan: Dialplan) -> bool:
    """Whether an answer may be told by what it means."""
    asked = (state for state in dialplan.states.values() if isinstance(state, AskState))
    return any(choice.like for state in asked for choice in state.choices)


def _mutate(path: Path, judged: Callable[[], Judge]) -> None:
    """Break the dialplan in one place at a time."""
    written, dialplan = _read(path)
    found, meaning = list(mutants(dialplan)), _meaning(dialplan, judged)
    unnoticed: list[str] = []
    for number, mutant in enumerate(found, 1):
        if sys.stderr.isatty():
            click.echo(f"\r{path}: mutant {number} of {len(found)}", nl=False, err=True)
        if survives(mutant, written.scenarios, meaning=meaning):
            unnoticed.append(mutant.fault)
    if sys.stderr.isatty():
        click.echo("", err=True)
    click.echo(f"{path}: {len(found)} mutants, {len(found) - len(unnoticed)} noticed")
    for fault in unnoticed:
        click.echo(f"  nobody notices: {fault}")


def _coverage(path: Path, dialplan: Dialplan, results: list[Result], spent: float) -> None:
    covered = coverage(dialplan, results)
    talked = sum(result.call_seconds for result in results)
    click.echo(
        f"{path}: {len(results)} scenarios, {talked / 60:.0f} minutes of calls in {spent:.1f} s; "
        f"states {_percent(covered.states, covered.of_states)}, transitions {_percent(covered.ways, covered.of_ways)}"
    )
    for name, target in covered.missing[:SHOWN_WAYS]:
        click.echo(f"  never gone: {name} > {target}")
    if len(covered.missing) > SHOWN_WAYS:
        click.echo(f"  and {len(covered.missing) - SHOWN_WAYS} more")


def _percent(part: int, whole: int) -> str:
    return f"{part}/{whole} ({100 * part / whole:.0f} %)" if whole else "none"


def _junit(suites: list[tuple[Path, list[Result]]]) -> str:
    root = ElementTree.Element("testsuites")
    for path, results in suites:
        failures = sum(not result.passed for result in results)
        suite = ElementTree.SubElement(
            root, "testsuite", name=str(path), tests=str(len(results)), failures=str(failures)
        )
        for result in results:
            case = ElementTree.SubElement(suite, "testcase", classname=str(path), name=result.name)
            for failure in result.failures:
                ElementTree.SubElement(case, "failure", message=failure.message).text = str(failure)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)
