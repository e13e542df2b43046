"""`ivr check` reads rules as it reads dialplans, also where both lie below one directory."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

from click.testing import CliRunner

from ivr.apps.cli.main import cli
from tests.unit.compliance.talks import written

SHIPPED = Path(__file__).parents[3] / "dialplans"
RULES = written("one:\n  forbid: {en: [risk free]}", head="languages: [en]")


def test_rules_below_a_directory_are_no_dialplans(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "made.yaml").write_text(RULES)
    (tmp_path / "service.yaml").write_text((SHIPPED / "service.yaml").read_text())
    copytree(SHIPPED / "shared", tmp_path / "shared")
    told = CliRunner().invoke(cli, ["check", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "made.yaml: sound: made@1, 1 rule," in told.output
    assert "service.yaml: sound: service@" in told.output


def test_a_mistake_in_rules_is_told_with_its_line_and_fails_the_check(tmp_path: Path) -> None:
    file = tmp_path / "made.yaml"
    file.write_text(RULES.replace("forbid:", "emotion:"))
    told = CliRunner().invoke(cli, ["check", str(file)])
    assert told.exit_code == 2
    assert f"{file}:8:5: R106 " in told.output
    assert "docs/inspection.md" in told.output


def test_what_is_unwise_in_rules_is_a_warning_and_they_are_sound(tmp_path: Path) -> None:
    file = tmp_path / "made.yaml"
    file.write_text(RULES.replace("languages:", "jurisdictions: [eu]\nlanguages:", 1))
    told = CliRunner().invoke(cli, ["check", str(file)])
    assert told.exit_code == 0, told.output
    assert "R301 warning: 'eu' is no jurisdiction" in told.output
    assert "made.yaml: sound: made@1" in told.output
