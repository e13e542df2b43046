"""Every scenario that ships beside a dialplan, and the runner's own honesty."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.core.dialplan.flow import FIGURES, graph
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.workbench.scenario import Result, Scenario, ScenarioFile, load_scenarios, run_scenario
from ivr.errors import DialplanError
from tests.unit.dialplan.desk import SHIPPED, shipped

FILES = sorted(SHIPPED.glob("*.test.yaml"))


def read(path: Path) -> tuple[Dialplan, ScenarioFile]:
    written = load_scenarios(path.read_text(encoding="utf-8"), file=path.name)
    return shipped(written.dialplan), written


def scenarios() -> list[tuple[str, Dialplan, Scenario]]:
    found: list[tuple[str, Dialplan, Scenario]] = []
    for path in FILES:
        dialplan, written = read(path)
        found.extend((f"{path.name}: {item.name}", dialplan, item) for item in written.scenarios)
    return found


@pytest.mark.parametrize(("name", "dialplan", "scenario"), [pytest.param(*item, id=item[0]) for item in scenarios()])
def test_scenario(name: str, dialplan: Dialplan, scenario: Scenario) -> None:
    result = run_scenario(dialplan, scenario)
    assert result.passed, "\n".join(str(failure) for failure in result.failures)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_scenarios_go_every_way_that_the_dialplan_has(path: Path) -> None:
    dialplan, written = read(path)
    gone = {way for scenario in written.scenarios for way in run_scenario(dialplan, scenario).transitions}
    ways = {(name, way.target) for name, out in graph(dialplan).items() for way in out if way.path != FIGURES}
    assert ways - gone == set()


SMALL = """\
name: small
version: "1"
languages: [en]
start: first
defaults: {otherwise: bye}
states:
  first: {ask: {en: Yes or no?}, yes: good, no: bye}
  good: {say: {en: Good.}, go: bye}
  bye: {hang_up: completed, say: {en: Bye.}}
"""


def outcome(step: str) -> Result:
    """What becomes of pressing 1 and then this step."""
    text = f"dialplan: x\nscenarios:\n  it:\n    - press: 1\n    - {step}\n"
    (scenario,) = load_scenarios(text, file="x.test.yaml").scenarios
    return run_scenario(load_dialplan(SMALL, source="small"), scenario)


@pytest.mark.parametrize(
    "expect",
    [
        "state: good",
        "prompt: Bad.",
        "prompt: Yes or no",
        "order: Enqueue",
        "absent: HangUp",
        "never: good",
        "language: zh",
        "identity: basic",
        "outcome: failed",
        "disclosed: risk",
        "alarm: obligation",
        "{prompt: Bye., within: 0.01}",
    ],
)
def test_an_expectation_that_is_not_met_fails_at_its_line(expect: str) -> None:
    step = expect if expect.startswith("{") else "{" + expect + "}"
    result = outcome(f"expect: {step}")
    assert not result.passed
    assert result.failures[0].line == 5
    assert result.failures[0].file == "x.test.yaml"


def test_expectations_that_are_met_pass() -> None:
    result = outcome("expect: {state: bye, prompt: [Good., Bye.], order: HangUp, never: Enqueue, outcome: completed}")
    assert result.passed
    assert result.states == ["first", "good", "bye"]


def test_speaking_where_nobody_listens_is_a_failure() -> None:
    assert not outcome("say: hello").passed


CALLED = """\
name: small
version: "1"
languages: [en]
start: first
states:
  first: {choose: [{if: "called = '*41'", to: good}, {else: bye}]}
  good: {hang_up: completed, say: {en: Good.}}
  bye: {hang_up: completed, say: {en: Bye.}}
"""


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([], "bye"),
        (["called: '*41'"], "good"),
        (["called: '*41'", "at: 2026-12-24T10:00"], "good"),
        (["at: 2026-12-24T10:00", "called: '*41'"], "good"),
    ],
)
def test_a_scenario_may_dial_a_number(steps: list[str], state: str) -> None:
    lines = "".join(f"    - {step}\n" for step in [*steps, f"expect: {{state: {state}}}"])
    (scenario,) = load_scenarios(f"dialplan: x\nscenarios:\n  it:\n{lines}", file="x.test.yaml").scenarios
    assert run_scenario(load_dialplan(CALLED, source="small.yaml"), scenario).passed


@pytest.mark.parametrize("steps", [("wait: 1", "called: '*41'"), ("called: '*41'", "called: '*42'")])
def test_a_call_comes_once(steps: tuple[str, str]) -> None:
    lines = "".join(f"    - {step}\n" for step in steps)
    with pytest.raises(DialplanError) as refused:
        load_scenarios(f"dialplan: x\nscenarios:\n  it:\n{lines}", file="x.test.yaml")
    assert [finding.code for finding in refused.value.findings if isinstance(finding, Finding)] == ["S003"]
