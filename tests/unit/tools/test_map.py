"""The maps of the code show places that exist, and the rooms say what they are."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
MAPS = ("docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md")
ROOMS = r"(?:core|engine|adapters|ports|apps|testing)"
PLACE = re.compile(rf"\b({ROOMS}/[\w/]*\w(?:\.py|\.yaml|\.svg|\.po)?|(?:docs|tests|tools)/[\w/]+(?:\.\w+)?)")


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("name", MAPS)
def test_every_place_that_a_map_names_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = {found for found in PLACE.findall(text) if "NAME" not in found}
    assert len(named) > 4, "the map names places"
    gone = [place for place in named if not any((root / place).exists() for root in (ROOT / "ivr", ROOT))]
    assert gone == []


@pytest.mark.parametrize("name", MAPS)
def test_every_link_of_a_map_leads_to_a_file(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\(([^)#:]+)(?:#[\w-]*)?\)", page.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_each_room_says_what_is_here_what_never_is_and_what_it_imports() -> None:
    assert list(tool("rooms").faults()) == []


def test_every_defence_of_the_threat_model_names_a_test_that_is_there() -> None:
    rows = [
        line for line in (ROOT / "docs/threat-model.md").read_text(encoding="utf-8").splitlines() if "test_" in line
    ]
    defences = [row for row in rows if row.startswith("|")]
    assert len(defences) > 40
    named = {name for row in defences for name in re.findall(r"`((?:\w+/)+test_\w+\.py)`", row)}
    assert [name for name in sorted(named) if not (ROOT / "tests" / name).exists()] == []
    assert [row for row in defences if not re.search(r"`(?:\w+/)+test_\w+\.py`", row)] == []


def test_every_attack_that_is_tried_has_its_row_in_the_threat_model() -> None:
    text = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")
    tried = [f"attacks/{file.name}" for file in sorted((ROOT / "tests/attacks").glob("test_*.py"))]
    assert tried
    assert [name for name in tried if f"`{name}`" not in text] == []
