"""The commands for authors, run as an author runs them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.unit.dialplan.desk import SHIPPED, WARNING

SOUND = """\
name: small
version: "1"
languages: [en]
start: first
defaults: {otherwise: bye}
protect: {deal: {after: [risk]}}
%sstates:
  first: {ask: {en: Deal?}, yes: %s, no: warn}
  warn: {disclose: risk, go: deal}
  deal: {say: {en: The deal.}, go: bye}
  bye: {hang_up: completed, say: {en: Good-bye.}}
"""
SCENARIOS = """\
dialplan: small.yaml
scenarios:
  A deal:
    - press: 2
    - press: 1
    - expect: {state: bye, disclosed: risk, prompt: %s}
"""


def ivr(*arguments: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ivr.apps.cli.main", *map(str, arguments)]
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SOUND % (WARNING, "warn"), encoding="utf-8")
    (tmp_path / "small.test.yaml").write_text(SCENARIOS % "The deal.", encoding="utf-8")
    return path


def test_check_says_that_a_sound_dialplan_is_sound(small: Path) -> None:
    done = ivr("check", small.parent)
    assert done.returncode == 0
    assert "sound: small@1, 4 states, 1 rule proved" in done.stdout


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-16", "is saved as UTF-16"),
        ("utf-16-le", "is saved as UTF-16"),
        ("gbk", "seems to be saved as GBK"),
        ("latin-1", "is not UTF-8 text"),
    ],
)
def test_a_file_in_another_encoding_is_told_to_be_saved_as_utf_8(small: Path, encoding: str, said: str) -> None:
    text = "# d\u00e9j\u00e0 vu\n" if encoding == "latin-1" else "# 您好，请说话\n"
    small.write_bytes((text + small.read_text()).encode(encoding))
    done = ivr("check", small)
    assert done.returncode == 2
    assert f"{small.name} {said}" in done.stderr
    assert "save it as UTF-8" in done.stderr


def test_a_byte_order_mark_does_no_harm(small: Path) -> None:
    small.write_bytes(b"\xef\xbb\xbf" + small.read_bytes())
    assert ivr("check", small).returncode == 0


def test_full_width_braces_are_not_read_out(small: Path) -> None:
    small.write_text(small.read_text().replace("say: {en: ", "say: {en: ｛code｝ ", 1), encoding="utf-8")
    done = ivr("check", small)
    assert "D115 full-width braces stand in this text" in done.stdout
    assert "Write { and }" in done.stdout


def test_check_says_both_of_a_plan_that_is_sound_as_text_and_does_not_prove(small: Path) -> None:
    small.write_text(SOUND % (WARNING, "deal"), encoding="utf-8")
    line = next(number for number, text in enumerate(small.read_text().splitlines(), 1) if "yes: deal" in text)
    done = ivr("check", small)
    assert done.returncode == 2
    assert f"small.yaml:{line}:1: P001 'deal' can be reached without risk: 'first' leads to 'deal'." in done.stdout
    assert "sound as text, but NOT proved, so it will not be served: small@1, 4 states" in done.stdout
    found = json.loads(ivr("check", "--format", "json", small).stdout)["findings"]
    assert [(item["code"], item["line"]) for item in found] == [("P001", line)]


def test_check_of_a_directory_misses_no_dialplan_and_says_so_where_there_is_none(small: Path, tmp_path: Path) -> None:
    small.write_text(small.read_text(encoding="utf-8").replace("name: small", "nmae: small"), encoding="utf-8")
    assert "Did you mean 'name'?" in ivr("check", small.parent).stdout
    (tmp_path / "nothing").mkdir()
    done = ivr("check", tmp_path / "nothing")
    assert done.returncode == 2
    assert "no dialplan is in" in done.stderr


def test_a_mistyped_command_is_told_its_neighbour() -> None:
    done = ivr("chek", SHIPPED)
    assert done.returncode == 2
    assert "Did you mean 'check'?" in done.stderr


def test_check_points_at_an_error_in_three_forms(small: Path) -> None:
    small.write_text((SOUND % (WARNING, "warn")).replace("go: bye", "go: by"), encoding="utf-8")
    for form in ("text", "json", "sarif"):
        done = ivr("check", "--format", form, small)
        assert done.returncode == 2
        assert "D170" in done.stdout
    assert json.loads(done.stdout)["runs"][0]["results"][0]["ruleId"] == "D170"


def test_check_prints_the_schema_for_editors() -> None:
    assert json.loads(ivr("check", "--schema").stdout)["title"] == "ivr dialplan"


def test_test_runs_scenarios_and_shows_coverage_and_writes_junit(small: Path, tmp_path: Path) -> None:
    done = ivr("test", "--junit", tmp_path / "out.xml", small.parent)
    assert done.returncode == 0
    assert "1 of 1 scenarios passed" in done.stdout
    assert "states 4/4 (100 %)" in done.stdout
    assert "never gone: first > bye" in done.stdout
    suite = ElementTree.parse(tmp_path / "out.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")


def test_test_fails_with_the_line_of_what_was_not_met(small: Path) -> None:
    (small.parent / "small.test.yaml").write_text(SCENARIOS % "Another deal.", encoding="utf-8")
    done = ivr("test", small.parent)
    assert done.returncode == 2
    assert "small.test.yaml:6:" in done.stdout


def test_simulate_talks_and_hides_a_secret() -> None:
    typed = "1\nbalance\n12345678\n4711#\n2\n"
    done = ivr("simulate", SHIPPED / "wealth.yaml", typed=typed)
    assert done.returncode == 0
    assert "Your balance is 12345.67 euros." in done.stdout
    assert "4711" not in done.stdout
    assert "outcome completed" in done.stdout
    assert "account = 12345678\n" in done.stdout
    assert "pin = (secret)\n" in done.stdout
    assert "balance = 12345.67\n" in done.stdout


def test_simulate_obeys_the_author(small: Path) -> None:
    done = ivr("simulate", small, typed="/help\n2\n/hold 5\n/loss nonsense\n/confidence 0.3\n1\n")
    assert done.returncode == 0
    assert "words        say them" in done.stdout
    assert "'nonsense' is not a number" in done.stdout
    assert "disclosure risk played" in done.stdout


def test_prove_certifies_or_tells_the_story(small: Path) -> None:
    done = ivr("prove", small)
    assert done.returncode == 0
    assert "proved, certificate" in done.stdout
    small.write_text(SOUND % (WARNING, "deal"), encoding="utf-8")
    done = ivr("prove", "--json", small)
    assert done.returncode == 2
    assert "'first': the caller presses 1" in json.loads(done.stdout)[0]["counterexamples"][0]


def test_prove_tells_each_story_once_with_its_lines_and_what_to_lead_where(small: Path) -> None:
    text = (SOUND % (WARNING, "deal")).replace(
        "{deal: {after: [risk]}}", "{deal: {after: [risk]}, bank.deal: {after: [risk]}}"
    )
    text = text.replace("deal: {say: {en: The deal.}, go: bye}", "deal: {lookup: bank.deal, go: bye, failed: bye}")
    small.write_text(text, encoding="utf-8")
    lines = text.splitlines()
    at = {
        name: next(n for n, line in enumerate(lines, 1) if line.startswith(f"  {name}:")) for name in ("first", "deal")
    }
    told = ivr("prove", small).stdout
    assert told.count("can be reached") == 1
    assert "'bank.deal' and 'deal' can be reached without risk (in en):" in told
    assert f"small.yaml:{at['first']}: in 'first': the caller presses 1" in told
    assert f"small.yaml:{at['deal']}: 'deal' is entered: risk is missing" in told
    assert f"small.yaml:{at['first']}: 'first' leads to 'deal'. Lead it to 'warn' first, which plays risk." in told


UNKNOWN_CALLER = """\
name: small
version: "1"
languages: [en]
start: first
defaults: {otherwise: bye}
values: {account: digits, found: yes_no}
protect: {deal: {identity: basic}}
states:
  first: {ask: {en: Account?}, digits: {into: account, length: 8}, go: deal}
  who:
    identify: basic
    by: keys
    lookup: bank.check
    given: {account: account}
    keep: {found: found}
    passed: found
    attempts: 3
    again: first
    otherwise: bye
    failed: bye
    go: deal
  deal: {say: {en: The deal.}, go: more}
  more: {ask: {en: More?}, yes: who, no: bye}
  bye: {hang_up: completed, say: {en: Good-bye.}}
