"""A scenario that names what its dialplan does not have is refused: met by every call, it would prove nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.core.alarms import AlarmKind
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.workbench.scenario import load_scenarios, run_scenario
from ivr.core.dialplan.workbench.scenario_names import ALARMS, OUTCOMES, unknown_names
from ivr.core.orders.evidence import CallOutcome
from ivr.errors import DialplanError
from tests.unit.dialplan.desk import SHIPPED, WARNING, shipped

PLAN = f"""\
name: small
version: "1"
languages: [en]
start: first
defaults: {{otherwise: bye}}
values: {{found: yes_no}}
protect: {{ask_bank: {{after: [risk]}}}}
{WARNING}states:
  first: {{ask: {{en: Deal?}}, yes: warn, no: centre}}
  warn: {{disclose: risk, go: ask_bank}}
  ask_bank: {{lookup: bank.order, given: {{day: today}}, keep: {{found: done}}, failed: bye, go: box}}
  box: {{voicemail: night, say: {{en: Speak.}}, go: bye, empty: bye}}
  centre: {{transfer: centre, failed: agent, after: bye}}
  agent: {{enqueue: desk, otherwise: bye}}
  bye: {{hang_up: completed, say: {{en: Good-bye.}}}}
"""
HEAD = "dialplan: small.yaml\nsources: {bank.order: [{when: {day: '2026-01-05'}, answer: {done: true}}]}\nscenarios:\n"
HOLDS = (
    "{state: first, language: en, identity: none, absent: [ask_bank, bank.order, Enqueue], never: HangUp, order: first}"
)


def told(text: str) -> list[str]:
    dialplan = load_dialplan(PLAN, source="small.yaml")
    return [str(item) for item in unknown_names(load_scenarios(text, file="it.yaml"), dialplan)]


def test_names_that_exist_are_taken() -> None:
    assert told(HEAD + f"  it:\n    - expect: {HOLDS}\n    - world: {{agent: busy, transfer: busy}}\n") == []


@pytest.mark.parametrize(
    ("key", "name", "meant"),
    [
        ("state", "frist", "Did you mean 'first'?"),
        ("order", "HangUpp", "Did you mean 'HangUp'?"),
        ("absent", "[bank.order, nosuch_state]", "no state, lookup or order is named 'nosuch_state'"),
        ("never", "bank.ordr", "Did you mean 'bank.order'?"),
        ("language", "zh", "There is: en."),
        ("identity", "strnog", "Did you mean 'strong'?"),
        ("outcome", "complete", "Did you mean 'completed'?"),
        ("disclosed", "[rsik]", "Did you mean 'risk'?"),
        ("message", "nigth", "Did you mean 'night'?"),
        ("alarm", "obligaton", "Did you mean 'obligation'?"),
    ],
)
def test_a_name_that_does_not_exist_is_told_at_its_line(key: str, name: str, meant: str) -> None:
    (found,) = told(HEAD + f"  it:\n    - press: 1\n    - expect: {{{key}: {name}}}\n")
    assert found.startswith("it.yaml:6:")
    assert meant in found


@pytest.mark.parametrize(
    ("sources", "meant"),
    [
        ("{bnak.order: [{answer: {done: true}}]}", "Did you mean 'bank.order'?"),
        ("{bank.order: [{when: {dya: x}, answer: {done: true}}]}", "no parameter is named 'dya'. There is: day."),
        ("{bank.order: [{answer: {doen: true}}]}", "Did you mean 'done'?"),
    ],
)
def test_a_data_source_that_nobody_asks_so_is_told(sources: str, meant: str) -> None:
    for text in (
        f"dialplan: x\nsources: {sources}\nscenarios: {{it: [press: 1]}}\n",
        f"dialplan: x\nscenarios:\n  it:\n    - world: {{sources: {sources}}}\n",
    ):
        (found,) = told(text)
        assert meant in found


def test_a_world_that_no_state_notices_is_told() -> None:
    (found,) = told(HEAD + "  it:\n    - world: {voice: 0.2}\n")
    assert "'voice' changes nothing" in found


@pytest.mark.parametrize(
    ("steps", "line", "said"),
    [
        ("- hang_up: target", 5, "no target can hang up: nobody is connected in 'first'"),
        ("- press: 2\n    - hang_up: agent", 6, "no agent can hang up: the target is connected in 'centre'"),
        ("- press: 2\n    - hang_up: target\n    - silent: 1\n    - press: 1", 8, "the call is over: it ended as"),
        ("- hang_up: caller\n    - press: 1", 6, "the call is over: it ended as abandoned"),
    ],
)
def test_what_cannot_happen_fails_at_its_line(steps: str, line: int, said: str) -> None:
    (scenario,) = load_scenarios(HEAD + f"  it:\n    {steps}\n", file="it.yaml").scenarios
    (failure,) = run_scenario(load_dialplan(PLAN, source="small.yaml"), scenario).failures
    assert failure.line == line
    assert said in failure.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scenarios: {it: [press: 1]}\n", "D102 the key 'dialplan' is missing"),
        ("dialplan: x\nscenario: {it: [press: 1]}\n", "Did you mean 'scenarios'?"),
        ("dialplan: x\nscenarios: {it: [{say: {words: hello, confidense: 1.0}}]}\n", "Did you mean 'confidence'?"),
        ("dialplan: x\nscenarios: {it: [{expect: {state: 1}}]}\n", 'Put it in quotes: "..."'),
    ],
)
def test_a_mistake_of_form_names_its_key(text: str, said: str) -> None:
    with pytest.raises(DialplanError, match="D10") as raised:
        load_scenarios(text, file="it.yaml")
    assert said in str(raised.value)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.test.yaml")), ids=lambda path: path.name)
def test_every_name_in_the_scenarios_that_ship_exists(path: Path) -> None:
    written = load_scenarios(path.read_text(encoding="utf-8"), file=path.name)
    assert unknown_names(written, shipped(written.dialplan)) == []


def test_outcomes_and_alarms_are_those_of_the_interpreter() -> None:
    """What a dialplan's call raises, or ends with, may be expected of it; nothing else may."""
    core = Path(__file__).parents[3] / "ivr" / "core"

    def written(what: str, *rooms: str) -> set[str]:
        texts = (path.read_text(encoding="utf-8") for room in rooms for path in (core / room).glob("*.py"))
        return {name for text in texts for name in re.findall(rf"{what}\.(\w+)", text)}

    assert {AlarmKind(name).name for name in ALARMS} == written("AlarmKind", "dialplan/runtime")
    assert {CallOutcome(name).name for name in OUTCOMES} <= written("CallOutcome", "dialplan/runtime", "call")


def test_the_command_refuses_them_and_takes_the_dialplan_for_its_scenarios(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(PLAN, encoding="utf-8")

    def types(word: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ivr.apps.cli.main", "test", str(tmp_path / word)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert "has no scenarios yet" in types("small.yaml").stderr
    scenarios = tmp_path / "small.test.yaml"
    scenarios.write_text(HEAD + "  it:\n    - expect: {absent: [nosuch_state]}\n", encoding="utf-8")
    done = types("small.yaml")
    assert done.returncode == 2
    assert "small.test.yaml:5:" in done.stderr
    assert "nosuch_state" in done.stderr
    scenarios.write_text(HEAD + "  it:\n    - expect: {absent: [ask_bank]}\n", encoding="utf-8")
    assert "1 of 1 scenarios passed" in types("small.yaml").stdout
