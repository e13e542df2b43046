"""The JSON Schema for editors: takes what is sound, refuses what a shape can refuse, and explains every key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from ivr.apps.cli.main import cli
from ivr.core.dialplan.language.hover import HOVER
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.language.schema_file import FileIn
from ivr.core.dialplan.language.schema_json import json_schema
from ivr.core.dialplan.language.schema_names import names_of, narrowed
from ivr.core.dialplan.language.source import read_source
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.workbench.scenario import scenario_schema
from ivr.core.dialplan.workbench.scenario_names import scenario_schema_of
from ivr.errors import DialplanError
from tests.unit.dialplan.desk import SHIPPED, findings
from tests.unit.dialplan.test_slips import PLAN, SLIPS

TOLD = {
    "the last state at the margin",
    "a key too deep",
    "the kind of a state mistyped",
    "three keys in one",
}
"""Slips of the shape: an editor underlines them. Those of YAML it knows by itself; of names only `ivr check` knows."""


CHOICES = """\
    choices:
      claim: {press: 1, hear: {en: [report it], zh: [报案]}, go: warn}
      premium: {press: 2, hear: {en: [premium], zh: [保费]}, go: clock}
"""
QUEUE = "    enqueue: claims\n    otherwise: goodbye\n"


def wrong(schema: dict[str, Any], text: str) -> list[str]:
    value = read_source(text, file="it.yaml").value
    return [
        f"{'/'.join(map(str, error.path))}: {error.message}"
        for error in Draft202012Validator(schema).iter_errors(value)
    ]


def schemas() -> Iterator[dict[str, Any]]:
    yield json_schema()
    yield scenario_schema()
    yield narrowed(json_schema(), names_of([read_source(PLAN, file="it.yaml")]))
    yield scenario_schema_of(load_dialplan(PLAN, source="it.yaml"))


TESTED = Path(__file__).parents[2] / "integration" / "dialplans"


@pytest.mark.parametrize("path", sorted([*SHIPPED.glob("*.yaml"), *TESTED.glob("*.yaml")]), ids=lambda path: path.name)
def test_what_is_sound_is_taken(path: Path) -> None:
    schema = scenario_schema() if path.name.endswith(".test.yaml") else json_schema()
    assert wrong(schema, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("slip", sorted(TOLD))
def test_a_slip_of_the_shape_is_underlined(slip: str) -> None:
    written, instead, _ = SLIPS[slip]
    assert wrong(json_schema(), PLAN.replace(written, instead))


@pytest.mark.parametrize(
    ("written", "instead", "at"),
    [
        ('version: "1"', "version: 1.10", "version"),
        ("09:00-18:00", "12:30", "hours/office_open/weekly/mon-fri"),
        ("    barge_in: never\n", "    barge: never\n", "states/claim"),
        ("  warn:\n", "  Warn:\n", "states"),
        ("    disclose: waiver\n    go: claim\n", "    disclose: waiver\n", "states/warn"),
        ("premium: text", "premium: money", "values/premium"),
        ("protect:", "protects:", ""),
        ("barge_in: never", "barge_in: nothing", "states/claim/barge_in"),
        ("    silence: {attempts: 2,", "    yes: warn\n    silence: {attempts: 2,", "states/menu"),
        ("    silence: {attempts: 2,", "    go: warn\n    silence: {attempts: 2,", "states/menu"),
        (CHOICES, "    digits: {into: premium}\n    go: warn\n", "states/menu/digits"),
        (CHOICES, "    digits: {into: premium, length: 4, max: 6}\n    go: warn\n", "states/menu/digits"),
        (CHOICES, "    digits: {into: premium, max: 6, end: 1}\n    go: warn\n", "states/menu/digits/end"),
        (CHOICES, "    yes: warn\n", "states/menu"),
        (CHOICES, "    amount: {into: premium}\n", "states/menu"),
        ("      - else: goodbye\n", "", "states/clock/choose"),
        ("if: office_open,", "if: office_open && premium,", "states/clock/choose"),
        ("It is {premium}", "It is {premium", "states/premium/say"),
        ("It is {premium}", "It is ｛premium｝", "states/premium/say"),
        ("premium: text", "premium: {type: amount}", "values/premium"),
        ("premium: text", "premium: {type: date, currency: EUR}", "values/premium"),
        ("claim: {after: [waiver]}", "claim: {}", "protect/claim"),
        ('{weekly: {mon-fri: "09:00-18:00"}}', "{holidays: [2026-12-25]}", "hours/office_open"),
        ("{mon-fri:", "{monday:", "hours/office_open/weekly"),
        ("{weekly:", "{holidays: [25.12.2026], weekly:", "hours/office_open/holidays/0"),
        ("values:\n", "commands: {again: {press: 9, do: repeat, go: menu}}\nvalues:\n", "commands/again"),
        ("    disclose: waiver\n    go: claim\n", QUEUE + "    press: 1\n", "states/warn"),
        ("    disclose: waiver\n    go: claim\n", QUEUE + "    every: 20\n", "states/warn"),
    ],
)
def test_what_a_shape_can_know_is_told_at_its_place_and_check_says_so_too(written: str, instead: str, at: str) -> None:
    assert PLAN.count(written) == 1
    text = PLAN.replace(written, instead)
    assert {item.partition(": ")[0] for item in wrong(json_schema(), text)} == {at}
    assert findings(text)


NAMED = {
    "a value mistyped",
    "a state mistyped",
    "a disclosure mistyped",
    "a rule's disclosure mistyped",
    "a rule's state mistyped",
    "opening hours compared with yes",
    "opening hours mistyped",
}


def test_of_the_slips_that_are_yaml_a_schema_underlines_every_one() -> None:
    yaml = {slip for slip, (written, instead, _) in SLIPS.items() if is_yaml(PLAN.replace(written, instead))}
    assert yaml == TOLD | NAMED


def is_yaml(text: str) -> bool:
    try:
        read_source(text, file="it.yaml")
    except DialplanError:
        return False
    return True


FOR_CHECK = {
    "nothing leads there": ("  goodbye:\n", "  thanks:\n    say: {en: Ta., zh: 谢。}\n    go: goodbye\n  goodbye:\n"),
    "a silent caller goes round": ("    hang_up: completed\n", "    go: menu\n"),
    "two phrases sound alike": ("hear: {en: [premium]", "hear: {en: [premium, report hit]"),
    "a way round the warning": ("choices:\n      claim: {press: 1, hear: {en: [report it], zh: [报案]}, go: warn}",
                                "choices:\n      claim: {press: 1, hear: {en: [report it], zh: [报案]}, go: claim}"),
    "a key twice in a question": ("premium: {press: 2", "premium: {press: 1"),
    "a warning that is never played": ("    disclose: waiver\n", "    say: {en: Go on., zh: 继续。}\n"),
    "a type that does not fit": ("if: office_open,", "if: premium > 5,"),
}  # fmt: skip
"""What no schema can know, for it is of the whole or of what is said: only `ivr check` tells."""


@pytest.mark.parametrize("mistake", FOR_CHECK)
def test_what_is_of_the_whole_only_check_tells(mistake: str) -> None:
    written, instead = FOR_CHECK[mistake]
    assert PLAN.count(written) == 1
    text = PLAN.replace(written, instead)
    schema = narrowed(json_schema(), names_of([read_source(text, file="it.yaml")]))
    assert wrong(schema, text) == []
    assert findings(text) or prove(load_dialplan(text, source="it.yaml")).counterexamples


SCENARIOS = """\
dialplan: claims.yaml
scenarios:
  a claim:
    - press: 1
    - expect: {state: warn, language: en, absent: [claim], disclosed: waiver}
    - hang_up: caller