"""


def test_prove_says_which_state_would_know_the_caller(small: Path) -> None:
    small.write_text(UNKNOWN_CALLER, encoding="utf-8")
    told = ivr("prove", small).stdout
    assert "'deal' can be reached without identity basic (in en):" in told
    assert "Lead it to 'who' first, which reaches identity basic." in told


def test_graph_marks_what_is_protected(small: Path) -> None:
    drawn = ivr("graph", small).stdout
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert "#f8d7da" in drawn
    text = ivr("graph", "--format", "mermaid", small).stdout
    assert 'deal<br/>say"]:::protected' in text
    assert 'warn<br/>warning: risk"]:::warning' in text


def test_diff_shows_what_changed_for_callers_and_nothing_else(small: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    text = SOUND % (WARNING, "warn")
    other.write_text("# a comment\n" + text, encoding="utf-8")
    assert ivr("diff", small, other).returncode == 0
    changed = (
        text.replace("lose money", "win money")
        .replace("no: warn", "no: bye")
        .replace("{after: [risk]}", "{identity: basic}")
    )
    other.write_text(changed, encoding="utf-8")
    done = ivr("diff", small, other)
    assert done.returncode == 1
    assert "protect deal: no longer after risk" in done.stdout
    assert "disclosure risk (en): 'You may lose money.' becomes 'You may win money.'" in done.stdout
    assert "state first: chose no: now to bye" in done.stdout


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("wealth", "Your balance is 12345.67 euros."),
        ("card", "Shall I block the card that ends in 4 8 2 1?"),
        ("loan", "Your next repayment of 412.50 euros"),
    ],
)
def test_simulate_knows_the_account_that_the_readme_names(line: str, said: str) -> None:
    readme = (SHIPPED.parent / "README.md").read_text(encoding="utf-8")
    assert "10000001 with its PIN 2468" in " ".join(readme.split())
    done = ivr("simulate", SHIPPED / f"{line}.yaml", typed="1\n1\n10000001\n2468#\n")
    assert said in done.stdout
    assert f"as {SHIPPED / line}.test.yaml says under sources:" in done.stdout


def test_the_first_dialplan_of_the_readme_proves_as_it_stands_there(tmp_path: Path) -> None:
    readme = (SHIPPED.parent / "README.md").read_text(encoding="utf-8")
    (text,) = (part for part in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "states:" in part)
    hello = tmp_path / "hello.yaml"
    hello.write_text(text, encoding="utf-8")
    assert "sound: hello@" in ivr("check", hello).stdout
    assert ivr("prove", hello).returncode == 0
