"""What the console's API is told to be is what it is."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from ivr.apps.web.operation import OPERATIONS, PUBLIC
from ivr.engine.office.acts import ACTS

PROGRAM = Path(__file__).parents[3] / "tools" / "describe_api.py"
spec = importlib.util.spec_from_file_location("describe_api", PROGRAM)
assert spec is not None
assert spec.loader is not None
describe_api = importlib.util.module_from_spec(spec)
spec.loader.exec_module(describe_api)


def test_the_description_and_the_types_are_as_the_code_is() -> None:
    for file, text in describe_api.files().items():
        assert file.read_text(encoding="utf-8") == text, "run tools/describe_api.py --write"


def test_the_description_names_the_scope_of_each_operation() -> None:
    told = json.loads(describe_api.DESCRIPTION.read_text(encoding="utf-8"))
    scopes = {
        (path.removeprefix("/api"), how): one["x-scope"]
        for path, ways in told["paths"].items()
        for how, one in ways.items()
    }
    assert scopes == {(one.path, one.method.lower()): one.scope for one in OPERATIONS.values()}
    assert set(scopes.values()) <= ACTS.keys() | {PUBLIC}