"""


@pytest.mark.parametrize(
    ("written", "instead", "known"),
    [
        ("    - hang_up: caller", "      silent: 1", False),
        ("    - press: 1", "    - pres: 1", False),
        ("hang_up: caller", "hang_up: everybody", False),
        ("state: warn", "state: warned", True),
        ("language: en", "language: de", True),
        ("absent: [claim]", "absent: [clam]", True),
        ("disclosed: waiver", "disclosed: waver", True),
        ("scenarios:", "sources: {claims.find: [{}]}\nscenarios:", True),
    ],
)
def test_the_schema_of_scenarios_knows_a_step_and_with_a_dialplan_its_names(
    written: str, instead: str, known: bool, tmp_path: Path
) -> None:
    (tmp_path / "claims.yaml").write_text(PLAN, encoding="utf-8")
    printed = CliRunner().invoke(cli, ["check", "--schema", "scenarios", str(tmp_path / "claims.yaml")])
    schema = json.loads(printed.stdout)
    assert wrong(schema, SCENARIOS) == []
    text = SCENARIOS.replace(written, instead)
    assert bool(wrong(scenario_schema(), text)) is not known
    assert wrong(schema, text)


@pytest.mark.parametrize("slip", sorted(NAMED))
def test_the_schema_of_one_dialplan_knows_its_names(slip: str) -> None:
    written, instead, _ = SLIPS[slip]
    text = PLAN.replace(written, instead)
    schema = narrowed(json_schema(), names_of([read_source(text, file="it.yaml")]))
    assert wrong(json_schema(), text) == []
    assert len(wrong(schema, text)) == 1


@pytest.mark.parametrize("instead", ["", ", de: Fertig."])
def test_the_schema_of_one_dialplan_knows_its_languages(instead: str) -> None:
    text = PLAN.replace(", zh: 已办理。", instead)
    schema = narrowed(json_schema(), names_of([read_source(text, file="it.yaml")]))
    assert len(wrong(schema, text)) == 1


@pytest.mark.parametrize("name", ["card", "loan", "wealth"])
def test_the_command_prints_the_schema_of_a_dialplan_that_takes_it(name: str) -> None:
    path = SHIPPED / f"{name}.yaml"
    printed = CliRunner().invoke(cli, ["check", "--schema", "dialplan", str(path)])
    assert wrong(json.loads(printed.stdout), path.read_text(encoding="utf-8")) == []


def test_every_key_has_a_text_to_hover_over_and_every_text_a_key() -> None:
    used: set[str] = set()
    for schema in schemas():
        root = {"FileIn": schema} if "languages" in schema["properties"] else {"ScenarioFileIn": schema}
        for name, shape in {**root, **schema["$defs"]}.items():
            for key, held in shape.get("properties", {}).items():
                assert held.get("description"), f"{name}.{key}"
                used |= {key, f"{name}.{key}"}
    assert set(HOVER) <= used


def test_the_schemas_are_valid_and_know_the_keys_at_the_margin() -> None:
    for schema in schemas():
        Draft202012Validator.check_schema(schema)
        assert json.loads(json.dumps(schema)) == schema
    assert set(json_schema()["properties"]) == set(FileIn.model_fields)
