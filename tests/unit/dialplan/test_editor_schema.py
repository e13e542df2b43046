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
from ivr.core.dialplan.language.schema_file import FileIn
from ivr.core.dialplan.language.schema_json import json_schema
from ivr.core.dialplan.language.schema_names import names_of, narrowed
from ivr.core.dialplan.language.source import read_source
from ivr.core.dialplan.workbench.scenario import scenario_schema
from tests.unit.dialplan.desk import SHIPPED
from tests.unit.dialplan.test_slips import PLAN, SLIPS

TOLD = {
    "the last state at the margin",
    "a key too deep",
    "the kind of a state mistyped",
    "three keys in one",
}
"""Slips of the shape: an editor underlines them. Those of YAML it knows by itself; of names only `ivr check` knows."""


def wrong(schema: dict[str, Any], text: str) -> list[str]:
    value = read_source(text, file="it.yaml").value
    return [
        f"{'/'.join(map(str, error.path))}: {error.message}"
        for error in Draft202012Validator(schema).iter_errors(value)
    ]


def schemas() -> Iterator[dict[str, Any]]:
    yield json_schema()
    yield scenario_schema()


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.name)
def test_what_ships_is_taken(path: Path) -> None:
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
        ("    silence: {attempts: 2,", "    yes: warn\n    silence: {attempts: 2,", None),
    ],
)
def test_what_a_shape_can_know_is_told_at_its_place(written: str, instead: str, at: str | None) -> None:
    assert written in PLAN
    found = wrong(json_schema(), PLAN.replace(written, instead))
    if at is None:  # exactly one kind of answer: `choices` and `yes` without `no` is one too, and left to check
        assert found == []
    else:
        assert [item.partition(": ")[0] for item in found] == [at]


NAMED = {
    "a value mistyped",
    "a state mistyped",
    "a disclosure mistyped",
    "a rule's disclosure mistyped",
}


@pytest.mark.parametrize("slip", sorted(NAMED))
def test_the_schema_of_one_dialplan_knows_its_names(slip: str) -> None:
    written, instead, _ = SLIPS[slip]
    text = PLAN.replace(written, instead)
    schema = narrowed(json_schema(), names_of([read_source(text, file="it.yaml")]))
    Draft202012Validator.check_schema(schema)
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
