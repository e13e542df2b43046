"""What is wrong with a setting is said in plain words, with its line, its key, what is wanted and an example."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.errors import SettingsError

JARGON = re.compile(
    r"Input should|valid |instance of|\[key\]|tuple\[|literal\[|union|<class|pydantic|Value error", re.I
)


def told(tmp_path: Path, text: str) -> str:
    path = tmp_path / "ivr.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError) as error:
        load_settings(path, {})
    return str(error.value).replace(str(path), "ivr.yaml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'dialplans:\n- {file: a.yaml, called: "2000"}',
            'ivr.yaml:2: dialplans.0.called: wants a list: write called: ["2000"], or the word default',
        ),
        (
            "dialplans:\n- file: a.yaml\n  called: [2000]",
            'ivr.yaml:3: dialplans.0.called.0: wants a text: put it in quotes, "2000"',
        ),
        (
            "sources: {no: {url: demo}}",
            "ivr.yaml:1: sources: a name here is no, off or false, which YAML takes for a truth value: "
            'put the name in quotes, "no"',
        ),
        (
            "dialplans: hello.yaml",
            "ivr.yaml:1: dialplans: wants a list of settings: write dialplans: [{file: ...}]; "
            "known there: file, called",
        ),
        ("\nsip:\n  trunks: 10.0.0.1", 'ivr.yaml:3: sip.trunks: wants a list: write trunks: ["10.0.0.1"]'),
        ("drain_seconds: soon", "ivr.yaml:1: drain_seconds: wants a number, such as 10 or 0.5, without a unit"),
        ("drain_seconds: -1", "ivr.yaml:1: drain_seconds: wants 0 or more"),
        ("log: {level: loud}", "ivr.yaml:1: log.level: wants one of: debug, info, warning or error"),
        ("data_dir: 5", "ivr.yaml:1: data_dir: wants the path of a file or folder, such as var/data"),
        (
            "dialplans: [{called: default}]",
            "ivr.yaml:1: dialplans.0.file: is missing: add file: below what it belongs to",
        ),
    ],
)
def test_a_slip_in_the_settings_is_told_with_its_mend(tmp_path: Path, text: str, words: str) -> None:
    assert told(tmp_path, text) == words


def places(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every setting, and every section."""
    for name, field in model.model_fields.items():
        yield (*above, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from places(field.annotation, (*above, name))


def faults_of(path: Path) -> str:
    """What is said; nothing where it is right."""
    try:
        load_settings(path, {})
    except SettingsError as error:
        return str(error)
    return ""


WRONG: list[Any] = [5, -1, 2.5, "some words", True, None, ["a", 5], {"a": 5}, {False: 1}, {7: "b"}, [[]], [{"zz": 1}]]


@pytest.mark.parametrize("place", list(places(Settings)), ids=".".join)
def test_whatever_is_written_for_any_setting_nothing_is_told_in_the_librarys_words(
    tmp_path: Path, place: tuple[str, ...]
) -> None:
    path = tmp_path / "ivr.yaml"
    for wrong in WRONG:
        data = wrong
        for name in reversed(place):
            data = {name: data}
        path.write_text(yaml.safe_dump(data))
        said = faults_of(path)
        assert not JARGON.search(said), (place, wrong)
