"""Kinds of alarms: listed once, and told to operators from there."""

from pathlib import Path

from ivr.core.alarms import MEANINGS, AlarmKind, table

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def test_every_kind_of_alarm_has_a_meaning() -> None:
    assert MEANINGS.keys() == set(AlarmKind)


def test_the_table_in_the_documentation_is_made_from_the_list() -> None:
    assert table() in OPERATIONS.read_text(encoding="utf-8"), (
        "paste it: python -c 'from ivr.core.alarms import table; print(table())'"
    )
