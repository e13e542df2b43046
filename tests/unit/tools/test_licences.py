"""What `make lint` says of a package's licence. Runs where its tools are installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("license_expression", reason="make lint installs it")

PROGRAM = Path(__file__).parents[3] / "tools" / "licences.py"
spec = importlib.util.spec_from_file_location("licences", PROGRAM)
assert spec is not None
assert spec.loader is not None
licences = importlib.util.module_from_spec(spec)
spec.loader.exec_module(licences)


@pytest.mark.parametrize(
    "stated",
    [
        ["MIT"],
        ["Apache-2.0 OR GPL-2.0-only"],
        ["BSD-3-Clause AND Zlib"],
        ["License :: OSI Approved :: Apache Software License"],
        ["MIT", "License :: OSI Approved :: MIT License"],
        ["License :: DFSG approved", "MIT"],
    ],
)
def test_what_may_be_taken(stated: list[str]) -> None:
    assert list(licences.faults("some-package", stated)) == []


@pytest.mark.parametrize(
    "stated",
    [
        [],
        ["GPL-3.0-or-later"],
        ["LGPL-3.0-only"],
        ["AGPL-3.0-only"],
        ["MIT AND GPL-2.0-only"],
        ["MIT", "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"],
        ["Proprietary"],
        ["Your Licence Here"],
        ["License :: DFSG approved"],
    ],
)
def test_what_may_not(stated: list[str]) -> None:
    assert list(licences.faults("some-package", stated))


def test_an_exception_holds_for_its_package_and_its_licence_alone() -> None:
    assert list(licences.faults("psycopg", ["LGPL-3.0-only"])) == []
    assert list(licences.faults("psycopg", ["GPL-3.0-only"]))
    assert list(licences.faults("pjsua2-python", [])) == []
    assert list(licences.faults("pjsua2-python", ["AGPL-3.0-only"]))


def test_what_serves_a_call_and_what_only_tests_are_told_apart() -> None:
    scopes = dict(licences.pinned())
    assert scopes["pjsua2-python"] == scopes["silero-vad"] == "required"
    assert scopes["psycopg"] == "optional"
    assert scopes["pytest"] == scopes["mypy"] == "excluded"
